//! Domains, classes of service, accounts, attributes.

use syncledger_domain::{
    config::{AttributeError, Config},
    directory::{Account, Refusal},
    event::StreamId,
    ids::{AccountId, CosId, DomainName},
    testing::{address, cos_id},
};

use super::World;
use crate::{
    AttributeTarget, CommandError, clear_attribute, clear_password, create_account, create_cos,
    create_domain, disable_account, enable_account, remove_account, set_account_cos, set_attribute,
    set_password,
};

fn refusal<T: std::fmt::Debug>(result: Result<T, CommandError<Refusal>>) -> Refusal {
    match result {
        Err(CommandError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn an_account_needs_its_domain_and_its_class_of_service() {
    let world = World::new();
    let (repository, issuer) = (&world.repository, &world.issuer);
    let (alice, staff) = (address("alice@example.com"), cos_id("staff"));
    let domain = DomainName::new("example.com").unwrap();

    let without_domain = create_account::run(repository, issuer, &alice, None).await;
    assert_eq!(refusal(without_domain), Refusal::NoSuchDomain(domain.clone()));
    create_domain::run(repository, issuer, &domain).await.unwrap();
    let without_cos = create_account::run(repository, issuer, &alice, Some(&staff)).await;
    assert_eq!(refusal(without_cos), Refusal::NoSuchCos(staff.clone()));
    create_cos::run(repository, issuer, &staff).await.unwrap();
    let (id, created) = create_account::run(repository, issuer, &alice, Some(&staff)).await.unwrap();
    assert_eq!(created.state.cos, staff);
    assert_eq!(id, AccountId::for_address(&alice));

    assert_eq!(
        refusal(create_account::run(repository, issuer, &alice, None).await),
        Refusal::AccountExists(alice)
    );
    assert_eq!(refusal(create_domain::run(repository, issuer, &domain).await), Refusal::DomainExists(domain));
    assert_eq!(refusal(create_cos::run(repository, issuer, &staff).await), Refusal::CosExists(staff));
}

#[tokio::test]
async fn an_account_is_changed_and_removed_and_created_again_in_one_stream() {
    let (world, id) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA";
    set_password::run(repository, issuer, id, hash).await.unwrap();
    assert!(set_password::run(repository, issuer, id, hash).await.unwrap().appended.is_none());
    clear_password::run(repository, issuer, id).await.unwrap();
    create_cos::run(repository, issuer, &cos_id("staff")).await.unwrap();
    set_account_cos::run(repository, issuer, id, &cos_id("staff")).await.unwrap();
    set_account_cos::run(repository, issuer, id, &CosId::default()).await.unwrap();
    let unknown = set_account_cos::run(repository, issuer, id, &cos_id("none")).await;
    assert_eq!(refusal(unknown), Refusal::NoSuchCos(cos_id("none")));
    disable_account::run(repository, issuer, id, "left").await.unwrap();
    enable_account::run(repository, issuer, id).await.unwrap();
    remove_account::run(repository, issuer, id).await.unwrap();
    assert!(!remove_account::run(repository, issuer, id).await.unwrap().newly);
    let never = AccountId::for_address(&address("nobody@example.com"));
    assert_eq!(refusal(remove_account::run(repository, issuer, never).await), Refusal::NoSuchAccount);
    let again = create_account::run(repository, issuer, &address("Alice@example.com"), None).await.unwrap();
    assert_eq!(again.0, id);

    let expected = [
        "account-created",
        "account-password-set",
        "account-password-cleared",
        "account-cos-set",
        "account-cos-set",
        "account-disabled",
        "account-enabled",
        "account-removed",
        "account-created",
    ];
    assert_eq!(world.stored(&StreamId::account(id)).await, expected);
    let loaded = repository.load::<Account>(&StreamId::account(id)).await.unwrap();
    assert!(loaded.state.exists());
}

#[tokio::test]
async fn attributes_go_to_the_stream_of_their_target() {
    let (world, id) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let targets = [
        (AttributeTarget::Global, StreamId::config()),
        (
            AttributeTarget::Domain("example.com".parse().unwrap()),
            StreamId::domain(&"example.com".parse().unwrap()),
        ),
        (AttributeTarget::Cos(CosId::default()), StreamId::cos(&CosId::default())),
        (AttributeTarget::Account(id), StreamId::account(id)),
    ];
    for (target, stream) in targets {
        let set = set_attribute::run(repository, issuer, &target, "EASENABLED", "FALSE").await.unwrap();
        assert!(set.is_some(), "{target:?}");
        let again = set_attribute::run(repository, issuer, &target, "easEnabled", "false").await.unwrap();
        assert!(again.is_none(), "{target:?}");
        let cleared = clear_attribute::run(repository, issuer, &target, "easEnabled").await.unwrap();
        assert!(cleared.is_some(), "{target:?}");
        let again = clear_attribute::run(repository, issuer, &target, "easEnabled").await.unwrap();
        assert!(again.is_none(), "{target:?}");
        let names = world.stored(&stream).await;
        assert!(names.ends_with(&["attribute-set".to_owned(), "attribute-cleared".to_owned()]), "{names:?}");

        let unknown = set_attribute::run(repository, issuer, &target, "colour", "red").await;
        let reason = AttributeError::Unknown { name: "colour".to_owned(), suggestion: None };
        assert_eq!(refusal(unknown), Refusal::Attribute(reason));
    }
    let config = repository.load::<Config>(&StreamId::config()).await.unwrap();
    assert_eq!(config.state, Config::default());
}

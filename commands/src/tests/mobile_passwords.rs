//! Passwords for single services.

use syncledger_domain::{
    directory::{Account, MobilePasswordUpdated, Refusal, Service, mobile_password::check_generated},
    event::StreamId,
    ports::{event_log::EventLog, mailbox::Secret},
};

use super::World;
use crate::{
    CommandError, NewPassword, add_mobile_password, delete_mobile_password, remove_account,
    update_mobile_password,
};

const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA";

#[tokio::test]
async fn a_generated_password_is_shown_once_and_never_stored() {
    let (world, account) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let eas = &[Service::Eas];
    let added = add_mobile_password::run(repository, issuer, account, "Phone", eas, NewPassword::Generated)
        .await
        .unwrap();
    let secret = added.secret.unwrap();
    assert_eq!(secret.0.len(), 23);
    let state = repository.load::<Account>(&StreamId::account(account)).await.unwrap().state;
    let (id, password) = state.passwords_for(Service::Eas).next().unwrap();
    assert_eq!(*id, added.id);
    assert_eq!(check_generated(&secret, &password.hash), Some(true));
    assert_eq!(check_generated(&Secret(b"other".to_vec()), &password.hash), Some(false));
    assert!(!state.accepts_own_password(Service::Eas));
    let events = world.log.read_all(syncledger_domain::event::Position::START, None, 100).await.unwrap();
    let holds = |payload: &[u8]| payload.windows(secret.0.len()).any(|window| window == secret.0);
    assert!(events.iter().all(|event| !holds(&event.payload)));
}

#[tokio::test]
async fn mobile_passwords_are_changed_and_deleted_in_the_accounts_stream() {
    let (world, account) = World::with_account().await;
    let (repository, issuer) = (&world.repository, &world.issuer);
    let supplied = NewPassword::Supplied { hash: HASH };
    let add = |label: &'static str, password| {
        add_mobile_password::run(repository, issuer, account, label, &[Service::Eas], password)
    };
    let added = add("Phone", supplied).await.unwrap();
    assert_eq!(added.secret, None);
    let other = add("Tablet", NewPassword::Generated).await.unwrap();
    assert_ne!(other.id, added.id);
    let taken = add("phone", supplied).await;
    assert!(matches!(taken, Err(CommandError::Refused(Refusal::LabelTaken(label))) if label == "phone"));
    let no_hash = add("Third", NewPassword::Supplied { hash: "plain" }).await;
    assert!(matches!(no_hash, Err(CommandError::Refused(Refusal::NotAHash))));

    let wish =
        MobilePasswordUpdated { id: added.id.clone(), label: None, services: None, enabled: Some(false) };
    for round in 0..2 {
        let updated = update_mobile_password::run(repository, issuer, account, &wish).await.unwrap();
        assert_eq!(updated.appended.is_some(), round == 0);
    }
    delete_mobile_password::run(repository, issuer, account, &added.id).await.unwrap();
    let gone = delete_mobile_password::run(repository, issuer, account, &added.id).await;
    assert!(matches!(gone, Err(CommandError::Refused(Refusal::NoSuchMobilePassword(id))) if id == added.id));
    let stored = world.stored(&StreamId::account(account)).await;
    let expected = [
        "account-created",
        "mobile-password-added",
        "mobile-password-added",
        "mobile-password-updated",
        "mobile-password-deleted",
    ];
    assert_eq!(stored, expected);

    remove_account::run(repository, issuer, account).await.unwrap();
    let nobody = add("Phone", NewPassword::Generated).await;
    assert!(matches!(nobody, Err(CommandError::Refused(Refusal::NoSuchAccount))));
}

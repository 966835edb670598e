//! Given/when/then.

use super::*;
use crate::{
    config::{AttributeCleared, AttributeError, AttributeSet, Scope},
    testing::{account_created, address, cos_id, given},
};

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$ZTNiMGM0NDI5OGZjMWMxNDlhZmJmNGM4OTk2ZmI5MjQ";

fn domain_name() -> DomainName {
    DomainName::new("example.com").unwrap()
}

fn domain_created() -> DomainEvent {
    DomainEvent::Created(DomainCreated { name: domain_name() })
}

fn cos_created() -> CosEvent {
    CosEvent::Created(CosCreated { id: cos_id("staff") })
}

fn password_set() -> AccountEvent {
    AccountEvent::PasswordSet(AccountPasswordSet { hash: HASH.to_owned() })
}

fn disabled(reason: &str) -> AccountEvent {
    AccountEvent::Disabled(AccountDisabled { reason: reason.to_owned() })
}

fn removed() -> AccountEvent {
    AccountEvent::Removed(Empty {})
}

fn eas_off() -> AttributeSet {
    AttributeSet { name: "easEnabled".to_owned(), value: "false".to_owned() }
}

fn eas_cleared() -> AttributeCleared {
    AttributeCleared { name: "easEnabled".to_owned() }
}

#[test]
fn a_domain_is_created_once() {
    given::<Domain>([]).when(|domain| create_domain(domain, domain_name())).then([domain_created()]);
    given::<Domain>([domain_created()])
        .when(|domain| create_domain(domain, domain_name()))
        .then_refused(&Refusal::DomainExists(domain_name()));
}

#[test]
fn a_class_of_service_is_created_once() {
    given::<Cos>([]).when(|cos| create_cos(cos, cos_id("staff"))).then([cos_created()]);
    given::<Cos>([cos_created()])
        .when(|cos| create_cos(cos, cos_id("Staff")))
        .then_refused(&Refusal::CosExists(cos_id("staff")));
}

#[test]
fn an_account_is_created_once() {
    let alice = || address("alice@example.com");
    given::<Account>([]).when(|account| create_account(account, alice(), None)).then([account_created()]);
    given::<Account>([account_created()])
        .when(|account| create_account(account, alice(), None))
        .then_refused(&Refusal::AccountExists(alice()));
}

#[test]
fn a_removed_account_can_be_created_again_and_has_nothing_of_what_it_had() {
    let history =
        [account_created(), password_set(), AccountEvent::AttributeSet(eas_off()), disabled("x"), removed()];
    let again = AccountEvent::Created(AccountCreated {
        address: address("alice@example.com"),
        cos: Some(cos_id("staff")),
    });
    let account = given::<Account>(history)
        .when(|account| create_account(account, address("alice@example.com"), Some(cos_id("staff"))))
        .then([again]);
    let fresh =
        Account { address: Some(address("alice@example.com")), cos: cos_id("staff"), ..Account::default() };
    assert_eq!(account, fresh);
}

#[test]
fn a_password_is_set_by_its_hash_once_and_cleared_once() {
    let cleared = AccountEvent::PasswordCleared(Empty {});
    given::<Account>([account_created()]).when(|account| set_password(account, HASH)).then([password_set()]);
    given::<Account>([account_created(), password_set()])
        .when(|account| set_password(account, HASH))
        .then_nothing();
    given::<Account>([account_created(), password_set()]).when(clear_password).then([cleared]);
    given::<Account>([account_created()]).when(clear_password).then_nothing();
}

#[test]
fn what_is_no_hash_is_refused_without_showing_it() {
    given::<Account>([account_created()])
        .when(|account| set_password(account, "demo"))
        .then_refused(&Refusal::NotAHash);
    assert!(!format!("{} {:?}", Refusal::NotAHash, Refusal::NotAHash).contains("demo"));
}

#[test]
fn an_account_changes_its_class_of_service() {
    let staff = AccountEvent::CosSet(AccountCosSet { cos: cos_id("staff") });
    given::<Account>([account_created()])
        .when(|account| set_account_cos(account, cos_id("staff")))
        .then([staff.clone()]);
    given::<Account>([account_created(), staff])
        .when(|account| set_account_cos(account, cos_id("STAFF")))
        .then_nothing();
}

#[test]
fn an_account_is_disabled_and_enabled_once() {
    let enabled = AccountEvent::Enabled(Empty {});
    given::<Account>([account_created()]).when(|account| disable_account(account, "")).then([disabled("")]);
    given::<Account>([account_created(), disabled("left")])
        .when(|account| disable_account(account, "left"))
        .then_nothing();
    given::<Account>([account_created(), disabled("left")])
        .when(|account| disable_account(account, "on leave"))
        .then([disabled("on leave")]);
    given::<Account>([account_created(), disabled("")]).when(enable_account).then([enabled]);
    given::<Account>([account_created()]).when(enable_account).then_nothing();
    given::<Account>([account_created()])
        .when(|account| disable_account(account, &"x".repeat(257)))
        .then_refused(&Refusal::ReasonTooLong { chars: 257 });
}

#[test]
fn an_account_is_removed_once() {
    given::<Account>([account_created()]).when(remove_account).then([removed()]);
    given::<Account>([account_created(), removed()])
        .when(remove_account)
        .then_refused(&Refusal::NoSuchAccount);
}

#[test]
fn nothing_is_decided_about_an_account_that_does_not_exist() {
    type Decision = fn(&Account) -> Result<Vec<AccountEvent>, Refusal>;
    let decisions: [Decision; 8] = [
        |account| set_password(account, HASH),
        clear_password,
        |account| set_account_cos(account, cos_id("staff")),
        |account| disable_account(account, ""),
        enable_account,
        remove_account,
        |account| set_account_attribute(account, "easEnabled", "false"),
        |account| clear_account_attribute(account, "easEnabled"),
    ];
    for decide in decisions {
        given::<Account>([]).when(decide).then_refused(&Refusal::NoSuchAccount);
        given::<Account>([account_created(), removed()]).when(decide).then_refused(&Refusal::NoSuchAccount);
    }
}

#[test]
fn attributes_are_set_and_cleared_at_each_scope() {
    given::<Domain>([domain_created()])
        .when(|domain| set_domain_attribute(domain, &domain_name(), "EASENABLED", "FALSE"))
        .then([DomainEvent::AttributeSet(eas_off())]);
    given::<Domain>([domain_created(), DomainEvent::AttributeSet(eas_off())])
        .when(|domain| clear_domain_attribute(domain, &domain_name(), "easEnabled"))
        .then([DomainEvent::AttributeCleared(eas_cleared())]);
    given::<Cos>([cos_created()])
        .when(|cos| set_cos_attribute(cos, &cos_id("staff"), "easEnabled", "false"))
        .then([CosEvent::AttributeSet(eas_off())]);
    given::<Cos>([cos_created(), CosEvent::AttributeSet(eas_off())])
        .when(|cos| clear_cos_attribute(cos, &cos_id("staff"), "easEnabled"))
        .then([CosEvent::AttributeCleared(eas_cleared())]);
    given::<Account>([account_created()])
        .when(|account| set_account_attribute(account, "easEnabled", "false"))
        .then([AccountEvent::AttributeSet(eas_off())]);
    given::<Account>([account_created(), AccountEvent::AttributeSet(eas_off())])
        .when(|account| clear_account_attribute(account, "easEnabled"))
        .then([AccountEvent::AttributeCleared(eas_cleared())]);
}

#[test]
fn an_attribute_that_is_so_already_is_not_set_again() {
    given::<Domain>([domain_created(), DomainEvent::AttributeSet(eas_off())])
        .when(|domain| set_domain_attribute(domain, &domain_name(), "easEnabled", "false"))
        .then_nothing();
    given::<Cos>([cos_created()])
        .when(|cos| clear_cos_attribute(cos, &cos_id("staff"), "easEnabled"))
        .then_nothing();
    given::<Account>([account_created(), AccountEvent::AttributeSet(eas_off())])
        .when(|account| set_account_attribute(account, "easEnabled", "False"))
        .then_nothing();
}

#[test]
fn attributes_need_a_domain_or_class_that_exists_and_the_default_class_does() {
    given::<Domain>([])
        .when(|domain| set_domain_attribute(domain, &domain_name(), "easEnabled", "false"))
        .then_refused(&Refusal::NoSuchDomain(domain_name()));
    given::<Domain>([])
        .when(|domain| clear_domain_attribute(domain, &domain_name(), "easEnabled"))
        .then_refused(&Refusal::NoSuchDomain(domain_name()));
    given::<Cos>([])
        .when(|cos| set_cos_attribute(cos, &cos_id("staff"), "easEnabled", "false"))
        .then_refused(&Refusal::NoSuchCos(cos_id("staff")));
    given::<Cos>([])
        .when(|cos| clear_cos_attribute(cos, &cos_id("staff"), "easEnabled"))
        .then_refused(&Refusal::NoSuchCos(cos_id("staff")));
    given::<Cos>([])
        .when(|cos| set_cos_attribute(cos, &CosId::default(), "easEnabled", "false"))
        .then([CosEvent::AttributeSet(eas_off())]);
}

#[test]
fn attributes_that_are_not_allowed_are_refused_by_name() {
    let refused = AttributeError::NotAtScope {
        name: "deviceSeenInterval",
        scope: Scope::Account,
        allowed: "global".to_owned(),
    };
    given::<Account>([account_created()])
        .when(|account| set_account_attribute(account, "deviceSeenInterval", "7200"))
        .then_refused(&Refusal::Attribute(refused));
}

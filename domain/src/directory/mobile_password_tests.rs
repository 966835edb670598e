//! Given/when/then of mobile passwords, which password opens what, and how generated ones are made and kept.

use super::{
    mobile_password::{
        LABEL_CHARS, MAX_MOBILE_PASSWORDS, SECRET_BYTES, add, check_generated, delete, generate,
        hash_generated, update,
    },
    *,
};
use crate::{
    codes,
    event::fold,
    ports::mailbox::Secret,
    testing::{account_created, given},
};

const ARGON: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g";

fn id(text: &str) -> CredentialId {
    CredentialId::new(text).unwrap()
}

fn new(name: &str, label: &str, services: &[Service]) -> MobilePasswordAdded {
    MobilePasswordAdded {
        id: id(name),
        label: label.to_owned(),
        services: services.to_vec(),
        hash: ARGON.to_owned(),
        generated: false,
    }
}

fn added(name: &str, label: &str, services: &[Service]) -> AccountEvent {
    AccountEvent::MobilePasswordAdded(new(name, label, services))
}

fn nothing(name: &str) -> MobilePasswordUpdated {
    MobilePasswordUpdated { id: id(name), label: None, services: None, enabled: None }
}

fn updated(change: MobilePasswordUpdated) -> AccountEvent {
    AccountEvent::MobilePasswordUpdated(change)
}

fn deleted(name: &str) -> AccountEvent {
    AccountEvent::MobilePasswordDeleted(MobilePasswordDeleted { id: id(name) })
}

fn history() -> Vec<AccountEvent> {
    vec![account_created(), added("aaaaa", "Phone", &[Service::Eas])]
}

#[test]
fn a_mobile_password_is_added_with_its_services_in_order() {
    given::<Account>([account_created()])
        .when(|account| add(account, &new("aaaaa", " Phone ", &[Service::Imap, Service::Eas, Service::Imap])))
        .then([added("aaaaa", "Phone", &[Service::Eas, Service::Imap])]);
    let unlabelled = [account_created(), added("aaaaa", "", &[Service::Eas])];
    given::<Account>(unlabelled)
        .when(|account| add(account, &new("bbbbb", "", &[Service::Eas])))
        .then([added("bbbbb", "", &[Service::Eas])]);
}

#[test]
fn bad_mobile_passwords_are_refused() {
    let eas = &[Service::Eas];
    let cases = [
        (new("aaaaa", "Other", eas), Refusal::MobilePasswordExists(id("aaaaa"))),
        (new("bbbbb", "PHONE", eas), Refusal::LabelTaken("PHONE".to_owned())),
        (new("bbbbb", &"x".repeat(LABEL_CHARS + 1), eas), Refusal::BadLabel),
        (new("bbbbb", "a\nb", eas), Refusal::BadLabel),
        (new("bbbbb", "Other", &[]), Refusal::NoServices),
        (MobilePasswordAdded { hash: "secret".to_owned(), ..new("bbbbb", "Other", eas) }, Refusal::NotAHash),
        (MobilePasswordAdded { generated: true, ..new("bbbbb", "Other", eas) }, Refusal::NotAHash),
    ];
    for (wish, refusal) in cases {
        given::<Account>(history()).when(|account| add(account, &wish)).then_refused(&refusal);
        assert_eq!(refusal.code(), codes::INVALID_VALUE);
        assert!(!refusal.to_string().contains("secret"));
    }
    given::<Account>([])
        .when(|account| add(account, &new("aaaaa", "", &[Service::Eas])))
        .then_refused(&Refusal::NoSuchAccount);
    let mut full = vec![account_created()];
    full.extend((0..MAX_MOBILE_PASSWORDS).map(|n| added(&format!("a{n:04}"), "", &[Service::Eas])));
    given::<Account>(full)
        .when(|account| add(account, &new("bbbbb", "", &[Service::Eas])))
        .then_refused(&Refusal::TooManyMobilePasswords);
}

#[test]
fn only_what_changes_of_a_mobile_password_is_recorded() {
    let wish = MobilePasswordUpdated {
        id: id("aaaaa"),
        label: Some("Phone".to_owned()),
        services: Some(vec![Service::Dav, Service::Eas]),
        enabled: Some(true),
    };
    let changes =
        MobilePasswordUpdated { services: Some(vec![Service::Eas, Service::Dav]), ..nothing("aaaaa") };
    let account = given::<Account>(history()).when(|account| update(account, &wish)).then([updated(changes)]);
    assert_eq!(update(&account, &wish), Ok(Vec::new()));
    let disabled = MobilePasswordUpdated { enabled: Some(false), ..nothing("aaaaa") };
    given::<Account>(history()).when(|account| update(account, &disabled)).then([updated(disabled.clone())]);
    given::<Account>(history()).when(|account| update(account, &nothing("aaaaa"))).then_nothing();
}

#[test]
fn bad_changes_of_mobile_passwords_are_refused() {
    let two = [history(), vec![added("bbbbb", "Tablet", &[Service::Eas])]].concat();
    let taken = MobilePasswordUpdated { label: Some("tablet".to_owned()), ..nothing("aaaaa") };
    given::<Account>(two)
        .when(|account| update(account, &taken))
        .then_refused(&Refusal::LabelTaken("tablet".to_owned()));
    let none = MobilePasswordUpdated { services: Some(Vec::new()), ..nothing("aaaaa") };
    given::<Account>(history()).when(|account| update(account, &none)).then_refused(&Refusal::NoServices);
    let unknown = Refusal::NoSuchMobilePassword(id("zzzzz"));
    given::<Account>(history()).when(|account| update(account, &nothing("zzzzz"))).then_refused(&unknown);
    assert_eq!(unknown.code(), codes::NO_SUCH_ENTRY);
    given::<Account>([])
        .when(|account| update(account, &nothing("aaaaa")))
        .then_refused(&Refusal::NoSuchAccount);
}

#[test]
fn a_mobile_password_is_deleted_once() {
    given::<Account>(history()).when(|account| delete(account, &id("aaaaa"))).then([deleted("aaaaa")]);
    let gone = [history(), vec![deleted("aaaaa")]].concat();
    given::<Account>(gone)
        .when(|account| delete(account, &id("aaaaa")))
        .then_refused(&Refusal::NoSuchMobilePassword(id("aaaaa")));
    given::<Account>([]).when(|account| delete(account, &id("aaaaa"))).then_refused(&Refusal::NoSuchAccount);
}

#[test]
fn the_accounts_own_password_opens_activesync_until_there_is_one_for_it_enabled_or_not() {
    let account = |events: &[AccountEvent]| fold::<Account>(&[&[account_created()], events].concat());
    let phone = || added("aaaaa", "", &[Service::Eas]);
    let disabled = updated(MobilePasswordUpdated { enabled: Some(false), ..nothing("aaaaa") });
    let elsewhere = updated(MobilePasswordUpdated { services: Some(vec![Service::Dav]), ..nothing("aaaaa") });
    let cases = [
        (vec![], true),
        (vec![added("aaaaa", "", &[Service::Imap])], true),
        (vec![phone()], false),
        (vec![phone(), disabled], false),
        (vec![phone(), deleted("aaaaa")], true),
        (vec![phone(), elsewhere], true),
        (vec![phone(), added("bbbbb", "", &[Service::Eas]), deleted("aaaaa")], false),
    ];
    for (events, open) in cases {
        let account = account(&events);
        assert_eq!(account.accepts_own_password(Service::Eas), open, "{events:?}");
        assert!(account.accepts_own_password(Service::WebUi));
    }
}

#[test]
fn enabled_passwords_open_their_services_and_an_account_made_anew_has_none() {
    let disabled = updated(MobilePasswordUpdated { enabled: Some(false), ..nothing("bbbbb") });
    let events = [
        account_created(),
        added("aaaaa", "", &[Service::Eas, Service::Dav]),
        added("bbbbb", "", &[Service::Eas]),
        added("ccccc", "", &[Service::Imap]),
        disabled,
    ];
    let account: Account = fold(&events);
    let open = |service| account.passwords_for(service).map(|(id, _)| id.as_str()).collect::<Vec<_>>();
    assert_eq!(open(Service::Eas), ["aaaaa"]);
    assert_eq!(open(Service::Imap), ["ccccc"]);
    assert!(open(Service::Smtp).is_empty());
    let anew = [&events[..], &[AccountEvent::Removed(Empty {}), account_created()]].concat();
    assert!(fold::<Account>(&anew).mobile_passwords.is_empty());
}

#[test]
fn generated_passwords_are_readable_and_every_bit_counts() {
    let text = |random| String::from_utf8(generate(random).0.clone()).unwrap();
    assert_eq!(text([0; SECRET_BYTES]), "aaaaa-aaaaa-aaaaa-aaaaa");
    assert_eq!(text(std::array::from_fn(|n| u8::try_from(n * 9).unwrap())), "aju5e-py9it-4dnx8-hs3cm");
    for byte in 0..=255u8 {
        let text = text([byte; SECRET_BYTES]);
        assert!(!text.contains(['0', 'O', '1', 'l', 'I', 'o']), "{text}");
    }
    let letters: std::collections::BTreeSet<_> = (0..32).map(|byte| text([byte; SECRET_BYTES])).collect();
    assert_eq!(letters.len(), 32, "20 characters of 32 are 100 bits");
    assert_eq!(CredentialId::from_random([0, 8, 31, 32, 255]).as_str(), "ai9a9");
}

#[test]
fn a_generated_password_is_known_again_however_it_is_typed_and_no_other_is() {
    let secret = generate([7; SECRET_BYTES]);
    let hash = hash_generated(&secret, [9; 16]);
    assert!(!hash.contains("hhhhh"));
    assert_eq!(hash.len(), "$blake3$".len() + 32 + 1 + 64);
    let check = |typed: &str| check_generated(&Secret(typed.as_bytes().to_vec()), &hash);
    for typed in ["hhhhh-hhhhh-hhhhh-hhhhh", "hhhhhhhhhhhhhhhhhhhh", "HHHHH HHHHH HHHHH HHHHH"] {
        assert_eq!(check(typed), Some(true), "{typed}");
    }
    for typed in ["", "hhhhh", "hhhhh-hhhhh-hhhhh-hhhhj", "hhhhhhhhhhhhhhhhhhhhh"] {
        assert_eq!(check(typed), Some(false), "{typed}");
    }
    assert_ne!(hash_generated(&secret, [8; 16]), hash, "salted");
    for other in [ARGON, "", "$blake3$", "$blake3$00$00", &hash[..hash.len() - 1], &hash.replace('$', "ü")] {
        assert_eq!(check_generated(&secret, other), None, "{other}");
    }
    given::<Account>([account_created()])
        .when(|account| {
            let generated = MobilePasswordAdded {
                hash: hash.clone(),
                generated: true,
                ..new("aaaaa", "", &[Service::Eas])
            };
            add(account, &generated)
        })
        .then([AccountEvent::MobilePasswordAdded(MobilePasswordAdded {
            hash: hash.clone(),
            generated: true,
            ..new("aaaaa", "", &[Service::Eas])
        })]);
}

#[test]
fn names_of_services_and_passwords_are_read_as_written() {
    for service in Service::ALL {
        assert_eq!(service.to_string().to_lowercase().parse(), Ok(service));
    }
    assert!("Fax".parse::<Service>().is_err());
    assert_eq!("Fr2jM".parse::<CredentialId>().unwrap().to_string(), "Fr2jM");
    for bad in ["", "Fr2j", "Fr2jMM", "Fr2j-", "Fr2jü"] {
        assert!(bad.parse::<CredentialId>().is_err(), "{bad}");
    }
}

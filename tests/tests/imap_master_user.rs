//! Mailboxes on Dovecot that open without the user's own secret, by a master user.

#![expect(clippy::unwrap_used, reason = "a broken promise panics: these are tests")]

use std::{sync::Arc, time::Duration};

use syncledger_domain::{
    ids::Address,
    ports::mailbox::{BackendKey, MailboxError, MailboxUser, Mailboxes, Secret},
};
use syncledger_mailbox_imap::{ImapConfig, ImapMailboxes, LoginName, MasterUser, Tls};
use syncledger_tests::{
    contract::mailbox::imap_world::Numbers,
    mail::Message,
    servers::{Dovecot, DovecotOptions, MASTER},
};

const ALICE: &str = "alice@example.com";

fn user(address: &str) -> MailboxUser {
    MailboxUser { address: Address::new(address).unwrap() }
}

fn secret(text: &str) -> Secret {
    Secret(text.as_bytes().to_vec())
}

fn config(dovecot: &Dovecot, password: &str) -> ImapConfig {
    let master = MasterUser { name: MASTER.0.into(), secret: secret(password), separator: "*".into() };
    ImapConfig {
        master_user: Some(master),
        trust: Duration::ZERO,
        ..ImapConfig::new("127.0.0.1", dovecot.imap_port(), Tls::Loopback)
    }
}

fn mailboxes(config: ImapConfig) -> ImapMailboxes {
    ImapMailboxes::new(config, Arc::new(Numbers::default())).unwrap()
}

/// By SASL PLAIN with an authorization identity where it is offered, in one step or two, else by LOGIN with both names in
/// one; with whole addresses and with local parts.
#[tokio::test]
async fn every_way_to_log_in_leads_to_the_users_own_mailbox() {
    for capability in [None, Some("IMAP4rev1 AUTH=PLAIN"), Some("IMAP4rev1")] {
        for (name, login_name) in [(ALICE, LoginName::Address), ("alice", LoginName::LocalPart)] {
            let options = DovecotOptions { capability, ..DovecotOptions::default() };
            let dovecot = Dovecot::start_with(&[(name, "secret"), ("bob", "other")], &options);
            dovecot.deliver(name, "INBOX", &Message::new("For Alice").bytes());
            let mailboxes = mailboxes(ImapConfig { login_name, ..config(&dovecot, MASTER.1) });
            let mailbox = mailboxes.open_vouched(&user(ALICE)).await.unwrap();
            let index = mailbox.index(&BackendKey("INBOX".to_owned()), None).await.unwrap();
            assert_eq!(index.entries.len(), 1, "{capability:?} {name}");
        }
    }
}

#[tokio::test]
async fn a_refused_master_user_is_no_wrong_password_of_the_users() {
    let dovecot = Dovecot::start(&[(ALICE, "secret")]);
    let refused = |answer: Result<(), MailboxError>| match answer {
        Err(MailboxError::Unavailable(reason)) => {
            assert!(reason.contains(MASTER.0) && reason.contains("master_password"), "{reason}");
            assert!(!reason.contains("wrong key"), "{reason}");
        }
        other => panic!("{other:?}"),
    };
    refused(mailboxes(config(&dovecot, "wrong key")).open_vouched(&user(ALICE)).await.map(drop));
    let known = mailboxes(config(&dovecot, MASTER.1));
    refused(known.open_vouched(&user("nobody@example.com")).await.map(drop));
    known.open_vouched(&user(ALICE)).await.unwrap();
}

#[tokio::test]
async fn without_a_master_user_the_missing_setting_is_named() {
    let dovecot = Dovecot::start(&[(ALICE, "secret")]);
    let mailboxes = mailboxes(ImapConfig { master_user: None, ..config(&dovecot, "") });
    match mailboxes.open_vouched(&user(ALICE)).await.map(drop) {
        Err(MailboxError::Unsupported(reason)) => assert!(reason.contains("imap.master_user"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

/// What the master user has opened is not within reach of a secret, not even of the master user's own.
#[tokio::test]
async fn no_secret_leads_to_the_connections_of_the_master_user() {
    let dovecot = Dovecot::start(&[(ALICE, "secret")]);
    let trusting = ImapConfig { trust: Duration::from_mins(5), ..config(&dovecot, MASTER.1) };
    let mailboxes = mailboxes(trusting);
    mailboxes.open_vouched(&user(ALICE)).await.unwrap().folders().await.unwrap();
    for wrong in ["", MASTER.1, "\u{1}"] {
        let answer = mailboxes.open(&user(ALICE), &secret(wrong)).await.map(drop);
        assert_eq!(answer, Err(MailboxError::Unauthenticated), "{wrong:?}");
    }
    mailboxes.open(&user(ALICE), &secret("secret")).await.unwrap();
}

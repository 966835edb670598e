//! Outgoing mail to a real Exim.

#![expect(clippy::unwrap_used, reason = "a broken promise panics: these are tests")]

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use syncledger_domain::{
    ids::Address,
    ports::transport::{Outgoing, SendError, Transport},
};
use syncledger_smtp::{Login, SmtpConfig, SmtpTransport, Tls};
use syncledger_tests::servers::{Certificates, Dovecot, Smtp, SmtpOptions, free_port, wait_until};
use tokio::net::TcpListener;

const BOB: &str = "bob@example.com";

fn message(body: &str) -> Bytes {
    let text = format!(
        "From: alice@example.com\r\nTo: bob@example.com\r\nSubject: Test\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}"
    );
    text.into()
}

fn outgoing(recipients: &[&str], body: &str) -> Outgoing {
    Outgoing {
        from: Address::new("alice@example.com").unwrap(),
        recipients: recipients.iter().map(|recipient| Address::new(recipient).unwrap()).collect(),
        message: message(body),
    }
}

fn plain(smtp: &Smtp) -> SmtpConfig {
    SmtpConfig::new("127.0.0.1", smtp.port(), Tls::Loopback)
}

fn transport(config: &SmtpConfig) -> SmtpTransport {
    SmtpTransport::new(config).unwrap()
}

fn login(password: &str) -> Login {
    Login { user: Smtp::USER.to_owned(), password: password.to_owned() }
}

/// The message behind the fields Exim adds, with LF as Exim stores it.
fn as_sent(stored: &[u8]) -> String {
    let stored = String::from_utf8(stored.to_vec()).unwrap();
    let begin = stored.find("From: alice@example.com").unwrap_or_else(|| panic!("{stored}"));
    stored[begin..].to_owned()
}

#[tokio::test]
async fn a_message_reaches_every_recipient_byte_for_byte() {
    let smtp = Smtp::start();
    let body = "naïve\r\n.\r\n..two dots\r\nFrom here\r\n\r\nlast, with empty lines\r\n\r\n";
    let carol = "carol@example.com";
    transport(&plain(&smtp)).send(outgoing(&[BOB, carol], body)).await.unwrap();
    for recipient in [BOB, carol] {
        let stored = as_sent(&smtp.wait_for(recipient, 1)[0]);
        assert_eq!(stored, String::from_utf8(message(body).to_vec()).unwrap().replace("\r\n", "\n"));
    }
}

#[tokio::test]
async fn a_message_goes_all_the_way_into_the_mailbox() {
    let dovecot = Dovecot::start(&[(BOB, "pw")]);
    let smtp = Smtp::start_into(&dovecot);
    transport(&plain(&smtp)).send(outgoing(&[BOB], "hello\r\n")).await.unwrap();
    let mut session = dovecot.session(BOB, "pw");
    wait_until("the message", || {
        session.ok("SELECT INBOX");
        (session.uids("SUBJECT Test BODY hello") == [1]).then_some(())
    });
}

#[tokio::test]
async fn refusals_say_what_was_refused() {
    let smtp = Smtp::start();
    let transport = transport(&plain(&smtp));
    let recipient = transport.send(outgoing(&[BOB, "refused@example.com"], "x\r\n")).await;
    assert!(
        matches!(&recipient, Err(SendError::RecipientRefused(why)) if why.contains("no such user")),
        "{recipient:?}"
    );
    let later = transport.send(outgoing(&["later@example.com"], "x\r\n")).await;
    assert!(
        matches!(&later, Err(SendError::Unavailable(why)) if why.contains("try again later")),
        "{later:?}"
    );
    // Exim answers with 550 here too.
    let content = transport.send(outgoing(&[BOB], "forbidden words\r\n")).await;
    assert!(
        matches!(&content, Err(SendError::Refused(why)) if why.contains("content refused")),
        "{content:?}"
    );
    let large = transport.send(outgoing(&[BOB], &"0123456789abcdef\r\n".repeat(20_000))).await;
    assert!(matches!(large, Err(SendError::TooLarge(_))), "{large:?}");
    // None of them was delivered to anybody, and the next one is.
    transport.send(outgoing(&[BOB], "accepted\r\n")).await.unwrap();
    let stored = smtp.wait_for(BOB, 1);
    assert_eq!(stored.len(), 1);
    assert!(as_sent(&stored[0]).contains("accepted"));
}

#[tokio::test]
async fn many_messages_at_once_all_arrive() {
    let smtp = Smtp::start();
    let transport = Arc::new(transport(&SmtpConfig { connections: 3, ..plain(&smtp) }));
    let sends = (0..20).map(|n| {
        let transport = Arc::clone(&transport);
        async move { transport.send(outgoing(&[BOB], &format!("message {n}.\r\n"))).await }
    });
    futures_util::future::try_join_all(sends).await.unwrap();
    let stored: String = smtp.wait_for(BOB, 20).iter().map(|message| as_sent(message)).collect();
    for n in 0..20 {
        assert_eq!(stored.matches(&format!("message {n}.")).count(), 1, "message {n}");
    }
}

#[tokio::test]
async fn eight_bits_go_only_where_they_are_taken() {
    let smtp = Smtp::start_with(&SmtpOptions { accept_8bitmime: false, ..SmtpOptions::default() });
    let transport = transport(&plain(&smtp));
    let refused = transport.send(outgoing(&[BOB], "naïve\r\n")).await;
    assert!(matches!(&refused, Err(SendError::Refused(why)) if why.contains("8BITMIME")), "{refused:?}");
    transport.send(outgoing(&[BOB], "plain\r\n")).await.unwrap();
    assert_eq!(smtp.wait_for(BOB, 1).len(), 1);
}

#[tokio::test]
async fn tls_of_both_kinds_needs_a_root_we_trust() {
    let smtp = Smtp::start();
    for (port, tls) in [(smtp.smtps_port(), Tls::Implicit), (smtp.port(), Tls::StartTls)] {
        let mut config = SmtpConfig::new("127.0.0.1", port, tls);
        for strange in [vec![], vec![Certificates::generate().root]] {
            config.extra_roots = strange;
            let refused = transport(&config).send(outgoing(&[BOB], "x\r\n")).await;
            assert!(matches!(refused, Err(SendError::Unavailable(_))), "{tls:?} {refused:?}");
        }
        config.extra_roots = vec![smtp.root_certificate().to_owned()];
        config.login = Some(login(Smtp::PASSWORD));
        transport(&config).send(outgoing(&[BOB], "x\r\n")).await.unwrap();
    }
    smtp.wait_for(BOB, 2);
}

#[tokio::test]
async fn a_login_that_fails_is_not_the_messages_fault() {
    let smtp = Smtp::start_with(&SmtpOptions { require_auth: true, ..SmtpOptions::default() });
    let secured = |login| SmtpConfig {
        extra_roots: vec![smtp.root_certificate().to_owned()],
        login,
        ..SmtpConfig::new("localhost", smtp.smtps_port(), Tls::Implicit)
    };
    let refused = transport(&secured(Some(login("wrong")))).send(outgoing(&[BOB], "x\r\n")).await;
    assert!(matches!(refused, Err(SendError::Unavailable(_))), "{refused:?}");
    // Exim calls it a matter of the recipient when nobody has logged in.
    let refused = transport(&secured(None)).send(outgoing(&[BOB], "x\r\n")).await;
    assert!(matches!(refused, Err(SendError::RecipientRefused(_))), "{refused:?}");
    transport(&secured(Some(login(Smtp::PASSWORD)))).send(outgoing(&[BOB], "x\r\n")).await.unwrap();
    smtp.wait_for(BOB, 1);
}

#[tokio::test]
async fn a_server_that_is_down_is_unavailable_and_comes_back() {
    let mut smtp = Smtp::start();
    let transport = transport(&plain(&smtp));
    transport.send(outgoing(&[BOB], "before\r\n")).await.unwrap();
    smtp.wait_for(BOB, 1);
    smtp.stop();
    let refused = transport.send(outgoing(&[BOB], "lost\r\n")).await;
    assert!(matches!(refused, Err(SendError::Unavailable(_))), "{refused:?}");
    smtp.start_again();
    // The connection kept from before is dead; nobody notices.
    transport.send(outgoing(&[BOB], "after\r\n")).await.unwrap();
    let stored: String = smtp.wait_for(BOB, 2).iter().map(|message| as_sent(message)).collect();
    assert!(stored.contains("before") && stored.contains("after") && !stored.contains("lost"));
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for_without_end() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    for port in [port, free_port()] {
        let config = SmtpConfig {
            timeout: Duration::from_millis(200),
            ..SmtpConfig::new("127.0.0.1", port, Tls::Loopback)
        };
        let refused = transport(&config).send(outgoing(&[BOB], "x\r\n")).await;
        assert!(matches!(refused, Err(SendError::Unavailable(_))), "{refused:?}");
    }
}

use super::{Dovecot, Smtp, wait_until};

const MESSAGE: &[u8] = b"From: alice@example.com\r\nTo: bob@example.com\r\nSubject: t\r\n\r\nhello\r\n";

#[test]
fn dovecot_delivers_restarts_and_forgets_uids() {
    let mut dovecot = Dovecot::start(&[("bob@example.com", "pw")]);
    dovecot.deliver("bob@example.com", "INBOX", MESSAGE);
    let mut session = dovecot.session("bob@example.com", "pw");
    let before = session.ok("SELECT INBOX");
    assert!(before.iter().any(|line| line == "* 1 EXISTS"), "{before:?}");
    assert_eq!(dovecot.connections("bob@example.com"), 1);
    dovecot.stop();
    dovecot.change_uidvalidity("bob@example.com", "INBOX");
    dovecot.start_again();
    let after = dovecot.session("bob@example.com", "pw").ok("SELECT INBOX");
    let validity = |lines: &[String]| lines.iter().find(|line| line.contains("UIDVALIDITY")).cloned();
    assert_ne!(validity(&before), validity(&after));
}

#[test]
fn exim_delivers_into_dovecot() {
    let dovecot = Dovecot::start(&[("bob@example.com", "pw")]);
    let smtp = Smtp::start_into(&dovecot);
    speak(&smtp, "bob@example.com");
    let mut session = dovecot.session("bob@example.com", "pw");
    wait_until("the message", || {
        session.ok("SELECT INBOX").iter().any(|line| line == "* 1 EXISTS").then_some(())
    });
}

#[test]
fn exim_keeps_maildirs() {
    let smtp = Smtp::start();
    speak(&smtp, "bob@example.com");
    let messages = smtp.wait_for("bob@example.com", 1);
    assert!(String::from_utf8_lossy(&messages[0]).contains("hello"));
}

fn speak(smtp: &Smtp, recipient: &str) {
    use std::io::{BufRead, BufReader, Write};
    let mut stream = BufReader::new(std::net::TcpStream::connect(("127.0.0.1", smtp.port())).unwrap());
    let message = String::from_utf8_lossy(MESSAGE).into_owned();
    let steps = [
        ("220", String::new()),
        ("250", "HELO test\r\n".into()),
        ("250", "MAIL FROM:<alice@example.com>\r\n".into()),
        ("250", format!("RCPT TO:<{recipient}>\r\n")),
        ("354", "DATA\r\n".into()),
        ("250", format!("{message}.\r\n")),
        ("221", "QUIT\r\n".into()),
    ];
    for (expected, say) in steps {
        stream.get_mut().write_all(say.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_line(&mut answer).unwrap();
        assert!(answer.starts_with(expected), "{say}: {answer}\n{}", smtp.log());
    }
}

//! Who is let in.

use http::StatusCode;
use syncledger_commands::{disable_account, remove_account};
use syncledger_domain::ports::mailbox::MailboxError;
use syncledger_mailbox_memory::Method;

use super::world::{Ask, Options, PASSWORD, World, alice};
use crate::http::FailureLimit;

const OK: StatusCode = StatusCode::OK;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
const UNAVAILABLE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

#[tokio::test]
async fn every_form_of_the_user_name_leads_to_the_account() {
    let world = World::with_alice().await;
    for user in ["alice", "ALICE@example.com", "EXAMPLE.COM\\alice", "CORP\\alice", "corp\\alice@example.com"]
    {
        let reply = world.send(Ask::options().login(user.as_bytes(), PASSWORD.as_bytes()).build()).await;
        assert_eq!(reply.status, OK, "{user}");
    }
}

#[tokio::test]
async fn passwords_may_come_in_utf_8_or_latin_1() {
    let world = World::with(Options::default()).await;
    world.add("jörg@example.com", "pässwörd").await;
    for (user, password) in [("jörg".as_bytes(), "pässwörd".as_bytes()), (b"j\xF6rg", b"p\xE4ssw\xF6rd")] {
        assert_eq!(world.send(Ask::options().login(user, password).build()).await.status, OK);
    }
    assert_eq!(world.send(Ask::options().login(b"j\xF6rg", b"passwort").build()).await.status, UNAUTHORIZED);
}

#[tokio::test]
async fn without_the_right_secret_credentials_are_asked_for() {
    let world = World::with_alice().await;
    let wrong = [
        Ask::options().without("authorization"),
        Ask::options().header("Authorization", "Bearer x"),
        Ask::options().login(b"alice", b"wrong"),
        Ask::options().login(b"nobody", PASSWORD.as_bytes()),
        Ask::options().login(b"alice@elsewhere.example", PASSWORD.as_bytes()),
        Ask::command("FolderSync").login(b"alice", b"wrong"),
    ];
    for ask in wrong {
        let reply = world.send(ask.build()).await;
        assert_eq!(reply.status, UNAUTHORIZED);
        assert_eq!(reply.header("www-authenticate"), Some("Basic realm=\"ActiveSync\""));
        assert_eq!(reply.header("ms-asprotocolversions"), None);
    }
    assert!(world.events("device-").await.is_empty());
}

#[tokio::test]
async fn a_backend_that_checks_makes_the_account_at_the_first_login() {
    let world = World::with(Options { backend_checks: true, ..Options::default() }).await;
    world.mailboxes.add_account(&"alice@example.com".parse().unwrap(), PASSWORD);
    assert_eq!(world.send(Ask::options().login(b"alice", b"wrong").build()).await.status, UNAUTHORIZED);
    assert!(world.events("account-").await.is_empty());
    assert_eq!(world.send(Ask::options().build()).await.status, OK);
    assert_eq!(world.send(Ask::options().login(b"alice", PASSWORD.as_bytes()).build()).await.status, OK);
    assert_eq!(world.events("account-").await, ["account-created"]);
}

#[tokio::test]
async fn a_domain_nobody_made_is_not_asked_about() {
    let world = World::with(Options { backend_checks: true, ..Options::default() }).await;
    let foreign = world.mailboxes.add_account(&"alice@foreign.example".parse().unwrap(), PASSWORD);
    let reply = world.send(Ask::options().login(b"alice@foreign.example", PASSWORD.as_bytes()).build()).await;
    assert_eq!(reply.status, UNAUTHORIZED);
    assert_eq!(foreign.faults().calls().of(Method::Open), 0);
}

#[tokio::test]
async fn a_backend_that_is_down_is_503_and_never_401() {
    let world = World::with(Options { backend_checks: true, ..Options::default() }).await;
    let mailbox = world.mailboxes.add_account(&"alice@example.com".parse().unwrap(), PASSWORD);
    mailbox.set_down(true);
    for _ in 0..20 {
        let reply = world.send(Ask::options().build()).await;
        assert_eq!((reply.status, reply.header("retry-after")), (UNAVAILABLE, Some("30")));
    }
    mailbox.set_down(false);
    // Not one of these was a failure of Alice.
    assert_eq!(world.send(Ask::options().build()).await.status, OK);
}

#[tokio::test]
async fn a_login_is_remembered_for_minutes_and_a_new_password_ends_it() {
    let world = World::with_alice().await;
    let mailbox = world.mailboxes.add_account(&"alice@example.com".parse().unwrap(), PASSWORD);
    let opened = || mailbox.faults().calls().of(Method::Open);
    for _ in 0..3 {
        assert_eq!(world.send(Ask::options().build()).await.status, OK);
    }
    assert_eq!(opened(), 1);
    world.advance(301);
    assert_eq!(world.send(Ask::options().build()).await.status, OK);
    assert_eq!(opened(), 2);
    world.set_password(alice(), "new secret").await;
    assert_eq!(world.send(Ask::options().build()).await.status, UNAUTHORIZED);
    assert_eq!(world.send(Ask::options().login(b"alice", b"new secret").build()).await.status, OK);
}

#[tokio::test]
async fn requests_at_the_same_time_are_checked_once() {
    let world = World::with(Options { backend_checks: true, ..Options::default() }).await;
    let mailbox = world.mailboxes.add_account(&"alice@example.com".parse().unwrap(), PASSWORD);
    let replies = futures_util::future::join_all((0..10).map(|_| world.send(Ask::options().build()))).await;
    assert!(replies.iter().all(|reply| reply.status == OK));
    assert_eq!(mailbox.faults().calls().of(Method::Open), 1);
}

#[tokio::test]
async fn a_backend_that_changed_its_mind_about_a_secret_is_asked_again() {
    let world = World::with(Options { backend_checks: true, ..Options::default() }).await;
    let mailbox = world.mailboxes.add_account(&"alice@example.com".parse().unwrap(), PASSWORD);
    world.set("policyRequired", "false").await;
    let folder_sync = || {
        Ask::command("FolderSync")
            .xml("<FolderSync xmlns=\"FolderHierarchy\"><SyncKey>0</SyncKey></FolderSync>")
            .build()
    };
    assert_eq!(world.send(folder_sync()).await.ends(), (200, Some(1)));
    world.mailboxes.add_account(&"alice@example.com".parse().unwrap(), "other");
    mailbox.faults().fail_next(1, &MailboxError::Unauthenticated);
    assert_eq!(world.send(folder_sync()).await.status, UNAVAILABLE);
    assert_eq!(world.send(folder_sync()).await.status, UNAUTHORIZED);
}

#[tokio::test]
async fn after_many_failures_a_pair_of_user_and_address_is_not_looked_at() {
    let mut options = Options::default();
    options.config.login.failure_limit = FailureLimit { failures: 3, window_secs: 60 };
    let world = World::with(options).await;
    world.add("alice@example.com", PASSWORD).await;
    let guess = |secret: &str| Ask::options().login(b"alice", secret.as_bytes());
    for number in 0..3 {
        assert_eq!(world.send(guess(&number.to_string()).build()).await.status, UNAUTHORIZED);
    }
    let reply = world.send(guess(PASSWORD).build()).await;
    assert_eq!((reply.status, reply.header("retry-after")), (UNAVAILABLE, Some("60")));
    assert_eq!(world.send(guess(PASSWORD).from("127.0.0.2").build()).await.status, OK, "from elsewhere");
    world.advance(60);
    assert_eq!(world.send(guess("still wrong").build()).await.status, UNAUTHORIZED);
}

#[tokio::test]
async fn another_spelling_of_a_user_is_no_other_user() {
    let mut options = Options::default();
    options.config.login.failure_limit = FailureLimit { failures: 3, window_secs: 60 };
    let world = World::with(options).await;
    world.add("alice@example.com", PASSWORD).await;
    for user in ["alice", "X0\\alice", "X1\\alice@example.com"] {
        let guess = Ask::options().login(user.as_bytes(), b"wrong");
        assert_eq!(world.send(guess.build()).await.status, UNAUTHORIZED, "{user}");
    }
    for user in ["X2\\alice", "example.com/ALICE", " alice@EXAMPLE.com"] {
        let guess = Ask::options().login(user.as_bytes(), b"wrong");
        assert_eq!(world.send(guess.build()).await.status, UNAVAILABLE, "{user}");
    }
    let bob = Ask::options().login(b"X3\\bob", b"wrong");
    assert_eq!(world.send(bob.build()).await.status, UNAUTHORIZED, "somebody else");
}

#[tokio::test]
async fn clients_of_a_proxy_are_told_apart_when_one_of_them_tries_many_names() {
    let mut options = Options::default();
    options.config.login.address_failure_limit = FailureLimit { failures: 3, window_secs: 60 };
    options.config.proxies.trusted = vec!["127.0.0.1".parse().unwrap()];
    let world = World::with(options).await;
    world.add("alice@example.com", PASSWORD).await;
    let from = |client: &str, user: &str, secret: &str| {
        let ask = Ask::options().login(user.as_bytes(), secret.as_bytes());
        ask.header("X-Forwarded-For", client).build()
    };
    for number in 0..3 {
        let guess = from("198.51.100.7", &format!("user{number}"), "guess");
        assert_eq!(world.send(guess).await.status, UNAUTHORIZED);
    }
    let refused = world.send(from("198.51.100.7", "alice", PASSWORD)).await;
    assert_eq!((refused.status, refused.header("retry-after")), (UNAVAILABLE, Some("60")));
    assert_eq!(world.send(from("198.51.100.8", "alice", PASSWORD)).await.status, OK);
    world.advance(60);
    assert_eq!(world.send(from("198.51.100.7", "alice", PASSWORD)).await.status, OK);
}

#[tokio::test]
async fn a_disabled_account_is_refused_though_its_login_is_remembered_and_a_removed_one_is_unknown() {
    let world = World::with_alice().await;
    assert_eq!(world.send(Ask::options().build()).await.status, OK);
    let repository = &world.services.repository;
    disable_account::run(repository, &World::admin(), alice(), "left the company").await.unwrap();
    world.settle().await;
    assert_eq!(world.send(Ask::options().build()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.send(Ask::command("FolderSync").build()).await.ends(), (200, Some(131)));
    assert_eq!(world.send(Ask::command("FolderSync").version("12.1").build()).await.ends(), (403, None));
    remove_account::run(repository, &World::admin(), alice()).await.unwrap();
    world.settle().await;
    assert_eq!(world.send(Ask::options().build()).await.status, UNAUTHORIZED);
}

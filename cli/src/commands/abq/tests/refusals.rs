//! Every bad parameter has its code, and nothing is appended for it.

use super::*;

const NOBODY: &str = "nobody@example.com";

#[tokio::test]
async fn bad_entries_are_refused() {
    let world = World::new().await;
    world.run(&["set", "in", "Allowed"]).await.unwrap();
    let long = "x".repeat(129);
    let very_long = "x".repeat(100_000);
    for (words, code) in [
        (&["set", "", "Allowed"][..], "BAD_DEVICE_ID"),
        (&["set", &long, "Allowed"], "BAD_DEVICE_ID"),
        (&["set", &very_long, "Allowed"], "BAD_DEVICE_ID"),
        (&["set", "a/b", "Allowed"], "BAD_DEVICE_ID"),
        (&["set", "x", ""], "INVALID_VALUE"),
        (&["set", "x", "Perhaps"], "INVALID_VALUE"),
        (&["set", "x", &very_long], "INVALID_VALUE"),
        (&["set", "x", "Allowed", "--account", ""], "NO_SUCH_ACCOUNT"),
        (&["set", "x", "Allowed", "--account", NOBODY], "NO_SUCH_ACCOUNT"),
        (&["set", "x", "Allowed", "--account", &very_long], "NO_SUCH_ACCOUNT"),
        (&["set", "x", "Allowed", "--account", "00000000-0000-0000-0000-000000000000"], "NO_SUCH_ACCOUNT"),
        (&["set", "x", "Allowed", "--for", "soon"], "INVALID_VALUE"),
        (&["set", "x", "Allowed", "--until", "2001-01-01T00:00:00Z"], "INVALID_VALUE"),
        (&["set", "x", "Allowed", "--until", ""], "INVALID_VALUE"),
        (&["set", "x", "Allowed", "--for", "1d", "--until", "2100-01-01"], "CONFLICTING_PARAMETERS"),
        (&["allow", "unknown"], "NOT_QUARANTINED"),
        (&["block", "in"], "NOT_QUARANTINED"),
        (&["allow", "b@d"], "BAD_DEVICE_ID"),
        (&["block", "x", "--account", NOBODY], "NO_SUCH_ACCOUNT"),
        (&["delete", "unknown"], "NO_SUCH_ENTRY"),
        (&["delete", "in", "--account", ALICE], "NO_SUCH_ENTRY"),
        (&["delete", "in", "--account", "00000000-0000-0000-0000-000000000000"], "NO_SUCH_ENTRY"),
        (&["delete", "in", "--account", NOBODY], "NO_SUCH_ACCOUNT"),
        (&["delete", ""], "BAD_DEVICE_ID"),
        (&["list", "--status", "blocking"], "INVALID_VALUE"),
        (&["list", "--account", NOBODY], "NO_SUCH_ACCOUNT"),
        (&["notification-interval", ""], "INVALID_VALUE"),
        (&["notification-interval", "45"], "INVALID_VALUE"),
        (&["notification-interval", "32d"], "INVALID_VALUE"),
        (&["notification-interval", "45м"], "INVALID_VALUE"),
        (&["explain", NOBODY, "x"], "NO_SUCH_ACCOUNT"),
        (&["explain", ALICE, ""], "BAD_DEVICE_ID"),
        (&["explain", ALICE, "x", "--mode", "Lenient"], "INVALID_VALUE"),
    ] {
        world.refused(words, code).await;
    }
}

#[tokio::test]
async fn bad_rules_are_refused() {
    let world = World::new().await;
    world.run(&["rule", "set", "taken", "Blocked", "7"]).await.unwrap();
    let long = "x".repeat(1025);
    for (words, code) in [
        (&["rule", "set", "", "Blocked", "1"][..], "BAD_REGEX"),
        (&["rule", "set", "(a", "Blocked", "1"], "BAD_REGEX"),
        (&["rule", "set", &long, "Blocked", "1"], "BAD_REGEX"),
        (&["rule", "set", r"(x+x+)+\1y", "Blocked", "1"], "BAD_REGEX"),
        (&["rule", "set", r"(?=(a+)+b)(a*)*\2c", "Blocked", "1"], "BAD_REGEX"),
        (&["rule", "set", "x", "Blocking", "1"], "INVALID_VALUE"),
        (&["rule", "set", "x", "Blocked", ""], "INVALID_VALUE"),
        (&["rule", "set", "x", "Blocked", "first"], "INVALID_VALUE"),
        (&["rule", "set", "x", "Blocked", "1.5"], "INVALID_VALUE"),
        (&["rule", "set", "x", "Blocked", "9223372036854775808"], "INVALID_VALUE"),
        (&["rule", "set", "x", "Blocked", "7"], "INVALID_VALUE"),
        (&["rule", "set", "x", "Blocked", "1", "--domain", ""], "INVALID_VALUE"),
        (&["rule", "set", "x", "Blocked", "1", "--domain", "nowhere.example"], "NO_SUCH_DOMAIN"),
        (&["rule", "list", "--domain", "nowhere.example"], "NO_SUCH_DOMAIN"),
        (&["rule", "delete", "unknown"], "NO_SUCH_ENTRY"),
        (&["rule", "delete", "taken", "--domain", "example.com"], "NO_SUCH_ENTRY"),
        (&["rule", "delete", "taken", "--domain", "nowhere.example"], "NO_SUCH_DOMAIN"),
        (&["rule", "delete", &long], "NO_SUCH_ENTRY"),
        (&["rule", "test", "(", "x"], "BAD_REGEX"),
        (&["rule", "test", "x", "b@d"], "BAD_DEVICE_ID"),
    ] {
        world.refused(words, code).await;
    }
}

#[tokio::test]
async fn bad_files_are_refused() {
    let world = World::new().await;
    let latin = world.file("latin", b"device\n\xff\xfe\n");
    let lines = world.file("lines", "x\n".repeat(1_000_001));
    let large = world.file("large", "");
    std::fs::File::options().write(true).open(&large).unwrap().set_len(import::MAX_BYTES + 1).unwrap();
    let missing = world.place.path().join("missing");
    let text = |path: &PathBuf| path.to_str().unwrap().to_owned();
    let good = world.file("good", "x\n");
    for (file, code) in [
        (text(&missing), "FILE_UNREADABLE"),
        (text(&latin), "FILE_UNREADABLE"),
        (text(&large), "FILE_UNREADABLE"),
        (world.place.path().to_str().unwrap().to_owned(), "FILE_UNREADABLE"),
        ("/dev/zero".to_owned(), "FILE_UNREADABLE"),
        (String::new(), "FILE_UNREADABLE"),
        (text(&lines), "INVALID_VALUE"),
    ] {
        world.refused(&["import", &file, "Allowed"], code).await;
        world.refused(&["simulate", "--import", &file, "--as", "Allowed"], code).await;
    }
    world.refused(&["import", &text(&good), "Perhaps"], "INVALID_VALUE").await;
    world.refused(&["import", &text(&good), "Allowed", "--for", "0d"], "INVALID_VALUE").await;
    world.refused(&["import", &text(&good), "Allowed", "--until", "2001-01-01"], "INVALID_VALUE").await;
}

#[tokio::test]
async fn bad_simulations_are_refused() {
    let world = World::new().await;
    world.run(&["rule", "set", "taken", "Blocked", "7"]).await.unwrap();
    for (words, code) in [
        (&["simulate"][..], "USAGE"),
        (&["simulate", "--domain", "example.com"], "USAGE"),
        (&["simulate", "--mode", ""], "INVALID_VALUE"),
        (&["simulate", "--rule", ""], "INVALID_VALUE"),
        (&["simulate", "--rule", "x"], "INVALID_VALUE"),
        (&["simulate", "--rule", "x=Blocked"], "INVALID_VALUE"),
        (&["simulate", "--rule", "x=Blocking@1"], "INVALID_VALUE"),
        (&["simulate", "--rule", "x=Blocked@one"], "INVALID_VALUE"),
        (&["simulate", "--rule", "x=Blocked@7"], "INVALID_VALUE"),
        (&["simulate", "--rule", "(=Blocked@1"], "BAD_REGEX"),
        (&["simulate", "--rule", "x=Blocked@1", "--domain", "nowhere.example"], "NO_SUCH_DOMAIN"),
        (&["simulate", "--delete-rule", "unknown"], "NO_SUCH_ENTRY"),
    ] {
        world.refused(words, code).await;
    }
}

#[tokio::test]
async fn bad_messages_are_refused() {
    let world = World::new().await;
    let long = world.file("long", "x".repeat(65_537));
    let huge = world.file("huge", "x".repeat((1 << 20) + 1));
    let (long, huge) = (long.to_str().unwrap(), huge.to_str().unwrap());
    let subject = "x".repeat(256);
    for (words, code) in [
        (&["set", "", "default", "--subject", "x"][..], "INVALID_VALUE"),
        (&["set", "allowed", "default", "--subject", "x"], "INVALID_VALUE"),
        (&["set", "blocked", "", "--subject", "x"], "INVALID_LOCALE"),
        (&["set", "blocked", "french", "--subject", "x"], "INVALID_LOCALE"),
        (&["set", "blocked", "fr", "--subject", "x"], "NO_DEFAULT_MESSAGE"),
        (&["set", "blocked", "default"], "USAGE"),
        (&["set", "blocked", "default", "--subject", &subject], "INVALID_VALUE"),
        (&["set", "blocked", "default", "--subject", "a\nb"], "INVALID_VALUE"),
        (&["set", "blocked", "default", "--from", "nobody"], "INVALID_VALUE"),
        (&["set", "blocked", "default", "--reply-to", "a b"], "INVALID_VALUE"),
        (&["set", "blocked", "default", "--subject", "x", "--domain", "nowhere.example"], "NO_SUCH_DOMAIN"),
        (
            &["set", "blocked", "default", "--body-plain", "x", "--body-plain-file", long],
            "CONFLICTING_PARAMETERS",
        ),
        (
            &["set", "blocked", "default", "--body-html", "x", "--body-html-file", long],
            "CONFLICTING_PARAMETERS",
        ),
        (&["set", "blocked", "default", "--body-plain-file", long], "INVALID_VALUE"),
        (&["set", "blocked", "default", "--body-plain-file", huge], "FILE_UNREADABLE"),
        (&["set", "blocked", "default", "--body-html-file", "/dev/zero"], "FILE_UNREADABLE"),
        (&["set", "blocked", "default", "--body-html-file", "/nowhere"], "FILE_UNREADABLE"),
        (&["get", "blocked", "default"], "NO_SUCH_MESSAGE"),
        (&["get", "blocked", "fr", "--domain", "example.com"], "NO_SUCH_MESSAGE"),
        (&["get", "blocked", "all", "--domain", "nowhere.example"], "NO_SUCH_DOMAIN"),
        (&["get", "blocked", "everything"], "INVALID_LOCALE"),
        (&["delete", "blocked", "default"], "NO_SUCH_MESSAGE"),
        (&["delete", "blocked", "all!"], "INVALID_LOCALE"),
        (&["duplicate", "blocked", "default", "fr"], "NO_SUCH_MESSAGE"),
        (&["duplicate", "blocked", "default", "x"], "INVALID_LOCALE"),
    ] {
        let words: Vec<&str> = ["message"].into_iter().chain(words.iter().copied()).collect();
        world.refused(&words, code).await;
    }
    world.run(&["message", "init"]).await.unwrap();
    world.refused(&["message", "delete", "blocked", "default"], "NO_DEFAULT_MESSAGE").await;
}

#[tokio::test]
async fn the_interval_is_set_in_milliseconds() {
    let world = World::new().await;
    for (text, expected) in [("45m", "2700000"), ("6h", "21600000"), ("1D", "86400000"), ("0", "0")] {
        world.show(&["notification-interval", text]).await;
        let config =
            syncledger_projections::directory::config(&*world.node.view_store()).await.unwrap().unwrap();
        assert_eq!(config.attributes.get("abqNotificationsInterval"), Some(expected));
    }
}

#[tokio::test]
async fn what_is_shown_of_a_bad_word_is_short() {
    let world = World::new().await;
    let said = world.refused(&["set", "x", &"y".repeat(1000)], "INVALID_VALUE").await;
    assert!(said.starts_with("status 'yyy") && said.contains("Allowed, Blocked or Quarantined"), "{said}");
}

#[tokio::test]
async fn an_account_is_called_as_it_was_called() {
    let world = World::new().await;
    world.run(&["set", "x1", "Blocked", "--account", ALICE]).await.unwrap();
    for words in [&["allow", "x1"][..], &["block", "x2"], &["delete", "x2"]] {
        let told = world.run(&[words, &["--account", ALICE]].concat()).await.unwrap_err().to_string();
        assert!(told.contains(&format!("/{ALICE}'")), "{told}");
    }
}

//! Every parameter of every command, empty, too long, of the wrong type, unknown, with control characters, hostile: each
//! refusal has its stable code and changes nothing.
//!
//! A line of the tables is a call; `{kind=good}` in it is a parameter, which takes each bad value of its kind while the
//! others are good. All calls of a table go to one process, a line each.

mod calls;
mod native;
mod outcome;
mod product;
mod values;

use serde_json::Value;
use syncledger_tests::{
    mail::{Mail, Message},
    world::{ALICE, World, sync_all},
};

use self::{
    calls::{calls, shown},
    outcome::{failures, piped, wrong},
};

/// A node that does not run, with an account, a device and a message.
async fn world() -> (World, String) {
    let mut world = World::files();
    world.maildir(ALICE).deliver("Inbox", &Message::new("A message").bytes());
    sync_all(&mut world.phone(ALICE, "phone1")).await;
    world.stop();
    let file = world.scratch().join("good.txt");
    std::fs::write(&file, "d1\n").expect("own directory");
    let file = file.to_str().expect("UTF-8").to_owned();
    (world, file)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_bad_value_of_any_parameter_does_anything() {
    let (world, file) = world().await;
    let position = world.position();
    let calls = calls(native::CALLS, &file);
    let heard = piped(&world, &calls);
    assert_eq!(heard.code, Some(1), "{}", heard.stderr);
    let (failed, told) = failures(&heard.stderr);
    let mut complaints: Vec<String> = Vec::new();
    for (number, call) in calls.iter().enumerate() {
        if !failed.contains_key(&(number + 1)) {
            complaints.push(format!("done: {}", shown(call)));
        }
    }
    for (number, answer) in &told {
        let wrong = wrong(answer, failed[number]);
        complaints.extend(wrong.map(|wrong| format!("{}: {wrong}", shown(&calls[number - 1]))));
    }
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), calls.len(), complaints.join("\n"));
    assert_eq!(world.position(), position, "something was appended: {}", world.call(&["log", "tail"]).ok());
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_in_the_other_spelling() {
    let (world, file) = world().await;
    let position = world.position();
    let calls = calls(product::CALLS, &file);
    let heard = piped(&world, &calls);
    assert_eq!(heard.code, Some(1), "{}", heard.stderr);
    let (failed, told) = failures(&heard.stderr);
    let mut complaints: Vec<String> = Vec::new();
    // Answers stand where answers stand, refusals too.
    for (number, besides) in &told {
        if !besides.is_empty() {
            complaints.push(format!("{}: also {besides}", shown(&calls[number - 1])));
        }
    }
    let answers: Vec<&str> = heard.stdout.lines().collect();
    assert_eq!(answers.len(), calls.len(), "an answer each");
    for (at, (call, answer)) in calls.iter().zip(answers).enumerate() {
        match failed.get(&(at + 1)) {
            None => complaints.push(format!("done: {}", shown(call))),
            Some(code) => {
                complaints.extend(wrong(answer, *code).map(|wrong| format!("{}: {wrong}", shown(call))));
            }
        }
    }
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), calls.len(), complaints.join("\n"));
    assert_eq!(world.position(), position, "something was appended: {}", world.call(&["log", "tail"]).ok());
    world.finish();
}

/// What no line can hold, and what costs much without a bound.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_words_end_soon_and_do_nothing() {
    let (world, _) = world().await;
    let position = world.position();
    let slow = format!("{}-", "a".repeat(60));
    let refused: &[(&[&str], &str)] = &[
        (&["abq", "set", "two\nlines", "Allowed"], "BAD_DEVICE_ID"),
        (&["device", "info", ALICE, "two\nlines"], "BAD_DEVICE_ID"),
        (&["device", "info", "two\nlines", "phone1"], "NO_SUCH_ACCOUNT"),
        (&["filter", "add", "contains", "two\nlines", "limit", "14.1"], "BAD_RULE"),
        (&["abq", "message", "set", "blocked", "default", "--subject", "two\nlines"], "INVALID_VALUE"),
        (&["logger", "add", ALICE, "info", "two\nlines"], "FILE_UNWRITABLE"),
        (&["abq", "rule", "set", "(a|a)*\\1--", "Allowed", "1"], "BAD_REGEX"),
        (&["abq", "rule", "test", "(a|a)*\\1--", "d1"], "BAD_REGEX"),
        (&["abq", "set"], "USAGE"),
        (&["abq", "set", "d1", "Allowed", "too", "many"], "USAGE"),
        (&["device", "purge", "--no-such-option"], "USAGE"),
        (&["log", "import", "/dev/zero"], "INVALID_VALUE"),
        (&["account", "set", ALICE, "--password-file", "/dev/zero"], "FILE_UNREADABLE"),
    ];
    for (arguments, code) in refused {
        let ran = world.call(&[&["--json"], *arguments].concat());
        assert!(matches!(ran.status.code(), Some(1 | 64)), "{ran:?}");
        let told: Value =
            serde_json::from_str(&ran.stderr).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        assert_eq!(told["error"]["code"], *code, "{ran:?}");
    }
    // Lines of such a file are no devices; none is let in, none takes the rest along.
    let imported = world.query(&["abq", "import", "/etc/passwd", "Allowed"]);
    assert_eq!(imported["added"], 0, "{imported:#}");
    // A pattern that would try for ever on some id is refused above; those that only look so are not.
    for regex in ["(a+)+b", "(a|aa)+b", "(a+)+\\1b", "(?=(a+)+b)a.*", "((a+)+)+(?=-)--"] {
        let told = world.query(&["abq", "rule", "test", regex, &slow]);
        assert!(told[0]["outcome"].as_str().is_some_and(|outcome| outcome != "matches"), "{regex}: {told}");
    }
    assert_eq!(world.position(), position, "something was appended: {}", world.call(&["log", "tail"]).ok());
    world.finish();
}

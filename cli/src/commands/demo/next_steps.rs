//! What to try next, in words one can paste.

use std::path::Path;

use super::setup::{ALICE, BOB, PASSWORD, maildir};
use crate::commands::conversation::Narrator;

/// How to connect something real, and what to ask the ledger. `device` is the demo's phone, if there is one.
pub(super) fn print(narrator: Narrator, dir: &Path, url: &str, device: Option<&str>) {
    let program = program();
    let at = quoted(&dir.display().to_string());
    narrator.heading("Connect something yourself");
    narrator.say(format_args!("  server    {url}/Microsoft-Server-ActiveSync"));
    narrator.say(format_args!("  accounts  {ALICE}, {BOB}; the password of both is `{PASSWORD}`"));
    narrator
        .say(format_args!("  curl -i -u {ALICE}:{PASSWORD} -X OPTIONS {url}/Microsoft-Server-ActiveSync"));
    narrator.say("  Plain HTTP is spoken with this computer only. A real phone wants HTTPS: write");
    narrator.say(format_args!("    {}", dir.join(crate::config::FILE_NAME).display()));
    narrator.say("      [[listen]]\n      address = \"0.0.0.0:443\"\n      tls = { certificate = \"cert.pem\", key = \"key.pem\" }");
    narrator.say(format_args!("  stop the demo and run `{program} serve --dir {at}`."));

    narrator.heading("Ask the ledger (in another terminal, while this runs or after)");
    let absolute = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    narrator.say(format_args!("  export SYNCLEDGER_DIR={}", quoted(&absolute.display().to_string())));
    let mut questions = vec![
        ("device list".to_owned(), "who synchronises"),
        (format!("audit timeline {ALICE}"), "everything that happened to alice"),
        (format!("device simulate {ALICE} --new"), "another phone, which leaves no trace in the ledger"),
        ("log tail --follow".to_owned(), "events as they come"),
        ("log verify".to_owned(), "every hash chain and seal"),
    ];
    if let Some(device) = device {
        let knows = (format!("audit syncstate {ALICE} {device}"), "what the phone knows, item by item");
        questions.insert(2, (format!("device info {ALICE} {device}"), "all that is known about the phone"));
        questions.insert(3, knows);
    }
    let longest = questions.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    for (command, meaning) in questions {
        narrator.say(format_args!("  {program} {command:<longest$}  # {meaning}"));
    }

    if device.is_some() {
        narrator.heading("Wake the phone: deliver a message, and watch this window");
        let new = maildir(dir, ALICE).join("new").join("hello.$$");
        narrator
            .say(format_args!("  printf 'From: {BOB}\\nSubject: Hello\\n\\nHello.\\n' > {}", new.display()));
    }
}

/// As it was called, so that the lines can be pasted.
fn program() -> String {
    std::env::args().next().map_or_else(|| "syncledger".to_owned(), |name| quoted(&name))
}

/// For a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn paths_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(quoted("/srv/demo-1"), "/srv/demo-1");
        assert_eq!(quoted("my demo"), "'my demo'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
    }
}

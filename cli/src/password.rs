//! Local passwords: how they come in and how they are kept.

use std::{
    fmt::Display,
    fs::File,
    io::{BufRead, BufReader, IsTerminal as _, Read as _},
    os::fd::AsFd,
    path::Path,
};

use anyhow::{Context as _, bail};
use argon2::{Argon2, password_hash::PasswordHasher};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use syncledger_domain::{codes, ports::clock::Randomness};

use crate::{refusal::Refused, system::SystemRandomness};

/// Longest line with a password, in bytes, with its end.
const MAX_LINE: u64 = 8192;
/// What Ctrl-C sends.
const INTERRUPT: char = '\u{3}';

/// argon2id in PHC string form, with a salt of its own.
pub(crate) fn hash(secret: &str) -> anyhow::Result<String> {
    if secret.is_empty() {
        let message = "password '' is not valid: at least one character is needed";
        return Err(Refused::new(codes::INVALID_VALUE, message).into());
    }
    let mut salt = [0; 16];
    SystemRandomness.fill(&mut salt);
    let hash = Argon2::default().hash_password_with_salt(secret.as_bytes(), &salt);
    Ok(hash.map_err(|error| anyhow::anyhow!("password cannot be hashed: {error}"))?.to_string())
}

/// The first line of a file, which may be a pipe.
///
/// # Errors
/// `FILE_UNREADABLE`: not there, nothing in its first line, no UTF-8, or a line longer than any password; what has no end
/// is not read to its end.
pub(crate) fn first_line(file: &Path) -> anyhow::Result<String> {
    let refuse = |why: &dyn Display| {
        let allowed = format!("allowed is a file whose first line is the password, at most {MAX_LINE} bytes");
        Refused::new(
            codes::FILE_UNREADABLE,
            format!("file '{}' cannot be read: {why}; {allowed}", file.display()),
        )
    };
    let opened = File::open(file).map_err(|error| refuse(&error))?;
    let mut line = String::new();
    let mut bounded = BufReader::new(opened.take(MAX_LINE + 1));
    bounded.read_line(&mut line).map_err(|error| refuse(&error))?;
    if line.len() as u64 > MAX_LINE {
        return Err(refuse(&"its first line is longer").into());
    }
    let line = line.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        return Err(refuse(&"it has no first line").into());
    }
    Ok(line.to_owned())
}

/// Asks at the terminal, where what is typed does not show; from a pipe, reads a line.
pub(crate) fn ask() -> anyhow::Result<String> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return answer(&mut stdin.lock());
    }
    eprint!("Password: ");
    let answered = unseen(&stdin, || answer(&mut stdin.lock()));
    // The line end that was typed did not show either.
    eprintln!();
    answered
}

/// A line, and no more: what follows may be the next command. One that is too long is read to its end, but not kept, for
/// the same reason.
///
/// # Errors
/// [`Refused`] under `INVALID_VALUE` for a line that is no UTF-8, or longer than any password; also when it is empty or
/// interrupted.
fn answer(input: &mut impl BufRead) -> anyhow::Result<String> {
    let refuse = |why: &str| {
        let allowed = format!("allowed is a line of UTF-8 text, at most {MAX_LINE} bytes with its end");
        Refused::new(codes::INVALID_VALUE, format!("the password is not valid: {why}; {allowed}"))
    };
    let mut line = Vec::new();
    // One more than is allowed shows that there is more.
    input.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut line).context("cannot read the password")?;
    if line.len() as u64 > MAX_LINE {
        if line.last() != Some(&b'\n') {
            input.skip_until(b'\n').context("cannot read the password")?;
        }
        return Err(refuse("it is too long").into());
    }
    let line = String::from_utf8(line).map_err(|_| refuse("it is no UTF-8"))?;
    let secret = line.trim_end_matches(['\r', '\n']).to_owned();
    if secret.contains(INTERRUPT) {
        bail!("interrupted");
    }
    if secret.is_empty() {
        bail!("no password was given");
    }
    Ok(secret)
}

/// Runs something while a terminal shows nothing of what is typed. Ctrl-C is an input like others meanwhile, as getpass(3)
/// has it: a program that ends there would leave a terminal behind that shows nothing any more.
fn unseen<T>(terminal: &impl AsFd, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let before = tcgetattr(terminal).context("cannot ask the terminal how it is set")?;
    let mut quiet = before.clone();
    quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
    tcsetattr(terminal, OptionalActions::Flush, &quiet).context("cannot keep the terminal from showing")?;
    let done = work();
    tcsetattr(terminal, OptionalActions::Now, &before).context("cannot set the terminal as it was")?;
    done
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{BufReader, Write as _},
    };

    use rustix::{
        fs::{Mode, OFlags},
        pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    };

    use super::*;

    #[test]
    fn the_first_line_of_a_file_is_the_password_and_no_more_is_read() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("secret");
        let first = |content: &str| {
            std::fs::write(&file, content).unwrap();
            first_line(&file).map_err(|error| crate::codes::of(&error))
        };
        for content in ["demo", "demo\n", "demo\r\nsecond\n"] {
            assert_eq!(first(content), Ok("demo".to_owned()));
        }
        let most = "x".repeat(8191);
        assert_eq!(first(&format!("{most}\nsecond")), Ok(most.clone()));
        for content in [String::new(), "\nsecond".to_owned(), format!("{most}xx")] {
            assert_eq!(first(&content), Err(codes::FILE_UNREADABLE));
        }
        for endless in ["/dev/zero", "/tmp", "/no/such/file"] {
            let refused = first_line(std::path::Path::new(endless)).unwrap_err();
            assert_eq!(crate::codes::of(&refused), codes::FILE_UNREADABLE, "{endless}");
        }
    }

    #[test]
    fn what_is_typed_as_a_password_does_not_show() {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let terminal = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let shows = || tcgetattr(&terminal).unwrap().local_modes.contains(LocalModes::ECHO);
        assert!(shows());
        let mut keyboard = File::from(keyboard);
        let typed = unseen(&terminal, || {
            assert!(!shows());
            keyboard.write_all(b"hunter2\n").unwrap();
            answer(&mut BufReader::new(File::from(terminal.try_clone().unwrap())))
        });
        assert_eq!(typed.unwrap(), "hunter2");
        assert!(shows(), "the terminal is as it was");
        let failed = unseen(&terminal, || answer(&mut &b"\x03\n"[..]));
        assert_eq!(failed.unwrap_err().to_string(), "interrupted");
        assert!(shows(), "after a failure, too");
    }

    #[test]
    fn a_line_of_a_pipe_is_the_password() {
        assert_eq!(answer(&mut &b"secret\r\nmore\n"[..]).unwrap(), "secret");
        assert!(answer(&mut &b"\n"[..]).is_err());
        assert!(answer(&mut &b"gr\xfc\xdfe\n"[..]).is_err());
    }

    #[test]
    fn a_line_of_any_length_is_not_kept_and_the_next_is_left() {
        let most = "x".repeat(8191);
        for (line, whole) in [(most.clone(), true), (format!("{most}x"), false), (most.repeat(9), false)] {
            let piped = format!("{line}\ndevice list\n");
            let mut input = piped.as_bytes();
            match answer(&mut input) {
                Ok(secret) => assert!(whole && secret == line),
                Err(refused) => {
                    assert!(!whole, "{refused:#}");
                    assert_eq!(crate::codes::of(&refused), codes::INVALID_VALUE);
                    let said = refused.to_string();
                    assert!(said.contains("8192") && !said.contains("xx"), "{said}");
                }
            }
            assert_eq!(input, b"device list\n", "what comes after it is the next command");
        }
        let endless = std::io::repeat(b'x').take(1 << 26);
        assert!(answer(&mut BufReader::new(endless)).is_err());
    }
}

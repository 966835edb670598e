//! Where a new password comes from.

use clap::Args;
use syncledger_domain::codes;

use crate::{password, refusal::Refused};

/// Longest password, bytes: what devices may send.
const LONGEST: usize = 1024;

/// Made up by the server when nothing is said.
#[derive(Debug, Args)]
pub(super) struct SecretArgs {
    /// The password. Better by --password-stdin: a command line can be read by others.
    #[arg(long, conflicts_with = "password_stdin")]
    password: Option<String>,
    /// Read the password from standard input: a line, not shown while it is typed.
    #[arg(long)]
    password_stdin: bool,
}

impl SecretArgs {
    /// The password, if one is supplied.
    pub(super) fn read(&self) -> anyhow::Result<Option<String>> {
        let supplied = match &self.password {
            Some(given) => given.clone(),
            None if self.password_stdin => {
                let wrong =
                    |error| Refused::new(codes::INVALID_VALUE, format!("--password-stdin: {error:#}"));
                password::ask().map_err(wrong)?
            }
            None => return Ok(None),
        };
        checked(supplied).map(Some)
    }
}

/// What HTTP's Basic authentication can carry (RFC 7617). The value is not shown.
fn checked(password: String) -> anyhow::Result<String> {
    if password.is_empty() || password.len() > LONGEST || password.chars().any(char::is_control) {
        let message =
            format!("the password is not valid: allowed are 1 to {LONGEST} bytes, no control characters");
        return Err(Refused::new(codes::INVALID_VALUE, message).into());
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_no_device_could_send_are_refused_without_showing_them() {
        for wrong in [String::new(), "x".repeat(1025), "a\nb".to_owned(), "a\0b".to_owned()] {
            let error = checked(wrong.clone()).unwrap_err();
            assert_eq!(crate::codes::of(&error), codes::INVALID_VALUE);
            assert!(wrong.is_empty() || !error.to_string().contains(&wrong));
        }
        for good in ["x".to_owned(), "x".repeat(1024), "pässwörd with: blanks".to_owned()] {
            assert_eq!(checked(good.clone()).unwrap(), good);
        }
    }
}

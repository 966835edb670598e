//! Local passwords: how they come in and how they are kept.

use std::path::Path;

use anyhow::{Context as _, bail};
use argon2::{Argon2, password_hash::PasswordHasher};
use syncledger_domain::ports::clock::Randomness;

use crate::system::SystemRandomness;

/// argon2id in PHC string form, with a salt of its own.
pub(crate) fn hash(secret: &str) -> anyhow::Result<String> {
    if secret.is_empty() {
        bail!("password '' is not valid: at least one character is needed");
    }
    let mut salt = [0; 16];
    SystemRandomness.fill(&mut salt);
    let hash = Argon2::default().hash_password_with_salt(secret.as_bytes(), &salt);
    Ok(hash.map_err(|error| anyhow::anyhow!("password cannot be hashed: {error}"))?.to_string())
}

/// The first line of a file.
pub(crate) fn first_line(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => bail!("{} has no first line to take the password from", file.display()),
    }
}

/// Asks at the terminal; from a pipe, reads a line.
pub(crate) fn ask() -> anyhow::Result<String> {
    eprint!("Password: ");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("cannot read the password")?;
    let secret = line.trim_end_matches(['\r', '\n']).to_owned();
    if secret.is_empty() {
        bail!("no password was given");
    }
    Ok(secret)
}

//! A login as a QR code that a phone's camera reads off the terminal.

use std::{fmt::Write as _, io::IsTerminal as _};

use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};
use serde_json::{Value, json};
use syncledger_domain::codes;

use crate::refusal::Refused;

/// As long as every password the server makes up.
pub(super) const LIKE_A_GENERATED_ONE: &str = "xxxxx-xxxxx-xxxxx-xxxxx";

/// Longest URL, bytes.
const LONGEST_URL: usize = 512;

/// White on black, whatever the terminal's colours are: cameras want dark modules on a light ground, and light modules
/// are what is printed.
const COLOURS: &str = "\x1b[97;40m";
const RESET: &str = "\x1b[0m";

/// What a code tells.
#[derive(Clone, Copy)]
pub(super) struct Login<'a> {
    pub(super) user: &'a str,
    pub(super) password: &'a str,
    pub(super) url: &'a str,
}

impl Login<'_> {
    /// The content.
    pub(super) fn data(self) -> Value {
        json!({
            "auth_method": "password",
            "auth_payload": { "user": self.user, "password": self.password },
            "auth_endpoint": [{ "url": self.url }],
        })
    }

    /// The code for this terminal, as lines of half blocks.
    ///
    /// # Errors
    /// `INVALID_VALUE` when there is more to tell than a code holds (2953 bytes).
    pub(super) fn code(self) -> anyhow::Result<String> {
        let code =
            QrCode::with_error_correction_level(self.data().to_string(), EcLevel::L).map_err(|_| {
                Refused::new(
                    codes::INVALID_VALUE,
                    "user, password and URL are too long for a QR code of 2953 bytes",
                )
            })?;
        // Full blocks are the light modules: see the colours.
        let drawn = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
        if !std::io::stdout().is_terminal() {
            return Ok(drawn);
        }
        let mut coloured = String::with_capacity(2 * drawn.len());
        for line in drawn.lines() {
            let _ = writeln!(coloured, "{COLOURS}{line}{RESET}");
        }
        Ok(coloured)
    }
}

/// A URL devices can reach: `http` or `https`, a host, perhaps a port and a path.
///
/// # Errors
/// `INVALID_VALUE`.
pub(super) fn checked_url(url: &str) -> anyhow::Result<&str> {
    if is_url(url) {
        return Ok(url);
    }
    let shown: String = url.chars().take(80).collect();
    let message = format!(
        "--url '{shown}' is not valid: allowed are https:// or http://, a host, perhaps a port and a path, at most {LONGEST_URL} bytes"
    );
    Err(Refused::new(codes::INVALID_VALUE, message).into())
}

fn is_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return false;
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path_byte = |b: u8| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b);
    url.len() <= LONGEST_URL && is_authority(authority) && path.bytes().all(path_byte)
}

fn is_authority(authority: &str) -> bool {
    // The colons inside the brackets of an IPv6 address are none before a port.
    let port_at = authority.rfind(':').filter(|at| authority.rfind(']').is_none_or(|end| end < *at));
    let (host, port) = port_at.map_or((authority, None), |at| (&authority[..at], Some(&authority[at + 1..])));
    let good_port = port.is_none_or(|port| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    let good_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
        }
    };
    good_host && good_port
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_hosts_devices_can_reach() {
        for good in [
            "https://mail.example.com",
            "http://127.0.0.1:8080",
            "https://[2001:db8::1]:443/Microsoft-Server-ActiveSync",
            "https://mail.example.com/",
        ] {
            assert_eq!(checked_url(good).unwrap(), good);
        }
        let long = format!("https://mail.example.com/{}", "x".repeat(500));
        for wrong in [
            "",
            "mail.example.com",
            "ftp://mail.example.com",
            "https://",
            "https:///path",
            "https://a b",
            "https://user@mail.example.com",
            "https://mail.example.com:0",
            "https://mail.example.com:70000",
            "https://mail.example.com:+443",
            "https://mail.example.com/\"",
            "https://[::g]",
            &long,
        ] {
            assert_eq!(crate::codes::of(&checked_url(wrong).unwrap_err()), codes::INVALID_VALUE, "{wrong}");
        }
    }

    #[test]
    fn a_code_has_its_quiet_zone_and_two_modules_per_line() {
        let login = Login { user: "alice@example.com", password: LIKE_A_GENERATED_ONE, url: "https://x" };
        let lines: Vec<String> = login.code().unwrap().lines().map(str::to_owned).collect();
        let width = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width));
        assert_eq!(lines.len(), width.div_ceil(2));
        assert!(lines[0].chars().all(|block| block == '█'), "light above the code: {}", lines[0]);
    }

    #[test]
    fn what_no_code_holds_is_refused() {
        let login = Login { user: "alice@example.com", password: &"x".repeat(3000), url: "https://x" };
        assert_eq!(crate::codes::of(&login.code().unwrap_err()), codes::INVALID_VALUE);
    }
}

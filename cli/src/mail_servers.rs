//! IMAP and SMTP servers as the configuration names them.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use syncledger_domain::ports::{mailbox::Mailboxes, transport::Transport};
use syncledger_mailbox_imap::{self as imap, ImapConfig, ImapMailboxes, LoginName};
use syncledger_smtp::{self as smtp, Login, SmtpConfig, SmtpTransport};

use crate::{
    config::{ImapSection, LoginSection, SmtpSection, TlsMode},
    node::Purpose,
    system::SystemRandomness,
};

/// Mailboxes on an IMAP server. What it accepted is believed no longer than a login is remembered.
pub(crate) fn imap(
    section: &ImapSection,
    login: &LoginSection,
    purpose: Purpose,
) -> anyhow::Result<Arc<dyn Mailboxes>> {
    let config = imap_config(section, login, purpose)?;
    let mailboxes = ImapMailboxes::new(config, Arc::new(SystemRandomness)).context("imap")?;
    Ok(Arc::new(mailboxes))
}

fn imap_config(section: &ImapSection, login: &LoginSection, purpose: Purpose) -> anyhow::Result<ImapConfig> {
    let tls = match section.tls {
        TlsMode::Implicit => imap::Tls::Implicit,
        TlsMode::StartTls => imap::Tls::StartTls,
        TlsMode::None => imap::Tls::Loopback,
        TlsMode::Cleartext => imap::Tls::Cleartext,
    };
    let mut config = ImapConfig::new(section.host.clone(), section.port(), tls);
    config.extra_roots = read_roots(&section.extra_roots)?;
    if section.login_local_part {
        config.login_name = LoginName::LocalPart;
    }
    if let Some(connections) = section.connections_per_account {
        config.connections_per_account = connections;
    }
    if let Some(seconds) = section.poll_seconds {
        config.poll_interval = Duration::from_secs(seconds.into());
    }
    config.trust = Duration::from_secs(login.remember_seconds.into());
    config.make_folders = purpose == Purpose::Serve;
    Ok(config)
}

/// A server messages are handed to.
pub(crate) fn smtp(section: &SmtpSection) -> anyhow::Result<Arc<dyn Transport>> {
    let tls = match section.tls {
        TlsMode::Implicit => smtp::Tls::Implicit,
        TlsMode::StartTls => smtp::Tls::StartTls,
        TlsMode::None => smtp::Tls::Loopback,
        TlsMode::Cleartext => smtp::Tls::Cleartext,
    };
    let mut config = SmtpConfig::new(section.host.clone(), section.port(), tls);
    config.extra_roots = read_roots(&section.extra_roots)?;
    config.login = login(section)?;
    Ok(Arc::new(SmtpTransport::new(&config).context("smtp")?))
}

fn login(section: &SmtpSection) -> anyhow::Result<Option<Login>> {
    let password = match (&section.password, &section.password_file) {
        (Some(_), Some(_)) => bail!("smtp: password and password_file exclude each other"),
        (Some(password), None) => Some(password.0.clone()),
        (None, Some(file)) => Some(crate::password::first_line(file).context("smtp: password_file")?),
        (None, None) => None,
    };
    match (&section.user, password) {
        (Some(user), Some(password)) => Ok(Some(Login { user: user.clone(), password })),
        (None, None) => Ok(None),
        _ => bail!("smtp: user and password (or password_file) belong together"),
    }
}

fn read_roots(files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    files
        .iter()
        .map(|file| std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imap_logins_are_believed_as_long_as_the_configuration_says() {
        let section: ImapSection = toml::from_str("host = \"mail.example.com\"").unwrap();
        for seconds in [0, 1, 3600] {
            let login = LoginSection { remember_seconds: seconds, ..LoginSection::default() };
            let config = imap_config(&section, &login, Purpose::Serve).unwrap();
            assert_eq!(config.trust, Duration::from_secs(seconds.into()));
            assert!(config.make_folders);
        }
        let looking = imap_config(&section, &LoginSection::default(), Purpose::Look).unwrap();
        assert!(!looking.make_folders);
    }
}

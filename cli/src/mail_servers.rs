//! IMAP and SMTP servers as the configuration names them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use syncledger_domain::ports::{
    mailbox::{Mailboxes, Secret},
    transport::Transport,
};
use syncledger_mailbox_imap::{self as imap, ImapConfig, ImapMailboxes, LoginName, MasterUser};
use syncledger_smtp::{self as smtp, Login, SmtpConfig, SmtpTransport};

use crate::{
    config::{ImapSection, LoginSection, SecretText, SmtpSection, TlsMode},
    input_file,
    node::Purpose,
    refusal::Refused,
    system::SystemRandomness,
};

/// Stands between a user's and the master user's name where both have to be one, unless the configuration says otherwise.
const MASTER_SEPARATOR: &str = "*";

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
    config.extra_roots = read_roots(&section.extra_roots).context("imap: extra_roots")?;
    if section.login_local_part {
        config.login_name = LoginName::LocalPart;
    }
    if let Some(connections) = section.connections_per_account {
        config.connections_per_account = connections;
    }
    if let Some(seconds) = section.poll_seconds {
        config.poll_interval = Duration::from_secs(seconds.into());
    }
    config.master_user = master_user(section)?;
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
    config.extra_roots = read_roots(&section.extra_roots).context("smtp: extra_roots")?;
    config.login = login(section)?;
    Ok(Arc::new(SmtpTransport::new(&config).context("smtp")?))
}

fn login(section: &SmtpSection) -> anyhow::Result<Option<Login>> {
    let password = secret("smtp", "", section.password.as_ref(), section.password_file.as_deref())?;
    match (&section.user, password) {
        (Some(user), Some(password)) => Ok(Some(Login { user: user.clone(), password })),
        (None, None) => Ok(None),
        _ => bail!("smtp: user and password (or password_file) belong together"),
    }
}

/// Who opens mailboxes to mobile passwords.
fn master_user(section: &ImapSection) -> anyhow::Result<Option<MasterUser>> {
    let (given, file) = (section.master_password.as_ref(), section.master_password_file.as_deref());
    let password = secret("imap", "master_", given, file)?;
    let separator = section.master_separator.as_deref();
    let (name, password) = match (&section.master_user, password) {
        (Some(name), Some(password)) => (name.clone(), password),
        (None, None) if separator.is_none() => return Ok(None),
        (None, None) => bail!("imap: master_separator without master_user separates nothing"),
        _ => bail!("imap: master_user and master_password (or master_password_file) belong together"),
    };
    let separator = separator.unwrap_or(MASTER_SEPARATOR).to_owned();
    for (field, value) in
        [("master_user", &name), ("master_password", &password), ("master_separator", &separator)]
    {
        if value.is_empty() || value.chars().any(char::is_control) {
            bail!("imap: {field} is not valid: allowed is at least one character, no control characters");
        }
    }
    Ok(Some(MasterUser { name, secret: Secret(password.into_bytes()), separator }))
}

/// A password of a section, from the file itself or from one of its own.
fn secret(
    section: &str,
    prefix: &str,
    given: Option<&SecretText>,
    file: Option<&Path>,
) -> anyhow::Result<Option<String>> {
    match (given, file) {
        (Some(_), Some(_)) => {
            bail!("{section}: {prefix}password and {prefix}password_file exclude each other")
        }
        (Some(password), None) => Ok(Some(password.0.clone())),
        (None, Some(file)) => {
            let read = crate::password::first_line(file);
            Ok(Some(read.with_context(|| format!("{section}: {prefix}password_file"))?))
        }
        (None, None) => Ok(None),
    }
}

fn read_roots(files: &[PathBuf]) -> Result<Vec<String>, Refused> {
    files.iter().map(|file| input_file::read_text(file, input_file::MAX_BYTES)).collect()
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

    #[test]
    fn certificates_come_from_files_that_end() {
        for (file, why) in
            [("/dev/zero", "no regular file"), ("/tmp", "a directory"), ("/no/such", "No such")]
        {
            let section: SmtpSection =
                toml::from_str(&format!("host = \"h\"\nextra_roots = [\"{file}\"]")).unwrap();
            let Err(error) = smtp(&section) else { panic!("{file} is no certificate") };
            assert_eq!(crate::codes::of(&error), syncledger_domain::codes::FILE_UNREADABLE, "{file}");
            let said = format!("{error:#}");
            assert!(
                said.contains("smtp: extra_roots") && said.contains(why) && said.contains(file),
                "{said}"
            );
        }
    }

    fn master_of(text: &str) -> Result<Option<MasterUser>, String> {
        let section: ImapSection = toml::from_str(&format!("host = \"mail.example.com\"\n{text}")).unwrap();
        let config = imap_config(&section, &LoginSection::default(), Purpose::Serve);
        config.map(|config| config.master_user).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_master_user_is_whole_or_not_there() {
        assert_eq!(master_of(""), Ok(None));
        let master = |separator: &str| MasterUser {
            name: "gateway".to_owned(),
            secret: Secret(b"hunter2".to_vec()),
            separator: separator.to_owned(),
        };
        let both = "master_user = \"gateway\"\nmaster_password = \"hunter2\"\n";
        assert_eq!(master_of(both), Ok(Some(master("*"))));
        assert_eq!(master_of(&format!("{both}master_separator = \"%\"")), Ok(Some(master("%"))));
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("secret");
        std::fs::write(&file, "hunter2\nmore\n").unwrap();
        let by_file = format!("master_user = \"gateway\"\nmaster_password_file = \"{}\"\n", file.display());
        assert_eq!(master_of(&by_file), Ok(Some(master("*"))));
        for (wrong, named) in [
            ("master_user = \"gateway\"\n".to_owned(), "belong together"),
            ("master_password = \"hunter2\"\n".to_owned(), "belong together"),
            ("master_separator = \"*\"\n".to_owned(), "master_separator"),
            (format!("{both}master_separator = \"\""), "master_separator"),
            ("master_user = \"\"\nmaster_password = \"hunter2\"\n".to_owned(), "master_user"),
            ("master_user = \"g\"\nmaster_password = \"\"\n".to_owned(), "master_password"),
            ("master_user = \"g\"\nmaster_password = \"hunter2\\u0000\"\n".to_owned(), "master_password"),
            (format!("{by_file}master_password = \"hunter2\"\n"), "exclude each other"),
            ("master_user = \"g\"\nmaster_password_file = \"nowhere\"\n".to_owned(), "nowhere"),
        ] {
            let error = master_of(&wrong).unwrap_err();
            assert!(error.contains(named) && !error.contains("hunter2"), "{wrong}: {error}");
        }
    }
}

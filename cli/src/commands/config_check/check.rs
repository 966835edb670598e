//! `config check`: everything the configuration names is looked at, and nothing is made.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use syncledger_domain::{
    ids::{Address, DomainName},
    ports::mailbox::{MailboxError, MailboxUser, Secret},
};
use syncledger_eas::{http::peer::IpNetwork, services::Backends};
use tokio::{net::TcpStream, time::timeout};

use crate::{
    config::{BackendConfig, Config, SmtpSection},
    node, output,
};

/// How long a mail server may take to take a connection.
const CONNECT: Duration = Duration::from_secs(10);

pub(super) async fn run(config: &Config, json: bool) -> anyhow::Result<()> {
    let problems = problems(config).await;
    if problems.is_empty() {
        return output::done(json, "the configuration is good", serde_json::json!({ "dir": config.dir }));
    }
    anyhow::bail!("{}", problems.join("\n       "))
}

async fn problems(config: &Config) -> Vec<String> {
    let mut problems = listeners(config).await;
    for proxy in &config.trusted_proxies {
        if let Err(error) = proxy.parse::<IpNetwork>() {
            problems.push(format!("trusted_proxies: {error}"));
        }
    }
    if let Some(domain) = &config.login.default_domain
        && let Err(error) = domain.parse::<DomainName>()
    {
        problems.push(format!("login.default_domain: {error}"));
    }
    problems.extend(missing_roots(config));
    match node::backends(config, node::Purpose::Look) {
        Err(error) => problems.push(format!("{error:#}")),
        Ok(backends) => {
            problems.extend(mail_servers(&backends).await);
            problems.extend(super::master_user::problems(config, &backends).await);
        }
    }
    problems.extend(smtp_servers(config).await);
    problems
}

async fn listeners(config: &Config) -> Vec<String> {
    let mut problems = Vec::new();
    if config.listen.is_empty() {
        problems.push(
            "listen is empty: nobody would be served; name an address, or leave it out for 127.0.0.1:8080"
                .to_owned(),
        );
    }
    for (index, listen) in config.listen.iter().enumerate() {
        let address = listen.address;
        if let Some(other) = config.listen[..index].iter().find(|other| collide(other.address, address)) {
            problems.push(format!("listen {address}: {} takes this port already", other.address));
        }
        if let Some(tls) = &listen.tls
            && let Err(error) = crate::server::load_tls(tls).await
        {
            problems.push(format!("listen {address}: {error:#}"));
        }
        if listen.tls.is_none() && !address.ip().is_loopback() && config.trusted_proxies.is_empty() {
            problems.push(format!(
                "listen {address}: plain HTTP to others than this host is served to trusted_proxies only, and there are none"
            ));
        }
    }
    problems
}

/// Whether two listeners want the same port of the same address. One on all addresses wants it of each; `[::]` is all of
/// IPv4, too. Port 0 is another one each time.
fn collide(a: SocketAddr, b: SocketAddr) -> bool {
    let takes =
        |all: SocketAddr, other: SocketAddr| all.ip().is_unspecified() && (all.is_ipv6() || other.is_ipv4());
    a.port() == b.port() && a.port() != 0 && (a.ip() == b.ip() || takes(a, b) || takes(b, a))
}

/// A root that is missing is taken for a disk that is not mounted, and its mail for unavailable.
fn missing_roots(config: &Config) -> Vec<String> {
    let missing = |(section, backend): (String, &BackendConfig)| match backend {
        BackendConfig::Files { root, .. } if !root.is_dir() => {
            Some(format!("{section}.root: {} is no directory", root.display()))
        }
        _ => None,
    };
    sections(config).filter_map(missing).collect()
}

fn sections(config: &Config) -> impl Iterator<Item = (String, &BackendConfig)> {
    let named = config.domain.iter().map(|(name, backend)| (format!("domain.\"{name}\""), backend));
    config.backend.iter().map(|backend| ("backend".to_owned(), backend)).chain(named)
}

/// Whether backends that check passwords answer at all: a login that must fail is refused by a server that is there.
async fn mail_servers(backends: &Backends) -> Vec<String> {
    let mut problems = Vec::new();
    let named = backends.by_domain.iter().map(|(domain, backend)| (domain.to_string(), backend));
    let default = backends.default.iter().map(|backend| ("example.invalid".to_owned(), backend));
    for (domain, backend) in named.chain(default).filter(|(_, backend)| backend.mailboxes.checks_secrets()) {
        let Ok(address) = Address::new(&format!("syncledger-check@{domain}")) else { continue };
        let (user, nothing) = (MailboxUser { address }, Secret(b"none".to_vec()));
        if let Err(MailboxError::Unavailable(reason)) = backend.mailboxes.open(&user, &nothing).await {
            problems.push(format!("mail server of {domain} cannot be used: {reason}"));
        }
    }
    problems
}

/// Whether the servers messages are handed to take a connection, each asked once. Nothing is said to them: a login that
/// fails again and again is what servers lock people out for.
async fn smtp_servers(config: &Config) -> Vec<String> {
    let mut problems = Vec::new();
    let mut asked = BTreeSet::new();
    for (section, backend) in sections(config) {
        let Some(SmtpSection { host, .. }) = smtp_of(backend) else { continue };
        let port = smtp_of(backend).map_or(0, SmtpSection::port);
        if !asked.insert((host, port)) {
            continue;
        }
        let reason = match timeout(CONNECT, TcpStream::connect((host.as_str(), port))).await {
            Ok(Ok(_)) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", CONNECT.as_secs()),
        };
        problems.push(format!("{section}.smtp: {host} port {port} cannot be connected to: {reason}"));
    }
    problems
}

fn smtp_of(backend: &BackendConfig) -> Option<&SmtpSection> {
    match backend {
        BackendConfig::Files { smtp, .. } => smtp.as_ref(),
        BackendConfig::Imap { smtp, .. } => Some(smtp),
    }
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, path::Path};

    use super::*;

    async fn found(dir: &Path, text: &str) -> String {
        let file = dir.join("syncledger.toml");
        std::fs::write(&file, text).unwrap();
        problems(&Config::load(Some(&file), None).unwrap()).await.join("\n")
    }

    #[tokio::test]
    async fn a_good_configuration_has_no_problems_and_nothing_is_made() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(found(place.path(), "dir = \"data\"\n").await, "");
        let left: Vec<_> =
            std::fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["syncledger.toml"]);
    }

    #[tokio::test]
    async fn what_would_only_show_at_the_start_is_named() {
        let place = tempfile::tempdir().unwrap();
        let listen = |address: &str| format!("[[listen]]\naddress = \"{address}\"\n");
        for (text, named) in [
            ("listen = []\n".to_owned(), "listen is empty"),
            (listen("127.0.0.1:81") + &listen("127.0.0.1:81"), "listen 127.0.0.1:81"),
            (listen("[::]:81") + &listen("127.0.0.1:81"), "[::]:81 takes this port"),
            ("[login]\ndefault_domain = \"not a domain\"\n".to_owned(), "login.default_domain"),
            ("[backend]\nkind = \"files\"\nroot = \"nowhere\"\n".to_owned(), "backend.root"),
            ("trusted_proxies = [\"x\"]\n".to_owned(), "trusted_proxies"),
        ] {
            let problems = found(place.path(), &text).await;
            assert!(problems.contains(named), "{text}: {problems}");
        }
        let two =
            listen("127.0.0.1:0") + &listen("127.0.0.1:0") + &listen("[::1]:81") + &listen("127.0.0.1:81");
        assert_eq!(found(place.path(), &two).await, "");
    }

    #[tokio::test]
    async fn an_smtp_server_that_takes_no_connection_is_named() {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("mail")).unwrap();
        let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = server.local_addr().unwrap().port();
        let text = format!(
            "[backend]\nkind = \"files\"\nroot = \"mail\"\nsmtp = {{ host = \"127.0.0.1\", port = {port}, tls = \"none\" }}\n"
        );
        assert_eq!(found(place.path(), &text).await, "");
        drop(server);
        let problems = found(place.path(), &text).await;
        assert!(problems.contains("backend.smtp") && problems.contains(&port.to_string()), "{problems}");
    }
}

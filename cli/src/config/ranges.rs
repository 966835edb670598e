//! What numbers of the configuration may be. Each is checked when the file is read, so that none is bent silently later.

use std::fmt;

use super::{BackendConfig, Config, SmtpSection};

/// A number's name and what it may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    key: &'static str,
    least: u64,
    most: u64,
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.least, self.most)
    }
}

const INDEX_CACHE: Range = Range { key: "index_cache_mb", least: 1, most: 1 << 20 };
const STATE_CACHE: Range = Range { key: "state_cache_mb", least: 1, most: 1 << 20 };
/// A request is held in memory.
const REQUEST: Range = Range { key: "max_request_mb", least: 1, most: 1024 };
/// So is a message.
const MESSAGE: Range = Range { key: "max_message_mb", least: 1, most: 1024 };
/// A day: a password that was changed elsewhere counts so much longer.
const REMEMBER: Range = Range { key: "remember_seconds", least: 0, most: 86_400 };
/// A month.
const SEAL: Range = Range { key: "interval_minutes", least: 0, most: 44_640 };
const PORT: Range = Range { key: "port", least: 1, most: 65_535 };
const CONNECTIONS: Range = Range { key: "connections_per_account", least: 1, most: 100 };
/// A day.
const POLL: Range = Range { key: "poll_seconds", least: 1, most: 86_400 };

const ALL: [Range; 9] = [INDEX_CACHE, STATE_CACHE, REQUEST, MESSAGE, REMEMBER, SEAL, PORT, CONNECTIONS, POLL];

/// The range of a key, whatever section it is in: no two sections have numbers of the same name and different ranges.
pub(super) fn of_key(key: &str) -> Option<Range> {
    let name = key.rsplit('.').next().unwrap_or(key);
    ALL.into_iter().find(|range| range.key == name)
}

impl Range {
    fn check(self, section: &str, value: u64) -> Option<String> {
        let good = (self.least..=self.most).contains(&value);
        (!good).then(|| format!("{section}.{} is {value}: allowed are {self}", self.key))
    }
}

/// Every number that is not what it may be, as a sentence.
pub(super) fn problems(config: &Config) -> Vec<String> {
    let limits = &config.limits;
    let wide = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
    let mut found: Vec<String> = [
        INDEX_CACHE.check("limits", wide(limits.index_cache_mb)),
        STATE_CACHE.check("limits", limits.state_cache_mb),
        REQUEST.check("limits", wide(limits.max_request_mb)),
        MESSAGE.check("limits", limits.max_message_mb.into()),
        REMEMBER.check("login", config.login.remember_seconds.into()),
        SEAL.check("seal", config.seal.interval_minutes.into()),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let Some(backend) = &config.backend {
        found.extend(of_backend("backend", backend));
    }
    for (name, backend) in &config.domain {
        found.extend(of_backend(&format!("domain.\"{name}\""), backend));
    }
    found
}

fn of_backend(section: &str, backend: &BackendConfig) -> Vec<String> {
    let of_smtp = |smtp: &SmtpSection| PORT.check(&format!("{section}.smtp"), smtp.port().into());
    match backend {
        BackendConfig::Files { smtp, .. } => smtp.as_ref().and_then(of_smtp).into_iter().collect(),
        BackendConfig::Imap { imap, smtp } => {
            let section = format!("{section}.imap");
            let connections = imap.connections_per_account.map(|n| u64::try_from(n).unwrap_or(u64::MAX));
            [
                PORT.check(&section, imap.port().into()),
                connections.and_then(|n| CONNECTIONS.check(&section, n)),
                imap.poll_seconds.and_then(|n| POLL.check(&section, n.into())),
                of_smtp(smtp),
            ]
            .into_iter()
            .flatten()
            .collect()
        }
    }
}

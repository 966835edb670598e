//! Names of streams.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, CollectionId, CosId, DeviceId, DomainName, InvalidId};

/// A stream's name: `<category>-<key…>`, or a category alone where there is but one stream of it. At most 300
/// bytes of lower-case letters, digits and `-._`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct StreamId(String);

/// What a stream is about, with the ids that are part of its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StreamCategory {
    /// `domain-<name>`
    Domain(DomainName),
    /// `cos-<name>`
    Cos(CosId),
    /// `account-<uuid>`
    Account(AccountId),
    /// `folders-<account>`
    Folders(AccountId),
    /// `device-<account>-<device>`
    Device(AccountId, DeviceId),
    /// `sync-<account>-<collection>-<device>`
    Sync(AccountId, DeviceId, CollectionId),
    /// `config`
    Config,
    /// `eas-filters`
    EasFilters,
    /// `abq`: the Device Control List and its rules
    Abq,
    /// `abq-messages`: what devices that may not sync are shown
    AbqMessages,
    /// `loggers`: account loggers
    Loggers,
    /// `services`: which services run on which node
    Services,
    /// `notices`: notices and mail to administrators
    Notices,
    /// `log`: seals
    Log,
    /// A stream of a kind this build does not know.
    Other,
}

impl StreamId {
    /// The stream of a domain.
    pub fn domain(name: &DomainName) -> Self {
        Self(format!("domain-{name}"))
    }

    /// The stream of a class of service.
    pub fn cos(id: &CosId) -> Self {
        Self(format!("cos-{id}"))
    }

    /// The stream of an account.
    pub fn account(id: AccountId) -> Self {
        Self(format!("account-{id}"))
    }

    /// The stream of an account's folder map.
    pub fn folders(account: AccountId) -> Self {
        Self(format!("folders-{account}"))
    }

    /// The stream of a device of an account.
    pub fn device(account: AccountId, device: &DeviceId) -> Self {
        Self(format!("device-{account}-{device}"))
    }

    /// The stream of one collection of a device. The collection stands before the device, whose id may itself hold
    /// hyphens, so that names can be taken apart again.
    pub fn sync(account: AccountId, device: &DeviceId, collection: CollectionId) -> Self {
        Self(format!("sync-{account}-{collection}-{device}"))
    }

    /// The stream of configuration attributes.
    pub fn config() -> Self {
        Self("config".to_owned())
    }

    /// The stream of the list of filters on protocol versions.
    pub fn eas_filters() -> Self {
        Self("eas-filters".to_owned())
    }

    /// The stream of the Device Control List and its rules.
    pub fn abq() -> Self {
        Self("abq".to_owned())
    }

    /// The stream of the dummy messages.
    pub fn abq_messages() -> Self {
        Self("abq-messages".to_owned())
    }

    /// The stream of account loggers.
    pub fn loggers() -> Self {
        Self("loggers".to_owned())
    }

    /// The stream of services.
    pub fn services() -> Self {
        Self("services".to_owned())
    }

    /// The stream of notices and mail to administrators.
    pub fn notices() -> Self {
        Self("notices".to_owned())
    }

    /// The stream of the log's own seals.
    pub fn log() -> Self {
        Self("log".to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes the name apart.
    pub fn category(&self) -> StreamCategory {
        self.parse_category().unwrap_or(StreamCategory::Other)
    }

    fn parse_category(&self) -> Option<StreamCategory> {
        let (word, rest) = self.0.split_once('-').unwrap_or((&self.0, ""));
        let uuid_then = |text: &str| -> Option<(AccountId, String)> {
            let account = text.get(..36)?.parse().ok()?;
            Some((account, text.get(36..)?.strip_prefix('-')?.to_owned()))
        };
        Some(match word {
            "domain" => StreamCategory::Domain(rest.parse().ok()?),
            "cos" => StreamCategory::Cos(rest.parse().ok()?),
            "account" => StreamCategory::Account(rest.parse().ok()?),
            "folders" => StreamCategory::Folders(rest.parse().ok()?),
            "device" => {
                let (account, device) = uuid_then(rest)?;
                StreamCategory::Device(account, device.parse().ok()?)
            }
            "sync" => {
                let (account, rest) = uuid_then(rest)?;
                let (collection, device) = rest.split_once('-')?;
                StreamCategory::Sync(account, device.parse().ok()?, collection.parse().ok()?)
            }
            "config" if rest.is_empty() => StreamCategory::Config,
            "eas" if rest == "filters" => StreamCategory::EasFilters,
            "abq" if rest.is_empty() => StreamCategory::Abq,
            "abq" if rest == "messages" => StreamCategory::AbqMessages,
            "loggers" if rest.is_empty() => StreamCategory::Loggers,
            "services" if rest.is_empty() => StreamCategory::Services,
            "notices" if rest.is_empty() => StreamCategory::Notices,
            "log" if rest.is_empty() => StreamCategory::Log,
            _ => return None,
        })
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for StreamId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let good =
            |c: char| c.is_lowercase() || c.is_numeric() || c.is_alphabetic() || matches!(c, '-' | '.' | '_');
        if text.is_empty() || text.len() > 300 || !text.chars().all(good) {
            return Err(InvalidId {
                field: "stream",
                value: text.chars().take(80).collect(),
                allowed: "1 to 300 bytes of letters, digits, '-', '.' and '_'",
            });
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::FolderId;

    #[test]
    fn stream_names_can_be_taken_apart_even_with_hyphens_in_the_device_id() {
        let account: AccountId = "0193b2c4-6f1e-7c3a-9d5b-2f4e6a8c0d1e".parse().unwrap();
        let device = DeviceId::new("a-b-c").unwrap();
        let collection = CollectionId::Folder(FolderId(257));
        let cases = [
            (
                StreamId::sync(account, &device, collection),
                StreamCategory::Sync(account, device.clone(), collection),
            ),
            (StreamId::device(account, &device), StreamCategory::Device(account, device.clone())),
            (StreamId::account(account), StreamCategory::Account(account)),
            (StreamId::folders(account), StreamCategory::Folders(account)),
            (StreamId::config(), StreamCategory::Config),
            (StreamId::eas_filters(), StreamCategory::EasFilters),
            ("eas-other".parse().unwrap(), StreamCategory::Other),
            (StreamId::abq(), StreamCategory::Abq),
            (StreamId::abq_messages(), StreamCategory::AbqMessages),
            (StreamId::loggers(), StreamCategory::Loggers),
            (StreamId::services(), StreamCategory::Services),
            (StreamId::notices(), StreamCategory::Notices),
            (StreamId::log(), StreamCategory::Log),
            ("made-up".parse().unwrap(), StreamCategory::Other),
        ];
        for (stream, category) in cases {
            assert_eq!(stream.category(), category);
            assert_eq!(stream.as_str().parse::<StreamId>().unwrap(), stream);
        }
    }
}

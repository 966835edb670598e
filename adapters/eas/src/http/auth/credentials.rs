//! Credentials as a request carries them: Basic, UTF-8 or Latin-1, and the addresses a user name may mean.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::{HeaderMap, header::AUTHORIZATION};
use syncledger_domain::{
    ids::{Address, DomainName},
    ports::mailbox::Secret,
};
use zeroize::Zeroizing;

use crate::http::query::utf8_or_latin1;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Longest user name that is looked at, bytes: an address and a domain before it.
const MAX_USER: usize = 512;
/// Longest secret that is looked at, bytes. Hashing is linear in it, and no password is longer.
const MAX_SECRET: usize = 1024;

/// A user name as typed, and the secret in UTF-8.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) secret: Secret,
}

/// Why a request has no credentials.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum NoCredentials {
    #[error("no credentials")]
    Missing,
    #[error("credentials are not of the scheme Basic")]
    OtherScheme,
    #[error("credentials cannot be read")]
    Malformed,
}

impl Credentials {
    /// From the header `Authorization` (RFC 7617). Bytes that are not UTF-8 are Latin-1: Outlook sends those.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self, NoCredentials> {
        let value = headers.get(AUTHORIZATION).ok_or(NoCredentials::Missing)?;
        let value = value.to_str().map_err(|_| NoCredentials::Malformed)?;
        let (scheme, encoded) = value.trim().split_once(' ').ok_or(NoCredentials::Malformed)?;
        if !scheme.eq_ignore_ascii_case("Basic") {
            return Err(NoCredentials::OtherScheme);
        }
        let pair = BASE64.decode(encoded.trim()).map(Zeroizing::new).map_err(|_| NoCredentials::Malformed)?;
        let colon = pair.iter().position(|byte| *byte == b':').ok_or(NoCredentials::Malformed)?;
        let (user, secret) = (&pair[..colon], &pair[colon + 1..]);
        if user.is_empty() || user.len() > MAX_USER || secret.len() > MAX_SECRET {
            return Err(NoCredentials::Malformed);
        }
        Ok(Self { user: utf8_or_latin1(user), secret: Secret(utf8_or_latin1(secret).into_bytes()) })
    }
}

impl Credentials {
    /// Whether another spelling of a user name means the same person: with or without domain, in any case.
    pub(crate) fn mean_the_same_as(&self, user: &str) -> bool {
        bare(&self.user) == bare(user)
    }
}

/// A user name without its domain, in whatever form it has one.
fn bare(user: &str) -> String {
    let name = user.rsplit(['\\', '/']).next().unwrap_or_default();
    name.split('@').next().unwrap_or_default().trim().to_lowercase()
}

/// The addresses a user name may mean, the most literal first: `user@domain`, `DOMAIN\user`, `DOMAIN\user@domain`,
/// `user`. A name without domain, or with one that is only a label (the Windows domain of a device's settings), also
/// means the default domain.
pub(crate) fn candidates(user: &str, default_domain: Option<&DomainName>) -> Vec<Address> {
    let user = user.trim();
    let (domain, name) = user.split_once('\\').or_else(|| user.split_once('/')).unwrap_or(("", user));
    let literal = if name.contains('@') {
        Address::new(name).ok()
    } else {
        Address::new(&format!("{name}@{domain}")).ok()
    };
    let by_default = default_domain.filter(|_| !name.contains('@'));
    let by_default = by_default.and_then(|domain| Address::new(&format!("{name}@{domain}")).ok());
    let mut addresses: Vec<_> = literal.into_iter().chain(by_default).collect();
    addresses.dedup();
    addresses
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;
    use http::HeaderValue;

    use super::*;

    fn header(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
    }

    fn basic(pair: &[u8]) -> Result<Credentials, NoCredentials> {
        Credentials::read(&header(&format!("Basic {}", BASE64_STANDARD.encode(pair))))
    }

    #[test]
    fn utf_8_and_latin_1_say_the_same() {
        let utf8 = basic("jörg:pässwörd:1".as_bytes()).unwrap();
        let latin1 = basic(b"j\xF6rg:p\xE4ssw\xF6rd:1").unwrap();
        assert_eq!(utf8, latin1);
        assert_eq!((utf8.user.as_str(), utf8.secret.0.as_slice()), ("jörg", "pässwörd:1".as_bytes()));
    }

    #[test]
    fn everything_else_is_no_credentials() {
        assert_eq!(Credentials::read(&HeaderMap::new()), Err(NoCredentials::Missing));
        assert_eq!(Credentials::read(&header("Bearer abc")), Err(NoCredentials::OtherScheme));
        for bad in ["Basic", "Basic %%%", "Basic YQ=="] {
            assert_eq!(Credentials::read(&header(bad)), Err(NoCredentials::Malformed), "{bad}");
        }
        assert_eq!(basic(b":secret"), Err(NoCredentials::Malformed));
        assert_eq!(basic(&[b"a:".to_vec(), vec![b'x'; 2000]].concat()), Err(NoCredentials::Malformed));
    }

    #[test]
    fn the_query_may_spell_the_user_differently() {
        let alice = basic(b"CORP\\Alice:x").unwrap();
        for same in ["alice", "alice@example.com", "other\\ALICE", "example.com/alice"] {
            assert!(alice.mean_the_same_as(same), "{same}");
        }
        assert!(!alice.mean_the_same_as("bob") && !alice.mean_the_same_as("alice.smith@example.com"));
    }

    #[test]
    fn all_forms_of_a_user_name_lead_to_the_address() {
        let default = DomainName::new("example.com").unwrap();
        let of = |user: &str| -> Vec<String> {
            candidates(user, Some(&default)).iter().map(Address::to_string).collect()
        };
        assert_eq!(of("Alice"), ["alice@example.com"]);
        assert_eq!(of("alice@Example.com"), ["alice@example.com"]);
        assert_eq!(of("alice@other.example"), ["alice@other.example"]);
        assert_eq!(of("EXAMPLE.COM\\alice"), ["alice@example.com"]);
        assert_eq!(of("CORP\\alice"), ["alice@corp", "alice@example.com"]);
        assert_eq!(of("CORP\\alice@other.example"), ["alice@other.example"]);
        assert_eq!(of("\\alice@other.example"), ["alice@other.example"]);
        assert_eq!(of("a b\u{0}"), [""; 0]);
        assert!(candidates("alice", None).is_empty());
    }
}

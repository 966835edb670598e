//! What query line and headers say together: the base64 query wins over the headers.

use http::{HeaderMap, Uri, header::ACCEPT_ENCODING, header::USER_AGENT};
use syncledger_domain::ids::ProtocolVersion;

use super::{
    headers,
    query::{self, Query, QueryError},
};

/// Longest `User-Agent` that is looked at, in characters.
const USER_AGENT_CHARS: usize = 256;

/// A request before its body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Head {
    pub(super) query: Result<Query, QueryError>,
    /// The error says what stands in the version's place.
    pub(super) version: Result<ProtocolVersion, String>,
    /// 0 and `None` are different.
    pub(super) policy_key: Option<u32>,
    /// Without control characters; may be empty.
    pub(super) user_agent: String,
    /// Whether the client reads gzip.
    pub(super) gzip: bool,
}

impl Head {
    pub(super) fn read(uri: &Uri, headers: &HeaderMap) -> Self {
        let mut query = query::parse(uri.query().unwrap_or_default());
        let text =
            |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok()).map(str::trim);
        let (version, policy_key) = match query.as_ref().ok().and_then(|query| query.blob.clone()) {
            Some(blob) => (blob.version, blob.policy_key),
            None => (plain_version(text(headers::PROTOCOL_VERSION)), plain_key(text(headers::POLICY_KEY))),
        };
        if let Ok(query @ Query { blob: None, .. }) = &mut query {
            let asked = text(headers::ACCEPT_MULTIPART).is_some_and(|flag| flag.eq_ignore_ascii_case("T"));
            query.parameters.accept_multipart = asked;
        }
        let user_agent = headers.get(USER_AGENT).map(|value| query::utf8_or_latin1(value.as_bytes()));
        let printable =
            |text: String| text.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS).collect();
        Self {
            query,
            version,
            policy_key,
            user_agent: user_agent.map(printable).unwrap_or_default(),
            gzip: reads_gzip(headers),
        }
    }
}

fn plain_version(header: Option<&str>) -> Result<ProtocolVersion, String> {
    // Devices of the time before the header say nothing; what they speak is not on offer either way.
    let text = header.ok_or("2.5 (no MS-ASProtocolVersion)")?;
    text.parse().map_err(|_| format!("'{}'", text.chars().take(16).collect::<String>()))
}

/// What is no number is no key: as if the device had never provisioned.
fn plain_key(header: Option<&str>) -> Option<u32> {
    header.map(|text| text.parse().unwrap_or(0))
}

fn reads_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0_f32));
        matches!(name.trim().to_ascii_lowercase().as_str(), "gzip" | "x-gzip") && !refused
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn head(uri: &str, headers: &[(HeaderName, &'static str)]) -> Head {
        let uri = uri.parse().unwrap();
        Head::read(&uri, &headers.iter().map(|(n, v)| (n.clone(), HeaderValue::from_static(v))).collect())
    }

    #[test]
    fn the_plain_form_takes_version_key_and_multipart_from_headers() {
        let plain = "/x?Cmd=ItemOperations&DeviceId=1&DeviceType=SP";
        let read = head(
            plain,
            &[
                (headers::PROTOCOL_VERSION, " 14.1 "),
                (headers::POLICY_KEY, "4000000000"),
                (headers::ACCEPT_MULTIPART, "T"),
            ],
        );
        assert_eq!((read.version, read.policy_key), (Ok(ProtocolVersion::V14_1), Some(4_000_000_000)));
        assert!(read.query.unwrap().parameters.accept_multipart);
        assert_eq!(head(plain, &[]).policy_key, None);
        assert_eq!(head(plain, &[(headers::POLICY_KEY, "x")]).policy_key, Some(0));
    }

    #[test]
    fn the_base64_form_wins_over_headers() {
        let read = head(
            "/x?jQAHBBJhbmRyb2lkYzEyMzQ1Njc4OTAEZLAFogdBbmRyb2lk",
            &[
                (headers::PROTOCOL_VERSION, "12.1"),
                (headers::POLICY_KEY, "1"),
                (headers::ACCEPT_MULTIPART, "T"),
            ],
        );
        assert_eq!((read.version, read.policy_key), (Ok(ProtocolVersion::V14_1), Some(2_718_281_828)));
        assert!(!read.query.unwrap().parameters.accept_multipart);
    }

    #[test]
    fn a_version_that_is_missing_or_nonsense_is_named() {
        assert!(head("/x?Cmd=Sync", &[]).version.unwrap_err().contains("2.5"));
        assert_eq!(head("/x?Cmd=Sync", &[(headers::PROTOCOL_VERSION, "17.0")]).version, Err("'17.0'".into()));
        assert_eq!(
            head("/x?Cmd=Sync", &[(headers::PROTOCOL_VERSION, "12.0")]).version,
            Ok(ProtocolVersion::V12_0)
        );
    }

    #[test]
    fn gzip_is_sent_only_to_who_reads_it() {
        for (value, expected) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("deflate", false),
        ] {
            assert_eq!(head("/", &[(ACCEPT_ENCODING, value)]).gzip, expected, "{value}");
        }
    }
}

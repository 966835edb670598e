//! Lists of versions as administrators write them.

use super::Refusal;
use crate::ids::ProtocolVersion;

/// Versions separated by commas, in any order; they come back ascending and each once. Every version ever published is
/// allowed, whether the server speaks it or not.
///
/// # Errors
/// [`Refusal::UnknownVersion`].
pub fn parse_versions(text: &str) -> Result<Vec<ProtocolVersion>, Refusal> {
    let mut versions = text.split(',').map(|part| parse(part.trim())).collect::<Result<Vec<_>, _>>()?;
    versions.sort_unstable();
    versions.dedup();
    Ok(versions)
}

fn parse(text: &str) -> Result<ProtocolVersion, Refusal> {
    let known = text.parse().ok().filter(|version: &ProtocolVersion| {
        // One way of writing each, and none of 1.0, which was another protocol.
        version.to_string() == text && version.number() >= 20
    });
    known.ok_or_else(|| Refusal::UnknownVersion(text.chars().take(80).collect()))
}

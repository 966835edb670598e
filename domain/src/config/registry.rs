//! The attribute registry: name, type, scopes, default and meaning of every attribute. A new attribute is a new row.

use super::{
    AttributeError,
    Scope::{self, Account, Cos, Domain, Global},
    attribute::{Attribute, Kind, Setting},
};
use crate::ids::ProtocolVersion;

const EVERYWHERE: &[Scope] = &[Global, Domain, Cos, Account];
const GLOBAL: &[Scope] = &[Global];

/// Each row becomes a static of that name, for code, and an entry of [`ATTRIBUTES`], for people.
macro_rules! attributes {
    ($( $id:ident: $type:ty = $name:literal $([$($alias:literal),+])?, $kind:expr, $scopes:expr, $default:literal, $meaning:literal; )+) => {
        $(
            #[doc = $meaning]
            pub static $id: Setting<$type> = Setting::new(Attribute {
                name: $name,
                aliases: &[$($($alias),+)?],
                kind: $kind,
                scopes: $scopes,
                default: $default,
                meaning: $meaning,
            });
        )+

        /// Every attribute, by subject.
        pub static ATTRIBUTES: &[&Attribute] = &[$($id.attribute()),+];

        #[cfg(test)]
        #[test]
        fn every_row_is_consistent() {
            $( super::tests::check_row::<$type>(&$id); )+
        }
    };
}

attributes! {
    EAS_ENABLED: bool = "easEnabled" ["zimbraFeatureMobileSyncEnabled"], Kind::Bool, EVERYWHERE, "true",
        "Whether the account may use Exchange ActiveSync.";
    EAS_VERSIONS: Vec<ProtocolVersion> = "easVersions", Kind::Versions, EVERYWHERE, "12.1,14.0,14.1,16.0,16.1",
        "Protocol versions that are offered to devices.";

    POLICY_REQUIRED: bool = "policyRequired" ["zimbraFeatureMobilePolicyEnabled"], Kind::Bool, EVERYWHERE, "true",
        "Whether a device must acknowledge the policy before it may do anything else.";
    POLICY_ALLOW_PARTIAL: bool = "policyAllowPartial" ["zimbraMobilePolicyAllowPartialProvisioning"], Kind::Bool,
        EVERYWHERE, "true",
        "Whether a device that applied the policy only in part may go on.";
    POLICY_ALLOW_NON_PROVISIONABLE: bool = "policyAllowNonProvisionable"
        ["zimbraMobilePolicyAllowNonProvisionableDevices"], Kind::Bool, EVERYWHERE, "true",
        "Whether kinds of device that never ask for the policy (Outlook for Windows) may go on without it.";
    POLICY_ALLOW_EXTERNAL: bool = "policyAllowExternal", Kind::Bool, EVERYWHERE, "true",
        "Whether a device that is managed by a third party may go on without applying the policy.";

    PING_MIN_HEARTBEAT: u32 = "pingMinHeartbeat", Kind::Duration { min: 1, max: 3540 }, EVERYWHERE, "60",
        "Shortest time a device may ask to wait for news; where it is above pingMaxHeartbeat, that one counts.";
    PING_MAX_HEARTBEAT: u32 = "pingMaxHeartbeat" ["ZxMobile_MaxPingHeartbeat"], Kind::Duration { min: 60, max: 3540 },
        EVERYWHERE, "3540",
        "Longest time a device may ask to wait for news; below the idle time-out of every proxy on the way.";
    PING_MAX_FOLDERS: u32 = "pingMaxFolders", Kind::Integer { min: 1, max: 10_000, unit: "folders" }, EVERYWHERE, "1000",
        "Most folders a device may wait for at once; clients expect at least 300.";

    SYNC_MAX_WINDOW: u32 = "syncMaxWindow", Kind::Integer { min: 1, max: 512, unit: "items" }, EVERYWHERE, "512",
        "Most items of a collection in one answer, whatever a device asks for.";
    SYNC_DEFAULT_WINDOW: u32 = "syncDefaultWindow", Kind::Integer { min: 1, max: 512, unit: "items" }, EVERYWHERE, "100",
        "Items of a collection in one answer to a device that asks for no number.";
    SYNC_MAX_BYTES: u32 = "syncMaxBytes", Kind::Integer { min: 65_536, max: 67_108_864, unit: "bytes" }, EVERYWHERE,
        "8388608",
        "Bytes of item content after which an answer takes no further item.";

    MAX_DEVICES_PER_ACCOUNT: u32 = "maxDevicesPerAccount", Kind::Integer { min: 1, max: 10_000, unit: "devices" },
        EVERYWHERE, "100",
        "Most devices an account may have at a time; a further one is refused until one of them is removed.";
    DEVICE_SEEN_INTERVAL: u32 = "deviceSeenInterval", Kind::Duration { min: 60, max: 604_800 }, GLOBAL, "3600",
        "Shortest time between two recorded signs of life of a device.";
}

/// The attribute of this name or alias, whatever its case.
///
/// # Errors
/// [`AttributeError::Unknown`], with the most similar name if one is similar.
pub fn find(name: &str) -> Result<&'static Attribute, AttributeError> {
    let names = |attribute: &Attribute| {
        std::iter::once(attribute.name).chain(attribute.aliases.iter().copied()).collect::<Vec<_>>()
    };
    let found = ATTRIBUTES
        .iter()
        .find(|attribute| names(attribute).iter().any(|known| known.eq_ignore_ascii_case(name)));
    found.copied().ok_or_else(|| {
        let suggestion = suggest(name, ATTRIBUTES.iter().flat_map(|attribute| names(attribute)));
        AttributeError::Unknown { name: name.chars().take(80).collect(), suggestion }
    })
}

/// The known name that is nearest to a wrong one, if it is near: a third of its letters may be wrong.
fn suggest(wrong: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let wrong: Vec<char> = wrong.to_lowercase().chars().take(80).collect();
    known
        .map(|name| (distance(&wrong, &name.to_lowercase().chars().collect::<Vec<_>>()), name))
        .filter(|(distance, name)| *distance * 3 <= name.len())
        .min()
        .map(|(_, name)| name)
}

/// Number of letters to insert, delete or replace to get from one word to the other (Levenshtein).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

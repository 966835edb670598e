//! The attribute registry: name, type, scopes, default and meaning of every attribute. A new attribute is a new row.

use super::{
    AttributeError,
    Scope::{self, Account, Cos, Domain, Global},
    attribute::{Attribute, Kind},
    list::ListOf,
};
use crate::{abq::AbqMode, ids::ProtocolVersion, policy};

const EVERYWHERE: &[Scope] = &[Global, Domain, Cos, Account];
const GLOBAL: &[Scope] = &[Global];
const PUBLIC: &[Scope] = &[Global, Domain];

/// Each row becomes a static of that name, for code, and an entry of [`ATTRIBUTES`], for people.
macro_rules! attributes {
    ($( $id:ident: $type:ty = $name:literal $([$($alias:expr),+])?, $kind:expr, $scopes:expr, $default:literal, $meaning:literal; )+) => {
        $(
            #[doc = $meaning]
            pub static $id: $crate::config::Setting<$type> =
                $crate::config::Setting::new($crate::config::Attribute {
                    name: $name,
                    aliases: &[$($($alias),+)?],
                    kind: $kind,
                    scopes: $scopes,
                    default: $default,
                    meaning: $meaning,
                });
        )+

        /// Every attribute of this room, by subject.
        pub static ATTRIBUTES: &[&$crate::config::Attribute] = &[$($id.attribute()),+];

        #[cfg(test)]
        #[test]
        fn every_row_is_consistent() {
            $( $crate::config::tests::check_row::<$type>(&$id); )+
        }
    };
}
pub(crate) use attributes;

/// Every attribute there is: those of this room and those of the room `policy`.
pub fn all() -> impl Iterator<Item = &'static Attribute> {
    ATTRIBUTES.iter().chain(policy::ATTRIBUTES).copied()
}

attributes! {
    EAS_ENABLED: bool = "easEnabled" ["zimbraFeatureMobileSyncEnabled"], Kind::Bool, EVERYWHERE, "true",
        "Whether the account may use Exchange ActiveSync.";
    EAS_VERSIONS: Vec<ProtocolVersion> = "easVersions", Kind::Versions, EVERYWHERE, "12.1,14.0,14.1,16.0,16.1",
        "Protocol versions that are offered to devices.";

    POLICY_REQUIRED: bool = "policyRequired" ["zimbraFeatureMobilePolicyEnabled"], Kind::Bool, EVERYWHERE, "true",
        "Whether a device must acknowledge the policy before it may do anything else.";
    POLICY_ALLOW_PARTIAL: bool = "policyAllowPartial" ["zimbraMobilePolicyAllowPartialProvisioning", "AllowPartialProvisioning"], Kind::Bool,
        EVERYWHERE, "true",
        "Whether a device that applied the policy only in part may go on.";
    POLICY_ALLOW_NON_PROVISIONABLE: bool = "policyAllowNonProvisionable"
        ["zimbraMobilePolicyAllowNonProvisionableDevices", "AllowNonProvisionableDevices"], Kind::Bool, EVERYWHERE, "true",
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

    ABQ_MODE: AbqMode = "abqMode", Kind::Enum(AbqMode::NAMES), &[Global, Cos, Account], "Permissive",
        "What happens to devices that are neither allowed nor blocked by the Device Control List or a rule.";
    ABQ_FAIL_CLOSED: bool = "abqFailClosed", Kind::Bool, GLOBAL, "false",
        "Whether, where the mode is Strict, every device is blocked while the service abq is stopped.";
    ABQ_ENABLED_AT_STARTUP: bool = "abq_enabled_at_startup" ["abqEnabledAtStartup"], Kind::Bool, GLOBAL, "true",
        "Whether the service abq starts with the server.";
    ABQ_NOTIFICATIONS_INTERVAL: u32 = "abqNotificationsInterval",
        Kind::IntegerOrZero { min: 60_000, max: 2_678_400_000, unit: "milliseconds" }, GLOBAL, "0",
        "Time between two mails to the administrators about devices in quarantine, 60000 at least; 0 is never.";

    ANTI_DOS_ENABLED: bool = "mobileAntiDosServiceEnabled" ["mobileAntiDosEnabled"], Kind::Bool, GLOBAL, "false",
        "Whether devices that ask too often are dropped for a while.";
    ANTI_DOS_MAX_REQUESTS: i64 = "mobileAntiDosServiceMaxRequests" ["mobileAntiDosMaxRequests"],
        Kind::Integer { min: -2_147_483_648, max: 10_000, unit: "requests" }, GLOBAL, "150",
        "Requests of a device of an account that are allowed in a time window; 0 or less switches the check off.";
    ANTI_DOS_TIME_WINDOW: u32 = "mobileAntiDosServiceTimeWindow" ["mobileAntiDosTimeWindow"],
        Kind::Integer { min: 1, max: 86_400_000, unit: "milliseconds" }, GLOBAL, "30000",
        "Length of the time window in which requests are counted.";
    ANTI_DOS_JAIL_DURATION: u32 = "mobileAntiDosServiceJailDuration" ["mobileAntiDosJailDuration"],
        Kind::Integer { min: 1, max: 2_678_400_000, unit: "milliseconds" }, GLOBAL, "600000",
        "How long a device that asked too often is dropped.";

    USE_INSTANT_NOTIFICATIONS: bool = "useInstantNotifications"
        ["ZxMobile_UseInstantNotifications", "ZxMobile_UseInstantNotficiations"], Kind::Bool, EVERYWHERE, "true",
        "Whether waiting devices are told of changes at once; if not, after notificationsLatency.";
    NOTIFICATIONS_LATENCY: u32 = "notificationsLatency" ["ZxMobile_NotificationsLatency"],
        Kind::Duration { min: 0, max: 600 }, EVERYWHERE, "10",
        "How long a waiting device is left alone after a change, so that several changes wake it once.";

    PUBLIC_SERVICE_HOSTNAME: String = "publicServiceHostname" ["zimbraPublicServiceHostname"],
        Kind::Text { max: 253 }, PUBLIC, "",
        "Host name devices reach this server by, for what tells them so (QR codes).";
    PUBLIC_SERVICE_PORT: u32 = "publicServicePort" ["zimbraPublicServicePort"],
        Kind::Integer { min: 1, max: 65_535, unit: "(port)" }, PUBLIC, "443",
        "Port devices reach this server at.";
    PUBLIC_SERVICE_PROTOCOL: String = "publicServiceProtocol" ["zimbraPublicServiceProtocol"],
        Kind::Enum(&["https", "http"]), PUBLIC, "https",
        "Protocol devices speak with this server.";
    LOCALE: String = "locale" ["zimbraPrefLocale"], Kind::Text { max: 35 }, EVERYWHERE, "",
        "Language of what the server tells users, such as `fr` or `pt_BR`; English where nothing is set.";
    NOTIFICATION_RECIPIENTS: String = "notificationRecipients",
        Kind::List { of: ListOf::Addresses, max: 20 }, GLOBAL, "",
        "Administrators who get mail about devices in quarantine and in jail; without any, the one the node is configured with, \
         else the postmaster.";

    RETENTION: String = "mobileStateRetention" ["zimbraMobileMetadataRetentionPolicy"], Kind::Retention, GLOBAL, "",
        "When devices nobody uses any more are removed: days without use, days between runs, hour of the day in UTC.";
}

/// The attribute of this name or alias, whatever its case.
///
/// # Errors
/// [`AttributeError::Unknown`], with the most similar name if one is similar.
pub fn find(name: &str) -> Result<&'static Attribute, AttributeError> {
    let names = |attribute: &Attribute| {
        std::iter::once(attribute.name).chain(attribute.aliases.iter().copied()).collect::<Vec<_>>()
    };
    let is_name = |known: &str| known.eq_ignore_ascii_case(name);
    let found =
        all().find(|attribute| is_name(attribute.name) || attribute.aliases.iter().copied().any(is_name));
    found.ok_or_else(|| {
        let suggestion = suggest(name, all().flat_map(names));
        AttributeError::Unknown { name: name.chars().take(80).collect(), suggestion }
    })
}

/// The known name that is nearest to a wrong one, if it is near: a third of its letters may be wrong.
fn suggest(wrong: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let wrong: String = wrong.to_lowercase().chars().take(80).collect();
    known
        .map(|name| (distance(&wrong, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance * 3 <= name.len())
        .min()
        .map(|(_, name)| name)
}

/// Number of letters to insert, delete or replace to get from one word to the other (Levenshtein).
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

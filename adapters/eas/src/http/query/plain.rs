//! `Cmd=Sync&User=alice&DeviceId=…&DeviceType=…` (MS-ASHTTP, "Plain Text Query Value"): names in any case and order,
//! the first of a name counts.

use syncledger_domain::ids::{DeviceId, DeviceType, ShownDeviceId};

use super::{Query, unescape, utf8_or_latin1};
use crate::{context::Parameters, http::verb::Verb};

/// Names with their unescaped values.
pub(super) fn pairs(query: &str) -> Vec<(&str, String)> {
    let split = |pair| -> (&str, String) {
        let (name, value) = str::split_once(pair, '=').unwrap_or((pair, ""));
        (name, utf8_or_latin1(&unescape(value)))
    };
    query.split('&').filter(|pair| !pair.is_empty()).map(split).collect()
}

pub(super) fn read(pairs: &[(&str, String)]) -> Query {
    let value = |name: &str| {
        let mut found = pairs.iter().filter(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    };
    let owned = |name| value(name).map(str::to_owned);
    Query {
        verb: value("Cmd").map(Verb::by_name),
        blob: None,
        user: owned("User").filter(|user| !user.is_empty()),
        device_id: value("DeviceId")
            .ok_or_else(|| "DeviceId missing".to_owned())
            .and_then(|id| DeviceId::new(id).map_err(|error| error.to_string())),
        shown_id: value("DeviceId").and_then(|id| ShownDeviceId::new(id).ok()),
        device_type: value("DeviceType")
            .ok_or_else(|| "DeviceType missing".to_owned())
            .and_then(|name| DeviceType::new(name).map_err(|error| error.to_string())),
        parameters: Parameters {
            attachment_name: owned("AttachmentName"),
            collection_id: owned("CollectionId"),
            item_id: owned("ItemId"),
            long_id: owned("LongId"),
            occurrence: owned("Occurrence"),
            save_in_sent: value("SaveInSent").is_some_and(|flag| flag.eq_ignore_ascii_case("T")),
            accept_multipart: false,
        },
    }
}

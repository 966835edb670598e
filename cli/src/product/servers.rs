//! Which server a call is for.

use std::{net::IpAddr, sync::OnceLock};

/// This node's name: the host name.
pub(super) fn name() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let read = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let name = read.trim();
        if name.is_empty() { "localhost".to_owned() } else { name.to_owned() }
    })
}

/// Whether a name or address means this node.
pub(super) fn is_this(server: &str) -> bool {
    let loopback = server.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    loopback || server.eq_ignore_ascii_case("localhost") || server.eq_ignore_ascii_case(name())
}

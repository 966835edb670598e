//! Who is at the other end: the client's address behind trusted proxies, and whether plain HTTP may be spoken to the
//! peer at all.

use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use http::{HeaderMap, header::FORWARDED};
use syncledger_domain::ids::InvalidId;

use super::headers::X_FORWARDED_FOR;

/// A block of addresses, `192.0.2.0/24`, `2001:db8::/32`, or a single address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IpNetwork {
    address: IpAddr,
    prefix: u8,
}

impl IpNetwork {
    /// Whether the block holds an address. An IPv4 address mapped into IPv6 counts as the former.
    pub fn contains(&self, address: IpAddr) -> bool {
        let same_bits = |ours: u128, theirs: u128, width: u8| {
            let free = u32::from(width - self.prefix);
            // A shift by the whole width would overflow: such a block holds every address of its family.
            ours.checked_shr(free) == theirs.checked_shr(free) || free >= 128
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                same_bits(u32::from(ours).into(), u32::from(theirs).into(), 32)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => same_bits(ours.into(), theirs.into(), 128),
            _ => false,
        }
    }
}

impl FromStr for IpNetwork {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let refuse = || InvalidId {
            field: "network",
            value: text.chars().take(80).collect(),
            allowed: "an address, or address/prefix such as 192.0.2.0/24 or 2001:db8::/32",
        };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().map_err(|_| refuse())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| refuse())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(width);
        if prefix > width { Err(refuse()) } else { Ok(Self { address, prefix }) }
    }
}

/// Which header the proxies in front write. Only that one is read: the other one would come from the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Proxies in front of this server and how they tell for whom they speak.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Proxies {
    /// Their addresses. What others write into forwarding headers is ignored.
    pub trusted: Vec<IpNetwork>,
    /// The header they write.
    pub header: ForwardedHeader,
}

impl Proxies {
    /// Whether a peer is one of them.
    pub fn trust(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(peer))
    }

    /// Whether a peer may speak plain HTTP: nobody listens on the way from this host, and a proxy is configured by
    /// somebody who knows the way.
    pub fn may_speak_plain(&self, peer: IpAddr) -> bool {
        peer.to_canonical().is_loopback() || self.trust(peer)
    }

    /// The client's address: the peer's, or behind trusted proxies the last address in their header that is not itself
    /// a trusted proxy.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trust(client) {
            return client;
        }
        for hop in self.hops(headers).into_iter().rev() {
            // A hop that is no address (`unknown`, an obfuscated name) ends what can be trusted.
            let Some(address) = hop else { break };
            client = address;
            if !self.trust(client) {
                break;
            }
        }
        client
    }

    /// The addresses the header names, the nearest last; `None` for what is no address.
    fn hops(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let (name, of_forwarded) = match self.header {
            ForwardedHeader::XForwardedFor => (X_FORWARDED_FOR, false),
            ForwardedHeader::Forwarded => (FORWARDED, true),
        };
        let lines = headers.get_all(name).into_iter().map(|line| line.to_str().unwrap_or("unknown"));
        let elements = lines.flat_map(|line| line.split(','));
        let node = |element: &str| if of_forwarded { forwarded_for(element) } else { address(element) };
        elements.map(node).collect()
    }
}

/// Who is counted as one peer: an IPv4 address, or the /64 network an IPv6 address is in, because whoever has one such
/// address has all of its network. An IPv4 address mapped into IPv6 counts as the former.
pub fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & (u128::MAX << 64)).into(),
    }
}

/// `for=192.0.2.1;proto=https`
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    address(node.trim_matches('"'))
}

/// An address with or without port; IPv6 with a port stands in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let host = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None if text.matches(':').count() == 1 => text.split_once(':')?.0,
        None => text,
    };
    host.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn proxies(header: ForwardedHeader) -> Proxies {
        Proxies { trusted: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::1".parse().unwrap()], header }
    }

    fn header(name: http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn networks_hold_what_their_prefix_says() {
        let holds =
            |network: &str, address: &str| network.parse::<IpNetwork>().unwrap().contains(ip(address));
        assert!(holds("192.0.2.0/24", "192.0.2.255") && !holds("192.0.2.0/24", "192.0.3.0"));
        assert!(holds("0.0.0.0/0", "203.0.113.9") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("::/0", "2001:db8::9") && holds("192.0.2.1", "::ffff:192.0.2.1"));
        for bad in ["", "192.0.2.0/33", "::/129", "host", "1.2.3.4/", "1.2.3.4/-1"] {
            assert!(bad.parse::<IpNetwork>().is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn an_ipv6_network_is_one_site() {
        assert_eq!(site(ip("2001:db8::1:2:3:4")), site(ip("2001:db8::4")));
        assert_ne!(site(ip("2001:db8:0:1::1")), site(ip("2001:db8::1")));
        assert_ne!(site(ip("192.0.2.1")), site(ip("192.0.2.2")));
        assert_eq!(site(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }

    #[test]
    fn only_a_trusted_proxy_speaks_for_others() {
        let headers = header(X_FORWARDED_FOR, "198.51.100.7");
        let proxies = proxies(ForwardedHeader::XForwardedFor);
        assert_eq!(proxies.client(ip("10.1.2.3"), &headers), ip("198.51.100.7"));
        assert_eq!(proxies.client(ip("203.0.113.5"), &headers), ip("203.0.113.5"));
        assert_eq!(proxies.client(ip("10.1.2.3"), &HeaderMap::new()), ip("10.1.2.3"));
    }

    #[test]
    fn what_the_client_wrote_itself_is_not_believed() {
        let headers = header(X_FORWARDED_FOR, "1.1.1.1, 198.51.100.7:4711, 10.9.9.9");
        assert_eq!(
            proxies(ForwardedHeader::XForwardedFor).client(ip("10.1.2.3"), &headers),
            ip("198.51.100.7")
        );
        assert_eq!(proxies(ForwardedHeader::Forwarded).client(ip("10.1.2.3"), &headers), ip("10.1.2.3"));
        let headers = header(X_FORWARDED_FOR, "198.51.100.7, unknown");
        assert_eq!(proxies(ForwardedHeader::XForwardedFor).client(ip("10.1.2.3"), &headers), ip("10.1.2.3"));
    }

    #[test]
    fn the_standard_header_is_read_with_ports_and_brackets() {
        let headers = header(FORWARDED, r#"for=1.1.1.1, proto=https;For="[2001:db8::77]:4711";by=10.0.0.1"#);
        assert_eq!(
            proxies(ForwardedHeader::Forwarded).client(ip("2001:db8::1"), &headers),
            ip("2001:db8::77")
        );
    }

    #[test]
    fn plain_http_is_for_this_host_and_for_trusted_proxies() {
        let proxies = proxies(ForwardedHeader::XForwardedFor);
        assert!(proxies.may_speak_plain(ip("127.0.0.1")) && proxies.may_speak_plain(ip("::ffff:127.0.0.1")));
        assert!(proxies.may_speak_plain(ip("10.0.0.1")) && !proxies.may_speak_plain(ip("192.0.2.1")));
    }
}

//! Who a client is.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::HeaderMap;
use tracing::warn;

use super::Network;

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// Who is counted as one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::http) enum Client {
    V4(Ipv4Addr),
    /// The first 64 bits of an IPv6 address: the others are for a customer to choose.
    V6Network(u64),
    /// The name of a token.
    Token(Arc<str>),
}

impl Client {
    pub(super) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                Self::V6Network(u64::try_from(address.to_bits() >> 64).expect("64 of 128 bits are left"))
            }
        }
    }
}

/// From where a request comes: the peer, or what the last trusted proxy before it says. None: from this machine itself.
pub(super) fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        let is_own = peer.is_loopback() && trusted.is_empty();
        if is_own && headers.contains_key(X_FORWARDED_FOR) {
            warn_of_proxy_once();
        }
        return (!is_own).then_some(peer);
    }
    // Each proxy adds whom it speaks with at the end; what stands before an address that isn't ours, anybody can write.
    let mut client = peer;
    let fields = headers.get_all(X_FORWARDED_FOR).into_iter().rev();
    for hop in fields.flat_map(|field| field.as_bytes().rsplit(|byte| *byte == b',')) {
        let Some(address) = hop_address(hop) else { break };
        client = address;
        if !is_trusted(client) {
            break;
        }
    }
    Some(client)
}

/// An address, with or without a port.
fn hop_address(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?.trim();
    let with_port = || hop.parse().map(|address: std::net::SocketAddr| address.ip()).ok();
    let in_brackets = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address = hop.parse().ok().or_else(with_port).or_else(in_brackets)?;
    Some(IpAddr::to_canonical(&address))
}

fn warn_of_proxy_once() {
    static IS_WARNED: AtomicBool = AtomicBool::new(false);
    if !IS_WARNED.swap(true, Ordering::Relaxed) {
        warn!(
            "a request came through a proxy on this machine, and none is named in serve.rate.trusted_proxies: its clients are not limited"
        );
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;
    use proptest::prelude::*;

    use super::*;

    fn of(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Option<String> {
        let name = HeaderName::from_static(X_FORWARDED_FOR);
        let fields = forwarded.iter().map(|value| (name.clone(), value.parse().expect("a header value")));
        let trusted: Vec<_> = trusted.iter().map(|text| text.parse().expect("a network")).collect();
        let found = address(peer.parse().expect("an address"), &fields.collect(), &trusted);
        found.map(|address| address.to_string())
    }

    #[test]
    fn only_who_asks_from_this_machine_without_a_proxy_is_not_limited() {
        assert_eq!(of("127.0.0.1", &[], &[]), None);
        assert_eq!(of("::1", &[], &[]), None);
        assert_eq!(of("::ffff:127.0.0.1", &[], &[]), None);
        for trusted in ["127.0.0.1", "10.0.0.0/8"] {
            assert_eq!(of("127.0.0.1", &[], &[trusted]).as_deref(), Some("127.0.0.1"));
        }
        assert_eq!(
            of("192.0.2.1", &["127.0.0.1"], &[]).as_deref(),
            Some("192.0.2.1"),
            "claims count for nothing"
        );
    }

    #[test]
    fn the_last_address_that_is_no_proxy_of_ours_is_the_client() {
        let ours: &[&str] = &["127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48"];
        for (forwarded, client) in [
            (&["203.0.113.9"][..], "203.0.113.9"),
            (&["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
            (&["1.1.1.1, 203.0.113.9, 10.1.2.3"], "203.0.113.9"),
            (&["1.1.1.1", "203.0.113.9,10.1.2.3"], "203.0.113.9"),
            (&["203.0.113.9:4711"], "203.0.113.9"),
            (&["[2001:db8:2::1]:4711, 2001:db8:1::7"], "2001:db8:2::1"),
            (&["[2001:db8:2::1]"], "2001:db8:2::1"),
            (&["::ffff:203.0.113.9"], "203.0.113.9"),
            // All are ours, or what ours wrote can't be read: the farthest that is known.
            (&["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
            (&["203.0.113.9, unknown, 10.1.2.3"], "10.1.2.3"),
            (&[""], "127.0.0.1"),
            (&[], "127.0.0.1"),
        ] {
            assert_eq!(of("127.0.0.1", forwarded, ours).as_deref(), Some(client), "{forwarded:?}");
        }
    }

    #[test]
    fn an_ipv6_customer_is_one_client() {
        let client = |text: &str| Client::of(text.parse().expect("an address"));
        assert_eq!(client("2001:db8::1"), client("2001:db8::ffff:1:2:3"));
        assert_ne!(client("2001:db8::1"), client("2001:db8:0:1::1"));
        assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
    }

    proptest! {
        #[test]
        fn whatever_a_client_writes_before_it_changes_nothing(claims in "[ -~]{0,60}") {
            let forwarded = format!("{claims}, 203.0.113.9");
            let found = of("10.0.0.1", &[&claims, &forwarded], &["10.0.0.0/8"]);
            prop_assert_eq!(found.as_deref(), Some("203.0.113.9"));
        }
    }
}

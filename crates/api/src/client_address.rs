//! Whose request it is: the address at the other end of the connection, or what a proxy that the operator trusts says
//! of it.
//!
//! Law: a header counts only where it comes from a trusted proxy, and only as far back as trusted proxies reach:
//! whatever stands further left was written by the client (RFC 7239, 8.1). Where a trusted proxy hides the address,
//! there is none.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use domain::audit::Origin;
use ipnet::IpNet;
use tower_http::request_id::RequestId;

/// Longest request id that is kept; one from outside may be anything.
const REQUEST_ID: usize = 100;

/// Networks whose word on a client's address is taken.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks; none trusts nobody.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Where a request came from and what it is called.
    pub fn origin(&self, parts: &Parts) -> Origin {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
        let request = parts.extensions.get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
        Origin {
            address: peer.and_then(|peer| self.client(peer, &parts.headers)),
            request: request.map(|id| id.chars().take(REQUEST_ID).collect()),
        }
    }

    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        if !self.trusts(peer) {
            return Some(peer);
        }
        let hops = match listed(headers, &axum::http::header::FORWARDED) {
            hops if hops.is_empty() => listed(headers, &HeaderName::from_static("x-forwarded-for")),
            hops => hops,
        };
        let mut client = peer;
        for hop in hops.iter().rev() {
            client = address(hop)?;
            if !self.trusts(client) {
                break;
            }
        }
        Some(client)
    }

    /// Whether this is one of them.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Elements of a list header, over all its lines (RFC 9110, 5.3).
fn listed(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("unreadable"));
    lines.flat_map(|line| line.split(',')).map(|hop| hop.trim().to_owned()).filter(|hop| !hop.is_empty()).collect()
}

/// The address in `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `for="[2001:db8::1]:80";proto=https`.
fn address(hop: &str) -> Option<IpAddr> {
    let named = hop.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim())
    });
    let text = named.unwrap_or(hop).trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(inside, _)| inside);
    let parsed = bare.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    parsed.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> Option<String> {
        let proxies = ["10.0.0.0/8", "fd00::/8", "127.0.0.1/32"].map(|network| network.parse().unwrap());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        TrustedProxies(proxies.to_vec()).client(peer.parse().unwrap(), &map).map(|address| address.to_string())
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_only_as_far_as_they_reach() {
        type Headers<'a> = &'a [(&'a str, &'a str)];
        let table: &[(&str, Headers<'_>, Option<&str>)] = &[
            ("192.0.2.9", &[], Some("192.0.2.9")),
            ("192.0.2.9", &[("x-forwarded-for", "198.51.100.1")], Some("192.0.2.9")),
            ("192.0.2.9", &[("forwarded", "for=198.51.100.1")], Some("192.0.2.9")),
            ("10.0.0.1", &[], Some("10.0.0.1")),
            ("10.0.0.1", &[("x-forwarded-for", "198.51.100.1")], Some("198.51.100.1")),
            ("10.0.0.1", &[("x-forwarded-for", "6.6.6.6, 198.51.100.1")], Some("198.51.100.1")),
            ("10.0.0.1", &[("x-forwarded-for", "6.6.6.6, 198.51.100.1, 10.0.0.2")], Some("198.51.100.1")),
            ("10.0.0.1", &[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "198.51.100.1")], Some("198.51.100.1")),
            ("10.0.0.1", &[("x-forwarded-for", "10.0.0.3, 10.0.0.2")], Some("10.0.0.3")),
            ("10.0.0.1", &[("x-forwarded-for", "nonsense")], None),
            ("10.0.0.1", &[("x-forwarded-for", "198.51.100.1:4711")], Some("198.51.100.1")),
            ("fd00::1", &[("forwarded", "for=\"[2001:db8::1]:47\";proto=https")], Some("2001:db8::1")),
            ("fd00::1", &[("forwarded", "proto=https;For=198.51.100.1")], Some("198.51.100.1")),
            ("fd00::1", &[("forwarded", "for=unknown")], None),
            ("fd00::1", &[("forwarded", "for=198.51.100.1"), ("x-forwarded-for", "6.6.6.6")], Some("198.51.100.1")),
            ("127.0.0.1", &[("x-forwarded-for", "::ffff:198.51.100.1")], Some("198.51.100.1")),
        ];
        for (peer, headers, expected) in table {
            assert_eq!(client(peer, headers).as_deref(), *expected, "{peer} {headers:?}");
        }
    }
}

//! How many connections one client holds.
//!
//! Law: a client is who the gate counts as one; a trusted proxy stands for many and is not counted.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use app::gate::client_of;

use crate::client_address::TrustedProxies;

/// The connections of every client.
pub(super) struct PerAddress {
    most: usize,
    proxies: Arc<TrustedProxies>,
    held: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection's place; given back when it is dropped.
pub(super) struct Place {
    of: Arc<PerAddress>,
    client: Option<IpAddr>,
}

impl PerAddress {
    pub(super) fn new(most: usize, proxies: Arc<TrustedProxies>) -> Arc<Self> {
        Arc::new(Self { most, proxies, held: Mutex::default() })
    }

    /// A place for a connection from there; `None` when its client holds as many as it may.
    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        let client = (!self.proxies.trusts(peer)).then(|| client_of(peer));
        if let Some(client) = client {
            let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            let held = all.entry(client).or_default();
            if *held >= self.most {
                return None;
            }
            *held += 1;
        }
        Some(Place { of: Arc::clone(self), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(client) = self.client else { return };
        let mut all = self.of.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = all.get_mut(&client) {
            *held -= 1;
            if *held == 0 {
                all.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_client_has_so_many_places_and_gets_them_back() {
        let places = PerAddress::new(2, Arc::default());
        let first = places.enter(ip("192.0.2.1"));
        let second = places.enter(ip("::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(places.enter(ip("192.0.2.1")).is_none());
        assert!(places.enter(ip("192.0.2.2")).is_some(), "another client");
        drop(first);
        assert!(places.enter(ip("192.0.2.1")).is_some());
        drop(second);
        assert!(places.held.lock().unwrap().is_empty(), "nothing is remembered of who is gone");
    }

    #[test]
    fn an_ipv6_network_is_one_client_and_a_trusted_proxy_none() {
        let trusted = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let places = PerAddress::new(1, Arc::new(trusted));
        let _held = places.enter(ip("2001:db8:0:1::1"));
        assert!(places.enter(ip("2001:db8:0:1:ffff::2")).is_none());
        assert!(places.enter(ip("2001:db8:0:2::1")).is_some());
        let proxied: Vec<_> = (0..5).map(|_| places.enter(ip("10.1.2.3"))).collect();
        assert!(proxied.iter().all(Option::is_some));
    }
}

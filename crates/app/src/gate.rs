//! The gate that every HTTP door goes through: which key, from where, and not too many guesses.
//!
//! Law: guessing is slowed per address and locks out nobody: a secret that opened here before goes on opening, however
//! many wrong ones come from the same address, and a new one gets its turn as the pace allows. Memory is bounded
//! whatever comes in. That a key was used is noted here and written later, so that no request waits for it.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::ApiKeyId;
use domain::audit::Origin;
use domain::refusal::{Refusal, RefusalCode, RefusalFacts};
use domain::time::Timestamp;
use machines::pacing::{Gcra, Grant};

use crate::click_to_call::Click;
use crate::ports::store::KeyUse;
use crate::principal::secret_hash;
use crate::{Platform, Principal};

/// Wrong secrets of one address: one every three seconds, twenty at once.
const FAILURES_PER_SECOND: f64 = 1.0 / 3.0;
const FAILURES_AT_ONCE: u32 = 20;
/// Entries kept of each kind.
const CAPACITY: usize = 8_192;
/// The limit's name.
const LIMIT: &str = "address.unknown_keys";

/// What is remembered between requests.
#[derive(Debug, Default)]
pub struct Gate(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    /// Theoretical arrival time by address; see [`Gcra`].
    failures: HashMap<IpAddr, Timestamp>,
    /// Secrets that opened, by hash.
    known: HashMap<[u8; 32], ()>,
    /// Last minute in which each key was noted.
    noted: HashMap<ApiKeyId, Timestamp>,
    /// To be written.
    uses: HashMap<ApiKeyId, KeyUse>,
}

impl Gate {
    /// Who asks with `secret` from `origin`.
    pub async fn authenticate(&self, platform: &Platform, secret: &str, origin: Origin) -> Result<Principal, Refusal> {
        let from = origin.address;
        let principal = self.guarded(platform, secret, from, platform.authenticate(secret, origin)).await?;
        if let Some(key) = principal.key {
            self.memory().note(KeyUse { key, at: to_the_minute(platform.clock.now()), from });
        }
        Ok(principal)
    }

    /// Which agent is asked for with `token` from `origin`.
    pub async fn click(&self, platform: &Platform, token: &str, origin: Origin) -> Result<Click, Refusal> {
        self.guarded(platform, token, origin.address, platform.click(token, origin)).await
    }

    /// Lets somebody try a password or a code. `who` names the account, or the code itself.
    pub async fn person<T>(
        &self,
        platform: &Platform,
        who: &str,
        origin: &Origin,
        opened: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        // An account that opened before goes on opening from where it did, and from nowhere else.
        let from = origin.address.map_or_else(String::new, |address| client_of(address).to_string());
        self.guarded(platform, &format!("{who} {from}"), origin.address, opened).await
    }

    /// Lets `opened` try the secret, unless its address tried too many wrong ones.
    async fn guarded<T>(
        &self,
        platform: &Platform,
        secret: &str,
        from: Option<IpAddr>,
        opened: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        let (hash, now) = (secret_hash(secret), platform.clock.now());
        let address = from.map(client_of);
        if let Some(address) = address
            && !self.memory().known.contains_key(&hash)
            && let Grant::WaitUntil(at) = self.memory().allowance(address, now)
        {
            return Err(too_many(at, now));
        }
        match opened.await {
            Ok(found) => {
                insert(&mut self.memory().known, hash, ());
                Ok(found)
            }
            Err(refusal) => {
                if let (Some(address), RefusalCode::Unauthenticated) = (address, refusal.code) {
                    let mut memory = self.memory();
                    memory.known.remove(&hash);
                    if let Grant::Now { new_tat } = memory.allowance(address, now) {
                        insert(&mut memory.failures, address, new_tat);
                    }
                }
                Err(refusal)
            }
        }
    }

    /// Writes down which keys were used since the last time. What cannot be written now is written with the next use.
    pub async fn write_uses(&self, platform: &Platform) {
        let uses: Vec<KeyUse> = self.memory().uses.drain().map(|(_, used)| used).collect();
        if !uses.is_empty()
            && let Err(error) = platform.store.keys_used(uses).await
        {
            tracing::warn!(error.detail = %error, "when keys were last used could not be written");
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn allowance(&self, address: IpAddr, now: Timestamp) -> Grant {
        let tat = self.failures.get(&address).copied();
        match Gcra::new(FAILURES_PER_SECOND, FAILURES_AT_ONCE) {
            Ok(pace) => pace.check(tat, now),
            Err(_) => Grant::Now { new_tat: now },
        }
    }

    fn note(&mut self, used: KeyUse) {
        if self.noted.get(&used.key).is_none_or(|last| *last < used.at) {
            insert(&mut self.noted, used.key, used.at);
            insert(&mut self.uses, used.key, used);
        }
    }
}

/// Inserts into a map that stays within [`CAPACITY`]: when full, it starts again. Forgetting costs a legitimate client
/// nothing and a guesser gains one burst.
fn insert<K: Eq + Hash, V>(map: &mut HashMap<K, V>, key: K, value: V) {
    if map.len() >= CAPACITY && !map.contains_key(&key) {
        map.clear();
    }
    map.insert(key, value);
}

/// Who is counted as one client. Whoever has one IPv6 address has 2^64 of them (RFC 4291, 2.5.4): the network counts.
pub fn client_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 => v4,
    }
}

fn too_many(at: Timestamp, now: Timestamp) -> Refusal {
    let retry_after = Duration::try_from(at.duration_since(now)).unwrap_or_default();
    let detail = format!("too many wrong keys or passwords came from this address (limit {LIMIT}); try again later");
    let facts = RefusalFacts::Limit { name: LIMIT.to_owned(), retry_after };
    Refusal { facts: Some(Box::new(facts)), ..Refusal::new(RefusalCode::RateLimited, detail) }
}

fn to_the_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}

//! Addresses under which a recording plays without a key, for a while.
//!
//! Law: an address names organization, call and end, and holds an HMAC over the three; whoever has not the key can make
//! none and change none. What it leads to is looked up when it is asked for: a recording that was deleted plays nowhere.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::call::Call;
use domain::time::Timestamp;
use domain::{CallId, OrganizationId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// How long an address plays.
pub const PLAYS_FOR: Duration = Duration::from_hours(7 * 24);
/// Organization, call, end in seconds since 1970.
const CLAIMS: usize = 16 + 16 + 8;

/// Makes and reads addresses.
#[derive(Clone, Default)]
pub struct RecordingLinks {
    keys: Vec<[u8; 32]>,
    base: String,
}

impl std::fmt::Debug for RecordingLinks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingLinks").field("base", &self.base).finish_non_exhaustive()
    }
}

impl RecordingLinks {
    /// Addresses below `base`. The first key signs, every key is taken; without keys no address is made.
    pub fn new(keys: Vec<[u8; 32]>, base: &str) -> Self {
        Self { keys, base: base.trim_end_matches('/').to_owned() }
    }

    /// Where the recording of a call plays from `from` on; `None` while there is none.
    pub fn url(&self, call: &Call, from: Timestamp) -> Option<String> {
        call.recording.as_ref()?;
        let until = from.saturating_add(PLAYS_FOR).unwrap_or(Timestamp::MAX);
        let token = self.token(call.organization, call.id, until)?;
        Some(format!("{}/recordings/{token}", self.base))
    }

    /// The last part of an address that plays until then.
    pub fn token(&self, organization: OrganizationId, call: CallId, until: Timestamp) -> Option<String> {
        let mut token = Vec::with_capacity(CLAIMS + 32);
        token.extend(organization.0.as_bytes());
        token.extend(call.0.as_bytes());
        token.extend(until.as_second().to_be_bytes());
        let mac = mac(self.keys.first()?, &token)?.finalize().into_bytes();
        token.extend(mac);
        Some(URL_SAFE_NO_PAD.encode(token))
    }

    /// Whose recording a token plays at `now`; `None` for one that is not ours or is over.
    pub fn read(&self, token: &str, now: Timestamp) -> Option<(OrganizationId, CallId)> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (claims, tag) = bytes.split_first_chunk::<CLAIMS>()?;
        // Compares in constant time.
        let ours = |key: &[u8; 32]| mac(key, claims).is_some_and(|mac| mac.verify_slice(tag).is_ok());
        if !self.keys.iter().any(ours) {
            return None;
        }
        let (organization, rest) = claims.split_first_chunk::<16>()?;
        let (call, until) = rest.split_first_chunk::<16>()?;
        let until = i64::from_be_bytes(until.try_into().ok()?);
        let named = (OrganizationId(Uuid::from_bytes(*organization)), CallId(Uuid::from_bytes(*call)));
        (now.as_second() < until).then_some(named)
    }
}

fn mac(key: &[u8; 32], claims: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(claims);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    proptest! {
        #[test]
        fn a_token_plays_what_it_names_until_its_end(org: u128, call: u128, until in 0_i64..4_000_000_000, key: [u8; 32]) {
            let links = RecordingLinks::new(vec![key], "");
            let named = (OrganizationId(Uuid::from_u128(org)), CallId(Uuid::from_u128(call)));
            let token = links.token(named.0, named.1, at(until)).unwrap();
            prop_assert_eq!(links.read(&token, at(until - 1)), Some(named));
            prop_assert_eq!(links.read(&token, at(until)), None);
        }

        #[test]
        fn a_changed_token_plays_nothing(call: u128, bit in 0_usize..(CLAIMS + 32) * 8, key: [u8; 32]) {
            let links = RecordingLinks::new(vec![key], "");
            let token = links.token(OrganizationId(Uuid::nil()), CallId(Uuid::from_u128(call)), at(1_000)).unwrap();
            let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(links.read(&URL_SAFE_NO_PAD.encode(bytes), at(0)), None);
        }

        #[test]
        fn what_is_no_token_is_no_panic(text in ".{0,200}", key: [u8; 32]) {
            prop_assert_eq!(RecordingLinks::new(vec![key], "").read(&text, at(0)), None);
        }
    }

    #[test]
    fn a_new_key_signs_and_the_old_one_is_still_taken() {
        let (old, new) = ([1; 32], [2; 32]);
        let token = RecordingLinks::new(vec![old], "").token(OrganizationId(Uuid::nil()), CallId(Uuid::nil()), at(9));
        let token = token.unwrap();
        assert!(RecordingLinks::new(vec![new, old], "").read(&token, at(1)).is_some());
        assert!(RecordingLinks::new(vec![new], "").read(&token, at(1)).is_none());
        assert!(RecordingLinks::default().read(&token, at(1)).is_none());
    }
}

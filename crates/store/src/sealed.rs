//! Secrets at rest: what must be read back (a trunk's digest password, the secret of a webhook's signature) is sealed
//! before it reaches the database, with a key that never lies in it.
//!
//! Law: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) under a fresh random nonce of 192 bits. Table, column and row
//! are authenticated along, so that a sealed value that is moved to another row does not open there. A value names the
//! key it was sealed with, so that keys can be changed one after the other: the first key seals, every key opens.

use app::ports::store::StoreError;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use uuid::Uuid;

use crate::Stored;
use crate::master_key::MasterKeys;

/// First byte of every sealed value; another layout would take another.
const LAYOUT: u8 = 1;
/// Bytes of a nonce.
const NONCE: usize = 24;
/// Layout and key, in front of the nonce.
const HEAD: usize = 2;

/// A column that holds sealed values, by the id of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Table; its key is the UUID column `id`.
    pub(crate) table: &'static str,
    /// Column, binary and nullable.
    pub(crate) column: &'static str,
}

/// Digest passwords of trunks.
pub(crate) const TRUNK_PASSWORD: Place = Place { table: "trunks", column: "password_sealed" };
/// What bodies of webhooks are signed with, and what they were before.
pub(crate) const WEBHOOK_SECRET: Place = Place { table: "webhook_endpoints", column: "secret_sealed" };
pub(crate) const PREVIOUS_WEBHOOK_SECRET: Place =
    Place { table: "webhook_endpoints", column: "previous_secret_sealed" };
/// Tokens and secrets of click-to-call.
pub(crate) const CLICK_TO_CALL_TOKEN: Place = Place { table: "click_to_call", column: "token_sealed" };
/// Tokens and secrets of click-to-call.
pub(crate) const CLICK_TO_CALL_SECRET: Place = Place { table: "click_to_call", column: "secret_sealed" };
/// What tells at start whether the keys are those of this database.
pub(crate) const CANARY: Place = Place { table: "sealing", column: "canary" };

/// Every column that is sealed again when the key changes. A new one is one line here.
pub(crate) const PLACES: &[Place] =
    &[TRUNK_PASSWORD, WEBHOOK_SECRET, PREVIOUS_WEBHOOK_SECRET, CLICK_TO_CALL_TOKEN, CLICK_TO_CALL_SECRET];

/// Seals and opens; without keys it does neither.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets(Option<MasterKeys>);

impl Secrets {
    pub(crate) fn with(keys: MasterKeys) -> Self {
        Self(Some(keys))
    }

    /// Seals `secret` for one row of `place`.
    pub(crate) fn seal(&self, place: Place, row: Uuid, secret: &str) -> Stored<Vec<u8>> {
        let key = self.keys()?.current();
        let mut nonce = [0_u8; NONCE];
        getrandom::fill(&mut nonce)
            .map_err(|_| StoreError::Unavailable("the system has no randomness to seal a secret with".to_owned()))?;
        let sealed = key
            .cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: secret.as_bytes(), aad: &bound_to(place, row) })
            .map_err(|_| StoreError::Unavailable("a secret could not be sealed".to_owned()))?;
        let mut value = Vec::with_capacity(HEAD + NONCE + sealed.len());
        value.extend([LAYOUT, key.id]);
        value.extend(nonce);
        value.extend(sealed);
        Ok(value)
    }

    /// Opens what was sealed for this row of `place`. `Corrupt` names the column when no key opens it.
    pub(crate) fn open(&self, place: Place, row: Uuid, value: &[u8]) -> Stored<String> {
        let damaged =
            || StoreError::Corrupt(format!("{}.{} does not open with the master key", place.table, place.column));
        let keys = self.keys()?;
        let ([LAYOUT, id], rest) = value.split_first_chunk::<HEAD>().ok_or_else(damaged)? else {
            return Err(damaged());
        };
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or_else(damaged)?;
        let aad = bound_to(place, row);
        let open =
            |cipher: &XChaCha20Poly1305| cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad });
        // Two keys can share an id of one byte; the tag tells which it was.
        let opened = keys.named(*id).find_map(|key| open(&key.cipher).ok()).ok_or_else(damaged)?;
        String::from_utf8(opened).map_err(|_| damaged())
    }

    /// Whether `value` was sealed with a key that is no longer the current one.
    pub(crate) fn is_outdated(&self, value: &[u8]) -> Stored<bool> {
        Ok(value.get(1) != Some(&self.keys()?.current().id))
    }

    /// What addresses of recordings are signed with, the current key's first; none without a master key.
    pub(crate) fn link_keys(&self) -> Vec<[u8; 32]> {
        self.0.iter().flat_map(MasterKeys::all).map(|key| key.links).collect()
    }

    fn keys(&self) -> Stored<&MasterKeys> {
        let none = || StoreError::Unavailable("the store was opened without a master key".to_owned());
        self.0.as_ref().ok_or_else(none)
    }
}

fn bound_to(place: Place, row: Uuid) -> Vec<u8> {
    let mut bound = format!("outdial/{}/{}/", place.table, place.column).into_bytes();
    bound.extend(row.as_bytes());
    bound
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(text: &str) -> Secrets {
        Secrets::with(MasterKeys::parse(text).unwrap())
    }

    const ROW: Uuid = Uuid::from_u128(7);

    #[test]
    fn what_is_sealed_opens_in_its_own_row_and_nowhere_else() {
        let secrets = secrets(&"11".repeat(32));
        let value = secrets.seal(TRUNK_PASSWORD, ROW, "p\u{e4}ss").unwrap();
        assert_eq!(secrets.open(TRUNK_PASSWORD, ROW, &value).unwrap(), "p\u{e4}ss");
        assert!(secrets.open(TRUNK_PASSWORD, Uuid::from_u128(8), &value).is_err(), "another row");
        assert!(secrets.open(CANARY, ROW, &value).is_err(), "another column");
        assert_ne!(secrets.seal(TRUNK_PASSWORD, ROW, "p\u{e4}ss").unwrap(), value, "a nonce is used once");
        assert!(!value.windows(2).any(|part| part == b"ss"), "not in the clear");
    }

    #[test]
    fn a_changed_byte_anywhere_keeps_it_shut() {
        let secrets = secrets(&"11".repeat(32));
        let value = secrets.seal(TRUNK_PASSWORD, ROW, "hunter2").unwrap();
        for at in 0..value.len() {
            let mut changed = value.clone();
            changed[at] ^= 1;
            let error = secrets.open(TRUNK_PASSWORD, ROW, &changed).unwrap_err();
            assert!(matches!(error, StoreError::Corrupt(_)), "byte {at}: {error}");
        }
        for length in 0..value.len() {
            assert!(secrets.open(TRUNK_PASSWORD, ROW, &value[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_former_key_still_opens_and_the_first_one_seals() {
        let (old, new) = ("11".repeat(32), "22".repeat(32));
        let value = secrets(&old).seal(TRUNK_PASSWORD, ROW, "hunter2").unwrap();
        let both = secrets(&format!("{new}\n{old}\n"));
        assert_eq!(both.open(TRUNK_PASSWORD, ROW, &value).unwrap(), "hunter2");
        assert!(both.is_outdated(&value).unwrap());
        let again = both.seal(TRUNK_PASSWORD, ROW, "hunter2").unwrap();
        assert!(!both.is_outdated(&again).unwrap());
        assert_eq!(secrets(&new).open(TRUNK_PASSWORD, ROW, &again).unwrap(), "hunter2");
        assert!(secrets(&new).open(TRUNK_PASSWORD, ROW, &value).is_err(), "the old key is gone");
    }

    #[test]
    fn without_keys_nothing_is_sealed_and_nothing_opened() {
        let none = Secrets::default();
        assert!(matches!(none.seal(TRUNK_PASSWORD, ROW, "x"), Err(StoreError::Unavailable(_))));
        assert!(matches!(none.open(TRUNK_PASSWORD, ROW, &[1; 60]), Err(StoreError::Unavailable(_))));
    }
}

//! `signature`: HMAC-SHA256 of the body with the agent's secret, in lower-case hex without a prefix.
//!
//! Law: over the bytes that were received. The documented Node sample signs `JSON.stringify(body)`, the Python sample
//! `json.dumps(body)`: the same object, other bytes, another signature; both are right.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Whether `signature` is that of `body`. Compares in constant time; takes upper-case digits too.
pub fn is_valid(secret: &str, body: &[u8], signature: &str) -> bool {
    let Some(given) = from_hex(signature) else { return false };
    // A key of any length is taken (RFC 2104, 2).
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(body);
    mac.verify_slice(&given).is_ok()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    let mut bytes = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |d: u8| char::from(d).to_digit(16).and_then(|d| u8::try_from(d).ok());
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

//! Standard Webhooks signatures (<https://www.standardwebhooks.com>, symmetric): HMAC-SHA256 over `id.timestamp.body`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::time::Timestamp;
use domain::webhook::WebhookSecret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Header of the delivery's id.
pub const ID: &str = "webhook-id";
/// Header of the moment at which the request was signed, in seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// Header of the signatures, `v1,<base64>` each, separated by spaces.
pub const SIGNATURE: &str = "webhook-signature";

/// The three headers, one signature for each secret.
pub fn headers(secrets: &[&WebhookSecret], id: &str, at: Timestamp, body: &[u8]) -> Vec<(String, String)> {
    let seconds = at.as_second();
    let signatures: Vec<String> = secrets.iter().filter_map(|secret| sign(secret, id, seconds, body)).collect();
    vec![
        (ID.to_owned(), id.to_owned()),
        (TIMESTAMP.to_owned(), seconds.to_string()),
        (SIGNATURE.to_owned(), signatures.join(" ")),
    ]
}

/// `v1,<base64>`; `None` for a secret that is no base64, which the use cases do not let in.
pub fn sign(secret: &WebhookSecret, id: &str, seconds: i64, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(secret.base64()).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// Whether one of the signatures of a request is that of `secret`, and the request is not older or newer than five
/// minutes at `now`. For receivers, such as `outdial webhooks listen`.
pub fn verify(
    secret: &WebhookSecret,
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), &'static str> {
    const TOLERANCE_S: u64 = 300;
    let seconds: i64 = timestamp.parse().map_err(|_| "webhook-timestamp is no number")?;
    if now.as_second().abs_diff(seconds) > TOLERANCE_S {
        return Err("webhook-timestamp is more than five minutes away");
    }
    let key = STANDARD.decode(secret.base64()).map_err(|_| "the secret is not base64")?;
    let given = signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,"));
    for signature in given.filter_map(|text| STANDARD.decode(text).ok()) {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| "the secret is no key")?;
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        // Compares in constant time.
        if mac.verify_slice(&signature).is_ok() {
            return Ok(());
        }
    }
    Err("no signature is that of the secret")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn the_published_example_is_signed_as_published() {
        // From the test vectors of the reference libraries.
        let secret = WebhookSecret::stored(SECRET.to_owned());
        let body = br#"{"test": 2432232314}"#;
        let made = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body).unwrap();
        assert_eq!(made, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn rotation_signs_twice_and_what_is_changed_is_refused() {
        let (new, old) =
            (WebhookSecret::stored(SECRET.to_owned()), WebhookSecret::stored("whsec_b2xkb2xkb2xkb2xkb2xk".into()));
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        let headers = headers(&[&new, &old], "msg_1", now, b"body");
        let [(_, id), (_, at), (_, signatures)] = &headers[..] else { panic!("{headers:?}") };
        assert_eq!(signatures.split(' ').count(), 2);
        for secret in [&new, &old] {
            assert_eq!(verify(secret, id, at, signatures, b"body", now), Ok(()));
            assert!(verify(secret, id, at, signatures, b"bodY", now).is_err());
            assert!(verify(secret, "msg_2", at, signatures, b"body", now).is_err());
            assert!(verify(secret, id, "1790000001", signatures, b"body", now).is_err());
            assert!(verify(secret, id, at, signatures, b"body", now + std::time::Duration::from_secs(301)).is_err());
        }
        let only_old = sign(&old, id, 1_790_000_000, b"body").unwrap();
        assert!(verify(&new, id, at, &only_old, b"body", now).is_err());
    }
}

//! Whose request is it? Klen and Voxpria own the same paths, so on a path that both know the first of these decides:
//! path prefix, Host, API key, body shape, the configured default.
//!
//! Law: pure, total and stable. A request that nothing decides goes to the default, whose error body both kinds of
//! client can read.

use domain::dialect::Dialect;
use serde_json::{Map, Value};

/// What is known of a request to a shared path.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signs<'a> {
    /// Dialect of the path's prefix (`/klen/api/v1/calls`).
    pub prefix: Option<Dialect>,
    /// `Host` of the request, with or without a port.
    pub host: Option<&'a str>,
    /// Dialect of the key that came with it, if the key is known.
    pub key: Option<Dialect>,
    /// The secret as sent: its visible prefix is a hint where the key is not known.
    pub secret: Option<&'a str>,
    /// Its body, where there is one.
    pub body: Option<&'a Map<String, Value>>,
}

/// The dialect among `owners` that the request is meant for.
pub fn choose(signs: Signs<'_>, owners: &[Dialect], default: Dialect) -> Dialect {
    let owned = |dialect: &Dialect| owners.contains(dialect);
    let by_host = || signs.host.and_then(of_host);
    let by_secret = || signs.secret.and_then(of_secret);
    let by_body = || signs.body.and_then(of_body);
    signs
        .prefix
        .filter(owned)
        .or_else(|| by_host().filter(owned))
        .or_else(|| signs.key.filter(owned))
        .or_else(|| by_body().filter(owned))
        .or_else(|| by_secret().filter(owned))
        .unwrap_or(default)
}

/// By the first label of the host name: `klen.example.org`.
fn of_host(host: &str) -> Option<Dialect> {
    let label = host.split(['.', ':']).next()?;
    Dialect::parse(&label.to_ascii_lowercase()).filter(|dialect| *dialect != Dialect::Native)
}

/// By the vendor's visible prefix of its keys.
fn of_secret(secret: &str) -> Option<Dialect> {
    let prefixes = [("klen_", Dialect::Klen), ("agl_sk_", Dialect::Voxpria), ("vox_sk_", Dialect::Voxpria)];
    prefixes.iter().find(|(prefix, _)| secret.starts_with(prefix)).map(|(_, dialect)| *dialect)
}

/// By names that only one of the two uses.
fn of_body(body: &Map<String, Value>) -> Option<Dialect> {
    let has = |names: [&str; 2]| names.iter().any(|name| body.contains_key(*name));
    match (has(["toNumber", "agentId"]), has(["phone_number", "agent_id"])) {
        (true, false) => Some(Dialect::Voxpria),
        (false, true) => Some(Dialect::Klen),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SHARED: [Dialect; 2] = [Dialect::Klen, Dialect::Voxpria];

    #[test]
    fn the_strongest_sign_decides() {
        let (klen, voxpria) = (json!({"phone_number": "+1"}), json!({"toNumber": "+1"}));
        let (klen, voxpria) = (klen.as_object(), voxpria.as_object());
        let none = Signs::default();
        let table = [
            (none, Dialect::Klen),
            (Signs { body: voxpria, ..none }, Dialect::Voxpria),
            (Signs { secret: Some("agl_sk_x"), ..none }, Dialect::Voxpria),
            (Signs { secret: Some("vox_sk_test_x"), ..none }, Dialect::Voxpria),
            (Signs { secret: Some("agl_sk_x"), body: klen, ..none }, Dialect::Klen),
            (Signs { key: Some(Dialect::Voxpria), body: klen, ..none }, Dialect::Voxpria),
            (Signs { key: Some(Dialect::Vonage), body: voxpria, ..none }, Dialect::Voxpria),
            (Signs { host: Some("voxpria.example.org:8080"), key: Some(Dialect::Klen), ..none }, Dialect::Voxpria),
            (Signs { host: Some("Klen.example.org"), key: Some(Dialect::Voxpria), ..none }, Dialect::Klen),
            (Signs { host: Some("calls.example.org"), key: Some(Dialect::Voxpria), ..none }, Dialect::Voxpria),
            (Signs { host: Some("native.example.org"), ..none }, Dialect::Klen),
            (
                Signs { prefix: Some(Dialect::Voxpria), host: Some("klen.example.org"), body: klen, ..none },
                Dialect::Voxpria,
            ),
        ];
        for (n, (signs, want)) in table.into_iter().enumerate() {
            assert_eq!(choose(signs, &SHARED, Dialect::Klen), want, "row {n}");
        }
    }

    #[test]
    fn a_body_that_speaks_both_decides_nothing() {
        let both = json!({"phone_number": "+1", "toNumber": "+1"});
        let signs = Signs { body: both.as_object(), ..Signs::default() };
        assert_eq!(choose(signs, &SHARED, Dialect::Voxpria), Dialect::Voxpria);
    }
}

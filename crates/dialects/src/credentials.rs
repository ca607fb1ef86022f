//! The secret of a request, in the three places where Klen and Voxpria look for it.

use axum::http::{HeaderMap, header};

/// `Authorization: Bearer …`, `X-API-Key`, or `?api_key=`. `query` holds the parameters as they came, decoded.
pub(crate) fn secret<'a>(headers: &'a HeaderMap, query: &'a [(String, String)]) -> Option<&'a str> {
    let in_header = || headers.get("x-api-key")?.to_str().ok().map(str::trim);
    let in_query = || query.iter().find(|(name, _)| name == "api_key").map(|(_, value)| value.as_str());
    let is_given = |secret: &&str| !secret.is_empty();
    bearer(headers).or_else(|| in_header().filter(is_given)).or_else(|| in_query().filter(is_given))
}

/// The secret of `Authorization: Bearer …` (RFC 6750, 2.1; the scheme's name is case-insensitive).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !secret.trim().is_empty()).then(|| secret.trim())
}

//! The secret of a request, in the three places where Klen, Voxpria and Voicing look for it.

use axum::extract::Query;
use axum::http::{HeaderMap, Uri, header};

use crate::raw::Raw;

/// `Authorization: Bearer …` (RFC 6750, 2.1; the scheme's name is case-insensitive), `X-API-Key`, or `?api_key=`.
pub(crate) fn secret(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    bearer(headers).or_else(|| named(headers, "x-api-key")).map(str::to_owned).or_else(|| in_query(uri))
}

/// The same of a request that was read.
pub(crate) fn of(raw: &Raw) -> Option<&str> {
    let query = || raw.query("api_key").filter(|secret| !secret.is_empty());
    bearer(&raw.headers).or_else(|| named(&raw.headers, "x-api-key")).or_else(query)
}

/// The secret of `Authorization: Bearer …`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !secret.trim().is_empty()).then(|| secret.trim())
}

fn named<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

fn in_query(uri: &Uri) -> Option<String> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    pairs.into_iter().find(|(name, value)| name == "api_key" && !value.is_empty()).map(|(_, value)| value)
}

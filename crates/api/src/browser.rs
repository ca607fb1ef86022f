//! Browsers: the cookie of somebody who is signed in, and what tells our own pages from those of strangers.
//!
//! Law: a request that came with a cookie and changes something came from a page of ours. The cookie is sent to this host
//! alone (`__Host-`), not from other sites (`SameSite=Strict`), and never read by a script; beyond that a page of ours
//! sends a header that no foreign page can set without asking first, which we never allow (no CORS).

use std::time::Duration;

use app::Principal;
use app::sign_in::Session;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use domain::refusal::{Refusal, RefusalCode};

use crate::problem::Problem;
use crate::router::ApiState;

/// Name of the cookie (RFC 6265bis, 4.1.3.2).
const COOKIE: &str = "__Host-outdial";
/// What a page of ours sends along.
const HEADER: &str = "outdial-request";
const OURS: &str = "dashboard";

/// Somebody who is signed in, whatever they may do.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn(pub(crate) Session);

impl FromRequestParts<ApiState> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let signed_out = || Refusal::new(RefusalCode::Unauthenticated, "sign in first: POST /v1/session");
        let token = token(&parts.headers).ok_or_else(signed_out)?;
        Ok(Self(holder(parts, state, token).await?.1))
    }
}

/// A page of ours that asks before anybody is signed in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OurPage;

impl<S: Send + Sync> FromRequestParts<S> for OurPage {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        from_our_page(parts)?;
        Ok(Self)
    }
}

/// Who holds the cookie, if the request came from a page of ours.
pub(crate) async fn holder(parts: &Parts, state: &ApiState, token: &str) -> Result<(Principal, Session), Problem> {
    from_our_page(parts)?;
    Ok(state.platform.signed_in(token, state.proxies.origin(parts)).await?)
}

/// The cookie's value, if there is one.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(name, value)| (name == COOKIE && !value.is_empty()).then_some(value))
}

/// `Set-Cookie` for somebody who signed in.
pub(crate) fn kept(token: &str, lasts: Duration) -> Result<HeaderValue, Problem> {
    let text = format!("{COOKIE}={token}; Path=/; Max-Age={}; Secure; HttpOnly; SameSite=Strict", lasts.as_secs());
    HeaderValue::from_str(&text)
        .map_err(|_| Refusal::new(RefusalCode::Unavailable, "the cookie could not be written").into())
}

/// `Set-Cookie` for somebody who signed out.
pub(crate) fn forgotten() -> HeaderValue {
    HeaderValue::from_static("__Host-outdial=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict")
}

fn from_our_page(parts: &Parts) -> Result<(), Problem> {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let upgrade = parts.headers.contains_key(header::UPGRADE);
    if parts.method.is_safe() && !upgrade {
        return Ok(());
    }
    let refused = |detail: &str| Problem::from(Refusal::new(RefusalCode::PermissionDenied, detail));
    // Every browser of today says where a request comes from (Fetch Metadata); others leave it out.
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return Err(refused("a page of another site may not act for whoever is signed in"));
    }
    // A script cannot give a WebSocket a header of its own; its page's address it cannot help giving.
    if upgrade {
        let host = text("host").unwrap_or_default();
        let same = text("origin").and_then(|origin| origin.split_once("://")).is_some_and(|(_, at)| at == host);
        return if same { Ok(()) } else { Err(refused("a page of another site may not act for whoever is signed in")) };
    }
    if text(HEADER) == Some(OURS) {
        return Ok(());
    }
    Err(refused(
        "what changes something under a cookie needs the header `Outdial-Request: dashboard`; programs use an API key",
    ))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    type Headers<'h> = &'h [(&'h str, &'h str)];

    fn parts(method: &str, headers: Headers<'_>) -> Parts {
        let mut request = Request::builder().method(method).uri("/v1/calls");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_pages_of_ours_change_anything() {
        let ours = ("outdial-request", "dashboard");
        let table: &[(&str, Headers<'_>, bool)] = &[
            ("GET", &[], true),
            ("GET", &[("sec-fetch-site", "cross-site")], true),
            ("POST", &[], false),
            ("POST", &[ours], true),
            ("POST", &[("outdial-request", "form")], false),
            ("POST", &[ours, ("sec-fetch-site", "same-origin")], true),
            ("POST", &[ours, ("sec-fetch-site", "same-site")], false),
            ("DELETE", &[ours, ("sec-fetch-site", "cross-site")], false),
            ("PATCH", &[("sec-fetch-site", "same-origin")], false),
            ("GET", &[("upgrade", "websocket"), ("host", "a:1"), ("origin", "http://a:1")], true),
            ("GET", &[("upgrade", "websocket"), ("host", "a:1"), ("origin", "http://b:1")], false),
            ("GET", &[("upgrade", "websocket"), ("host", "a:1")], false),
        ];
        for (method, headers, allowed) in table {
            assert_eq!(from_our_page(&parts(method, headers)).is_ok(), *allowed, "{method} {headers:?}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let found = |text: &str| token(&parts("GET", &[("cookie", text)]).headers).map(str::to_owned);
        assert_eq!(found("a=b; __Host-outdial=ods_x; c=d"), Some("ods_x".to_owned()));
        for none in ["", "a=b", "__Host-outdial=", "x__Host-outdial=y", "__host-outdial=y"] {
            assert_eq!(found(none), None, "{none}");
        }
    }
}

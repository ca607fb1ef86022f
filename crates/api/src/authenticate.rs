//! Who is asking: `Authorization: Bearer od_…`, or the cookie of somebody who is signed in, becomes a [`Principal`] whose
//! permission is checked before the body is read.
//!
//! Law: the permission of a route stands in the handler's signature and in its OpenAPI security requirement; a test
//! walks the document and tries every permission on every route.

use std::marker::PhantomData;

use app::Principal;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use domain::api_key::Permission;
use domain::dialect::Dialect;
use domain::refusal::{Refusal, RefusalCode};

use crate::browser;
use crate::problem::Problem;
use crate::router::ApiState;

/// A permission as a type, so that it can stand in a signature.
pub trait Grant: Send + Sync {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! grants {
    ($($name:ident,)*) => {$(
        #[doc = concat!("`", stringify!($name), "` as a type.")]
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}
        impl Grant for $name {
            const PERMISSION: Permission = Permission::$name;
        }
    )*};
}

grants! {
    CallsRead, CallsWrite, AgentsRead, AgentsWrite, TelephonyRead, TelephonyWrite, KeysRead, KeysWrite,
    SuppressionsRead, SuppressionsWrite, ContactsRead, ContactsWrite, PolicyRead, PolicyWrite, WebhooksRead,
    WebhooksWrite, AuditRead, WalletRead, WalletWrite, MembersRead, MembersWrite, NodesRead, NodesWrite,
}

/// The caller of a route that needs the permission `G`.
#[derive(Clone, Debug)]
pub struct Caller<G>(pub Principal, PhantomData<G>);

impl<G: Grant> FromRequestParts<ApiState> for Caller<G> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let principal = asker(parts, state).await?;
        principal.require(G::PERMISSION)?;
        Ok(Self(principal, PhantomData))
    }
}

/// Whose key the request came with, or whose cookie.
pub(crate) async fn asker(parts: &Parts, state: &ApiState) -> Result<Principal, Problem> {
    if let (false, Some(token)) = (parts.headers.contains_key(header::AUTHORIZATION), browser::token(&parts.headers)) {
        return Ok(browser::holder(parts, state, token).await?.0);
    }
    let principal = state.gate.authenticate(&state.platform, bearer(parts)?, state.proxies.origin(parts)).await?;
    native(&principal)?;
    Ok(principal)
}

/// A key of another dialect opens that dialect's routes alone.
fn native(principal: &Principal) -> Result<(), Problem> {
    if principal.dialect == Dialect::Native {
        return Ok(());
    }
    let detail = format!("this API key opens the {} API, not this one", principal.dialect.as_str());
    Err(Refusal::new(RefusalCode::PermissionDenied, detail).into())
}

fn bearer(parts: &Parts) -> Result<&str, Problem> {
    let refused = |detail: &str| Problem::from(Refusal::new(RefusalCode::Unauthenticated, detail));
    let header = parts
        .headers
        .get(header::AUTHORIZATION)
        .ok_or_else(|| refused("send the API key as `Authorization: Bearer od_…`"))?;
    let text = header.to_str().map_err(|_| refused("the Authorization header is not plain text"))?;
    // The scheme's name is case-insensitive (RFC 9110, 11.1).
    match text.split_once(' ') {
        Some((scheme, secret)) if scheme.eq_ignore_ascii_case("bearer") && !secret.trim().is_empty() => {
            Ok(secret.trim())
        }
        _ => Err(refused("the Authorization header must read `Bearer od_…`")),
    }
}

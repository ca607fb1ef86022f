//! The vendors' paths: each under its prefix (`/klen/api/v1/calls`), and all of them at the root, where a path that two
//! vendors own goes to the one that the request is meant for.
//!
//! Law: a dialect answers everything below its paths, unknown routes and methods too, in its own words; a request that
//! was taken apart to choose the dialect reaches it as it came.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::principal::secret_hash;
use axum::Router;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use domain::audit::Origin;
use domain::dialect::Dialect;
use hyper::upgrade::OnUpgrade;
use tower::ServiceExt;
use utoipa::openapi::{Info, License, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::choose::{Signs, choose};
use crate::door::Door;
use crate::rates::{self, Allowance};
use crate::raw::{self, Body};
use crate::webhooks::VendorWebhooks;
use crate::{VENDORS, credentials};

/// A vendor's API: one line of the list in `lib.rs`.
#[derive(Clone, Copy, Debug)]
pub struct Vendor {
    /// Its dialect.
    pub dialect: Dialect,
    /// What people call it.
    pub name: &'static str,
    /// Its documents say so of themselves.
    pub about: &'static str,
    /// What of its documents is not spoken, in a line; `docs/migrate/` says more.
    pub lacks: &'static str,
    /// Beginnings of its paths, segment by segment.
    pub paths: &'static [&'static str],
    /// Its routes with their documents.
    pub routes: fn() -> OpenApiRouter<Door>,
    /// What its receivers are told; `None` where it has no webhooks.
    pub webhooks: Option<VendorWebhooks>,
    /// How often a key may ask; `None` where the documents say nothing of it.
    pub allowance: Option<Allowance>,
    /// Answers to a path below its own that it does not have.
    pub unknown: fn() -> Response,
    /// Answers to a method that a path does not have.
    pub method_not_allowed: fn() -> Response,
}

impl Vendor {
    fn parts(&self) -> (Router<Door>, OpenApi) {
        let mut info = Info::new(self.name, env!("CARGO_PKG_VERSION"));
        info.description = Some(self.about.to_owned());
        let mut license = License::new("Apache-2.0");
        license.identifier = Some("Apache-2.0".to_owned());
        info.license = Some(license);
        let base = OpenApiBuilder::new().info(info).build();
        OpenApiRouter::with_openapi(base).merge((self.routes)()).split_for_parts()
    }

    /// Its OpenAPI 3.1 document.
    pub fn document(&self) -> OpenApi {
        self.parts().1
    }

    fn router(&self, door: Door) -> Router {
        let (unknown, method_not_allowed) = (self.unknown, self.method_not_allowed);
        let routes = self.parts().0.fallback(async move || unknown());
        let routes = routes.method_not_allowed_fallback(async move || method_not_allowed());
        let routes = match (self.allowance, self.dialect, door.clone()) {
            (None, ..) => routes,
            (Some(allowance), dialect, door) => {
                routes.layer(middleware::from_fn(move |request: Request, next: Next| {
                    rates::counted(door.clone(), dialect, allowance, request, next)
                }))
            }
        };
        routes.with_state(door)
    }

    fn owns(&self, path: &str) -> bool {
        self.paths.iter().any(|own| path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }
}

/// The routes of all dialects, with their documents at `/openapi/{dialect}.json`.
pub fn router(door: &Door) -> Router {
    let vendors: BTreeMap<Dialect, Router> =
        VENDORS.iter().map(|vendor| (vendor.dialect, vendor.router(door.clone()))).collect();
    let mut all = Router::new();
    for (dialect, router) in &vendors {
        all = all.nest(&format!("/{}", dialect.as_str()), router.clone());
    }
    for vendor in VENDORS {
        let document = Arc::new(vendor.document());
        let get = axum::routing::get(async move || axum::Json(Arc::clone(&document)).into_response());
        all = all.route(&format!("/openapi/{}.json", vendor.dialect.as_str()), get);
    }
    let root = Arc::new(Root { door: door.clone(), vendors });
    let mut firsts: Vec<&str> = VENDORS.iter().flat_map(|vendor| vendor.paths).filter_map(|path| first(path)).collect();
    firsts.sort_unstable();
    firsts.dedup();
    for segment in firsts {
        let root = Arc::clone(&root);
        let handler = any(async move |request: Request| root.pass_on(request).await);
        all = all.route(&format!("/{segment}"), handler.clone()).route(&format!("/{segment}/{{*rest}}"), handler);
    }
    all
}

fn first(path: &str) -> Option<&str> {
    path.trim_start_matches('/').split('/').next()
}

/// The vendors' paths without a prefix.
struct Root {
    door: Door,
    vendors: BTreeMap<Dialect, Router>,
}

impl Root {
    async fn pass_on(&self, request: Request) -> Response {
        let path = request.uri().path();
        let owners: Vec<Dialect> = VENDORS.iter().filter(|v| v.owns(path)).map(|v| v.dialect).collect();
        let (dialect, request) = match owners.as_slice() {
            [] => (self.door.default, request),
            [only] => (*only, request),
            several => self.decide(request, several).await,
        };
        let Some(router) = self.vendors.get(&dialect) else { return axum::http::StatusCode::NOT_FOUND.into_response() };
        match router.clone().oneshot(untouched(request)).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    async fn decide(&self, request: Request, owners: &[Dialect]) -> (Dialect, Request) {
        let (mut parts, body) = request.into_parts();
        let body = raw::whole(&parts.headers, body, raw::most_of(parts.uri.path())).await;
        let query = raw::query(&parts.uri);
        let secret = credentials::secret(&parts.headers, &query);
        let key = match secret {
            Some(secret) => self.dialect_of(secret).await,
            None => None,
        };
        let object = body.object().ok();
        let host = host(&parts.headers);
        let signs = Signs { prefix: None, host, key, secret, body: object.as_ref() };
        let dialect = choose(signs, owners, self.door.default);
        parts.extensions.insert::<Body>(body);
        (dialect, Request::from_parts(parts, axum::body::Body::empty()))
    }

    /// The dialect of a key that is known; trouble with the database shows when the dialect asks again.
    async fn dialect_of(&self, secret: &str) -> Option<Dialect> {
        let found = self.door.platform.store.key_by_hash(&secret_hash(secret)).await;
        found.ok().flatten().map(|key| key.dialect)
    }
}

/// Without what the outer routes left in it: their path parameters would count among the vendor's own.
fn untouched(request: Request) -> Request {
    let (mut parts, body) = request.into_parts();
    let (origin, read) = (parts.extensions.remove::<Origin>(), parts.extensions.remove::<Body>());
    let upgrade = parts.extensions.remove::<OnUpgrade>();
    parts.extensions.clear();
    if let Some(upgrade) = upgrade {
        parts.extensions.insert(upgrade);
    }
    parts.extensions.insert(origin.unwrap_or_default());
    if let Some(read) = read {
        parts.extensions.insert(read);
    }
    Request::from_parts(parts, body)
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(axum::http::header::HOST)?.to_str().ok()
}

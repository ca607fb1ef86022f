//! The OpenAPI 3.1 document, at `/openapi.json` and as a golden file in `docs/openapi.json`.
//!
//! Law: the document is made from the routes themselves. `OpenApiRouter::new` would print the library's own name and
//! licence into `info`, therefore `base`.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::problem::Problem;
use crate::webhook_events::{CallWebhook, OrganizationWebhook};
use crate::wire::chat::ToAgent;
use crate::wire::events::Words;
use crate::wire::voice::ToVoice;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Outdial",
        description = "Outbound AI phone calls from your own server. Send `Authorization: Bearer od_…`; every error is \
            `application/problem+json` (RFC 9457) with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "calls", description = "Place calls, follow them, read what came of them."),
        (name = "events", description = "What happens, as it happens: server-sent events that resume."),
        (name = "agents", description = "What is said in a call: drafts, and versions that calls run on."),
        (name = "providers", description = "What calls hear, speak and think with, and the voices there are."),
        (name = "trunks", description = "The ways out to the telephone network."),
        (name = "numbers", description = "The numbers that agents call from."),
        (name = "suppressions", description = "The do-not-call list."),
        (name = "webhooks", description = "Where events are sent, what became of them, and the bodies."),
        (name = "contacts", description = "People that are called, and what they allowed."),
        (name = "policy", description = "When and how often people may be called, and why one was not."),
        (name = "retention", description = "How long recordings and what was said are kept."),
        (name = "keys", description = "Who may do what."),
        (name = "session", description = "Signing in: what the dashboard works with. Programs use keys."),
        (name = "members", description = "The people of the organization, and their roles."),
        (name = "audit", description = "Who did what to the set-up, when and from where."),
        (name = "wallet", description = "What calls cost, and the money for them."),
        (name = "caps", description = "What may be used up, and the brakes against toll fraud."),
        (name = "nodes", description = "The processes that claim and dial, and draining them."),
        (name = "operations", description = "Health and metrics; no key needed."),
    ),
    components(schemas(Problem, Words, ToAgent, ToVoice, CallWebhook, OrganizationWebhook)),
    modifiers(&BearerKey)
)]
struct Base;

struct BearerKey;

impl Modify for BearerKey {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("od_…")
            .description(Some("An API key; the names behind it are the permissions that the key must hold."))
            .build();
        if let Some(components) = document.components.as_mut() {
            components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
            let cookie = ApiKeyValue::with_description("__Host-outdial", "The cookie of somebody who is signed in.");
            components.add_security_scheme("browser", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        }
    }
}

pub(crate) fn base() -> utoipa::openapi::OpenApi {
    Base::openapi()
}

/// The whole document.
pub fn document() -> utoipa::openapi::OpenApi {
    crate::router::documented().1
}

//! What every dialect does with a request besides reading it: who asks, placing the call, answering once.
//!
//! Law: the same use cases as the native API's, so that no dialect has a way round a rule of the platform.

use std::sync::Arc;

use app::gate::Gate;
use app::idempotency::{KeptOrNew, Keyed};
use app::ports::store::{CallFilter, KeptAnswer};
use app::{Platform, Principal, RecordingLinks};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::audit::Origin;
use domain::call::{Call, CallRequest};
use domain::dialect::Dialect;
use domain::refusal::{Refusal, RefusalCode};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::content::{Content, summary, transcript};
use crate::rates::{Rates, RequestLimits};
use crate::raw::{Body, Raw};

/// What the routes of the dialects work with.
#[derive(Clone, Debug)]
pub struct Door {
    /// The use cases.
    pub platform: Platform,
    /// Which keys are let in, and how many guesses.
    pub gate: Arc<Gate>,
    /// Addresses of recordings.
    pub links: RecordingLinks,
    /// Requests of keys, counted.
    pub rates: Arc<Rates>,
    /// How many of them are let in.
    pub request_limits: RequestLimits,
    /// Ends every talk, so that a stop does not wait for them.
    pub stop: CancellationToken,
    /// Answers on a shared path where nothing else decides.
    pub default: Dialect,
}

impl Door {
    /// Who asks with `secret`. A key of another dialect is as good as none.
    pub(crate) async fn asker(&self, raw: &Raw, secret: &str, dialect: Dialect) -> Result<Principal, Refusal> {
        self.let_in(secret, raw.origin.clone(), dialect).await
    }

    /// The same of a request that has no body.
    pub(crate) async fn let_in(&self, secret: &str, origin: Origin, dialect: Dialect) -> Result<Principal, Refusal> {
        let principal = self.gate.authenticate(&self.platform, secret, origin).await?;
        if principal.dialect == dialect {
            return Ok(principal);
        }
        let detail = format!("this API key opens the {} API, not this one", principal.dialect.as_str());
        Err(Refusal::new(RefusalCode::Unauthenticated, detail))
    }

    /// A page of calls, from 1 on, and how many calls there are in all.
    pub(crate) async fn page(
        &self,
        principal: &Principal,
        page: u32,
        filter: CallFilter,
    ) -> Result<(Vec<Call>, u64), Refusal> {
        let offset = u64::from(page.saturating_sub(1)) * u64::from(filter.limit);
        self.platform.calls_by_page(principal, &filter, offset).await
    }

    /// What was said in a call and what came of it.
    pub(crate) async fn content(&self, principal: &Principal, call: &Call) -> Result<Content, Refusal> {
        let turns = self.platform.turns(principal, call).await?;
        Ok(Content { transcript: transcript(&turns), summary: summary(call), recording_url: self.recording_url(call) })
    }

    /// Where the recording of a call plays for a while, without a key; `None` until it is ready.
    pub(crate) fn recording_url(&self, call: &Call) -> Option<String> {
        self.links.url(call, self.platform.clock.now())
    }

    /// What this very request was answered before, under its key of the client's. Comes before every check but who asks: a
    /// repeat gets its answer, whatever became of the agent since.
    pub(crate) async fn answered_before(&self, raw: &Raw, principal: &Principal) -> Result<Option<Response>, Refusal> {
        let (Some(asked), Body::Whole(_)) = (keyed(raw, principal)?, &raw.body) else { return Ok(None) };
        let before = self.platform.answered_before(&asked).await?;
        Ok(before.map(|answer| respond(KeptOrNew { answer, replayed: true })))
    }

    /// Places the call that was asked for, once if the request has a key of the client's; `write` writes the answer.
    pub(crate) async fn place(
        &self,
        raw: &Raw,
        principal: &Principal,
        request: CallRequest,
        write: impl Fn(&Call) -> KeptAnswer + Send + Sync + 'static,
    ) -> Result<Response, Refusal> {
        let Some(asked) = keyed(raw, principal)? else {
            let call = self.platform.place_call(principal, request).await?;
            return Ok(respond(KeptOrNew { answer: write(&call), replayed: false }));
        };
        Ok(respond(self.platform.place_call_once(principal, request, &asked, Arc::new(write)).await?))
    }
}

fn keyed(raw: &Raw, principal: &Principal) -> Result<Option<Keyed>, Refusal> {
    let key = raw.idempotency_key()?;
    key.map(|key| Keyed::new(principal, raw.method.as_str(), &raw.path, key, raw.bytes())).transpose()
}

/// An answer as JSON, as it can be kept for repeats.
pub(crate) fn json(status: u16, body: &impl Serialize) -> KeptAnswer {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    KeptAnswer { status, headers, body: serde_json::to_vec(body).unwrap_or_default() }
}

/// An answer as it was or will be kept, byte for byte; a repeat says so.
pub fn respond(answered: KeptOrNew) -> Response {
    let KeptOrNew { answer, replayed } = answered;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, answer.body).into_response();
    let headers = response.headers_mut();
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    if replayed {
        headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    response
}

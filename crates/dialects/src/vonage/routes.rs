//! `make-call`, and Insights: sessions by page, one session, its parameters.

use std::collections::BTreeMap;

use app::Principal;
use app::ports::store::{AgentName, CallFilter};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::AgentId;
use domain::agent::Agent;
use domain::agent_names::AgentNames;
use domain::call::{Call, CallRequest, Manners};
use domain::dialect::Dialect;
use domain::phone_number::PhoneNumber;
use domain::refusal::{Refusal, RefusalCode};
use domain::transcript::Turn;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::StudioError;
use super::from_wire::{self, Asked};
use super::insights::Question;
use super::to_wire;
use super::wire::{AgentInformation, Failed, MakeCallBody, Parameters, Session, SessionStarted, Sessions};
use crate::door::{Door, json};
use crate::raw::Raw;

/// Sessions that a question with conditions looks through; a span that has more is to be narrowed.
const LOOKED_THROUGH: u64 = 2_000;
/// Sessions a read of them.
const PAGE: u32 = 200;

type Answer = Result<Response, StudioError>;
type Names = BTreeMap<AgentId, AgentNames>;

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(make_call))
        .routes(routes!(list_sessions))
        .routes(routes!(get_session))
        .routes(routes!(search_session))
        .routes(routes!(get_parameters))
}

/// Make a call
#[utoipa::path(post, path = "/telephony/make-call", tag = "telephony",
    params(
        ("X-Vgai-Key" = String, Header, description = "A key of this API"),
        ("Idempotency-Key" = Option<String>, Header, description = "Your own name for this request (Outdial's)"),
    ),
    request_body = MakeCallBody,
    responses(
        (status = 200, description = "The call is on its way", body = SessionStarted),
        (status = "4XX", description = "Refused; nothing was stored", body = Failed),
        (status = 500, description = "Failed to fetch preconfigured session information", body = Failed),
    ))]
async fn make_call(State(door): State<Door>, raw: Raw) -> Answer {
    start_session(&door, &raw).await.map_err(StudioError::of_starting)
}

async fn start_session(door: &Door, raw: &Raw) -> Answer {
    let principal = asker(door, raw).await?;
    if let Some(answer) = door.answered_before(raw, &principal).await? {
        return Ok(answer);
    }
    let asked = from_wire::make_call(&raw.object()?)?;
    let (agent, named) = agent(door, &principal, &asked.agent).await?;
    let request = CallRequest {
        agent: agent.id.to_string(),
        to: asked.to,
        variables: asked.variables,
        status_url: asked.status_url,
        hang_up_on_machine: asked.hangup_on_answer_machine,
        // What does not go out at once is refused with 429, as the documents have it.
        manners: Manners { pace_now: true, blanks: true, ..Manners::default() },
        ..CallRequest::default()
    };
    let placed = door.place(raw, &principal, request, |call| json(200, &to_wire::session_started(call))).await;
    placed.map_err(|refusal| StudioError::of_make_call(&refusal, &named))
}

/// List sessions
#[utoipa::path(get, path = "/insights/sessions", tag = "insights",
    params(
        ("X-Vgai-Key" = String, Header, description = "A key of this API"),
        ("from_date" = Option<String>, Query, description = "ISO 8601; at most 60 days before to_date"),
        ("to_date" = Option<String>, Query, description = "ISO 8601; now where it is missing"),
        ("page_number" = Option<u32>, Query, description = "From 0"),
        ("page_size" = Option<u32>, Query, description = "At most 100; 10 where nothing is said"),
        ("sort_by" = Option<String>, Query, description = "attribute:asc or attribute:desc, separated by commas"),
        ("project_fields" = Option<String>, Query, description = "JSON list of the fields that are wanted"),
        ("filter_by" = Option<String>, Query, description = "JSON with must, must_not, should; term and match"),
    ),
    responses(
        (status = 200, description = "One page", body = Sessions),
        (status = "4XX", description = "Refused; 401 for parameters that cannot be read", body = Failed),
        (status = 500, description = "A mistake of ours", body = Failed),
    ))]
async fn list_sessions(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw).await?;
    let question = Question::read(&raw, door.platform.clock.now())?;
    let names = door.platform.agent_names(&principal).await?;
    let asking = Asking { door: &door, principal: &principal, names: &names, question: &question };
    let (sessions, total) = match question.in_order() {
        Some(upwards) => asking.page(upwards).await?,
        None => asking.looked_through().await?,
    };
    let sessions = sessions.into_iter().map(|session| question.project(session)).collect();
    Ok(Json(Sessions { total, page_number: question.page, page_size: question.size, sessions }).into_response())
}

/// Read a session
#[utoipa::path(get, path = "/insights/sessions/{id}", tag = "insights",
    params(
        ("X-Vgai-Key" = String, Header, description = "A key of this API"),
        ("id" = String, Path, description = "Id of the session"),
    ),
    responses(
        (status = 200, description = "The session", body = Session),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "A mistake of ours", body = Failed),
    ))]
async fn get_session(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    Ok(Json(one(&door, &raw, &id).await?).into_response())
}

/// Find a session
#[utoipa::path(get, path = "/insights/sessions/search/{id}", tag = "insights",
    params(
        ("X-Vgai-Key" = String, Header, description = "A key of this API"),
        ("id" = String, Path, description = "Id of the session"),
    ),
    responses(
        (status = 200, description = "The session", body = Session),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "A mistake of ours", body = Failed),
    ))]
async fn search_session(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    Ok(Json(one(&door, &raw, &id).await?).into_response())
}

/// Read the parameters of a session
#[utoipa::path(get, path = "/insights/sessions/{id}/parameters", tag = "insights",
    params(
        ("X-Vgai-Key" = String, Header, description = "A key of this API"),
        ("id" = String, Path, description = "Id of the session"),
        ("session_start_time" = Option<String>, Query, description = "Taken, and not needed here"),
    ),
    responses(
        (status = 200, description = "Its parameters", body = Parameters),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "A mistake of ours", body = Failed),
    ))]
async fn get_parameters(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let session = one(&door, &raw, &id).await?;
    Ok(Json(Parameters { id: session.id, parameters: session.parameters }).into_response())
}

async fn one(door: &Door, raw: &Raw, id: &str) -> Result<Session, StudioError> {
    let principal = asker(door, raw).await?;
    let call = door.platform.get_call(&principal, id).await.map_err(|refusal| match refusal.code {
        RefusalCode::NotFound => StudioError::unknown_session(id),
        _ => StudioError::from(&refusal),
    })?;
    let names = door.platform.agent_names(&principal).await?;
    let turns = door.platform.turns(&principal, &call).await?;
    let audio = door.recording_url(&call);
    Ok(to_wire::session(&call, &information(&names, &call), &turns, audio, door.platform.clock.now()))
}

/// A list that is being answered.
struct Asking<'a> {
    door: &'a Door,
    principal: &'a Principal,
    names: &'a Names,
    question: &'a Question,
}

impl Asking<'_> {
    fn filter(&self, limit: u32) -> CallFilter {
        let Question { from, to, .. } = self.question;
        CallFilter { created_from: Some(*from), created_to: Some(*to), limit, ..CallFilter::default() }
    }

    /// A page as sessions are kept: newest first, or, counted from the other end, oldest first.
    async fn page(&self, upwards: bool) -> Result<(Vec<Value>, u64), Refusal> {
        let (page, size) = (u64::from(self.question.page), u64::from(self.question.size));
        let platform = &self.door.platform;
        let (mut calls, total) = if upwards {
            let (_, total) = platform.calls_by_page(self.principal, &self.filter(1), 0).await?;
            let end = total.saturating_sub(page * size);
            let begin = end.saturating_sub(size);
            match u32::try_from(end - begin) {
                Ok(limit @ 1..) => platform.calls_by_page(self.principal, &self.filter(limit), begin).await?,
                _ => (Vec::new(), total),
            }
        } else {
            platform.calls_by_page(self.principal, &self.filter(self.question.size), page * size).await?
        };
        if upwards {
            calls.reverse();
        }
        let mut sessions = Vec::with_capacity(calls.len());
        for call in &calls {
            sessions.push(self.session(call, self.question.shows_transcription()).await?);
        }
        Ok((sessions, total))
    }

    /// A page of what is left of a span when its conditions are looked at. What was said is read for all of it only where a
    /// condition or the order asks for it; for what is shown, at the end.
    async fn looked_through(&self) -> Result<(Vec<Value>, u64), StudioError> {
        let (mut calls_by_id, mut sessions, mut offset) = (BTreeMap::new(), Vec::new(), 0);
        let heard = self.question.needs_transcription();
        loop {
            let read = self.door.platform.calls_by_page(self.principal, &self.filter(PAGE), offset).await;
            let (calls, total) = read.map_err(StudioError::from)?;
            if total > LOOKED_THROUGH {
                let detail =
                    format!("more than {LOOKED_THROUGH} sessions lie between from_date and to_date; narrow them");
                return Err(StudioError::invalid_parameters(detail));
            }
            offset += calls.len() as u64;
            let done = calls.is_empty() || offset >= total;
            for call in calls {
                sessions.push(self.session(&call, heard).await?);
                calls_by_id.insert(call.id.0.to_string(), call);
            }
            if done {
                break;
            }
        }
        let found = self.question.answer(sessions);
        let (page, size) = (self.question.page as usize, self.question.size as usize);
        let total = found.len() as u64;
        let mut shown: Vec<Value> = found.into_iter().skip(page.saturating_mul(size)).take(size).collect();
        if self.question.shows_transcription() && !heard {
            for session in &mut shown {
                if let Some(call) = session["id"].as_str().and_then(|id| calls_by_id.get(id)) {
                    *session = self.session(call, true).await?;
                }
            }
        }
        Ok((shown, total))
    }

    async fn session(&self, call: &Call, said: bool) -> Result<Value, Refusal> {
        let turns: Vec<Turn> = if said { self.door.platform.turns(self.principal, call).await? } else { Vec::new() };
        let (audio, now) = (self.door.recording_url(call), self.door.platform.clock.now());
        let session = to_wire::session(call, &information(self.names, call), &turns, audio, now);
        Ok(serde_json::to_value(session).unwrap_or_default())
    }
}

fn information(names: &Names, call: &Call) -> AgentInformation {
    let id = names.get(&call.agent).map_or_else(|| call.agent.to_string(), |names| names.vonage.clone());
    AgentInformation { id, name: call.agent_slug.clone() }
}

async fn asker(door: &Door, raw: &Raw) -> Result<Principal, StudioError> {
    let secret =
        raw.header("x-vgai-key").filter(|secret| !secret.is_empty()).ok_or_else(StudioError::not_authorised)?;
    Ok(door.asker(raw, secret, Dialect::Vonage).await?)
}

/// The agent that was asked for, and how.
async fn agent(door: &Door, principal: &Principal, asked: &Asked) -> Result<(Agent, String), StudioError> {
    match asked {
        Asked::Id(id) => {
            let found = door.platform.agent_by_name(principal, &AgentName::Vonage(id.clone())).await;
            let (agent, _) = found.map_err(|refusal| StudioError::of_make_call(&refusal, id))?;
            Ok((agent, id.clone()))
        }
        Asked::Number(number) => {
            let none = || StudioError::number_without_agent(number.trim_start_matches('+'));
            let parsed = PhoneNumber::parse(number, None).map_err(|_| none())?;
            let agent = door.platform.agent_calling_from(principal, &parsed).await?.ok_or_else(none)?;
            Ok((agent, number.clone()))
        }
    }
}

impl From<Refusal> for StudioError {
    fn from(refusal: Refusal) -> Self {
        Self::from(&refusal)
    }
}

//! `POST /api/click-to-call`. The checks stand in the order of their codes: headers, agent, key, switched on, set up,
//! signature, a call in progress, the call itself.

use app::click_to_call::{Click, ClickState};
use axum::extract::State;
use axum::response::Response;
use domain::call::{Call, CallRequest, Manners};
use domain::refusal::RefusalCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::ClickToCallError;
use super::wire::{self, Accepted, Failed};
use super::{from_wire, signature};
use crate::door::{Door, json};
use crate::raw::{Body, NotAnObject, Raw};

type Answer = Result<Response, ClickToCallError>;

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(click_to_call))
}

/// Call somebody
///
/// `api-key` names the agent; `signature` is the lower-case hexadecimal HMAC-SHA256 of the body as it is sent, with the
/// agent's secret. Agents whose signature verification is disabled take requests without one.
#[utoipa::path(post, path = "/api/click-to-call", tag = "click-to-call",
    params(
        ("api-key" = String, Header, description = "The agent's API token"),
        ("signature" = Option<String>, Header, description = "HMAC-SHA256 of the body, hexadecimal"),
        ("Idempotency-Key" = Option<String>, Header, description = "Your own name for this request (Outdial's)"),
    ),
    request_body = wire::Click,
    responses(
        (status = 200, description = "The call is on its way", body = Accepted),
        (status = 400, description = "ctc:001, 004, 005, 007; ours 009 to 011", body = Failed),
        (status = 402, description = "ctc:012 (ours)", body = Failed),
        (status = 403, description = "ctc:003, 006", body = Failed),
        (status = 409, description = "ctc:016 (ours)", body = Failed),
        (status = 413, description = "ctc:014 (ours)", body = Failed),
        (status = 422, description = "ctc:015 (ours)", body = Failed),
        (status = 429, description = "ctc:013 (ours)", body = Failed, headers(("Retry-After" = u64))),
        (status = 500, description = "ctc:002, 008", body = Failed),
    ))]
async fn click_to_call(State(door): State<Door>, raw: Raw) -> Answer {
    let token = raw.header("api-key").filter(|token| !token.is_empty()).ok_or(ClickToCallError::MissingHeaders)?;
    let Click { principal, credentials, state } =
        door.gate.click(&door.platform, token, raw.origin.clone()).await.map_err(|refusal| match refusal.code {
            RefusalCode::Unavailable => ClickToCallError::FetchingAgent,
            _ => refusal.into(),
        })?;
    let is_signed = match (credentials.verify_signature, raw.header("signature")) {
        (true, None | Some("")) => return Err(ClickToCallError::MissingHeaders),
        (true, Some(given)) => signature::is_valid(&credentials.secret, raw.bytes(), given),
        (false, _) => true,
    };
    if is_signed && let Some(answer) = door.answered_before(&raw, &principal).await? {
        return Ok(answer);
    }
    let agent = match state {
        ClickState::Ready(agent) => agent,
        ClickState::Disabled => return Err(ClickToCallError::AgentDisabled),
        ClickState::NotConfigured => return Err(ClickToCallError::AgentNotConfigured),
    };
    if raw.body == Body::TooLarge {
        return Err(ClickToCallError::BodyTooLarge);
    }
    if !is_signed {
        return Err(ClickToCallError::InvalidSignature);
    }
    let body = raw.object().map_err(|fault| match fault {
        NotAnObject::TooLarge => ClickToCallError::BodyTooLarge,
        NotAnObject::Invalid(_) => ClickToCallError::InvalidBody,
    })?;
    let click = from_wire::click(&body)?;
    if !click.reserved.is_empty() {
        tracing::warn!(agent.id = %agent.id, names = ?click.reserved, "reserved variables of a click were left out");
    }
    let mut variables = click.variables;
    variables.insert("system_phone".into(), click.phone.clone());
    variables.insert("voiceb_agent_name".into(), agent.slug.clone());
    let manners = Manners { blanks: true, one_at_a_time: true, ..Manners::default() };
    let request =
        CallRequest { agent: agent.id.to_string(), to: click.phone, variables, manners, ..CallRequest::default() };
    Ok(door.place(&raw, &principal, request, |call| json(200, &accepted(call))).await?)
}

fn accepted(call: &Call) -> Accepted {
    Accepted { success: true, message: "Call initiated", call_id: call.id.to_string() }
}

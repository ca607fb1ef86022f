//! Talking with an agent in writing.

use std::time::Duration;

use app::open_chat::{ChatAgent, ChatVersion, OpenChat};
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use dialects::talk::{self, MAX_MESSAGE};
use domain::call::Variables;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, CallsWrite};
use crate::extract::{Name, Query};
use crate::problem::{HttpFault, Problem};
use crate::router::ApiState;
use crate::wire::chat::{FromAgent, Native, TalkWith, ToAgent};

/// The first message must be there by then.
const START: Duration = Duration::from_secs(30);

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(talk_with))
}

/// Talk with an agent in writing
///
/// A WebSocket over the same dialog, tools and language model that calls have; nothing is dialed, charged or kept. The
/// first message is `start` (`ToAgent`); what comes back is `FromAgent`. One message is answered at a time, and
/// `rewind` goes back to before a turn, so that it can be said differently.
#[utoipa::path(get, path = "/v1/agents/{agent}/chat", tag = "agents", security(("api_key" = ["calls:write"])),
    params(("agent" = String, Path, description = "Slug or id"), TalkWith),
    responses(
        (status = 101, description = "The talk begins", body = FromAgent),
        (status = "4XX", description = "Refused; 429 with Retry-After where the node holds as many talks as it can",
            body = Problem, content_type = "application/problem+json"),
    ))]
async fn talk_with(
    State(state): State<ApiState>,
    caller: Caller<CallsWrite>,
    name: Name,
    Query(query): Query<TalkWith>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let version = match query.version.as_deref() {
        None => ChatVersion::Published,
        Some("draft") => ChatVersion::Draft,
        Some(text) => ChatVersion::Number(
            text.parse().map_err(|_| Problem::field("?version", "must be `draft` or the number of a version"))?,
        ),
    };
    let agent = state.platform.chat_agent(&caller.0, &name.0, version).await?;
    let upgrade = upgrade.map_err(|rejected| Problem::http(HttpFault::NoHandshake, rejected.to_string()))?;
    Ok(upgrade.max_message_size(MAX_MESSAGE).on_upgrade(async move |socket| run(state, agent, socket).await))
}

async fn run(state: ApiState, agent: ChatAgent, mut socket: WebSocket) {
    let (slug, version) = (agent.agent.slug.clone(), agent.number);
    match begun(&state, agent, &mut socket).await {
        Ok(open) => {
            let started = FromAgent::Started { chat: open.id.to_string(), agent: slug, version };
            if talk::tell(&mut socket, &started.json()).await {
                talk::hold(socket, open, Native, state.stop).await;
            }
        }
        Err(Some(problem)) => {
            talk::tell(&mut socket, &FromAgent::Error { problem }.json()).await;
            talk::close(socket, close_code::POLICY, "the talk could not begin").await;
        }
        Err(None) => {}
    }
}

/// Opens the talk that the first message asks for; `None` when nobody asks.
async fn begun(state: &ApiState, agent: ChatAgent, socket: &mut WebSocket) -> Result<OpenChat, Option<Box<Problem>>> {
    let variables = started(state, socket).await?;
    let opened = state.platform.open_chat(agent, variables, false).await;
    opened.map_err(|refusal| Some(Box::new(refusal.into())))
}

async fn started(state: &ApiState, socket: &mut WebSocket) -> Result<Variables, Option<Box<Problem>>> {
    let wrong = |detail: String| Some(Box::new(Problem::field("", detail)));
    loop {
        let message = tokio::select! {
            biased;
            () = state.stop.cancelled() => return Err(None),
            message = tokio::time::timeout(START, socket.recv()) => message,
        };
        match message {
            Ok(Some(Ok(Message::Text(text)))) => {
                return match serde_json::from_str(&text) {
                    Ok(ToAgent::Start { variables }) => Ok(variables),
                    Ok(_) => Err(wrong("the first message is {\"type\":\"start\",\"variables\":{…}}".to_owned())),
                    Err(error) => Err(wrong(error.to_string())),
                };
            }
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
            Ok(Some(Ok(Message::Binary(_)))) => return Err(wrong("messages are text".to_owned())),
            Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => return Err(None),
            Err(_) => return Err(wrong(format!("nothing came within {} s", START.as_secs()))),
        }
    }
}

//! Hearing a live call.

use std::sync::atomic::Ordering;
use std::time::Duration;

use app::listen_in::HeardCall;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use dialects::talk::{self, MAX_MESSAGE};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, CallsRead};
use crate::extract::Name;
use crate::problem::{HttpFault, Problem};
use crate::router::ApiState;
use crate::wire::listen::FromCall;

/// Somebody who takes nothing for so long is let go; frames that they miss meanwhile are dropped.
const TAKES: Duration = Duration::from_secs(10);
/// Whether somebody is still there is asked this often.
const PING: Duration = Duration::from_secs(15);

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(listen_in))
}

/// Listen in
///
/// A WebSocket with both sides of a live call, on whichever node it is. The first message is the text `format`
/// (`FromCall`); then come binary frames of 20 ms: signed 16 bits, little end first, callee and agent in turn, 8,000 of each
/// a second. The last message is the text `end`. A listener that is slow misses the oldest frames; the call never waits.
#[utoipa::path(get, path = "/v1/calls/{call}/audio", tag = "calls", security(("api_key" = ["calls:read"])),
    params(("call" = String, Path, description = "Id, sequence or SIP Call-ID")),
    responses(
        (status = 101, description = "The call is heard", body = FromCall),
        (status = 409, description = "The call is not talking", body = Problem,
            content_type = "application/problem+json"),
        (status = "4XX", description = "Refused; 429 with Retry-After where the node serves as many listeners as it can",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call is changing hands; repeat", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn listen_in(
    State(state): State<ApiState>,
    caller: Caller<CallsRead>,
    name: Name,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let heard = state.platform.listen_in(&caller.0, &name.0).await?;
    let upgrade = upgrade.map_err(|rejected| Problem::http(HttpFault::NoHandshake, rejected.to_string()))?;
    Ok(upgrade.max_message_size(MAX_MESSAGE).on_upgrade(async move |socket| pass_on(socket, heard, state.stop).await))
}

async fn pass_on(mut socket: WebSocket, mut heard: HeardCall, stop: CancellationToken) {
    if !talk::tell(&mut socket, &FromCall::format().json()).await {
        return;
    }
    let mut pings = interval_at(Instant::now() + PING, PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let reason = loop {
        let message = tokio::select! {
            biased;
            () = stop.cancelled() => break "server_stops",
            said = socket.recv() => match said {
                // Nothing is asked of a listener.
                Some(Ok(Message::Text(_) | Message::Binary(_) | Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            frame = heard.audio.frames.recv() => match frame {
                Ok(frame) => Message::Binary(Bytes::copy_from_slice(&frame[..])),
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) if heard.audio.lost.load(Ordering::Acquire) => break "connection_lost",
                Err(RecvError::Closed) => break "call_ended",
            },
            _ = pings.tick() => Message::Ping(Bytes::new()),
        };
        if !matches!(timeout(TAKES, socket.send(message)).await, Ok(Ok(()))) {
            return;
        }
    };
    drop(heard);
    if talk::tell(&mut socket, &FromCall::End { reason: reason.to_owned() }.json()).await {
        let (code, why) = match reason {
            "server_stops" => (close_code::AWAY, "the server stops"),
            "connection_lost" => (close_code::AWAY, "the call is out of reach"),
            _ => (close_code::NORMAL, "the call is over"),
        };
        talk::close(socket, code, why).await;
    }
}

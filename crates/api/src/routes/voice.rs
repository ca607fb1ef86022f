//! Talking with an agent by voice.
//!
//! Law: sound comes and goes as it is spoken; neither side waits for the other, and who is slow loses sound, not time.

use std::time::Duration;

use app::open_chat::{ChatAgent, ChatVersion};
use app::open_voice::OpenVoice;
use app::ports::spoken_talks::SpokenInput;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use dialects::talk::{self, MAX_MESSAGE};
use domain::call::Variables;
use serde_json::Value;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, CallsWrite};
use crate::extract::{Name, Query};
use crate::problem::{HttpFault, Problem};
use crate::router::ApiState;
use crate::wire::voice::{FromVoice, SpeakWith, ToVoice};

/// The first message must be there by then.
const START: Duration = Duration::from_secs(30);
/// Somebody who takes nothing for so long is let go; sound that they miss meanwhile is dropped.
const TAKES: Duration = Duration::from_secs(10);
/// Whether somebody is still there is asked this often.
const PING: Duration = Duration::from_secs(15);
/// Keys of one message.
const MOST_KEYS: usize = 32;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(speak_with))
}

/// Talk with an agent by voice
///
/// A WebSocket with the pipeline that calls have: ears, turn taking, dialog, tools, voice, interruption. Nothing is dialed,
/// charged or kept. The first message is the text `start` (`ToVoice`), answered by the text `started`; then sound goes both
/// ways in binary messages: mono, signed 16 bits, little end first, at `rate_hz`. The server sends 20 ms at a time,
/// silence too; the client sends stretches of any length as they are spoken. Texts among the sound tell what happens
/// (`FromVoice`), press keys and hang up (`ToVoice`).
#[utoipa::path(get, path = "/v1/agents/{agent}/talk", tag = "agents", security(("api_key" = ["calls:write"])),
    params(("agent" = String, Path, description = "Slug or id"), SpeakWith),
    responses(
        (status = 101, description = "The talk begins", body = FromVoice),
        (status = "4XX", description = "Refused; 429 with Retry-After where the node holds as many talks as it can",
            body = Problem, content_type = "application/problem+json"),
    ))]
async fn speak_with(
    State(state): State<ApiState>,
    caller: Caller<CallsWrite>,
    name: Name,
    Query(query): Query<SpeakWith>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let version = match query.version.as_deref() {
        None | Some("published") => ChatVersion::Published,
        Some("draft") => ChatVersion::Draft,
        Some(text) => ChatVersion::Number(
            text.parse()
                .map_err(|_| Problem::field("?version", "must be `draft`, `published` or the number of a version"))?,
        ),
    };
    let agent = state.platform.voice_agent(&caller.0, &name.0, version).await?;
    let upgrade = upgrade.map_err(|rejected| Problem::http(HttpFault::NoHandshake, rejected.to_string()))?;
    Ok(upgrade.max_message_size(MAX_MESSAGE).on_upgrade(async move |socket| run(state, agent, socket).await))
}

async fn run(state: ApiState, agent: ChatAgent, mut socket: WebSocket) {
    let (slug, version) = (agent.agent.slug.clone(), agent.number);
    let begun = match started(&state.stop, &mut socket).await {
        Ok((variables, rate_hz)) => {
            let opened = state.platform.open_voice(agent, &variables, rate_hz).await;
            opened.map(|open| (open, rate_hz)).map_err(|refusal| Some(Box::new(refusal.into())))
        }
        Err(nobody) => Err(nobody),
    };
    match begun {
        Ok((open, rate_hz)) => {
            let started = FromVoice::Started { talk: open.id.to_string(), agent: slug, version, rate_hz };
            if talk::tell(&mut socket, &started.json()).await {
                hold(socket, open, state.stop).await;
            }
        }
        Err(Some(problem)) => {
            talk::tell(&mut socket, &FromVoice::Error { problem }.json()).await;
            talk::close(socket, close_code::POLICY, "the talk could not begin").await;
        }
        Err(None) => {}
    }
}

/// What the first message asks for; an empty error when nobody asks.
async fn started(stop: &CancellationToken, socket: &mut WebSocket) -> Result<(Variables, u32), Option<Box<Problem>>> {
    let wrong = |detail: String| Some(Box::new(Problem::field("", detail)));
    let first = async {
        loop {
            match socket.recv().await {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => return other,
            }
        }
    };
    let message = tokio::select! {
        biased;
        () = stop.cancelled() => return Err(None),
        message = timeout(START, first) => message,
    };
    match message {
        Ok(Some(Ok(Message::Text(text)))) => match serde_json::from_str(&text) {
            Ok(ToVoice::Start { variables, rate_hz }) => Ok((variables, rate_hz)),
            Ok(ToVoice::Digits { .. } | ToVoice::End) => Err(wrong("the first message is `start`".to_owned())),
            Err(error) => Err(wrong(error.to_string())),
        },
        Ok(Some(Ok(Message::Binary(_)))) => {
            Err(wrong("the first message is {\"type\":\"start\",\"variables\":{…},\"rate_hz\":16000}".to_owned()))
        }
        Ok(_) => Err(None),
        Err(_) => Err(wrong(format!("nothing came within {} s", START.as_secs()))),
    }
}

/// Why a talk is over.
enum End {
    /// The other side is gone.
    Gone,
    /// Told to the other side (RFC 6455, 7.4.1).
    Close(u16, &'static str),
}

/// Holds a talk until one side ends it.
async fn hold(mut socket: WebSocket, mut open: OpenVoice, stop: CancellationToken) {
    let mut pings = interval_at(Instant::now() + PING, PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let end = loop {
        let went_on = tokio::select! {
            biased;
            () = stop.cancelled() => Err(End::Close(close_code::AWAY, "the server stops")),
            Some(frame) = open.talk.voice.recv() => sent(&mut socket, sound(&frame)).await,
            event = open.talk.events.recv() => match event {
                Some(event) => sent(&mut socket, text(&FromVoice::from(event).json())).await,
                None => Err(End::Close(close_code::NORMAL, "the talk is over")),
            },
            message = socket.recv() => match message {
                Some(Ok(message)) => heard(&mut socket, &open, message).await,
                Some(Err(_)) | None => Err(End::Gone),
            },
            _ = pings.tick() => sent(&mut socket, Message::Ping(Bytes::new())).await,
        };
        if let Err(end) = went_on {
            break end;
        }
    };
    drop(open);
    if let End::Close(code, reason) = end {
        talk::close(socket, code, reason).await;
    }
}

async fn heard(socket: &mut WebSocket, open: &OpenVoice, message: Message) -> Result<(), End> {
    match message {
        Message::Binary(bytes) => {
            let (samples, half) = bytes.as_chunks::<2>();
            if !half.is_empty() {
                return fault(socket, "sound is whole samples of 2 bytes").await;
            }
            // A client that sends faster than it speaks loses what finds no room.
            let _ = open.talk.heard.try_send(samples.iter().map(|sample| i16::from_le_bytes(*sample)).collect());
            Ok(())
        }
        Message::Text(text) => done(socket, open, &text).await,
        Message::Ping(_) | Message::Pong(_) => Ok(()),
        Message::Close(_) => Err(End::Gone),
    }
}

/// What a person does beside speaking. What finds no room is told; whoever presses on has not been heard yet.
async fn done(socket: &mut WebSocket, open: &OpenVoice, text: &str) -> Result<(), End> {
    let input = match serde_json::from_str(text) {
        Ok(ToVoice::Digits { digits }) if are_keys(&digits) => SpokenInput::Digits(digits),
        Ok(ToVoice::Digits { .. }) => return fault(socket, "digits are 1 to 32 of 0 to 9, *, #, A to D").await,
        Ok(ToVoice::End) => SpokenInput::HangUp,
        Ok(ToVoice::Start { .. }) => return fault(socket, "the talk has begun already").await,
        Err(error) => return fault(socket, &error.to_string()).await,
    };
    match open.talk.inputs.try_send(input) {
        Ok(()) => Ok(()),
        Err(_) => fault(socket, "too many keys at once").await,
    }
}

fn are_keys(digits: &str) -> bool {
    (1..=MOST_KEYS).contains(&digits.len()) && digits.chars().all(|key| key.is_ascii_digit() || "*#ABCD".contains(key))
}

async fn fault(socket: &mut WebSocket, detail: &str) -> Result<(), End> {
    let problem = Box::new(Problem::field("", detail));
    sent(socket, text(&FromVoice::Error { problem }.json())).await
}

fn text(message: &Value) -> Message {
    Message::Text(message.to_string().into())
}

fn sound(samples: &[i16]) -> Message {
    Message::Binary(samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>().into())
}

async fn sent(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    match timeout(TAKES, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}

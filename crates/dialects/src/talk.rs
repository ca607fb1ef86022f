//! A talk in writing over a WebSocket, in whatever words its two ends agreed on.
//!
//! Law: a connection is bounded: a message has a greatest size, a talk a greatest number of turns, and a reader who does
//! nothing for a while is let go. Nothing that is said reaches a log.

use std::time::Duration;

use app::open_chat::OpenChat;
use app::ports::chats::{ChatEvent, ChatInput};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use serde_json::Value;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

/// Largest message that is read, in bytes.
pub const MAX_MESSAGE: usize = 64 * 1024;
/// Longest text that is answered, in characters.
pub const MAX_TEXT: usize = 2_000;
/// Most turns of a talk.
const MAX_TURNS: u32 = 200;
/// Somebody who says nothing for so long is let go.
const IDLE: Duration = Duration::from_mins(10);
/// A connection on which nothing moves is closed by servers and proxies on the way; so something moves.
const PING: Duration = Duration::from_secs(15);

/// The other side of a connection that we end has ended it by then.
const CLOSES: Duration = Duration::from_secs(2);

/// The words of one API.
pub trait Words: Send {
    /// Reads a message; the error is told to whoever sent it.
    fn read(&mut self, text: &str) -> Result<ChatInput, String>;
    /// Writes what happened, in as many messages as it takes.
    fn write(&mut self, event: ChatEvent) -> Vec<Value>;
    /// Writes a fault of a message.
    fn fault(&self, detail: &str) -> Value;
}

/// Why a talk is over.
enum End {
    /// The other side is gone.
    Gone,
    /// Told to the other side (RFC 6455, 7.4.1).
    Close(u16, &'static str),
}

/// Holds a talk until one side ends it.
pub async fn hold(mut socket: WebSocket, mut open: OpenChat, mut words: impl Words, stop: CancellationToken) {
    let mut pings = interval_at(Instant::now() + PING, PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut moved, mut turns) = (Instant::now(), 0);
    let end = loop {
        let went_on = tokio::select! {
            biased;
            () = stop.cancelled() => Err(End::Close(close_code::AWAY, "the server stops")),
            event = open.chat.events.recv() => match event {
                Some(event) => told(&mut socket, words.write(event)).await,
                None => Err(End::Close(close_code::NORMAL, "the talk is over")),
            },
            message = socket.recv() => {
                moved = Instant::now();
                match message {
                    Some(Ok(message)) => heard(&mut socket, &open, &mut words, &mut turns, message).await,
                    _ => Err(End::Gone),
                }
            },
            _ = pings.tick() => sent(&mut socket, Message::Ping(axum::body::Bytes::new())).await,
            () = tokio::time::sleep_until(moved + IDLE) => Err(End::Close(close_code::NORMAL, "nothing was said for a while")),
        };
        if let Err(end) = went_on {
            break end;
        }
    };
    if let End::Close(code, reason) = end {
        close(socket, code, reason).await;
    }
}

/// Ends a connection with a reason, and waits a moment for the other side to end it too: a connection that is dropped
/// while something of theirs is unread is reset, and takes our last messages with it.
pub async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let closed = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    // Whoever is gone needs no reason.
    let _ = tokio::time::timeout(CLOSES, closed).await;
}

/// Sends one message of JSON; false when the other side is gone.
pub async fn tell(socket: &mut WebSocket, message: &Value) -> bool {
    socket.send(Message::Text(message.to_string().into())).await.is_ok()
}

async fn heard(
    socket: &mut WebSocket,
    open: &OpenChat,
    words: &mut impl Words,
    turns: &mut u32,
    message: Message,
) -> Result<(), End> {
    let text = match message {
        Message::Text(text) => text,
        Message::Binary(_) => return told(socket, vec![words.fault("messages are text")]).await,
        Message::Ping(_) | Message::Pong(_) => return Ok(()),
        Message::Close(_) => return Err(End::Gone),
    };
    let input = match words.read(&text) {
        Ok(ChatInput::Text(text)) if text.trim().is_empty() => Err("the message is empty".to_owned()),
        Ok(ChatInput::Text(text)) if text.chars().count() > MAX_TEXT => {
            Err(format!("a message has at most {MAX_TEXT} characters"))
        }
        other => other,
    };
    match input {
        Ok(input) => {
            *turns += 1;
            if *turns > MAX_TURNS {
                return Err(End::Close(close_code::POLICY, "a talk has at most 200 turns"));
            }
            match open.chat.inputs.try_send(input) {
                Ok(()) => Ok(()),
                Err(_) => told(socket, vec![words.fault("the agent is still answering; wait for it to listen")]).await,
            }
        }
        Err(detail) => told(socket, vec![words.fault(&detail)]).await,
    }
}

async fn told(socket: &mut WebSocket, messages: Vec<Value>) -> Result<(), End> {
    for message in messages {
        sent(socket, Message::Text(message.to_string().into())).await?;
    }
    Ok(())
}

async fn sent(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    socket.send(message).await.map_err(|_| End::Gone)
}

//! The chatbot: a talk in writing with an assistant, over a WebSocket.
//!
//! The documents name path and `assistant_id`; the messages are ours (docs/migrate/voicing.md). What the assistant says in
//! answer to one message comes as one message. Nobody sends variables: the samples of the definition stand for them.

use app::open_chat::{ChatAgent, ChatVersion};
use app::ports::chats::{ChatEvent, ChatInput};
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use domain::call::Variables;
use domain::dialect::Dialect;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::VoicingError;
use super::routes::{assistant, of_rest_category};
use super::wire::Failed;
use crate::door::Door;
use crate::raw::Head;
use crate::talk::{self, MAX_MESSAGE, Words};

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(chatbot))
}

/// Talk with an assistant in writing
///
/// A WebSocket. Send plain text, or `{"type":"user_message","text":…}`; what comes back is `session_started`,
/// `assistant_message`, `tool_call`, `session_ended` and `error`.
#[utoipa::path(get, path = "/api/v1/voicing/ws/platform/api/chatbot", tag = "chatbot",
    params(
        ("x-api-key" = Option<String>, Header, description = "A key of the category Rest APIs"),
        ("x-api-key" = Option<String>, Query, description = "The same, for browsers, which set no headers here"),
        ("assistant_id" = String, Query, description = "The assistant"),
    ),
    responses(
        (status = 101, description = "The talk begins"),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "A mistake of ours", body = Failed),
    ))]
async fn chatbot(
    State(door): State<Door>,
    head: Head,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, VoicingError> {
    let given = |text: &&str| !text.is_empty();
    let secret = head.header("x-api-key").filter(given).or_else(|| head.query("x-api-key").filter(given));
    let secret = secret.ok_or_else(VoicingError::invalid_token)?;
    let principal = of_rest_category(door.let_in(secret, head.origin.clone(), Dialect::Voicing).await?)?;
    let id = head
        .query("assistant_id")
        .filter(given)
        .ok_or_else(|| VoicingError::bad_request("assistant_id is required"))?;
    let agent = assistant(&door, &principal, id).await?;
    let agent = door.platform.chat_agent(&principal, &agent.to_string(), ChatVersion::Published).await;
    let agent = agent.map_err(|refusal| VoicingError::of_publish(&refusal, id))?;
    let upgrade = upgrade.map_err(|_| VoicingError::bad_request("this path takes a WebSocket handshake"))?;
    Ok(upgrade.max_message_size(MAX_MESSAGE).on_upgrade(async move |socket| run(door, agent, socket).await))
}

async fn run(door: Door, agent: ChatAgent, mut socket: WebSocket) {
    let words = Chatbot::default();
    match door.platform.open_chat(agent, Variables::new(), true).await {
        Ok(open) => {
            let started = json!({"type": "session_started", "session_id": open.id.to_string()});
            if talk::tell(&mut socket, &started).await {
                talk::hold(socket, open, words, door.stop).await;
            }
        }
        Err(refusal) => {
            talk::tell(&mut socket, &words.fault(&refusal.detail)).await;
            talk::close(socket, close_code::AGAIN, "the assistant cannot talk now").await;
        }
    }
}

/// What was said since the last message.
#[derive(Debug, Default)]
struct Chatbot {
    said: Vec<String>,
}

impl Chatbot {
    fn message(&mut self) -> Option<Value> {
        let text = std::mem::take(&mut self.said).join(" ");
        (!text.is_empty()).then(|| json!({"type": "assistant_message", "text": text}))
    }
}

impl Words for Chatbot {
    fn read(&mut self, text: &str) -> Result<ChatInput, String> {
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(message)) => match (message.get("type").and_then(Value::as_str), message.get("text")) {
                (Some("user_message"), Some(Value::String(text))) => Ok(ChatInput::Text(text.clone())),
                _ => Err("send plain text or {\"type\":\"user_message\",\"text\":\"…\"}".to_owned()),
            },
            _ => Ok(ChatInput::Text(text.to_owned())),
        }
    }

    fn write(&mut self, event: ChatEvent) -> Vec<Value> {
        match event {
            ChatEvent::Text(text) => {
                self.said.push(text);
                Vec::new()
            }
            ChatEvent::Listening { .. } => self.message().into_iter().collect(),
            ChatEvent::Tool { name, status, duration_ms, error } => {
                let call = json!({
                    "type": "tool_call", "name": name, "status": status, "duration_ms": duration_ms, "error": error,
                });
                vec![call]
            }
            ChatEvent::Trouble(detail) => vec![self.fault(&detail)],
            ChatEvent::Ended(reason) => {
                let ended = json!({"type": "session_ended", "reason": reason.as_str()});
                self.message().into_iter().chain([ended]).collect()
            }
            ChatEvent::Rewound(_)
            | ChatEvent::Intent(_)
            | ChatEvent::Slot { .. }
            | ChatEvent::Outcome(_)
            | ChatEvent::OptedOut
            | ChatEvent::Transfer { .. }
            | ChatEvent::Digits(_) => Vec::new(),
        }
    }

    fn fault(&self, detail: &str) -> Value {
        json!({"type": "error", "detail": detail})
    }
}

#[cfg(test)]
mod tests {
    use domain::outcome::EndReason;

    use super::*;

    #[test]
    fn plain_text_and_user_messages_are_read_and_other_json_objects_are_not() {
        let mut words = Chatbot::default();
        let table = [
            ("hello", Some("hello")),
            ("42", Some("42")),
            ("\"quoted\"", Some("\"quoted\"")),
            (r#"{"type":"user_message","text":"hello"}"#, Some("hello")),
            (r#"{"type":"user_message","text":7}"#, None),
            (r#"{"type":"user_message"}"#, None),
            (r#"{"text":"hello"}"#, None),
            ("{not json", Some("{not json")),
        ];
        for (message, want) in table {
            let read = words.read(message).ok();
            assert_eq!(read, want.map(|text| ChatInput::Text(text.to_owned())), "{message}");
        }
    }

    #[test]
    fn one_answer_is_one_message_and_nothing_said_is_lost_at_the_end() {
        let mut words = Chatbot::default();
        let listening = ChatEvent::Listening { turn: 1, first_text_ms: 1, whole_ms: 2 };
        assert!(words.write(ChatEvent::Text("Hello.".into())).is_empty());
        assert!(words.write(ChatEvent::Text("How are you?".into())).is_empty());
        let sent = words.write(listening.clone());
        assert_eq!(sent, [json!({"type": "assistant_message", "text": "Hello. How are you?"})]);
        assert!(words.write(listening).is_empty());
        words.write(ChatEvent::Text("Goodbye.".into()));
        let sent = words.write(ChatEvent::Ended(EndReason::AgentHangup));
        assert_eq!(sent[0]["text"], "Goodbye.");
        assert_eq!(sent[1], json!({"type": "session_ended", "reason": "agent_hangup"}));
    }
}

//! Talks in writing with a real agent, over a real WebSocket: what is answered is what a call would say.

use std::path::Path;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::agents::LEAD_CALLBACK;
use testkit::{Variant, World};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Whatever is waited for comes well within this.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection, and what went over it so far, a line a message.
struct Talk(WebSocketStream<MaybeTlsStream<TcpStream>>, String);

impl Talk {
    async fn open(world: &World, path: &str, header: (&'static str, &str)) -> Result<Self, Error> {
        let mut request = format!("ws://{}{path}", world.stage.server.address).into_client_request().unwrap();
        request.headers_mut().insert(header.0, header.1.parse().unwrap());
        connect_async(request).await.map(|(socket, _)| Self(socket, String::new()))
    }

    /// A talk of our own with the example's variables.
    async fn native(world: &World, query: &str) -> Self {
        let key = world.set_up("/v1/keys", &json!({"name": "chat", "permissions": ["calls:write"]})).await;
        let bearer = format!("Bearer {}", key["secret"].as_str().unwrap());
        let path = format!("/v1/agents/{LEAD_CALLBACK}/chat{query}");
        Self::open(world, &path, ("authorization", &bearer)).await.unwrap()
    }

    async fn send(&mut self, message: &Value) {
        self.1 += &format!("→ {message}\n");
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn says(&mut self, text: &str) -> Vec<Value> {
        self.send(&json!({"type": "message", "text": text})).await;
        self.until_it_listens().await
    }

    /// The next message, or how the connection was closed.
    async fn next(&mut self) -> Result<Value, (u16, String)> {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next()).await.expect("a message in time") {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    self.1 += &format!("← {}\n", masked(message.clone()));
                    return Ok(message);
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    self.1 += &format!("← closed: {} {}\n", u16::from(frame.code), frame.reason);
                    return Err((frame.code.into(), frame.reason.to_string()));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// All messages until the agent listens or the talk is over.
    async fn until_it_listens(&mut self) -> Vec<Value> {
        let mut messages = Vec::new();
        loop {
            let message = self.next().await.unwrap();
            let last = message["type"] == "listening" || message["type"] == "ended";
            messages.push(message);
            if last {
                return messages;
            }
        }
    }
}

/// Without what differs from run to run.
fn masked(mut message: Value) -> Value {
    for (field, name) in [("chat", "chat_<id>"), ("first_text_ms", "<ms>"), ("whole_ms", "<ms>")] {
        if let Some(value) = message.get_mut(field) {
            *value = json!(name);
        }
    }
    message
}

fn said(messages: &[Value]) -> String {
    let texts = messages.iter().filter(|message| message["type"] == "text");
    texts.map(|message| message["text"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

fn status(refused: Result<Talk, Error>) -> u16 {
    match refused.err() {
        Some(Error::Http(answer)) => answer.status().as_u16(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_talked_with_in_writing_to_its_end() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let mut talk = Talk::native(&world, "").await;
    talk.send(&json!({"type": "start", "variables": {"name": "Ann", "product": "solar panels"}})).await;
    let started = talk.next().await.unwrap();
    assert_eq!(
        (&started["type"], &started["agent"], &started["version"]),
        (&json!("started"), &json!(LEAD_CALLBACK), &json!(1))
    );
    let greeting = talk.until_it_listens().await;
    assert!(said(&greeting).ends_with("Am I speaking with Ann?"), "{greeting:?}");
    assert_eq!(greeting.last().unwrap()["turn"], 0);

    let answer = talk.says("Yes, speaking.").await;
    assert!(said(&answer).contains("still interested"), "{answer:?}");
    assert_eq!(answer[0], json!({"type": "intent", "name": "yes"}), "told before the answer");
    assert_eq!(answer.last().unwrap()["turn"], 1);
    let answer = talk.says("Yes, I am.").await;
    assert!(said(&answer).contains("When would be a good time"), "{answer:?}");
    let answer = talk.says("Tomorrow at three in the afternoon.").await;
    assert!(said(&answer).contains("Is that right?"), "{answer:?}");
    let answer = talk.says("Yes, that's right.").await;
    let kinds: Vec<_> = answer.iter().map(|message| message["type"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"slot") && kinds.contains(&"outcome"), "{answer:?}");
    let outcome = answer.iter().find(|message| message["type"] == "outcome").unwrap();
    assert_eq!(outcome["name"], "callback_scheduled");
    assert_eq!(answer.last().unwrap(), &json!({"type": "ended", "reason": "agent_hangup"}));
    assert_eq!(talk.next().await, Err((1000, "the talk is over".to_owned())));
    let (_, calls) = world.answer(Method::GET, "/v1/calls", &Value::Null).await;
    assert_eq!(calls["items"], json!([]), "a talk is no call");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_can_be_taken_back_and_said_differently() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let mut talk = Talk::native(&world, "?version=draft").await;
    talk.send(&json!({"type": "start", "variables": {"name": "Ann", "product": "solar panels"}})).await;
    assert_eq!(talk.next().await.unwrap()["version"], Value::Null);
    talk.until_it_listens().await;
    talk.says("Yes.").await;
    let first = talk.says("No, not interested.").await;
    assert_eq!(first.last().unwrap()["type"], "ended", "{first:?}");

    let mut talk = Talk::native(&world, "?version=1").await;
    talk.send(&json!({"type": "start", "variables": {"name": "Ann", "product": "solar panels"}})).await;
    talk.next().await.unwrap();
    talk.until_it_listens().await;
    talk.says("Yes.").await;
    let when = talk.says("Yes, I am.").await;
    assert!(said(&when).contains("When would be"), "{when:?}");
    talk.send(&json!({"type": "rewind", "turn": 1})).await;
    assert_eq!(talk.next().await.unwrap(), json!({"type": "rewound", "turn": 1}));
    let other = talk.says("No.").await;
    assert!(said(&other).contains("Is Ann there?"), "the greeting is asked again: {other:?}");
    assert_eq!(other.last().unwrap()["turn"], 1);
    talk.send(&json!({"type": "rewind", "turn": 7})).await;
    assert_eq!(talk.next().await.unwrap()["type"], "trouble");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_talk_goes_over_the_wire_as_it_is_kept() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let mut talk = Talk::native(&world, "").await;
    talk.send(&json!({"type": "start", "variables": {"name": "Ann", "product": "solar panels"}})).await;
    talk.next().await.unwrap();
    talk.until_it_listens().await;
    // Steps that have one wording each; of several, the talk's own name would choose.
    talk.says("No.").await;
    talk.send(&json!({"type": "shout"})).await;
    talk.next().await.unwrap();
    talk.send(&json!({"type": "rewind", "turn": 1})).await;
    talk.next().await.unwrap();
    talk.send(&json!({"type": "rewind", "turn": 7})).await;
    talk.next().await.unwrap();
    talk.says("No, I'm not.").await;
    talk.says("Yes.").await;
    talk.send(&json!({"type": "rewind", "turn": 2})).await;
    talk.next().await.unwrap();
    talk.says("No.").await;
    talk.next().await.unwrap_err();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden/talk.txt");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &talk.1).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap();
    assert_eq!(kept, talk.1, "golden/talk.txt is not what was said; run this test once with UPDATE_DOCS=1");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_messages_are_told_and_a_stop_ends_the_talk() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let mut talk = Talk::native(&world, "").await;
    talk.send(&json!({"type": "start"})).await;
    let refused = talk.next().await.unwrap();
    assert_eq!(refused["problem"]["code"], "missing_variable", "{refused}");
    assert_eq!(talk.next().await, Err((1008, "the talk could not begin".to_owned())));
    let mut talk = Talk::native(&world, "").await;
    talk.send(&json!({"type": "message", "text": "hello"})).await;
    assert_eq!(talk.next().await.unwrap()["problem"]["status"], 422, "it begins with start");

    let mut talk = Talk::native(&world, "").await;
    talk.send(&json!({"type": "start", "variables": {"name": "Ann", "product": "solar panels"}})).await;
    talk.next().await.unwrap();
    talk.until_it_listens().await;
    let long = json!({"type": "message", "text": "x".repeat(2_001)}).to_string();
    let bad = ["{", "[]", r#"{"type":"shout"}"#, r#"{"type":"message","text":" "}"#, r#"{"type":"start"}"#, &long];
    for message in bad {
        talk.0.send(Message::text(message)).await.unwrap();
        let answer = talk.next().await.unwrap();
        assert_eq!((&answer["type"], &answer["problem"]["status"]), (&json!("error"), &json!(422)), "{answer}");
    }
    talk.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(talk.next().await.unwrap()["type"], "error");
    let answer = talk.says("Yes.").await;
    assert!(said(&answer).contains("still interested"), "the talk goes on: {answer:?}");
    let ((), closed) = tokio::join!(world.stop(), talk.next());
    assert_eq!(closed, Err((1001, "the server stops".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn voicings_chatbot_talks_with_the_same_agent() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let (_, names) = world.answer(Method::GET, &format!("/v1/agents/{LEAD_CALLBACK}/credentials"), &Value::Null).await;
    let assistant = names["names"]["voicing"].as_str().unwrap();
    let key = world.set_up("/v1/keys", &json!({"name": "voicing", "dialect": "voicing"})).await;
    let key = key["secret"].as_str().unwrap();
    let path = "/api/v1/voicing/ws/platform/api/chatbot";
    let header = ("x-api-key", key);
    assert_eq!(
        status(Talk::open(&world, &format!("{path}?assistant_id={assistant}"), ("x-api-key", "wrong")).await),
        401
    );
    assert_eq!(status(Talk::open(&world, path, header).await), 400);
    let unknown = format!("{path}?assistant_id=6a95e02b-9171-4bcd-9e63-d11f6d4a7a16");
    assert_eq!(status(Talk::open(&world, &unknown, header).await), 404);

    for path in
        [format!("{path}?assistant_id={assistant}"), format!("/voicing{path}?assistant_id={assistant}&x-api-key={key}")]
    {
        let mut talk = Talk::open(&world, &path, header).await.unwrap();
        let started = talk.next().await.unwrap();
        assert_eq!(started["type"], "session_started");
        assert!(started["session_id"].as_str().unwrap().starts_with("chat_"), "{started}");
        let greeting = talk.next().await.unwrap();
        assert_eq!(greeting["type"], "assistant_message");
        talk.0.send(Message::text("Yes.")).await.unwrap();
        let answer = talk.next().await.unwrap();
        assert!(answer["text"].as_str().unwrap().contains("still interested"), "{answer}");
        talk.send(&json!({"type": "user_message", "text": "No, not interested."})).await;
        let goodbye = talk.next().await.unwrap();
        assert!(goodbye["text"].as_str().unwrap().contains("Goodbye"), "{goodbye}");
        assert_eq!(talk.next().await.unwrap(), json!({"type": "session_ended", "reason": "agent_hangup"}));
        assert_eq!(talk.next().await.unwrap_err().0, 1000);
    }
    world.stop().await;
}

//! Talks by voice over real sockets, with a talk that the test speaks for.

use std::sync::Arc;

use app::ports::chats::{ChatNotOpened, ChatOpening};
use app::ports::spoken_talks::{SpokenEvent, SpokenInput, SpokenTalk, SpokenTalks};
use async_trait::async_trait;
use domain::outcome::{EndReason, Outcome};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::world::World;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The agent's ends of a talk.
struct Agent {
    rate_hz: u32,
    heard: mpsc::Receiver<Vec<i16>>,
    inputs: mpsc::Receiver<SpokenInput>,
    voice: mpsc::Sender<Vec<i16>>,
    events: mpsc::Sender<SpokenEvent>,
}

/// Talks that the test speaks for.
struct Scripted(mpsc::Sender<Agent>);

#[async_trait]
impl SpokenTalks for Scripted {
    async fn open(&self, _: ChatOpening, rate_hz: u32) -> Result<SpokenTalk, ChatNotOpened> {
        let (to_agent, heard) = mpsc::channel(8);
        let (voice, from_agent) = mpsc::channel(8);
        let (events, told) = mpsc::channel(8);
        let (to_driver, inputs) = mpsc::channel(2);
        let agent = Agent { rate_hz, heard, inputs, voice, events };
        self.0.send(agent).await.map_err(|_| ChatNotOpened::Provider("the test is over".into()))?;
        Ok(SpokenTalk { heard: to_agent, inputs: to_driver, voice: from_agent, events: told, tasks: JoinSet::new() })
    }
}

async fn world() -> (World, mpsc::Receiver<Agent>) {
    let (told, opened) = mpsc::channel(32);
    (World::with_voices(Arc::new(Scripted(told))).await, opened)
}

async fn connect(world: &World, query: &str) -> Result<Socket, (u16, Value)> {
    let url = format!("{}/v1/agents/caller/talk{query}", world.url.replace("http:", "ws:"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {}", world.secret).parse().unwrap());
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(answer)) => {
            let body = serde_json::from_slice(answer.body().as_deref().unwrap_or_default()).unwrap_or_default();
            Err((answer.status().as_u16(), body))
        }
        Err(other) => panic!("{other}"),
    }
}

async fn say(socket: &mut Socket, message: &Value) {
    socket.send(Message::text(message.to_string())).await.unwrap();
}

async fn told(socket: &mut Socket) -> Value {
    serde_json::from_str(socket.next().await.unwrap().unwrap().to_text().unwrap()).unwrap()
}

#[tokio::test]
async fn sound_goes_both_ways_and_what_happens_is_told() {
    let (world, mut opened) = world().await;
    let mut socket = connect(&world, "?version=published").await.unwrap();
    say(&mut socket, &json!({"type": "start", "variables": {"name": "Ada"}, "rate_hz": 8000})).await;
    let started = told(&mut socket).await;
    assert_eq!((&started["type"], &started["rate_hz"]), (&json!("started"), &json!(8000)));
    assert_eq!((&started["agent"], &started["version"]), (&json!("caller"), &json!(1)));
    let mut agent = opened.recv().await.unwrap();
    assert_eq!(agent.rate_hz, 8_000);
    agent.voice.send(vec![1, -2]).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::binary(vec![1, 0, 0xfe, 0xff]));
    socket.send(Message::binary(vec![0xfd, 0xff, 4, 0])).await.unwrap();
    assert_eq!(agent.heard.recv().await, Some(vec![-3, 4]));
    say(&mut socket, &json!({"type": "digits", "digits": "12#"})).await;
    assert_eq!(agent.inputs.recv().await, Some(SpokenInput::Digits("12#".into())));
    say(&mut socket, &json!({"type": "end"})).await;
    assert_eq!(agent.inputs.recv().await, Some(SpokenInput::HangUp));
    let table = [
        (Message::binary(vec![1, 2, 3]), "2 bytes"),
        (Message::text("{}"), "missing field `type`"),
        (Message::text(r#"{"type":"start"}"#), "begun already"),
        (Message::text(r#"{"type":"digits","digits":"1x"}"#), "A to D"),
        (Message::text(r#"{"type":"digits","digits":""}"#), "A to D"),
    ];
    for (message, detail) in table {
        socket.send(message).await.unwrap();
        let problem = told(&mut socket).await;
        assert!(problem["problem"]["detail"].as_str().unwrap().contains(detail), "{problem}");
    }
    let slot = SpokenEvent::Slot { name: "day".into(), value: json!("monday") };
    let tool = SpokenEvent::Tool { name: "book".into(), status: Some(200), duration_ms: 7, error: None };
    let outcome = Some(Outcome { name: "booked".into(), ..Outcome::default() });
    let events = [
        (SpokenEvent::Agent("Hello.".into()), json!({"type": "agent", "text": "Hello."})),
        (
            SpokenEvent::Transcript { text: "We".into(), last: false },
            json!({"type": "transcript", "text": "We", "final": false}),
        ),
        (
            SpokenEvent::Transcript { text: "Wait.".into(), last: true },
            json!({"type": "transcript", "text": "Wait.", "final": true}),
        ),
        (SpokenEvent::Interrupted("Hel".into()), json!({"type": "interrupted", "heard": "Hel"})),
        (slot, json!({"type": "slot", "name": "day", "value": "monday"})),
        (tool, json!({"type": "tool", "name": "book", "status": 200, "duration_ms": 7, "error": null})),
        (SpokenEvent::OptedOut, json!({"type": "opted_out"})),
        (SpokenEvent::Transfer { to: "+1".into() }, json!({"type": "transfer", "to": "+1"})),
        (SpokenEvent::Digits("1#".into()), json!({"type": "digits", "digits": "1#"})),
        (SpokenEvent::Trouble("odd".into()), json!({"type": "trouble", "detail": "odd"})),
        (
            SpokenEvent::Ended { reason: EndReason::AgentHangup, outcome },
            json!({"type": "ended", "reason": "agent_hangup", "outcome": "booked"}),
        ),
    ];
    for (event, expected) in events {
        agent.events.send(event).await.unwrap();
        assert_eq!(told(&mut socket).await, expected);
    }
    drop(agent);
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(Some(frame)))) if u16::from(frame.code) == 1000));
}

#[tokio::test]
async fn a_talk_that_cannot_begin_says_why() {
    let (world, _opened) = world().await;
    assert_eq!(connect(&world, "?version=old").await.err().unwrap().0, 422);
    assert_eq!(connect(&world, "?version=7").await.err().unwrap().0, 404);
    let table = [
        (json!({"type": "start", "variables": {"name": "Ada"}, "rate_hz": 44_100}), "/rate_hz"),
        (json!({"type": "start"}), "/variables/name"),
        (json!({"type": "hello"}), ""),
        (json!({"type": "end"}), ""),
    ];
    for (message, pointer) in table {
        let mut socket = connect(&world, "?version=draft").await.unwrap();
        say(&mut socket, &message).await;
        let refused = told(&mut socket).await;
        assert_eq!(refused["problem"]["errors"][0]["pointer"], pointer, "{refused}");
        assert!(matches!(socket.next().await, Some(Ok(Message::Close(Some(frame)))) if u16::from(frame.code) == 1008));
    }
}

#[tokio::test]
async fn a_talk_has_room_of_its_own_and_ends_with_the_server_and_with_whoever_talks() {
    let (world, mut opened) = world().await;
    let mut sockets = Vec::new();
    for _ in 0..16 {
        sockets.push(connect(&world, "").await.unwrap());
    }
    let (status, problem) = connect(&world, "").await.err().unwrap();
    assert_eq!((status, &problem["facts"]["limit"]), (429, &json!("node.voice_talks")), "{problem}");
    let start = json!({"type": "start", "variables": {"name": "Ada"}});
    let mut one = sockets.pop().unwrap();
    say(&mut one, &start).await;
    told(&mut one).await;
    let agent = opened.recv().await.unwrap();
    assert_eq!(agent.rate_hz, 16_000, "what is not said");
    drop(one);
    agent.events.closed().await;
    let mut next = connect(&world, "").await.expect("there is room again");
    say(&mut next, &start).await;
    told(&mut next).await;
    let _agent = opened.recv().await.unwrap();
    world.stop.cancel();
    assert!(matches!(next.next().await, Some(Ok(Message::Close(Some(frame)))) if u16::from(frame.code) == 1001));
}

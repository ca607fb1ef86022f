//! A live call that somebody listens to and takes a hand in.

use std::time::Duration;

use api::wire::events::Fact;
use api::wire::words::Speaker;
use callee::persona::{built_in, normalise};
use futures_util::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::agents::LEAD_CALLBACK;
use testkit::recording::{NEAR_MS, Recording, sounds};
use testkit::{Ended, Variant, World};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Whatever is waited for comes well within this.
const PATIENCE: Duration = Duration::from_secs(30);
const OFFER: &str = "We have a special offer for you today.";

async fn ask(world: &World, call: &str, what: &str, body: &Value) -> (u16, Value) {
    world.answer(Method::POST, &format!("/v1/calls/{call}/{what}"), body).await
}

/// Listens to a call through `world`.
async fn listen(world: &World, call: &str) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let key = world.set_up("/v1/keys", &json!({"name": "ears", "permissions": ["calls:read"]})).await;
    let url = format!("ws://{}/v1/calls/{call}/audio", world.stage.server.address);
    let mut request = url.into_client_request().unwrap();
    let bearer = format!("Bearer {}", key["secret"].as_str().unwrap());
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    connect_async(request).await.unwrap().0
}

/// The first text, callee's and agent's samples, and the last text.
async fn heard(mut socket: WebSocketStream<MaybeTlsStream<TcpStream>>) -> (Value, Recording, Value) {
    let (mut texts, mut recording) =
        (Vec::new(), Recording { rate: 8_000, channels: 2, agent: Vec::new(), callee: Vec::new() });
    loop {
        match tokio::time::timeout(PATIENCE, socket.next()).await.expect("a frame in time") {
            Some(Ok(Message::Text(text))) => texts.push(serde_json::from_str::<Value>(&text).unwrap()),
            Some(Ok(Message::Binary(frame))) => {
                assert_eq!((frame.len(), texts.len()), (640, 1), "20 ms of two channels, after the format");
                for pair in frame.as_chunks::<4>().0 {
                    recording.callee.push(i16::from_le_bytes([pair[0], pair[1]]));
                    recording.agent.push(i16::from_le_bytes([pair[2], pair[3]]));
                }
            }
            Some(Ok(Message::Close(_))) | None => break,
            Some(Ok(_)) => {}
            Some(Err(error)) => panic!("{error}"),
        }
    }
    let [first, last] = <[Value; 2]>::try_from(texts).unwrap();
    (first, recording, last)
}

/// Listens to a call that `world` may not hold, has its agent say something, tells it something and hands its callee
/// over, all through `world`.
pub(crate) async fn a_hand_is_taken_in_a_live_call(world: &World) -> (Ended, Recording) {
    let number = world.number_of(built_in("silent").unwrap());
    let call = world.place(LEAD_CALLBACK, &number).await;
    world.events_until(&call, |fact| matches!(fact, Fact::Answered { .. })).await;
    let mut listening = JoinSet::new();
    listening.spawn(heard(listen(world, &call).await));
    assert_eq!(ask(world, &call, "note", &json!({"text": "She is a customer."})).await.0, 202);
    let (status, answer) = ask(world, &call, "say", &json!({"text": OFFER, "interrupt": true})).await;
    assert_eq!((status, &answer["id"]), (202, &json!(call)));
    let by_person = |fact: &Fact| matches!(fact, Fact::Turn(turn) if turn.by_person);
    let events = world.events_until(&call, by_person).await;
    assert!(events.iter().any(|event| event.fact == Fact::Note { text: "She is a customer.".into() }), "{events:?}");
    let to = "+15550309999";
    assert_eq!(ask(world, &call, "transfer", &json!({"to": to})).await.0, 202);
    let ended = world.ended(&call).await;

    assert_eq!(ended.words()[..2], ["completed", "transferred"]);
    let said = ended.turns_of(Speaker::Agent).into_iter().find(|turn| turn.by_person).unwrap();
    assert_eq!((said.text.as_str(), said.interrupted), (OFFER, false));
    assert!(ended.heard().contains(&normalise("special offer for you")), "{}", ended.heard());
    assert!(ended.view().transfer_to.as_deref().is_some_and(|uri| uri.contains(to)), "{:?}", ended.view().transfer_to);
    let transfers: Vec<_> = ended
        .events
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::Transfer { to, state } => Some((to.as_str(), state.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(transfers, [(to, "started"), (to, "completed")]);

    let (format, sound, end) = listening.join_next().await.unwrap().unwrap();
    assert_eq!(format, json!({"type": "format", "rate_hz": 8000, "channels": ["callee", "agent"]}));
    assert_eq!(end, json!({"type": "end", "reason": "call_ended"}));
    assert!(sounds(&sound.callee).is_empty(), "nobody spoke at the far end");
    let spoken = sounds(&sound.agent);
    let lasted = spoken.last().unwrap() - spoken.first().unwrap();
    assert!(lasted + NEAR_MS >= said.end_ms - said.start_ms, "the offer was heard to its end: {lasted} ms, {said:?}");
    for what in ["say", "note"] {
        let (status, problem) = ask(world, &call, what, &json!({"text": "Hello?"})).await;
        assert_eq!((status, &problem["code"]), (409, &json!("conflict")), "the call is over");
    }
    (ended, sound)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_listens_and_takes_a_hand_in_a_live_call() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let (ended, sound) = a_hand_is_taken_in_a_live_call(&world).await;
    let recorded = Recording::parse(&world.recording(&ended.call).await);
    let missing = recorded.agent.len().saturating_sub(sound.agent.len()) / 8;
    assert!(missing < 4_000, "what is heard is what is recorded, but for the start: {missing} ms are missing");
    world.stop().await;
}

//! Say, note, transfer and listening in, with sessions that the test speaks for.

use std::sync::Arc;

use app::ports::SessionRegistry;
use app::ports::live::{AUDIO_FRAME, CallAudio, Control, NotHeard, Steer, Steered};
use domain::call_event::CallFact;
use futures_util::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinSet;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::world::{World, ending};

/// A call that talks, and the way its session is asked.
async fn live(world: &World) -> (mpsc::Receiver<Control>, impl Sized) {
    world.call().await;
    let mut session = world.claim().await;
    session.dial().await;
    session.tell(CallFact::Answered { codec: "PCMU".into() }).await;
    let (sender, control) = mpsc::channel(4);
    (control, world.registry.register(session.call.id, sender))
}

/// A session that says so to the next request; gives what was asked.
fn says(mut control: mpsc::Receiver<Control>, word: Steered) -> JoinSet<(Steer, mpsc::Receiver<Control>)> {
    let mut session = JoinSet::new();
    session.spawn(async move {
        match control.recv().await {
            Some(Control::Steer(steer, answer)) => {
                answer.send(word).unwrap();
                (steer, control)
            }
            other => panic!("{other:?}"),
        }
    });
    session
}

async fn ask(world: &World, what: &str, body: &Value) -> (u16, Value) {
    world.send(Method::POST, &format!("/v1/calls/1/{what}"), body).await
}

#[tokio::test]
async fn what_is_asked_reaches_the_session_as_it_was_asked() {
    let world = World::new().await;
    let (mut control, _registered) = live(&world).await;
    world.send(Method::PUT, "/v1/policy", &json!({"sip_hosts": ["example.com"]})).await;
    let table = [
        ("say", json!({"text": " Hello. "}), Steer::Say { text: "Hello.".into(), interrupt: false }),
        ("say", json!({"text": "Stop.", "interrupt": true}), Steer::Say { text: "Stop.".into(), interrupt: true }),
        ("note", json!({"text": "Be kind."}), Steer::Note { text: "Be kind.".into() }),
        ("transfer", json!({"to": "+1 555 010 0777"}), Steer::Transfer { to: "+15550100777".into() }),
        ("transfer", json!({"to": "sip:ann@example.com"}), Steer::Transfer { to: "sip:ann@example.com".into() }),
    ];
    for (what, body, expected) in table {
        let mut session = says(control, Steered::Taken);
        let (status, call) = ask(&world, what, &body).await;
        assert_eq!((status, &call["status"]), (202, &json!("in_progress")), "{what} {body}: {call}");
        let (asked, back) = session.join_next().await.unwrap().unwrap();
        assert_eq!(asked, expected);
        control = back;
    }
}

#[tokio::test]
async fn a_call_that_does_not_talk_says_so() {
    let world = World::new().await;
    let text = json!({"text": "Hello."});
    assert_eq!(ask(&world, "say", &text).await.0, 404, "no such call");
    world.call().await;
    assert_eq!(ask(&world, "say", &text).await.0, 409, "it waits");
    let mut session = world.claim().await;
    session.dial().await;
    assert_eq!(ask(&world, "say", &text).await.0, 503, "no session holds it");
    let (sender, mut control) = mpsc::channel(4);
    let _registered = world.registry.register(session.call.id, sender);
    for (word, what) in [(Steered::NotTalking, "being talked to"), (Steered::Transferring, "handed over already")] {
        let mut asked = says(control, word);
        let (status, problem) = ask(&world, "transfer", &json!({"to": "+15550100777"})).await;
        assert_eq!((status, problem["code"].as_str()), (409, Some("conflict")));
        assert!(problem["detail"].as_str().unwrap().contains(what), "{problem}");
        control = asked.join_next().await.unwrap().unwrap().1;
    }
    session.tell(CallFact::Answered { codec: "PCMU".into() }).await;
    session.tell(ending()).await;
    for (what, body) in [("say", &text), ("note", &text), ("transfer", &json!({"to": "+15550100777"}))] {
        assert_eq!(ask(&world, what, body).await.0, 409, "it is over");
    }
    assert!(control.try_recv().is_err(), "and its session is not asked any more");
}

#[tokio::test]
async fn bad_texts_and_forbidden_numbers_are_refused_before_the_session_is_asked() {
    let world = World::new().await;
    let (mut control, _registered) = live(&world).await;
    let long = json!({"text": "x".repeat(2_001)});
    for body in [&json!({"text": " "}), &long] {
        for what in ["say", "note"] {
            let (status, problem) = ask(&world, what, body).await;
            assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/text")), "{problem}");
        }
    }
    world.post("/v1/suppressions", &json!({"number": "+15550100666", "reason": "asked"})).await;
    for to in ["+15550100666", "+882345678901", "here"] {
        let (status, problem) = ask(&world, "transfer", &json!({"to": to})).await;
        let dialed = json!({"agent": "caller", "to": to, "variables": {"name": "Ada"}});
        let (as_dialed, of_dial) = world.send(Method::POST, "/v1/calls", &dialed).await;
        assert_eq!((status, &problem["code"]), (as_dialed, &of_dial["code"]), "{to} as it would be dialed");
        assert!((400..500).contains(&status), "{to}: {problem}");
    }
    assert!(control.try_recv().is_err());
}

#[tokio::test]
async fn a_listener_hears_both_sides_to_the_end_and_the_next_of_a_full_node_is_told_to_come_back() {
    let world = World::new().await;
    let (mut control, _registered) = live(&world).await;
    let (sound, _) = broadcast::channel(50);
    let source = sound.clone();
    let mut session = JoinSet::new();
    session.spawn(async move {
        let mut asked = 0;
        while let Some(request) = control.recv().await {
            let Control::Listen(answer) = request else { panic!("{request:?}") };
            asked += 1;
            let audio = CallAudio { frames: source.subscribe(), lost: Arc::default() };
            let heard = if asked == 1 { Err(NotHeard::NotTalking) } else { Ok(audio) };
            answer.send(heard).unwrap();
        }
    });
    let connect = async || {
        let url = format!("{}/v1/calls/1/audio", world.url.replace("http:", "ws:"));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {}", world.secret).parse().unwrap());
        match connect_async(request).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(connect().await.err(), Some(409), "it rings");
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(connect().await.unwrap());
    }
    assert_eq!(connect().await.err(), Some(429));
    let mut one = open.pop().unwrap();
    drop(open);
    let first = one.next().await.unwrap().unwrap().into_text().unwrap();
    assert_eq!(first, r#"{"type":"format","rate_hz":8000,"channels":["callee","agent"]}"#);
    sound.send(Arc::new([7; AUDIO_FRAME])).unwrap();
    let mut next = async || loop {
        match one.next().await.unwrap().unwrap() {
            Message::Ping(_) => {}
            other => return other,
        }
    };
    assert_eq!(next().await, Message::binary(vec![7; AUDIO_FRAME]));
    session.shutdown().await;
    drop(sound);
    assert_eq!(next().await.into_text().unwrap(), r#"{"type":"end","reason":"call_ended"}"#);
    assert!(matches!(next().await, Message::Close(Some(frame)) if u16::from(frame.code) == 1000));
}

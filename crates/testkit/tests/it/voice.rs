//! Talks by voice with a real agent over a real WebSocket: a person who speaks, listens, and interrupts.
//!
//! The person's clock is the server's: for every 20 ms that are heard, 20 ms are said.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use app::ports::speech_to_text::{SttInput, SttOutput, SttSettings};
use app::ports::text_to_speech::SpeechRequest;
use app::ports::{SpeechToText, TextToSpeech};
use callee::persona::normalise;
use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::agents::LEAD_CALLBACK;
use testkit::{Variant, World};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Whatever is waited for comes well within this much of talk.
const PATIENCE: Duration = Duration::from_secs(40);
const RATE: u32 = 8_000;
const FRAME: usize = RATE as usize / 50;
/// Silence after which a speaker has finished.
const PAUSE: usize = RATE as usize * 7 / 10;

/// Somebody at a browser.
struct Person {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Sentences, made before the talk begins: whoever talks does not stop to think.
    sentences: BTreeMap<&'static str, Vec<i16>>,
    saying: VecDeque<i16>,
    /// Sound since it was last taken away.
    heard: Vec<i16>,
    told: Vec<Value>,
}

impl Person {
    async fn talks_with(world: &World, agent: &str, query: &str, sentences: &[&'static str]) -> Self {
        let mouth = world.stage.server.node.embedded.text_to_speech();
        let mut made = BTreeMap::new();
        for text in sentences {
            made.insert(*text, spoken(&*mouth, text).await);
        }
        let key = world.set_up("/v1/keys", &json!({"name": "talk", "permissions": ["calls:write"]})).await;
        let url = format!("ws://{}/v1/agents/{agent}/talk{query}", world.stage.server.address);
        let mut request = url.into_client_request().unwrap();
        let bearer = format!("Bearer {}", key["secret"].as_str().unwrap());
        request.headers_mut().insert("authorization", bearer.parse().unwrap());
        let (mut socket, _) = connect_async(request).await.unwrap();
        let variables = json!({"name": "Ann", "product": "solar panels"});
        let start = json!({"type": "start", "variables": variables, "rate_hz": RATE});
        socket.send(Message::text(start.to_string())).await.unwrap();
        let mut person = Self { socket, sentences: made, saying: VecDeque::new(), heard: Vec::new(), told: Vec::new() };
        let started = person.until(|event| event["type"] == "started").await;
        // A little ahead, as a browser's sound is: what stalls here for a moment leaves no gap there.
        person.socket.send(Message::binary(vec![0; 5 * FRAME * 2])).await.unwrap();
        assert!(started["talk"].as_str().unwrap().starts_with("chat_"), "{started}");
        person
    }

    /// Hears 20 ms and says 20 ms; or is told something, which is given.
    async fn step(&mut self) -> Option<Value> {
        let Some(Ok(message)) = self.socket.next().await else { panic!("the talk is over: {:#?}", self.told) };
        match message {
            Message::Binary(sound) => {
                assert_eq!(sound.len(), FRAME * 2, "20 ms");
                self.heard.extend(sound.as_chunks::<2>().0.iter().map(|sample| i16::from_le_bytes(*sample)));
                let mut frame: Vec<i16> = self.saying.drain(..FRAME.min(self.saying.len())).collect();
                frame.resize(FRAME, 0);
                let sound: Vec<u8> = frame.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                // After the agent's last words nobody takes it any more.
                let _ = self.socket.send(Message::binary(sound)).await;
                None
            }
            Message::Text(text) => {
                let event: Value = serde_json::from_str(&text).unwrap();
                self.told.push(event.clone());
                Some(event)
            }
            _ => None,
        }
    }

    async fn until(&mut self, seen: impl Fn(&Value) -> bool) -> Value {
        let waited = async {
            loop {
                if let Some(event) = self.step().await.filter(|event| seen(event)) {
                    return event;
                }
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waited).await;
        waited.unwrap_or_else(|_| panic!("it was not told: {:#?}", self.told))
    }

    /// Hears so many samples.
    async fn hears(&mut self, samples: usize) {
        let enough = self.heard.len() + samples;
        while self.heard.len() < enough {
            self.step().await;
        }
    }

    /// Until the agent has said something and is silent; what was heard.
    async fn listens(&mut self) -> Vec<i16> {
        let quiet = |sound: &[i16]| sound.iter().all(|sample| sample.unsigned_abs() < 300);
        let waited = async {
            loop {
                self.step().await;
                let pause = self.heard.len().saturating_sub(PAUSE);
                if !quiet(&self.heard[..pause]) && quiet(&self.heard[pause..]) {
                    return;
                }
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waited).await;
        assert!(waited.is_ok(), "the agent did not come to an end: {:#?}", self.told);
        std::mem::take(&mut self.heard)
    }

    /// Begins to say a sentence.
    fn says(&mut self, text: &str) {
        self.saying.extend(&self.sentences[text]);
    }

    fn said_by_agent(&self) -> String {
        let texts = self.told.iter().filter(|event| event["type"] == "agent");
        texts.map(|event| event["text"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
    }
}

async fn spoken(mouth: &dyn TextToSpeech, text: &str) -> Vec<i16> {
    let request = SpeechRequest {
        text: text.to_owned(),
        voice: "heart-low".to_owned(),
        speed: 1.0,
        sample_rate: RATE,
        pronunciations: Arc::default(),
    };
    let mut samples = Vec::new();
    let mut chunks = mouth.speak(request).await.unwrap();
    while let Some(chunk) = chunks.recv().await {
        samples.extend_from_slice(&chunk.unwrap().samples);
    }
    samples
}

/// What ears make of a sound.
async fn text_of(ears: &dyn SpeechToText, samples: Vec<i16>) -> String {
    let settings = SttSettings { language: "en".into(), sample_rate: RATE };
    let mut stream = ears.open(settings).await.unwrap();
    stream.input.send(SttInput::Audio { segment: 1, samples: samples.into() }).await.unwrap();
    stream.input.send(SttInput::Text { segment: 1, request: 1, interim: false }).await.unwrap();
    match stream.output.recv().await {
        Some(SttOutput::Text { text, .. }) => normalise(&text),
        other => panic!("{other:?}"),
    }
}

fn understood(event: &Value, words: &str) -> bool {
    event["type"] == "transcript"
        && event["final"] == true
        && normalise(event["text"].as_str().unwrap()).contains(words)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_talks_with_an_agent_and_interrupts_it_without_a_telephone() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let sentences = ["Yes, this is Ann.", "Excuse me, who is calling?", "I am not interested."];
    let mut ann = Person::talks_with(&world, LEAD_CALLBACK, "?version=published", &sentences).await;
    let greeting = ann.listens().await;
    assert!(ann.said_by_agent().ends_with("Am I speaking with Ann?"), "what is said is told: {:?}", ann.told);

    ann.says("Yes, this is Ann.");
    ann.until(|event| understood(event, "yes")).await;
    ann.until(|event| event["type"] == "agent").await;
    ann.hears(RATE as usize).await;
    ann.says("Excuse me, who is calling?");
    let interrupted = ann.until(|event| event["type"] == "interrupted").await;
    let heard = interrupted["heard"].as_str().unwrap().trim_end_matches(['…', ' ', '-', '.', ',']).to_owned();
    assert!(!heard.is_empty() && ann.said_by_agent().contains(&heard), "{interrupted}: {:?}", ann.told);
    ann.until(|event| understood(event, "who")).await;
    ann.heard.clear();
    let answer = ann.listens().await;

    ann.says("I am not interested.");
    ann.until(|event| understood(event, "interested")).await;
    ann.heard.clear();
    let ended = ann.until(|event| event["type"] == "ended").await;
    assert_eq!(ended["reason"], "agent_hangup", "{ended}");
    assert!(ended["outcome"].is_string(), "{ended}");
    let goodbye = ann.heard.iter().filter(|sample| sample.unsigned_abs() > 1_000).count();
    assert!(goodbye > RATE as usize / 10, "the goodbye was heard before the end was told");

    let ears = world.stage.server.node.embedded.speech_to_text();
    let (greeting, answer) = (text_of(&*ears, greeting).await, text_of(&*ears, answer).await);
    assert!(greeting.contains("speaking with"), "what the agent says is heard: {greeting}");
    assert!(answer.contains("calling"), "the words after the interruption answer it: {answer}");

    let (_, calls) = world.answer(Method::GET, "/v1/calls", &Value::Null).await;
    assert_eq!(calls["items"], json!([]), "a talk is no call");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_answer_a_question_and_who_hangs_up_is_told_what_it_came_to() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let code = json!({"ask": {"text": "Please press your code.", "next": "more",
        "slots": [{"name": "code", "type": "code", "length": 3, "confirm": "none"}]}});
    let more = json!({"ask": {"text": "Thank you. What can I do for you?", "next": "more"}});
    let flow = json!({"start": "code", "steps": {"code": code, "more": more}});
    world.set_up("/v1/agents", &json!({"slug": "keys", "definition": {"name": "Keys", "flow": flow}})).await;
    let mut person = Person::talks_with(&world, "keys", "?version=draft", &[]).await;
    person.listens().await;
    let told = async |person: &mut Person, message: Value| {
        person.socket.send(Message::text(message.to_string())).await.unwrap();
    };
    told(&mut person, json!({"type": "digits", "digits": "47"})).await;
    told(&mut person, json!({"type": "digits", "digits": "1#"})).await;
    let slot = person.until(|event| event["type"] == "slot").await;
    assert_eq!((&slot["name"], &slot["value"]), (&json!("code"), &json!("471")), "{slot}");
    told(&mut person, json!({"type": "end"})).await;
    let ended = person.until(|event| event["type"] == "ended").await;
    assert_eq!(ended["reason"], "callee_hangup", "{ended}");
    assert!(matches!(person.socket.next().await, None | Some(Ok(Message::Close(_)))), "and the connection is closed");
    world.stop().await;
}

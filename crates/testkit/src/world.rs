//! A platform with a far end, and calls from their request to their end on both sides.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use api::wire::calls::Call;
use api::wire::events::{CallEvent, Ending, Fact, Turn};
use api::wire::words::Speaker;
use callee::{CallView, Persona};
use outdial::client::events::Heard;
use outdial::config::Config;
use outdial::stage::{self, Stage};
use outdial::telemetry;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::agents::{LEAD_CALLBACK, Variant};
use crate::root;

/// Longest any call of these tests may take.
const CALL_LIMIT: Duration = Duration::from_secs(100);
/// How long the far end may take to close its books after the platform did.
const FAR_END_LIMIT: Duration = Duration::from_secs(10);
/// Numbers that are called, one for each call.
const FIRST_NUMBER: u64 = 15_550_300_000;

/// The platform, its far end, and the folder of their data.
pub struct World {
    /// Both ends.
    pub stage: Stage,
    http: reqwest::Client,
    key: String,
    numbers: AtomicU64,
    folder: TempDir,
}

impl World {
    /// Starts both ends with `agents` published; they call from one number over a trunk to the far end.
    pub async fn start(agents: &[Variant]) -> Self {
        Self::start_with(agents, |_| {}).await
    }

    /// The same with more settings.
    pub async fn start_with(agents: &[Variant], set: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test's data");
        let files: BTreeMap<String, PathBuf> = agents
            .iter()
            .map(|agent| {
                let path = folder.path().join(format!("{}.json", agent.slug));
                let text = serde_json::to_vec(&agent.definition).expect("a definition is JSON");
                std::fs::write(&path, text).expect("the test's folder can be written");
                (agent.slug.clone(), path)
            })
            .collect();
        let mut config = stage::configuration(Config::default(), folder.path().join("data"));
        config.speech.models_dir = root().join("models");
        config.log.level = "warn".into();
        set(&mut config);
        // The second test of one process finds the log started already.
        let _ = telemetry::start(&config.log);
        let stage = Stage::start(config, &files).await.expect("the platform starts");
        let key = std::fs::read_to_string(stage.config.admin_key_file()).expect("the first start wrote a key");
        let numbers = AtomicU64::new(FIRST_NUMBER);
        Self { stage, http: reqwest::Client::new(), key: key.trim().to_owned(), numbers, folder }
    }

    /// Takes both ends down; live calls are cut off.
    pub async fn stop(self) {
        self.stage.stop(Duration::ZERO).await;
    }

    /// Both ends, and the folder of their data, which goes with it.
    pub fn into_parts(self) -> (Stage, TempDir) {
        (self.stage, self.folder)
    }

    /// A number that nobody was called on, answered by `persona`.
    pub fn number_of(&self, persona: Persona) -> String {
        let number = format!("+{}", self.numbers.fetch_add(1, Ordering::Relaxed));
        self.stage.far_end.assign(&number, persona).expect("the persona can be played");
        number
    }

    /// A request with the admin key, for answers that are looked at closely.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.stage.server.address);
        self.http.request(method, url).bearer_auth(&self.key).timeout(Duration::from_secs(30))
    }

    /// Status and JSON body of an answer; `null` for a body that is none.
    pub async fn answer(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.request(method, path).json(body).send().await.expect("the server answers");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// Sets something up and returns it; panics when it is refused.
    pub async fn set_up(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.answer(Method::POST, path, body).await;
        assert!(matches!(status, 200 | 201), "{path}: {status} {answer}");
        answer
    }

    /// Publishes `lead-callback` as `slug`, calling over a trunk of its own to `peer`. `more` goes into the trunk.
    pub async fn agent_on_trunk(&self, slug: &str, peer: SocketAddr, more: Value) {
        let mut trunk = json!({ "name": slug, "address": peer.to_string() });
        for (key, value) in more.as_object().into_iter().flatten() {
            trunk[key] = value.clone();
        }
        let trunk = self.set_up("/v1/trunks", &trunk).await;
        let number = format!("+{}", self.numbers.fetch_add(1, Ordering::Relaxed));
        self.set_up("/v1/numbers", &json!({ "number": number, "trunk": trunk["id"] })).await;
        let definition = Variant::example(LEAD_CALLBACK).definition;
        self.set_up("/v1/agents", &json!({ "slug": slug, "number": number, "definition": definition })).await;
        self.set_up(&format!("/v1/agents/{slug}/publish"), &Value::Null).await;
    }

    /// Asks for a call in which Maria is told of solar panels.
    pub async fn place(&self, agent: &str, to: &str) -> String {
        let body = json!({ "agent": agent, "to": to, "variables": { "name": "Maria", "product": "solar panels" } });
        self.place_as(&body).await
    }

    /// Asks for a call with a body of the test's own.
    pub async fn place_as(&self, body: &Value) -> String {
        let call: Call = self.stage.client.post("/v1/calls", body).await.expect("the call is accepted");
        call.id
    }

    /// Follows a call's event stream to its end, then reads its record and the far end's.
    pub async fn ended(&self, call: &str) -> Ended {
        let mut ended = self.ended_elsewhere(call).await;
        if self.stage.far_end.counts(&ended.call.to).invites > 0 {
            let closed = |view: &CallView| view.number == ended.call.to && view.ended_by.is_some();
            ended.view = self.stage.far_end.wait_call(FAR_END_LIMIT, closed).await;
        }
        ended
    }

    /// The same for a call that another far end than ours got.
    pub async fn ended_elsewhere(&self, call: &str) -> Ended {
        let events = self.events_until(call, |_| false).await;
        let (call, stored) = self.stage.record(call).await.expect("the call can be read");
        assert_eq!(events, stored, "the stream and the list say the same");
        Ended { call, events, view: None }
    }

    /// Follows a call's event stream until an event satisfies `seen` or the call is over; all events up to there.
    pub async fn events_until(&self, call: &str, seen: impl Fn(&Fact) -> bool) -> Vec<CallEvent> {
        let mut stream = self.stage.client.follow(call);
        let mut events: Vec<CallEvent> = Vec::new();
        let followed = async {
            while let Some(heard) = stream.next().await.expect("the event stream goes on") {
                let Heard::Event(event) = heard else { continue };
                assert_eq!(event.sequence as usize, events.len() + 1, "events come in order, without gaps");
                let enough = seen(&event.fact);
                events.push(*event);
                if enough {
                    return;
                }
            }
        };
        if timeout(CALL_LIMIT, followed).await.is_err() {
            panic!("the call is not over after {} s: {events:#?}", CALL_LIMIT.as_secs());
        }
        events
    }

    /// Places a call that `persona` gets, and waits for its end.
    pub async fn phone(&self, agent: &str, persona: Persona) -> Ended {
        let number = self.number_of(persona);
        let call = self.place(agent, &number).await;
        self.ended(&call).await
    }

    /// Downloads the recording, whole.
    pub async fn recording(&self, call: &Call) -> Vec<u8> {
        let path = call.recording_url.as_deref().expect("the call was recorded");
        let answer = self.request(Method::GET, path).send().await.expect("the server answers");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "audio/wav");
        answer.bytes().await.expect("the recording arrives").to_vec()
    }
}

/// A call that is over, from all sides.
#[derive(Debug)]
pub struct Ended {
    /// Its record.
    pub call: Call,
    /// Its events, as they were streamed.
    pub events: Vec<CallEvent>,
    /// The far end's side, where the call got there.
    pub view: Option<CallView>,
}

impl Ended {
    /// Turns in order.
    pub fn turns(&self) -> Vec<&Turn> {
        let turns = self.events.iter().filter_map(|event| match &event.fact {
            Fact::Turn(turn) => Some(turn),
            _ => None,
        });
        turns.collect()
    }

    /// Turns of one party.
    pub fn turns_of(&self, speaker: Speaker) -> Vec<&Turn> {
        self.turns().into_iter().filter(|turn| turn.speaker == speaker).collect()
    }

    /// The far end's side; panics where the call did not get there.
    pub fn view(&self) -> &CallView {
        self.view.as_ref().expect("the call got to the far end")
    }

    /// What the far end's ears understood, in lower case without punctuation.
    pub fn heard(&self) -> String {
        callee::persona::normalise(&self.view().heard_text())
    }

    /// The last event, which says how it ended. Exactly one says so.
    pub fn ending(&self) -> &Ending {
        let endings = self.events.iter().filter(|event| matches!(event.fact, Fact::Ended(_))).count();
        assert_eq!(endings, 1, "a call ends once");
        match self.events.last().map(|event| &event.fact) {
            Some(Fact::Ended(ending)) => ending,
            other => panic!("the last event is {other:?}"),
        }
    }

    /// Status, end reason and who answered, as the record has them; the last event says the same.
    pub fn words(&self) -> [&'static str; 3] {
        let ending = self.ending();
        let recorded = (self.call.status, self.call.end_reason, self.call.answered_by);
        assert_eq!(recorded, (ending.status, Some(ending.end_reason), ending.answered_by));
        [ending.status.0.as_str(), ending.end_reason.0.as_str(), ending.answered_by.0.as_str()]
    }
}

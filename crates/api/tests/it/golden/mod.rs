//! Whole exchanges with the vendors' APIs, kept as they go over the wire: `crates/dialects/src/<vendor>/golden/*.http`.
//!
//! Law: one file an exchange, named by operation, status and case, and compared to the byte. What differs from run to run
//! stands there as a name, or as letters where its form is what clients rely on. A folder holds what its test asked and
//! nothing else, and nothing that the vendor's document promises is missing in it, but for paths that the
//! test names.

mod click_to_call;
mod klen;
mod klen_people;
mod mask;
mod voicing;
mod vonage;
mod voxpria;
mod voxpria_people;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use domain::agent_names::AgentNames;
use domain::dialect::Dialect;
use domain::transcript::Speaker;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::world::{World, ending, turn};

/// Longest body that a file shows.
const SHOWN: usize = 4_096;
/// Header fields that say nothing of the contract. A connection is closed where a body was not read to its end in time.
const UNSAID: [&str; 4] = ["date", "content-length", "x-request-id", "connection"];

/// A request.
#[derive(Clone, Debug)]
struct Asked {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Asked {
    fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), headers: Vec::new(), body: String::new() }
    }

    fn post(path: impl Into<String>, body: &Value) -> Self {
        Self { method: Method::POST, body: body.to_string(), ..Self::get(path) }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn saying(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }
}

/// A client of one vendor who writes down what is said.
struct Golden {
    dialect: Dialect,
    scopes: &'static [&'static str],
    world: World,
    names: AgentNames,
    key: String,
    /// Keys that were asked with besides.
    others: Vec<String>,
    files: BTreeMap<String, String>,
    seen: Vec<(Method, String, u16)>,
}

impl Golden {
    async fn new(dialect: Dialect, scopes: &'static [&'static str], world: World) -> Self {
        let (names, key) = entered(dialect, scopes, &world).await;
        Self { dialect, scopes, world, names, key, others: Vec::new(), files: BTreeMap::new(), seen: Vec::new() }
    }

    /// Goes on in another world, with a new key.
    async fn enter(&mut self, world: World) {
        (self.names, self.key) = entered(self.dialect, self.scopes, &world).await;
        self.world = world;
    }

    /// The header field with the key, as the vendor's documents have it.
    fn signed(&self) -> (&'static str, String) {
        match self.dialect {
            Dialect::VoiceB => ("api-key", self.key.clone()),
            Dialect::Voicing => ("x-api-key", self.key.clone()),
            Dialect::Vonage => ("x-vgai-key", self.key.clone()),
            Dialect::Klen | Dialect::Voxpria | Dialect::Native => ("authorization", format!("Bearer {}", self.key)),
        }
    }

    /// Asks with the key.
    async fn ask(&mut self, operation: &str, case: &str, mut asked: Asked) -> (u16, Value) {
        asked.headers.insert(0, self.signed());
        self.exchange(operation, case, asked).await
    }

    /// Asks with another key.
    async fn ask_with(&mut self, key: &str, operation: &str, case: &str, asked: Asked) -> (u16, Value) {
        let own = std::mem::replace(&mut self.key, key.to_owned());
        let asked = Asked { headers: [vec![self.signed()], asked.headers].concat(), ..asked };
        self.key = own;
        self.others.push(key.to_owned());
        self.exchange(operation, case, asked).await
    }

    /// Asks as it stands there, and keeps what was said.
    async fn exchange(&mut self, operation: &str, case: &str, mut asked: Asked) -> (u16, Value) {
        if !asked.body.is_empty() {
            asked.headers.push(("content-type", "application/json".to_owned()));
        }
        let mut request = self.world.http.request(asked.method.clone(), format!("{}{}", self.world.url, asked.path));
        for (name, value) in &asked.headers {
            request = request.header(*name, value);
        }
        let answer = request.body(asked.body.clone()).send().await.unwrap();
        let status = answer.status().as_u16();
        let (text, body) = written(&asked, answer).await;
        let dash = if case.is_empty() { "" } else { "-" };
        let name = format!("{operation}-{status}{dash}{case}.http");
        let mut known = vec![(&*self.world.url, "http://<host>"), (&*self.key, "<key>")];
        known.extend(self.others.iter().map(|key| (&**key, "<another key>")));
        let text = mask::masked(&text, &known, &self.names);
        self.seen.push((asked.method, asked.path, status));
        let before = self.files.insert(name.clone(), text);
        assert!(before.is_none(), "{name} is kept twice");
        (status, body)
    }

    /// What the platform refuses whoever asks: `asked` places a call to `+15550100001`, again and again.
    async fn refused_by_the_platform(&mut self, asked: &Asked) {
        let put = async |world: &World, path: &str, body: Value| {
            let (status, answer) = world.send(Method::PUT, path, &body).await;
            assert_eq!(status, 200, "{answer}");
        };
        put(&self.world, "/v1/caps", json!({ "calls_per_day": 0 })).await;
        self.ask("create", "calls-a-day", asked.clone()).await;
        put(&self.world, "/v1/caps", json!({})).await;
        let number = json!({ "number": "+15550100001", "reason": "asked" });
        let entry = self.world.post("/v1/suppressions", &number).await;
        self.ask("create", "do-not-call", asked.clone()).await;
        let taken_off = format!("/v1/suppressions/{}", entry["id"].as_str().unwrap());
        let taken_off = self.world.request(Method::DELETE, &taken_off).send().await.unwrap();
        assert!(taken_off.status().is_success(), "{taken_off:?}");
        let wallet = json!({ "currency": "USD", "rate_per_minute": "0.10", "increment_s": 60 });
        put(&self.world, "/v1/wallet", wallet).await;
        self.ask("create", "insufficient-funds", asked.clone()).await;
    }

    /// Compares with what is kept, or keeps it where `UPDATE_DOCS` is set. `unprovoked` are statuses of the document that
    /// no client can bring about alone.
    fn finish(self, unprovoked: &[&str]) {
        let vendor = dialects::VENDORS.iter().find(|vendor| vendor.dialect == self.dialect).unwrap();
        let document: Value = serde_json::from_str(&vendor.document().to_json().unwrap()).unwrap();
        let paths = document["paths"].as_object().unwrap().iter();
        for (path, methods) in paths {
            for (method, operation) in methods.as_object().unwrap() {
                for status in operation["responses"].as_object().unwrap().keys() {
                    let seen = self.seen.iter().any(|seen| answers(seen, method, path, status));
                    assert!(seen || unprovoked.contains(&status.as_str()), "no golden of {method} {path}: {status}");
                }
            }
        }
        self.keep();
    }

    fn keep(&self) {
        let (folder, anew) = (folder(self.dialect), std::env::var_os("UPDATE_DOCS").is_some());
        if anew {
            std::fs::remove_dir_all(&folder)
                .or_else(|error| match error.kind() {
                    std::io::ErrorKind::NotFound => Ok(()),
                    _ => Err(error),
                })
                .unwrap();
            std::fs::create_dir_all(&folder).unwrap();
            for (name, text) in &self.files {
                std::fs::write(folder.join(name), text).unwrap();
            }
        }
        let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let (kept, said): (BTreeSet<_>, BTreeSet<_>) = (names.collect(), self.files.keys().cloned().collect());
        assert_eq!(kept, said, "files in {} and exchanges; run this test once with UPDATE_DOCS=1", folder.display());
        for (name, text) in &self.files {
            let kept = std::fs::read_to_string(folder.join(name)).unwrap();
            assert_eq!(&kept, text, "{name} is not what was said; run this test once with UPDATE_DOCS=1");
        }
    }
}

/// Where a vendor's exchanges are kept.
fn folder(dialect: Dialect) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../dialects/src").join(dialect.as_str()).join("golden")
}

async fn entered(dialect: Dialect, scopes: &[&str], world: &World) -> (AgentNames, String) {
    let names = world.platform.agent_names(&world.operator()).await.unwrap().into_values().next().unwrap();
    let key = match dialect {
        Dialect::VoiceB => crate::click_to_call::TOKEN.to_owned(),
        _ => world.foreign_key(dialect, None, scopes).await,
    };
    (names, key)
}

/// Whether this exchange is what the document promises.
fn answers((method, path, status): &(Method, String, u16), of: &str, template: &str, promised: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let path = Dialect::ALL
        .iter()
        .find_map(|dialect| {
            path.strip_prefix(&format!("/{}", dialect.as_str())).filter(|rest| rest.starts_with("/api"))
        })
        .unwrap_or(path);
    let same = |(given, wanted): (&str, &str)| wanted.starts_with('{') || given == wanted;
    let is_path =
        path.split('/').count() == template.split('/').count() && path.split('/').zip(template.split('/')).all(same);
    let is_status = promised
        .strip_suffix("XX")
        .map_or(promised == status.to_string(), |first| status.to_string().starts_with(first));
    is_path && is_status && method.as_str().eq_ignore_ascii_case(of)
}

/// Request and answer as HTTP, and the answer's body.
async fn written(asked: &Asked, answer: Response) -> (String, Value) {
    let mut text = format!("{} {} HTTP/1.1\n", asked.method, asked.path);
    for (name, value) in &asked.headers {
        writeln!(text, "{name}: {value}").unwrap();
    }
    text += &shown(&asked.body);
    writeln!(text, "\n{:?} {}", answer.version(), answer.status()).unwrap();
    let headers = answer.headers().iter().filter(|(name, _)| !UNSAID.contains(&name.as_str()));
    let mut headers: Vec<_> = headers.map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap())).collect();
    headers.sort();
    text += &headers.concat();
    let body = answer.text().await.unwrap();
    text += &shown(&body);
    (text, serde_json::from_str(&body).unwrap_or(Value::Null))
}

fn shown(body: &str) -> String {
    match body.len() {
        0 => String::new(),
        length if length > SHOWN => format!("\n<{length} bytes>\n"),
        _ => format!("\n{body}\n"),
    }
}

/// A world with a call that went well, was recorded and is read by everybody, as number 1.
async fn talked() -> World {
    use domain::call_event::CallFact;
    let world = World::new().await;
    world.call().await;
    let mut session = world.claim().await;
    session.dial().await;
    session.tell(CallFact::Answered { codec: "PCMU".into() }).await;
    session.tell(turn(1, Speaker::Agent, "Hello Ada, is it a good time?")).await;
    session.tell(turn(2, Speaker::Callee, "Yes \"it\" is")).await;
    session
        .tell(CallFact::RecordingReady { path: "one.wav".into(), folder: None, duration_ms: 1_000, bytes: 1_000 })
        .await;
    session.tell(ending()).await;
    drop(session);
    world
}

/// A world whose agent is published and has no number to call from.
async fn without_a_number() -> World {
    let world = World::empty().await;
    world.post("/v1/agents", &json!({ "slug": "mute", "definition": crate::world::definition() })).await;
    world.post("/v1/agents/mute/publish", &Value::Null).await;
    world
}

//! A receiver that notes everything and answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Nothing of these tests may take longer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) headers: HeaderMap,
    pub(crate) raw: Vec<u8>,
    pub(crate) body: Value,
}

impl Hit {
    pub(crate) fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }

    pub(crate) fn event(&self) -> &str {
        self.body["type"].as_str().unwrap()
    }

    pub(crate) fn call(&self) -> &str {
        self.body["data"]["call"]["id"].as_str().unwrap_or_default()
    }

    pub(crate) fn sequence(&self) -> u64 {
        self.body["data"]["event"]["sequence"].as_u64().unwrap()
    }
}

/// What comes back.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    Status(u16),
    RetryAfter(u16, &'static str),
    Moved,
    Never,
}

struct Inner {
    hits: watch::Sender<Vec<Hit>>,
    script: Mutex<VecDeque<Reply>>,
    otherwise: Mutex<Reply>,
}

pub(crate) struct Sink {
    pub(crate) url: String,
    inner: Arc<Inner>,
    _tasks: JoinSet<()>,
}

impl Sink {
    /// Answers with `script` first and with 204 after it.
    pub(crate) async fn start(script: &[Reply]) -> Self {
        let inner = Arc::new(Inner {
            hits: watch::Sender::default(),
            script: Mutex::new(script.iter().copied().collect()),
            otherwise: Mutex::new(Reply::Status(204)),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().fallback(receive).with_state(inner.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, inner, _tasks: tasks }
    }

    /// What is answered from now on.
    pub(crate) fn answer(&self, reply: Reply) {
        self.inner.script.lock().unwrap().clear();
        *self.inner.otherwise.lock().unwrap() = reply;
    }

    pub(crate) fn hits(&self) -> Vec<Hit> {
        self.inner.hits.borrow().clone()
    }

    /// Waits until what came satisfies `enough`.
    pub(crate) async fn wait(&self, enough: impl Fn(&[Hit]) -> bool) -> Vec<Hit> {
        let mut hits = self.inner.hits.subscribe();
        let got = timeout(DEADLINE, hits.wait_for(|hits| enough(hits))).await;
        match got {
            Ok(hits) => hits.unwrap().clone(),
            Err(_) => panic!("not enough came: {:#?}", self.hits().iter().map(|hit| &hit.body).collect::<Vec<_>>()),
        }
    }
}

async fn receive(State(inner): State<Arc<Inner>>, headers: HeaderMap, raw: Bytes) -> Response {
    let hit = Hit { headers, body: serde_json::from_slice(&raw).unwrap(), raw: raw.to_vec() };
    inner.hits.send_modify(|hits| hits.push(hit));
    let reply = inner.script.lock().unwrap().pop_front();
    let reply = reply.unwrap_or(*inner.otherwise.lock().unwrap());
    match reply {
        Reply::Status(code) => (StatusCode::from_u16(code).unwrap(), "as told\u{7}").into_response(),
        Reply::RetryAfter(code, text) => (StatusCode::from_u16(code).unwrap(), [("retry-after", text)]).into_response(),
        Reply::Moved => (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
        Reply::Never => std::future::pending().await,
    }
}

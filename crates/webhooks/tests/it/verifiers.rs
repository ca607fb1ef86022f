//! The reference verifiers of Standard Webhooks in three languages, from their registries, verify what we send: real
//! requests, the current secret, both during a rotation, none that is old, no body that was changed.
//!
//! `make setup-test` installs them into `target/webhook-verifiers`; they are part of no product.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use app::manage_webhooks::NewWebhook;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::sink::DEADLINE;
use crate::world::{World, quick, soon};

/// Three secrets: the first, and those that follow it.
const SECRETS: [&str; 3] = [
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    "whsec_c2VjcmV0IG51bWJlciB0aHJlZSBvZiB0aHJlZQ==",
];

/// What a verifier found about one request: which secrets it accepted the body with, and the body changed.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Verdict {
    genuine: [bool; 3],
    tampered: [bool; 3],
}

fn verdict(genuine: [bool; 3]) -> Verdict {
    Verdict { genuine, tampered: [false; 3] }
}

/// A receiver in another language: tells its port, then a verdict a line.
struct Foreign {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/webhook-verifiers")
}

impl Foreign {
    fn start(program: &Path, script: &str, folder: &Path) -> Self {
        assert!(program.exists(), "{} is missing; run `make setup-test`", program.display());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifiers").join(script);
        let mut child = Command::new(program)
            .arg(script)
            .args(SECRETS)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { _child: child, lines }
    }

    async fn line(&mut self) -> String {
        let line = tokio::time::timeout(DEADLINE, self.lines.next_line()).await.expect("the verifier says something");
        line.unwrap().expect("the verifier lives")
    }
}

/// Sends three test events to `url`: under the first secret, during a rotation to the second, and after one to the third
/// that leaves the old ones no time.
async fn three_requests(world: &World, url: &str, mut next: impl AsyncFnMut() -> Verdict) {
    let own = Some(SECRETS[0].to_owned());
    let new = NewWebhook { url: url.into(), events: vec!["webhook.test".into()], secret: own, ..NewWebhook::default() };
    let id = world.platform.create_webhook(&world.principal, new).await.unwrap().endpoint.id.to_string();
    let test = || async { world.platform.test_webhook(&world.principal, &id).await.unwrap() };
    let rotate = async |overlap, secret: &str| {
        let secret = Some(secret.to_owned());
        world.platform.rotate_webhook_secret(&world.principal, &id, Some(overlap), secret).await.unwrap();
    };
    test().await;
    assert_eq!(next().await, verdict([true, false, false]), "{url}");
    rotate(Duration::from_secs(600), SECRETS[1]).await;
    test().await;
    assert_eq!(next().await, verdict([true, true, false]), "{url}");
    rotate(Duration::ZERO, SECRETS[2]).await;
    test().await;
    assert_eq!(next().await, verdict([false, false, true]), "{url}");
}

async fn foreign(mut verifier: Foreign) {
    let world = World::new().await;
    let _node = world.node(soon(3), quick());
    let port: u16 = verifier.line().await.parse().unwrap();
    let url = format!("http://127.0.0.1:{port}/hook");
    three_requests(&world, &url, async || serde_json::from_str(&verifier.line().await).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_verifies_what_we_send() {
    let folder = target();
    foreign(Foreign::start(&folder.join("venv/bin/python"), "receiver.py", &folder)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn javascript_verifies_what_we_send() {
    let folder = target();
    assert!(folder.join("node_modules/standardwebhooks").exists(), "run `make setup-test`");
    let node = ["/usr/bin/node", "/usr/local/bin/node", "/opt/homebrew/bin/node"].map(Path::new);
    let node = node.into_iter().find(|path| path.exists()).unwrap_or(node[0]);
    foreign(Foreign::start(node, "receiver.mjs", &folder)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rust_verifies_what_we_send() {
    let world = World::new().await;
    let _node = world.node(soon(3), quick());
    let (verdicts, mut told) = mpsc::channel(8);
    let receive = move |headers: HeaderMap, body: Bytes| async move {
        let accepts = |secret: &str, body: &[u8]| {
            let verifier = standardwebhooks::Webhook::new(secret).unwrap();
            verifier.verify(body, &headers).is_ok()
        };
        let mut changed = body.to_vec();
        changed.push(b' ');
        let found = Verdict {
            genuine: SECRETS.map(|secret| accepts(secret, &body)),
            tampered: SECRETS.map(|secret| accepts(secret, &changed)),
        };
        verdicts.send(found).await.unwrap();
        StatusCode::NO_CONTENT
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, axum::Router::new().route("/hook", post(receive))).await.unwrap() });
    three_requests(&world, &url, async || told.recv().await.unwrap()).await;
}

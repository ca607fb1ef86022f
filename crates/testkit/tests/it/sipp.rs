//! Calls to sipp, a SIP program that nobody here wrote, playing scenarios of the telephony crate's tests.

use std::net::{SocketAddr, UdpSocket};
use std::process::Stdio;
use std::time::Duration;

use api::wire::events::Fact;
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::agents::LEAD_CALLBACK;
use testkit::{Ended, Variant, World, root};
use tokio::process::{Child, Command};

/// The longest a scenario may take.
const LIMIT: Duration = Duration::from_secs(40);

/// One sipp process that waits for a call.
struct Sipp {
    child: Child,
    folder: TempDir,
    address: SocketAddr,
}

impl Sipp {
    async fn answering(scenario: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let (port, media) = (free_port(), free_port());
        let file = root().join("crates/telephony/tests/sipp").join(format!("{scenario}.xml"));
        let child = Command::new("sipp")
            .arg("-sf")
            .arg(file.canonicalize().unwrap())
            .args(["-i", "127.0.0.1", "-p", &port.to_string(), "-mp", &media.to_string(), "-rtp_echo"])
            .args(["-m", "1", "-nostdin", "-t", "u1", "-recv_timeout", "30000", "-trace_err", "-error_file"])
            .arg(folder.path().join("errors"))
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("sipp cannot be started ({error}); run `make setup-test`"));
        listening(port).await;
        Self { child, folder, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    /// Waits for the scenario's end and fails with sipp's own words when it did not go as written.
    async fn finished(self) {
        let output = tokio::time::timeout(LIMIT, self.child.wait_with_output()).await.expect("sipp ends").unwrap();
        let errors = std::fs::read_to_string(self.folder.path().join("errors")).unwrap_or_default();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the scenario failed: {}\n{errors}\n{stderr}", output.status);
    }
}

/// A port that was free a moment ago. sipp cannot be told to take any.
fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until the port is in the kernel's table; asking it would be taken for a call.
async fn listening(port: u16) {
    let local = format!(":{port:04X} ");
    let there = || std::fs::read_to_string("/proc/net/udp").unwrap().contains(&local);
    let looks = async {
        let mut looks = tokio::time::interval(Duration::from_millis(5));
        while !there() {
            looks.tick().await;
        }
    };
    tokio::time::timeout(LIMIT, looks).await.expect("sipp opens its port");
}

/// Calls sipp over a trunk of its own, hangs up once `enough`, and waits until both sides are done.
async fn call(world: &World, scenario: &str, credentials: Value, enough: fn(&Fact) -> bool) -> Ended {
    let sipp = Sipp::answering(scenario).await;
    let agent = scenario.replace('_', "-");
    world.agent_on_trunk(&agent, sipp.address, credentials).await;
    let call = world.place(&agent, "+15550301000").await;
    let seen = world.events_until(&call, enough).await;
    if seen.last().is_some_and(|event| enough(&event.fact)) {
        let (status, answer) = world.answer(Method::POST, &format!("/v1/calls/{call}/hangup"), &Value::Null).await;
        assert_eq!(status, 202, "{answer}");
    }
    let ended = world.ended_elsewhere(&call).await;
    sipp.finished().await;
    ended
}

fn first_turn(fact: &Fact) -> bool {
    matches!(fact, Fact::Turn(_))
}

fn ringing(fact: &Fact) -> bool {
    matches!(fact, Fact::Ringing { .. })
}

fn never(_: &Fact) -> bool {
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn sipp_answers_is_busy_challenges_and_is_cancelled() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let credentials = json!({ "username": "alice", "password": "secret" });
    let calls: [BoxFuture<'_, Ended>; 4] = [
        Box::pin(call(&world, "answer", json!({}), first_turn)),
        Box::pin(call(&world, "digest_407", credentials, first_turn)),
        Box::pin(call(&world, "busy", json!({}), never)),
        Box::pin(call(&world, "no_answer", json!({}), ringing)),
    ];
    let [answered, challenged, busy, cancelled] = <[Ended; 4]>::try_from(futures_util::future::join_all(calls).await)
        .unwrap_or_else(|_| unreachable!("as many as were placed"));

    for ended in [&answered, &challenged] {
        assert_eq!(ended.words()[..2], ["completed", "api_hangup"]);
        assert_eq!(ended.ending().blame.0.as_str(), "api_client");
        let evidence = &ended.call.evidence;
        assert_eq!((evidence.codec.as_deref(), evidence.sip_codes.last()), (Some("PCMU"), Some(&200)));
        assert!(evidence.packets_sent > 50 && evidence.packets_received > 50, "{evidence:?}");
        assert!(ended.call.recording_url.is_some());
    }
    assert_eq!(busy.words(), ["busy", "busy", "unknown"]);
    let evidence = &busy.call.evidence;
    assert_eq!((&evidence.sip_codes[..], evidence.q850_cause), (&[180, 486][..], Some(17)));
    assert_eq!(cancelled.words(), ["canceled", "canceled", "unknown"]);
    assert_eq!(cancelled.call.evidence.sip_codes, [180, 487]);
    world.stop().await;
}

//! Two nodes on one PostgreSQL and one NATS server (`scripts/with-services`): whichever is asked, the other's calls are
//! its own.

use std::process::Command;
use std::time::Duration;

use api::wire::events::Fact;
use callee::persona::built_in;
use callee::{CallView, FarEnd};
use outdial::config::Config;
use outdial::serve::Server;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::agents::LEAD_CALLBACK;
use testkit::{Variant, World};

fn service(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run by scripts/with-services"))
}

/// A name that no other test has.
fn name() -> String {
    let folder = tempfile::Builder::new().prefix("nodes_").rand_bytes(12).tempdir().unwrap();
    folder.path().file_name().unwrap().to_str().unwrap().to_lowercase()
}

/// An empty database.
fn database(name: &str) -> String {
    let server = service("OUTDIAL_TEST_POSTGRES_URL");
    let made = Command::new(format!("{}/psql", service("OUTDIAL_TEST_POSTGRES_BIN")))
        .args([
            "--quiet",
            "--no-psqlrc",
            "--command",
            &format!("CREATE DATABASE {name}"),
            &format!("{server}/postgres"),
        ])
        .status();
    assert!(made.unwrap().success());
    format!("{server}/{name}")
}

/// A node that dials nothing itself, and the node that dials for it.
async fn full_and_free() -> (World, Server) {
    let name = name();
    let (database, nats) = (database(&name), service("OUTDIAL_TEST_NATS_URL"));
    let together = |config: &mut Config| {
        config.data.database_url = Some(database.clone());
        config.cluster.nats_url = Some(nats.clone());
        config.cluster.subject_prefix.clone_from(&name);
    };
    let full = World::start_with(&[Variant::example(LEAD_CALLBACK)], |config| {
        together(config);
        config.limits.live_calls = 0;
    })
    .await;
    let mut config = full.stage.config.clone();
    config.secrets.key_file = Some(config.data.dir.join("master.key"));
    config.data.dir = config.data.dir.with_file_name("free");
    config.limits.live_calls = 10;
    let free = Server::start(&config, None).await.expect("the second node starts");
    (full, free)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_a_full_node_is_dialed_by_another_and_followed_and_ended_through_the_first() {
    let (full, free) = full_and_free().await;
    let number = full.number_of(built_in("silent").unwrap());
    let call = full.place(LEAD_CALLBACK, &number).await;
    full.events_until(&call, |fact| matches!(fact, Fact::Turn(_))).await;
    let (status, _) = full.answer(Method::POST, &format!("/v1/calls/{call}/hangup"), &Value::Null).await;
    assert_eq!(status, 202, "the session is on the other node");
    let ended = full.ended(&call).await;
    assert_eq!(ended.words()[..2], ["completed", "api_hangup"]);
    assert_eq!(ended.view().ended_by, Some(FarEnd::CallerBye));
    assert_eq!(full.stage.far_end.counts(&number).invites, 1, "one node dialed");
    let metrics = full.request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("outdial_cluster_connected 1\n"), "{metrics}");
    assert!(metrics.contains("outdial_calls_answered_total 0\n"), "a node counts what it does itself: {metrics}");
    free.stop(Duration::ZERO).await;
    full.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_drains_ends_its_calls_and_what_is_left_waiting_goes_to_the_next_node() {
    let (full, free) = full_and_free().await;
    let number = full.number_of(built_in("silent").unwrap());
    let call = full.place(LEAD_CALLBACK, &number).await;
    full.events_until(&call, |fact| matches!(fact, Fact::Turn(_))).await;
    free.stop(Duration::ZERO).await;
    let ended = full.ended(&call).await;
    assert_eq!(ended.words()[1], "node_lost", "no time was given: {:?}", ended.words());
    assert_eq!(ended.view().ended_by, Some(FarEnd::CallerBye), "and the callee was not left in silence");

    let later = full.number_of(built_in("silent").unwrap());
    let waiting = full.place(LEAD_CALLBACK, &later).await;
    let (_, record) = full.answer(Method::GET, &format!("/v1/calls/{waiting}"), &Value::Null).await;
    assert_eq!(record["status"], json!("queued"), "nobody is there to dial it");
    let mut config = full.stage.config.clone();
    config.secrets.key_file = Some(config.data.dir.join("master.key"));
    config.data.dir = config.data.dir.with_file_name("next");
    config.limits.live_calls = 10;
    let next = Server::start(&config, None).await.expect("a node takes the place");
    let rings = |view: &CallView| view.number == later;
    assert!(full.stage.far_end.wait_call(Duration::from_secs(20), rings).await.is_some(), "it is dialed");
    full.answer(Method::POST, &format!("/v1/calls/{waiting}/hangup"), &Value::Null).await;
    full.ended(&waiting).await;
    next.stop(Duration::ZERO).await;
    full.stop().await;
}

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
    two(|config| config.limits.live_calls = 0, |config| config.limits.live_calls = 10).await
}

/// Two nodes of one cluster, and what is set of each.
async fn two(of_first: impl FnOnce(&mut Config), of_second: impl FnOnce(&mut Config)) -> (World, Server) {
    let name = name();
    let (database, nats) = (database(&name), service("OUTDIAL_TEST_NATS_URL"));
    let first = World::start_with(&[Variant::example(LEAD_CALLBACK)], |config| {
        config.data.database_url = Some(database);
        config.cluster.nats_url = Some(nats);
        config.cluster.subject_prefix = name;
        of_first(config);
    })
    .await;
    let mut config = first.stage.config.clone();
    config.secrets.key_file = Some(config.data.dir.join("master.key"));
    config.data.dir = config.data.dir.with_file_name("free");
    of_second(&mut config);
    let second = Server::start(&config, None).await.expect("the second node starts");
    (first, second)
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

/// Waits until a node shows itself so, asked at the first one.
async fn shown(world: &World, node: &str, state: &str, live_calls: u64) {
    let shown = async {
        loop {
            let (_, nodes) = world.answer(Method::GET, "/v1/nodes", &Value::Null).await;
            let seen = nodes["items"].as_array().unwrap().iter().find(|one| one["name"] == node).cloned();
            if seen.is_some_and(|one| one["state"] == state && one["live_calls"] == live_calls) {
                return;
            }
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), shown).await;
    assert!(waited.is_ok(), "{node} is not {state} with {live_calls} calls");
}

async fn told(world: &World, node: &str, what: &str) {
    let (status, answer) = world.answer(Method::POST, &format!("/v1/nodes/{node}/{what}"), &Value::Null).await;
    assert_eq!(status, 200, "{answer}");
}

async fn hung_up(world: &World, call: &str) {
    let (status, _) = world.answer(Method::POST, &format!("/v1/calls/{call}/hangup"), &Value::Null).await;
    assert_eq!(status, 202);
    assert_eq!(world.ended(call).await.words()[..2], ["completed", "api_hangup"]);
}

/// Calls that the first node dialed and that were answered.
async fn answered_here(world: &World) -> u32 {
    let metrics = world.request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix("outdial_calls_answered_total "));
    line.expect("the node counts").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_that_is_asked_of_one_node_reaches_the_other_which_finishes_and_takes_nothing_new() {
    // Beats come every 75 seconds, and nobody here waits so long: what a node hears in time, and what it shows, came by way of NATS.
    let named = |name: &str| {
        let name = name.to_owned();
        move |config: &mut Config| {
            config.cluster.node_name = Some(name);
            config.limits.lease_s = 300;
        }
    };
    let (world, other) = two(named("a"), named("b")).await;
    told(&world, "a", "drain").await;
    shown(&world, "a", "draining", 0).await;
    let of_b = world.place(LEAD_CALLBACK, &world.number_of(built_in("silent").unwrap())).await;
    world.events_until(&of_b, |fact| matches!(fact, Fact::Turn(_))).await;

    told(&world, "b", "drain").await;
    shown(&world, "b", "draining", 1).await;
    told(&world, "a", "resume").await;
    shown(&world, "a", "running", 0).await;
    let of_a = world.place(LEAD_CALLBACK, &world.number_of(built_in("silent").unwrap())).await;
    world.events_until(&of_a, |fact| matches!(fact, Fact::Turn(_))).await;
    hung_up(&world, &of_a).await;
    assert_eq!(answered_here(&world).await, 1, "the first node dialed it");

    // What the draining node holds goes on to its own end.
    let (_, still) = world.answer(Method::GET, &format!("/v1/calls/{of_b}"), &Value::Null).await;
    assert_eq!(still["status"], json!("in_progress"));
    hung_up(&world, &of_b).await;

    told(&world, "b", "resume").await;
    shown(&world, "b", "running", 0).await;
    told(&world, "a", "drain").await;
    shown(&world, "a", "draining", 0).await;
    let again = world.place(LEAD_CALLBACK, &world.number_of(built_in("silent").unwrap())).await;
    world.events_until(&again, |fact| matches!(fact, Fact::Turn(_))).await;
    hung_up(&world, &again).await;
    assert_eq!(answered_here(&world).await, 1, "the second node dials again");
    other.stop(Duration::ZERO).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_another_node_is_heard_and_steered_through_this_one() {
    let (full, free) = full_and_free().await;
    crate::live::a_hand_is_taken_in_a_live_call(&full).await;
    free.stop(Duration::ZERO).await;
    full.stop().await;
}

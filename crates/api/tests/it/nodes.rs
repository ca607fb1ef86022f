//! The processes of the installation.

use std::time::Duration;

use domain::NodeId;
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use crate::world::World;

#[tokio::test]
async fn nodes_are_listed_and_those_without_a_beat_are_lost() {
    let world = World::empty().await;
    assert_eq!(world.get("/v1/nodes").await, (200, json!({"items": []})));
    world.node_shows("west-1", NodeId(Uuid::now_v7()), false).await;
    world.node_shows("east-1", world.node, true).await;
    let (_, nodes) = world.get("/v1/nodes").await;
    let seen: Vec<_> = nodes["items"].as_array().unwrap().iter().map(|node| (&node["name"], &node["alive"])).collect();
    assert_eq!(seen, [(&json!("west-1"), &json!(false)), (&json!("east-1"), &json!(true))]);
    let node = &nodes["items"][1];
    assert_eq!((&node["id"], &node["version"]), (&json!(world.node.to_string()), &json!("1.2.3")));
    assert_eq!((&node["state"], &node["live_calls"]), (&json!("running"), &json!(2)));
}

#[tokio::test]
async fn a_node_is_drained_by_id_or_name_and_told_at_once() {
    let world = World::empty().await;
    world.node_shows("east-1", world.node, true).await;
    let by_id = format!("/v1/nodes/{}/drain", world.node);
    for path in ["/v1/nodes/east-1/drain", by_id.as_str()] {
        let node = world.post(path, &Value::Null).await;
        assert_eq!(
            (&node["drain_wanted"], &node["state"]),
            (&json!(true), &json!("running")),
            "its own word is awaited"
        );
        timeout(Duration::from_secs(10), world.platform.bus.node_told()).await.expect("the node is told");
    }
    let (_, log) = world.get("/v1/audit?action=node.drained").await;
    assert_eq!(log["items"].as_array().unwrap().len(), 1, "what was asked before is no new act");
    assert_eq!(log["items"][0]["resource"], world.node.to_string());
    let node = world.post("/v1/nodes/east-1/resume", &Value::Null).await;
    assert_eq!(node["drain_wanted"], false);
}

#[tokio::test]
async fn nothing_is_asked_of_a_node_that_is_lost_or_not_the_only_one_of_its_name() {
    let world = World::empty().await;
    let lost = NodeId(Uuid::now_v7());
    world.node_shows("east-1", lost, false).await;
    let drain = async |name: &str| {
        let (status, problem) =
            world.send(reqwest::Method::POST, &format!("/v1/nodes/{name}/drain"), &Value::Null).await;
        (status, problem["detail"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(drain("nowhere").await, (404, "no such node".to_owned()));
    assert_eq!(drain("east-1").await.0, 409);
    world.node_shows("east-1", world.node, true).await;
    assert_eq!(drain("east-1").await.0, 200, "the living one is meant");
    assert_eq!(drain(&lost.to_string()).await.0, 409);
    world.node_shows("east-1", NodeId(Uuid::now_v7()), true).await;
    assert!(drain("east-1").await.1.contains("take the id"));
}

//! Figures over calls, and all of them as a table.

use domain::transcript::Speaker;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, ending, turn};

#[tokio::test]
async fn figures_are_those_of_the_span() {
    let world = World::new().await;
    world.call().await;
    let mut session = world.claim().await;
    session.dial().await;
    session.tell(turn(1, Speaker::Agent, "Hello.")).await;
    session.tell(ending()).await;
    world.call().await;
    let (status, figures) = world.get("/v1/statistics").await;
    assert_eq!(status, 200, "{figures}");
    let count = |name: &str| figures[name].as_u64().unwrap();
    assert_eq!((count("calls"), count("queued"), count("live")), (2, 1, 0));
    let ended: u64 = figures["end_reasons"].as_array().unwrap().iter().map(|one| one["calls"].as_u64().unwrap()).sum();
    assert_eq!(ended, 1);
    assert_eq!(figures["days"].as_array().unwrap().len(), 1);
    assert_eq!(figures["latency"]["turns"].as_u64().unwrap(), 0);
    for (query, pointer) in [
        ("?agent=nobody", "?agent"),
        ("?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "?from"),
        ("?from=2025-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "?from"),
    ] {
        let (status, problem) = world.get(&format!("/v1/statistics{query}")).await;
        assert_eq!((status, problem["errors"][0]["pointer"].as_str()), (422, Some(pointer)), "{query}: {problem}");
    }
}

#[tokio::test]
async fn a_table_has_every_call() {
    let world = World::new().await;
    // More than a page of what it is read by.
    let calls = (0..205).map(|_| world.call());
    futures_util::future::join_all(calls).await;
    let answer = world.request(Method::GET, "/v1/calls.csv?agent=caller&status=queued").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/csv"));
    let text = answer.text().await.unwrap();
    let rows: Vec<Vec<&str>> = text.split_terminator("\r\n").map(|row| row.split(',').collect()).collect();
    assert_eq!(rows.len(), 206);
    assert!(rows.iter().all(|row| row.len() == 15), "{text}");
    assert_eq!(rows[0][..6], ["id", "created_at", "agent", "to", "from", "status"]);
    let ids: std::collections::BTreeSet<&str> = rows[1..].iter().map(|row| row[0]).collect();
    assert_eq!(ids.len(), 205);
    let (status, problem): (u16, Value) = world.get("/v1/calls.csv?status=nonsense").await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("?status")));
}

//! Alive, ready, counted.

use std::time::Duration;

use crate::world::{World, ending};

#[tokio::test]
async fn alive_is_not_ready() {
    let world = World::empty().await;
    let status = async |path: &str| world.http.get(format!("{}{path}", world.url)).send().await.unwrap().status();
    assert_eq!((status("/healthz").await, status("/readyz").await), (200.try_into().unwrap(), 200.try_into().unwrap()));
    world.ready.send_replace(false);
    assert_eq!((status("/healthz").await, status("/readyz").await), (200.try_into().unwrap(), 503.try_into().unwrap()));
}

#[tokio::test]
async fn metrics_count_calls_by_how_they_ended() {
    let world = World::new().await;
    for _ in 0..3 {
        world.call().await;
    }
    world.platform.hang_up_call(&world.operator(), "3").await.unwrap();
    let mut session = world.claim().await;
    session.dial().await;
    let page = async || world.http.get(format!("{}/metrics", world.url)).send().await.unwrap().text().await.unwrap();
    let has = async |lines: &[&str]| {
        // The bus tells asynchronously; ask until it has.
        let counted = async {
            while !{
                let page = page().await;
                lines.iter().all(|wanted| page.lines().any(|line| line == *wanted))
            } {}
        };
        tokio::time::timeout(Duration::from_secs(20), counted).await.unwrap_or_else(|_| panic!("no {lines:?}"));
    };
    has(&[
        "outdial_calls_queued_total 3",
        "outdial_calls_live 1",
        "outdial_calls_ended_total{status=\"canceled\",end_reason=\"canceled\"} 1",
    ])
    .await;
    session.tell(ending()).await;
    has(&["outdial_calls_live 0", "outdial_calls_ended_total{status=\"completed\",end_reason=\"agent_hangup\"} 1"])
        .await;
    let page = page().await;
    assert!(page.contains("# TYPE outdial_calls_live gauge") && !page.contains("acme"), "{page}");
}

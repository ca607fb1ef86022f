//! Recordings that play without a key: by an address that nobody can make up, and for a while.

use std::time::Duration;

use domain::dialect::Dialect;
use reqwest::Method;

use crate::recording::recorded;
use crate::world::{World, read};

async fn status(world: &World, url: &str) -> u16 {
    world.http.get(url).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_recording_plays_by_the_address_that_every_api_hands_out() {
    let world = recorded("2026/one.wav").await;
    let (code, link) = world.get("/v1/calls/1/recording/link").await;
    assert_eq!(code, 200, "{link}");
    assert!(link["expires_at"].is_string());
    let mut urls = vec![link["url"].as_str().unwrap().to_owned()];
    for (dialect, path, pointer) in [
        (Dialect::Klen, "/klen/api/v1/calls/1", "/recording_url"),
        (Dialect::Klen, "/klen/api/v1/calls", "/calls/0/recording_url"),
        (Dialect::Voxpria, "/voxpria/api/v1/calls/1", "/data/recording"),
        (Dialect::Voxpria, "/voxpria/api/v1/calls", "/data/0/recording"),
        (Dialect::Voicing, "/voicing/api/v1/campaigns/get-call-details/1", "/recording_url"),
    ] {
        let key = world.foreign_key(dialect, None, &[]).await;
        let (_, answer) = world.ask(Method::GET, path, &[("x-api-key", &key)], "").await;
        urls.push(
            answer.pointer(pointer).and_then(|url| url.as_str()).unwrap_or_else(|| panic!("{answer}")).to_owned(),
        );
    }
    for url in urls {
        assert!(url.starts_with(&format!("{}/recordings/", world.url)), "{url}");
        let whole = world.http.get(&url).send().await.unwrap();
        assert_eq!((whole.status().as_u16(), &whole.headers()["content-type"]), (200, &"audio/wav".parse().unwrap()));
        assert_eq!(whole.bytes().await.unwrap().len(), 1_000);
        let part = world.http.get(&url).header("range", "bytes=0-99").send().await.unwrap();
        assert_eq!(
            (part.status().as_u16(), &part.headers()["content-range"]),
            (206, &"bytes 0-99/1000".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn what_is_made_up_over_or_deleted_plays_nothing() {
    let world = recorded("2026/one.wav").await;
    let (_, call) = world.get("/v1/calls/1").await;
    let id = call["id"].as_str().unwrap().parse().unwrap();
    let now = world.platform.clock.now();
    let (ours, theirs) = (app::RecordingLinks::new(vec![[7; 32]], ""), app::RecordingLinks::new(vec![[8; 32]], ""));
    let soon = now + Duration::from_secs(60);
    let of = |links: &app::RecordingLinks, until| {
        format!("{}/recordings/{}", world.url, links.token(world.organization, id, until).unwrap())
    };
    assert_eq!(status(&world, &of(&ours, soon)).await, 200);
    for bad in [of(&ours, now), of(&theirs, soon), format!("{}/recordings/x", world.url)] {
        let (code, problem) = read(world.http.get(&bad).send().await.unwrap()).await;
        assert_eq!((code, problem["code"].as_str()), (404, Some("not_found")), "{bad}");
    }
    world.request(Method::DELETE, "/v1/calls/1/recording").send().await.unwrap();
    assert_eq!(status(&world, &of(&ours, soon)).await, 410);
    assert_eq!(world.get("/v1/calls/1/recording/link").await.0, 404);
}

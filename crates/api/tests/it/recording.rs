//! Recordings: whole, by ranges, and never from outside their folder.

use domain::call_event::CallFact;
use reqwest::{Method, RequestBuilder};

use crate::world::{World, ending, read};

/// A thousand bytes that tell their place.
fn sound() -> Vec<u8> {
    (0..1_000_u32).map(|n| (n % 251) as u8).collect()
}

async fn recorded(path: &str) -> World {
    let world = World::new().await;
    world.call().await;
    let mut session = world.claim().await;
    session.dial().await;
    session.tell(CallFact::RecordingReady { path: path.into(), duration_ms: 1_000, bytes: 1_000 }).await;
    session.tell(ending()).await;
    let folder = world.folder.path().join("recordings/2026");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("one.wav"), sound()).unwrap();
    std::fs::write(world.folder.path().join("secret.wav"), "secret").unwrap();
    world
}

fn get(world: &World, headers: &[(&str, &str)]) -> RequestBuilder {
    let request = world.request(Method::GET, "/v1/calls/1/recording");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

#[tokio::test]
async fn a_recording_is_served_whole_and_by_ranges() {
    let world = recorded("2026/one.wav").await;
    let (_, call) = world.get("/v1/calls/1").await;
    assert_eq!(call["recording_url"], format!("/v1/calls/{}/recording", call["id"].as_str().unwrap()));
    let whole = get(&world, &[]).send().await.unwrap();
    assert_eq!(whole.status(), 200);
    let headers = whole.headers().clone();
    assert_eq!(headers["content-type"], "audio/wav");
    assert_eq!(headers["accept-ranges"], "bytes");
    assert_eq!(headers["content-length"], "1000");
    assert!(headers["content-disposition"].to_str().unwrap().starts_with("inline; filename=\"call_"));
    assert_eq!(whole.bytes().await.unwrap(), sound());
    let etag = headers["etag"].to_str().unwrap();

    type Case<'a> = (&'a [(&'a str, &'a str)], u16, &'a str, std::ops::Range<usize>);
    let table: &[Case<'_>] = &[
        (&[("range", "bytes=0-99")], 206, "bytes 0-99/1000", 0..100),
        (&[("range", "bytes=900-")], 206, "bytes 900-999/1000", 900..1_000),
        (&[("range", "bytes=-10")], 206, "bytes 990-999/1000", 990..1_000),
        (&[("range", "bytes=990-2000")], 206, "bytes 990-999/1000", 990..1_000),
        (&[("range", "bytes=0-99"), ("if-range", etag)], 206, "bytes 0-99/1000", 0..100),
        (&[("range", "bytes=0-99"), ("if-range", "\"other\"")], 200, "", 0..1_000),
        (&[("if-none-match", etag)], 304, "", 0..0),
        (&[("if-none-match", "\"other\"")], 200, "", 0..1_000),
    ];
    for (headers, status, range, bytes) in table {
        let answer = get(&world, headers).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), *status, "{headers:?}");
        let got = answer.headers().get("content-range").map_or("", |v| v.to_str().unwrap()).to_owned();
        assert_eq!(got, *range, "{headers:?}");
        assert_eq!(answer.bytes().await.unwrap(), sound()[bytes.clone()], "{headers:?}");
    }
}

#[tokio::test]
async fn a_range_outside_is_416_with_the_size() {
    let world = recorded("2026/one.wav").await;
    let answer = get(&world, &[("range", "bytes=1000-")]).send().await.unwrap();
    assert_eq!(answer.headers()["content-range"], "bytes */1000");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let (status, problem) = read(answer).await;
    assert_eq!((status, problem["code"].as_str()), (416, Some("range_not_satisfiable")));
}

#[tokio::test]
async fn head_tells_the_size_without_the_sound() {
    let world = recorded("2026/one.wav").await;
    let answer = world.request(Method::HEAD, "/v1/calls/1/recording").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["content-length"].to_str().unwrap()), (200, "1000"));
    assert_eq!(answer.bytes().await.unwrap().len(), 0);
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let world = World::new().await;
    world.call().await;
    let detail = async |world: &World| {
        let (status, problem) = read(get(world, &[]).send().await.unwrap()).await;
        assert_eq!((status, problem["code"].as_str()), (404, Some("not_found")));
        problem["detail"].as_str().unwrap().to_owned()
    };
    assert!(detail(&world).await.contains("only after the call"));
    world.platform.hang_up_call(&world.operator(), "1").await.unwrap();
    assert!(detail(&world).await.contains("was not recorded"));
    assert!(detail(&recorded("2026/two.wav").await).await.contains("no longer on disk"));
}

#[tokio::test]
async fn no_path_leads_out_of_the_folder() {
    for path in ["../secret.wav", "2026/../../secret.wav", "/etc/hostname"] {
        let world = recorded(path).await;
        let (status, _) = read(get(&world, &[]).send().await.unwrap()).await;
        assert_eq!(status, 404, "{path}");
    }
}

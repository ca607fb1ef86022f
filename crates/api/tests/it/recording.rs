//! Recordings: whole, by ranges, and never from outside their folder.

use domain::call_event::CallFact;
use reqwest::{Method, RequestBuilder};

use crate::world::{World, ending, read};

/// A thousand bytes that tell their place.
fn sound() -> Vec<u8> {
    (0..1_000_u32).map(|n| (n % 251) as u8).collect()
}

pub(crate) async fn recorded(path: &str) -> World {
    let world = World::new().await;
    world.call().await;
    let mut session = world.claim().await;
    session.dial().await;
    session.tell(CallFact::RecordingReady { path: path.into(), folder: None, duration_ms: 1_000, bytes: 1_000 }).await;
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

#[tokio::test]
async fn a_recording_is_deleted_for_good() {
    let world = recorded("2026/one.wav").await;
    let file = world.folder.path().join("recordings/2026/one.wav");
    let delete = || world.request(Method::DELETE, "/v1/calls/1/recording").send();
    assert_eq!(delete().await.unwrap().status(), 204);
    assert!(!file.exists());
    let (status, problem) = read(get(&world, &[]).send().await.unwrap()).await;
    assert_eq!((status, problem["code"].as_str()), (410, Some("deleted")), "{problem}");
    let (_, call) = world.get("/v1/calls/1").await;
    assert!(call["recording_url"].is_null() && call["recording_purged_at"].is_string(), "{call}");
    assert_eq!(delete().await.unwrap().status(), 404, "there is none any more");
}

#[tokio::test]
async fn a_deletion_that_broke_off_after_the_file_is_done_again() {
    let world = recorded("2026/one.wav").await;
    std::fs::remove_file(world.folder.path().join("recordings/2026/one.wav")).unwrap();
    let delete = world.request(Method::DELETE, "/v1/calls/1/recording").send().await.unwrap();
    assert_eq!(delete.status(), 204);
    let outside = recorded("../secret.wav").await;
    let delete = outside.request(Method::DELETE, "/v1/calls/1/recording").send().await.unwrap();
    assert_eq!(delete.status(), 503);
    assert!(outside.folder.path().join("secret.wav").exists(), "nothing outside the folder is touched");
}

#[tokio::test]
async fn what_was_said_is_emptied_and_what_happened_stays() {
    let world = World::new().await;
    world.call().await;
    let delete = async || read(world.request(Method::DELETE, "/v1/calls/1/content").send().await.unwrap()).await;
    assert_eq!(delete().await.0, 409, "it is not over");
    let mut session = world.claim().await;
    session.dial().await;
    session.tell(crate::world::turn(1, domain::transcript::Speaker::Callee, "my name is Zebedee")).await;
    let slot = CallFact::Slot { name: "who".into(), value: "Zebedee".into() };
    session.tell(slot).await;
    let digits = CallFact::Digits { sent: false, digits: "471147".into(), at_ms: domain::time::CallMs(1) };
    session.tell(digits).await;
    session.tell(ending()).await;
    let told = async || (world.get("/v1/calls/1").await.1, world.get("/v1/calls/1/events?limit=100").await.1);
    let before = told().await;
    assert!(before.1.to_string().contains("Zebedee") && before.0.to_string().contains("\"Ada\""));
    assert_eq!(delete().await.0, 204);
    let after = told().await;
    for trace in ["Zebedee", "\"471147\"", "\"Ada\""] {
        assert!(!after.0.to_string().contains(trace) && !after.1.to_string().contains(trace), "{trace}: {after:?}");
    }
    let shape = |events: &serde_json::Value| {
        let items = events["items"].as_array().unwrap();
        let parts = items.iter().map(|event| (event["type"].clone(), event["at"].clone(), event["sequence"].clone()));
        parts.collect::<Vec<_>>()
    };
    assert_eq!(shape(&before.1), shape(&after.1));
    assert_eq!((&after.0["status"], &after.0["evidence"]), (&before.0["status"], &before.0["evidence"]));
    assert_eq!(delete().await.0, 204, "again changes nothing");
}

#[tokio::test]
async fn peaks_are_read_from_the_file_side_by_side() {
    let world = recorded("2026/one.wav").await;
    let peaks = "/v1/calls/1/recording/peaks";
    let (status, problem) = world.get(peaks).await;
    assert_eq!((status, problem["code"].as_str()), (500, Some("internal_error")), "no sound in it: {problem}");
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(world.folder.path().join("recordings/2026/one.wav"), spec).unwrap();
    for n in 0..4_000 {
        file.write_sample(if n < 800 { 16_384_i16 } else { 0 }).unwrap();
        file.write_sample(i16::MIN).unwrap();
    }
    file.finalize().unwrap();
    let (status, told) = world.get(&format!("{peaks}?per_second=10")).await;
    let expected =
        serde_json::json!({"per_second": 10, "agent": [50, 0, 0, 0, 0], "callee": [100, 100, 100, 100, 100]});
    assert_eq!((status, told), (200, expected));
    assert_eq!(world.get(peaks).await.1["agent"].as_array().unwrap().len(), 25, "50 a second");
    for wrong in ["0", "101"] {
        assert_eq!(world.get(&format!("{peaks}?per_second={wrong}")).await.0, 422, "{wrong}");
    }
    world.call().await;
    assert_eq!(world.get("/v1/calls/2/recording/peaks").await.0, 404, "never recorded");
}

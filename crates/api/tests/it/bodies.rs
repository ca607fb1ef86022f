//! Bad bodies of every kind: the answer names the field and is never a 500.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, definition, read};

#[tokio::test]
async fn every_bad_body_is_told_what_is_wrong_with_it() {
    let world = World::new().await;
    let post = |path: &'static str, body: Value| (Method::POST, path, body.to_string());
    let raw = |path: &'static str, body: &str| (Method::POST, path, body.to_owned());
    let mut broken = definition();
    broken["flow"]["steps"]["greet"]["hang_up"]["txet"] = json!("x");
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let table = vec![
        raw("/v1/calls", ""),
        raw("/v1/calls", "{"),
        raw("/v1/calls", "{\"agent\": \"caller\",}"),
        raw("/v1/calls", "\u{0}"),
        raw("/v1/calls", &deep),
        post("/v1/calls", json!(null)),
        post("/v1/calls", json!([])),
        post("/v1/calls", json!(["caller", "+15550100001", {"name": "Ada"}, {}])),
        post("/v1/calls", json!("text")),
        post("/v1/calls", json!({})),
        post("/v1/calls", json!({"agent": "caller"})),
        post("/v1/calls", json!({"agent": 7, "to": "+15550100001"})),
        post("/v1/calls", json!({"agent": "caller", "to": null})),
        post("/v1/calls", json!({"agent": "caller", "to": "+15550100001", "variables": {"name": 7}})),
        post("/v1/calls", json!({"agent": "caller", "to": "+15550100001", "variables": {"a/b~c": []}})),
        post("/v1/calls", json!({"agent": "caller", "to": "+15550100001", "metadata": "x"})),
        post("/v1/calls", json!({"agent": "caller", "to": "+15550100001", "callback": "x"})),
        post("/v1/calls", json!({"agent": "caller", "to": "call me", "variables": {"name": "Ada"}})),
        post("/v1/calls", json!({"agent": "caller", "to": "5550100001", "variables": {"name": "Ada"}})),
        post("/v1/calls", json!({"agent": "caller", "to": "+15550100001"})),
        post("/v1/calls", json!({"agent": "nobody", "to": "+15550100001"})),
        post("/v1/agents", json!({"slug": "Not A Slug"})),
        post("/v1/agents", json!({"slug": "x", "calls_per_second": 0})),
        post("/v1/agents", json!({"slug": "x", "calls_per_second": "1"})),
        post("/v1/agents", json!({"slug": "x", "number": "+15550009999"})),
        post("/v1/agents", json!({"slug": "x", "definition": {"nmae": "x"}})),
        post("/v1/agents", json!({"slug": "x", "definition": {"limits": {"max_duration_s": "long"}}})),
        post("/v1/agents", json!({"slug": "x", "definition": {"turn_taking": {"opening": "shout"}}})),
        post("/v1/agents", json!({"slug": "x", "definition": broken})),
        post("/v1/agents/caller/rollback", json!({"version": -1})),
        post("/v1/agents/caller/rollback", json!({"version": 9})),
        post("/v1/trunks", json!({"name": "t", "address": "http://x"})),
        post("/v1/trunks", json!({"name": "t", "address": "x", "transport": "tls"})),
        post("/v1/trunks", json!({"name": "t", "address": "x", "username": "u"})),
        post("/v1/trunks", json!({"name": "t", "address": "x", "password": "p"})),
        post("/v1/trunks", json!({"name": "", "address": "x"})),
        post("/v1/trunks", json!({"name": "t", "address": "x", "channels": 0})),
        post("/v1/numbers", json!({"number": "+15550001001", "trunk": "none"})),
        post("/v1/numbers", json!({"number": "+15550001000", "trunk": "line"})),
        post("/v1/keys", json!({"name": "k", "permissions": []})),
        post("/v1/keys", json!({"name": "k", "permissions": ["calls:read", "calls:all"]})),
        post("/v1/keys", json!({"name": "k\n", "permissions": ["*"]})),
        post("/v1/suppressions", json!({"number": "x", "reason": "r"})),
        post("/v1/suppressions", json!({"number": "+15550100001", "reason": "r", "call_id": "call_x"})),
        post("/v1/webhooks", json!({"url": "https://example.com/", "events": []})),
        post("/v1/webhooks", json!({"url": "https://example.com/", "events": ["call.ended", "call.over"]})),
        post("/v1/webhooks", json!({"url": "ftp://example.com/", "events": ["*"]})),
        post("/v1/webhooks", json!({"url": "http://169.254.169.254/latest", "events": ["*"]})),
        post("/v1/webhooks", json!({"url": "https://user:password@example.com/", "events": ["*"]})),
        post("/v1/webhooks", json!({"url": "https://example.com/", "events": ["*"], "secret": "whsec_c2hvcnQ="})),
        post("/v1/webhooks", json!({"url": "https://example.com/", "events": ["*"], "dialect": "voiceb"})),
        post("/v1/webhooks", json!({"url": "https://example.com/", "events": ["*"], "agent": "nobody"})),
        post("/v1/webhooks/status_url/rotate-secret", json!({"overlap_s": 10_000_000})),
        post("/v1/webhooks/status_url/replay", json!({})),
        (Method::PATCH, "/v1/agents/caller", json!({"slug": "other"}).to_string()),
        (Method::PATCH, "/v1/trunks/line", json!({"password": "p"}).to_string()),
        (Method::PATCH, "/v1/trunks/line", json!({"username": null, "password": "p"}).to_string()),
        (Method::PATCH, "/v1/numbers/+15550001000", json!({"trunk": "none"}).to_string()),
    ];
    let mut lines = Vec::new();
    for (method, path, body) in table {
        lines.push(told(&world, method, path, body).await);
    }
    insta::assert_snapshot!(lines.join("\n"));
}

/// Sends a bad body and writes down what came back.
async fn told(world: &World, method: Method, path: &str, body: String) -> String {
    let request = world.request(method.clone(), path).header("content-type", "application/json");
    let answer = request.body(body.clone()).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path} {body}");
    let (status, problem) = read(answer).await;
    assert_eq!(problem["status"], status, "{problem}");
    assert_eq!(problem["type"], format!("urn:outdial:problem:{}", problem["code"].as_str().unwrap()));
    let shown: String = body.chars().take(110).collect();
    let errors: Vec<String> = problem["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|error| format!("\n    {}: {}", error["pointer"].as_str().unwrap(), error["detail"].as_str().unwrap()))
        .collect();
    let (code, detail) = (problem["code"].as_str().unwrap(), problem["detail"].as_str().unwrap());
    format!("{method} {path} {shown:?}\n  {status} {code}: {detail}{}", errors.concat())
}

#[tokio::test]
async fn cut_and_twisted_bodies_never_break_the_server() {
    let world = World::new().await;
    let good = json!({"agent": "caller", "to": "+15550100001", "variables": {"name": "Ada \u{1F600}"}}).to_string();
    for at in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[at] ^= 0x80 | (at as u8 & 0x7f);
        for body in [good.as_bytes()[..at].to_vec(), bytes] {
            let request = world.request(Method::POST, "/v1/calls").header("content-type", "application/json");
            let (status, problem) = read(request.body(body).send().await.unwrap()).await;
            assert!(matches!(status, 201 | 400 | 404 | 422), "{at}: {status} {problem}");
        }
    }
}

#[tokio::test]
async fn a_body_may_have_256_kib_and_not_a_byte_more() {
    let world = World::new().await;
    let padded = |size: usize| {
        let body = json!({"agent": "caller", "to": "+15550100001", "variables": {"name": "Ada"}}).to_string();
        format!("{body}{}", " ".repeat(size - body.len()))
    };
    for (size, want, code) in [(256 * 1024, 201, Value::Null), (256 * 1024 + 1, 413, json!("body_too_large"))] {
        for chunked in [false, true] {
            let text = padded(size);
            let body = if chunked {
                let pieces: Vec<_> =
                    text.as_bytes().chunks(8_192).map(|c| Ok::<_, std::io::Error>(c.to_vec())).collect();
                reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))
            } else {
                text.into()
            };
            let request = world.request(Method::POST, "/v1/calls").header("content-type", "application/json");
            let (status, answer) = read(request.body(body).send().await.unwrap()).await;
            assert_eq!((status, &answer["code"]), (want, &code), "{size} {chunked}");
        }
    }
}

#[tokio::test]
async fn media_types_are_checked() {
    let world = World::new().await;
    let body = json!({"agent": "caller", "to": "+15550100001", "variables": {"name": "Ada"}}).to_string();
    let table = [
        (None, 415),
        (Some("text/plain"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("application/yaml"), 415),
        (Some("application/json; charset=utf-8"), 201),
        (Some("Application/JSON"), 201),
        (Some("application/vnd.outdial+json"), 201),
    ];
    for (media, want) in table {
        let mut request = world.request(Method::POST, "/v1/calls").body(body.clone());
        if let Some(media) = media {
            request = request.header("content-type", media);
        }
        let (status, answer) = read(request.send().await.unwrap()).await;
        assert_eq!(status, want, "{media:?}: {answer}");
        if want == 415 {
            assert_eq!(answer["code"], "unsupported_media_type");
        }
    }
}

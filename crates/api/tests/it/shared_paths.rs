//! Klen and Voxpria own the same paths: key, Host, body and default decide at the root, a prefix always.

use domain::dialect::Dialect;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::World;

const CALLS: &str = "/api/v1/calls";

/// Path, header fields, body, and whether Voxpria answers.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, bool);

#[tokio::test]
async fn the_key_says_whose_request_it_is() {
    let world = World::new().await;
    let klen = world.foreign_key(Dialect::Klen, None, &[]).await;
    let voxpria = world.foreign_key(Dialect::Voxpria, None, &[]).await;
    let (_, klen) = world.ask(Method::GET, CALLS, &[("x-api-key", &klen)], "").await;
    assert_eq!(klen, json!({ "count": 0, "page": 1, "limit": 10, "pages": 0, "calls": [] }));
    let (_, voxpria) = world.ask(Method::GET, CALLS, &[("x-api-key", &voxpria)], "").await;
    assert_eq!((&voxpria["success"], &voxpria["data"]), (&json!(true), &json!([])));
}

#[tokio::test]
async fn without_a_key_that_is_known_body_host_and_prefix_do() {
    let world = World::new().await;
    let voxpria = json!({ "agentId": "a", "toNumber": "+1" }).to_string();
    let klen = json!({ "agent_id": "a", "phone_number": "+1" }).to_string();
    let table: [Row<'_>; 7] = [
        (CALLS, &[], &voxpria, true),
        (CALLS, &[], &klen, false),
        (CALLS, &[], "", false),
        (CALLS, &[("host", "voxpria.example.org")], "", true),
        (CALLS, &[("host", "klen.example.org")], &voxpria, false),
        ("/voxpria/api/v1/calls", &[], &klen, true),
        ("/klen/api/v1/calls", &[], &voxpria, false),
    ];
    for (path, headers, body, is_voxpria) in table {
        let (status, answer) = world.ask(Method::POST, path, headers, body).await;
        let frame = if is_voxpria { json!(false) } else { Value::Null };
        assert_eq!((status, &answer["success"]), (401, &frame), "{path} {headers:?} {body} {answer}");
        assert!(answer["error"].is_string() && answer["message"].is_string(), "both kinds of client can read it");
    }
}

#[tokio::test]
async fn every_vendor_has_its_document() {
    let world = World::empty().await;
    for dialect in Dialect::ALL.iter().filter(|d| !matches!(d, Dialect::Native | Dialect::Vonage)) {
        let (status, document) = world.get(&format!("/openapi/{}.json", dialect.as_str())).await;
        assert_eq!((status, &document["openapi"]), (200, &json!("3.1.0")), "{dialect:?}");
        assert!(!document["paths"].as_object().unwrap().is_empty());
    }
}

//! The OpenAPI document is the one in `docs/`, and keeps its promises.

use serde_json::Value;

use crate::world::World;

#[test]
fn the_document_is_the_one_in_docs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let made = api::document().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, made).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == made, "docs/openapi.json is old; run this test once with UPDATE_DOCS=1");
}

#[test]
fn every_operation_is_named_told_and_tagged() {
    let document: Value = serde_json::from_str(&api::document().to_json().unwrap()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "Outdial");
    let tags: Vec<_> = document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone()).collect();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(operation["operationId"].is_string(), "{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
            assert!(tags.contains(&operation["tags"][0]), "{method} {path}");
            if operation["security"].is_array() {
                assert!(
                    operation["responses"]["4XX"]["content"]["application/problem+json"].is_object(),
                    "{method} {path}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_server_hands_out_document_and_schema_without_a_key() {
    let world = World::empty().await;
    let get = async |path: &str| world.http.get(format!("{}{path}", world.url)).send().await.unwrap();
    let document: Value = get("/openapi.json").await.json().await.unwrap();
    assert_eq!(document, serde_json::from_str::<Value>(&api::document().to_json().unwrap()).unwrap());
    let schema = get("/v1/schema/agent").await;
    assert_eq!(schema.headers()["content-type"], "application/schema+json");
    let schema: Value = schema.json().await.unwrap();
    assert!(schema["properties"]["flow"].is_object(), "{schema}");
}

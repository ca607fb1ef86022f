//! The OpenAPI document is the one in `docs/`, and keeps its promises.

use std::path::Path;

use serde_json::Value;

use crate::world::World;

#[test]
fn the_document_is_the_one_in_docs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    kept(&path, &(api::document().to_pretty_json().unwrap() + "\n"), "docs/openapi.json");
}

#[test]
fn the_vendors_documents_are_those_in_docs() {
    for vendor in dialects::VENDORS {
        let name = format!("docs/openapi/{}.json", vendor.dialect.as_str());
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(&name);
        let made = vendor.document().to_pretty_json().unwrap() + "\n";
        kept(&path, &made, &name);
        let document: Value = serde_json::from_str(&made).unwrap();
        assert_eq!(document["openapi"], "3.1.0", "{name}");
        for (path, methods) in document["paths"].as_object().unwrap() {
            assert!(vendor.paths.iter().any(|own| path.starts_with(own)), "{path} of {name}");
            for (method, operation) in methods.as_object().unwrap() {
                assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
                let refusals = operation["responses"].as_object().unwrap().keys().filter(|code| code.starts_with('4'));
                assert!(refusals.count() > 0, "{method} {path}");
            }
        }
    }
}

#[test]
fn the_readme_lists_the_vendors() {
    let mut table = String::from(
        "| vendor | routes | not spoken | moving over | OpenAPI | whole exchanges |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for vendor in dialects::VENDORS {
        let document: Value = serde_json::from_str(&vendor.document().to_json().unwrap()).unwrap();
        let of = |(path, methods): (&String, &Value)| {
            let methods: Vec<String> =
                methods.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
            format!("`{} {path}`", methods.join(" "))
        };
        let routes: Vec<String> = document["paths"].as_object().unwrap().iter().map(of).collect();
        let (name, word) = (vendor.name.trim_start_matches("Outdial: "), vendor.dialect.as_str());
        let lacks = vendor.lacks;
        table += &format!(
            "| {name} | {} | {lacks} | [docs/migrate/{word}.md](docs/migrate/{word}.md) | [docs/openapi/{word}.json](docs/openapi/{word}.json) | [golden](crates/dialects/src/{word}/golden) |\n",
            routes.join("<br>")
        );
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) =
        readme.split_once("<!-- vendors: made by a test -->\n").expect("the README has a place for the table");
    let (_, after) = rest.split_once("<!-- end of vendors -->").expect("and an end of it");
    let made = format!("{before}<!-- vendors: made by a test -->\n{table}<!-- end of vendors -->{after}");
    kept(&path, &made, "the README's table of vendors");
}

/// The file has this text, or is given it where `UPDATE_DOCS` is set.
fn kept(path: &Path, made: &str, name: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, made).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == made, "{name} is old; run this test once with UPDATE_DOCS=1");
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

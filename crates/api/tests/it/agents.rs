//! Agents: drafts, versions, and what keeps one from calling.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, definition, read};

#[tokio::test]
async fn an_agent_goes_from_draft_to_versions_and_back() {
    let world = World::empty().await;
    let made =
        world.post("/v1/agents", &json!({"slug": "a", "calls_per_second": 2.5, "definition": definition()})).await;
    insta::assert_json_snapshot!(made, { ".id" => "[agent]", ".created_at" => "[time]", ".updated_at" => "[time]" });
    assert_eq!(world.get("/v1/agents/a").await, (200, made.clone()));
    assert_eq!(world.get(&format!("/v1/agents/{}", made["id"].as_str().unwrap())).await.0, 200);

    let first = world.post("/v1/agents/a/publish", &Value::Null).await;
    assert_eq!((&first["version"]["number"], &first["agent"]["state"]), (&json!(1), &json!("published")));
    let mut changed = definition();
    changed["name"] = json!("Changed");
    let (status, agent) = world.send(Method::PATCH, "/v1/agents/a", &json!({"definition": changed})).await;
    assert_eq!(
        (status, &agent["definition"]["name"], &agent["calls_per_second"]),
        (200, &json!("Changed"), &json!(2.5))
    );
    assert_eq!(agent["published_version_id"], first["version"]["id"]);
    let second = world.post("/v1/agents/a/publish", &Value::Null).await;
    assert_eq!(second["version"]["definition"]["name"], "Changed");
    let third = world.post("/v1/agents/a/rollback", &json!({"version": 1})).await;
    assert_eq!((&third["version"]["number"], &third["agent"]["definition"]["name"]), (&json!(3), &json!("Caller")));
    let (_, versions) = world.get("/v1/agents/a/versions").await;
    let numbers: Vec<_> = versions["items"].as_array().unwrap().iter().map(|v| v["number"].clone()).collect();
    assert_eq!(numbers, [json!(3), json!(2), json!(1)]);
    assert_eq!(world.get("/v1/agents").await.1["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_disabled_agent_takes_no_calls_until_it_is_enabled() {
    let world = World::new().await;
    assert_eq!(world.post("/v1/agents/caller/disable", &Value::Null).await["state"], "disabled");
    let call = json!({"agent": "caller", "to": "+15550100001", "variables": {"name": "Ada"}});
    let (status, problem) = world.send(Method::POST, "/v1/calls", &call).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("agent_disabled")));
    assert_eq!(world.post("/v1/agents/caller/enable", &Value::Null).await["state"], "published");
    assert_eq!(world.send(Method::POST, "/v1/calls", &call).await.0, 201);
}

#[tokio::test]
async fn what_keeps_an_agent_from_calling_has_a_code() {
    let world = World::new().await;
    world.post("/v1/agents", &json!({"slug": "draft", "number": "+15550001000", "definition": definition()})).await;
    world.post("/v1/agents", &json!({"slug": "mute", "definition": definition()})).await;
    world.post("/v1/agents/mute/publish", &Value::Null).await;
    world.post("/v1/agents", &json!({"slug": "empty"})).await;
    world.post("/v1/suppressions", &json!({"number": "+15550100009", "reason": "opt_out"})).await;
    let call = async |agent: &str, to: &str| {
        let body = json!({"agent": agent, "to": to, "variables": {"name": "Ada"}});
        let (status, problem) = world.send(Method::POST, "/v1/calls", &body).await;
        (status, problem["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(call("draft", "+15550100001").await, (409, "agent_not_published".into()));
    assert_eq!(call("mute", "+15550100001").await, (409, "agent_has_no_number".into()));
    assert_eq!(call("nobody", "+15550100001").await, (404, "agent_not_found".into()));
    assert_eq!(call("caller", "+15550100009").await, (422, "suppressed".into()));
    let (status, problem) = world.send(Method::POST, "/v1/agents/empty/publish", &Value::Null).await;
    assert_eq!((status, problem["code"].as_str()), (422, Some("invalid_definition")), "{problem}");
    assert!(problem["errors"][0]["pointer"].as_str().unwrap().starts_with("/definition"), "{problem}");
}

#[tokio::test]
async fn number_and_limit_are_taken_away_by_null_only() {
    let world = World::new().await;
    world.send(Method::PATCH, "/v1/agents/caller", &json!({"calls_per_second": 3})).await;
    let (_, agent) = world.send(Method::PATCH, "/v1/agents/caller", &json!({})).await;
    assert!(agent["number_id"].is_string());
    assert_eq!(agent["calls_per_second"], 3.0);
    let nothing = json!({"calls_per_second": null, "number": null});
    let (_, agent) = world.send(Method::PATCH, "/v1/agents/caller", &nothing).await;
    assert_eq!((&agent["number_id"], &agent["calls_per_second"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_definition_may_be_yaml() {
    let world = World::empty().await;
    let send = async |text: &str| {
        let request = world.request(Method::POST, "/v1/agents").header("content-type", "application/yaml");
        read(request.body(text.to_owned()).send().await.unwrap()).await
    };
    let good =
        "slug: y\ndefinition:\n  name: Yaml\n  flow:\n    start: bye\n    steps:\n      bye: {hang_up: {text: Bye.}}\n";
    let (status, agent) = send(good).await;
    assert_eq!((status, &agent["definition"]["name"]), (201, &json!("Yaml")), "{agent}");
    let (status, problem) = send("slug: z\ndefinition:\n  limits: {ring_timeout_s: [1]}\n").await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/definition/limits/ring_timeout_s")),
        "{problem}"
    );
    let (status, problem) = send("slug: [z\n").await;
    assert_eq!((status, problem["code"].as_str()), (400, Some("malformed_body")), "{problem}");
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
        d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    assert!(matches!(send(bomb).await.0, 400 | 422));
}

#[tokio::test]
async fn a_talk_in_writing_is_refused_before_the_handshake_is_answered() {
    let world = World::new().await;
    let only_reads = world.key(&[domain::api_key::Permission::CallsRead]).await;
    let shakes_hands = async |path: &str, secret: &str| {
        let request = world.http.get(format!("{}{path}", world.url)).bearer_auth(secret);
        let request = request.header("connection", "upgrade").header("upgrade", "websocket");
        let request =
            request.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let answer = request.send().await.unwrap();
        if answer.status() == 101 {
            return (101, Value::Null);
        }
        read(answer).await
    };
    let path = "/v1/agents/caller/chat";
    assert_eq!(shakes_hands(path, &world.secret).await.0, 101);
    let (status, problem) = read(world.request(Method::GET, path).send().await.unwrap()).await;
    assert_eq!((status, problem["code"].as_str()), (426, Some("no_handshake")), "{problem}");
    for (path, secret, status, code) in [
        (path, "od_unknown", 401, "unauthenticated"),
        (path, only_reads.as_str(), 403, "permission_denied"),
        ("/v1/agents/nobody/chat", world.secret.as_str(), 404, "agent_not_found"),
        ("/v1/agents/caller/chat?version=2", world.secret.as_str(), 404, "not_found"),
        ("/v1/agents/caller/chat?version=new", world.secret.as_str(), 422, "invalid_request"),
    ] {
        let (got, problem) = shakes_hands(path, secret).await;
        assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{path}: {problem}");
    }
    world.send(Method::POST, "/v1/agents/caller/disable", &Value::Null).await;
    let (status, problem) = shakes_hands(path, &world.secret).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("agent_disabled")));
    assert_eq!(
        shakes_hands("/v1/agents/caller/chat?version=draft", &world.secret).await.0,
        101,
        "to see what it would say"
    );
}

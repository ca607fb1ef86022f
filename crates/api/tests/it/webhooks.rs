//! Webhooks and deliveries over HTTP. Nobody delivers here: that is tested with the deliverer.

use domain::api_key::Permission;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, read};

async fn act(world: &World, path: &str) -> (u16, Value) {
    read(world.request(Method::POST, path).send().await.unwrap()).await
}

#[tokio::test]
async fn a_webhook_lives_and_tells_its_secret_once() {
    let world = World::new().await;
    let new = json!({"url": "https://example.com/hook?token=1", "events": ["call.ended", "call.ended", "call.turn"],
        "agent": "caller", "description": "CRM"});
    let made = world.post("/v1/webhooks", &new).await;
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44, "{secret}");
    insta::assert_json_snapshot!(made, {
        ".id" => "[webhook]", ".secret" => "[secret]", ".agent_id" => "[agent]",
        ".created_at" => "[time]", ".updated_at" => "[time]"
    });
    let path = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());
    let (_, read_back) = world.get(&path).await;
    assert!(read_back.get("secret").is_none() && read_back["url"] == made["url"]);
    assert_eq!(world.get("/v1/webhooks").await.1["items"], json!([read_back]));
    let change = json!({"events": ["*"], "agent": null, "enabled": false});
    let (_, changed) = world.send(Method::PATCH, &path, &change).await;
    assert_eq!((&changed["events"], &changed["agent_id"]), (&json!(["*"]), &Value::Null));
    assert_eq!((&changed["enabled"], &changed["disabled_reason"]), (&json!(false), &json!("by_request")));
    assert_eq!(act(&world, &format!("{path}/test")).await.0, 409, "it is switched off");
    let (_, on) = world.send(Method::PATCH, &path, &json!({"enabled": true})).await;
    assert_eq!((&on["enabled"], &on["disabled_at"]), (&json!(true), &Value::Null));
    let (status, rotated) = act(&world, &format!("{path}/rotate-secret")).await;
    assert_eq!(status, 200);
    assert!(rotated["secret"] != made["secret"] && rotated["previous_secret_until"].is_string());
    assert_eq!(world.request(Method::DELETE, &path).send().await.unwrap().status(), 204);
    assert_eq!(world.get(&path).await.0, 404);
}

#[tokio::test]
async fn deliveries_are_listed_read_and_sent_again() {
    let world = World::new().await;
    let made = world.post("/v1/webhooks", &json!({"url": "https://example.com/", "events": ["call.queued"]})).await;
    let path = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());
    let call = world.call().await;
    world.platform.store.fan_out(world.platform.clock.now()).await.unwrap();
    let (status, test) = act(&world, &format!("{path}/test")).await;
    assert_eq!((status, &test["event"], &test["state"]), (202, &json!("webhook.test"), &json!("pending")));
    let (_, all) = world.get(&format!("{path}/deliveries?limit=1")).await;
    assert_eq!(all["items"], json!([test]));
    let next = format!("/v1/deliveries?limit=1&cursor={}", all["next_cursor"].as_str().unwrap());
    let (_, rest) = world.get(&next).await;
    assert_eq!((&rest["items"][0]["call_id"], &rest["next_cursor"]), (&call["id"], &Value::Null));
    let (_, of_call) = world.get(&format!("/v1/deliveries?state=pending&call={}", call["id"].as_str().unwrap())).await;
    assert_eq!(of_call["items"], rest["items"]);
    let delivery = format!("/v1/deliveries/{}", test["id"].as_str().unwrap());
    let (_, log) = world.get(&delivery).await;
    assert_eq!((&log["id"], &log["log"]), (&test["id"], &json!([])));
    assert_eq!(act(&world, &format!("{delivery}/resend")).await.0, 202);
    let (_, acts) = world.get("/v1/audit?limit=1").await;
    assert_eq!((&acts["items"][0]["action"], &acts["items"][0]["resource"]), (&json!("webhook.replayed"), &test["id"]));
    let replay = json!({"since": "2020-01-01T00:00:00Z"});
    assert_eq!(world.post(&format!("{path}/replay"), &replay).await, json!({"deliveries": 0}), "all is on its way");
    let (_, events) = world.get(&format!("/v1/calls/{}/events", call["id"].as_str().unwrap())).await;
    let since = json!({"since_event": events["items"][0]["id"], "delivered_too": true});
    assert_eq!(world.send(Method::POST, &format!("{path}/replay"), &since).await.0, 202);
    for (query, pointer) in
        [("state=lost", "?state"), ("call=x", "?call"), ("limit=0", "?limit"), ("cursor=x", "?cursor")]
    {
        let (status, problem) = world.get(&format!("/v1/deliveries?{query}")).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!(pointer)), "{problem}");
    }
    assert_eq!(world.get("/v1/deliveries/msg_x").await.0, 404);
    let metrics = world.http.get(format!("{}/metrics", world.url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("\noutdial_webhook_backlog 2\n"), "{metrics}");
    assert!(metrics.contains("outdial_webhook_tries_total{result=\"delivered\"} 0"), "{metrics}");
}

#[tokio::test]
async fn a_status_url_is_checked_at_create_and_has_a_webhook_that_signs() {
    let world = World::new().await;
    let body =
        |url: &str| json!({"agent": "caller", "to": "+15550100001", "variables": {"name": "Ada"}, "status_url": url});
    for url in ["nowhere", "ftp://example.com/", "http://127.0.0.1/", "http://u:p@example.com/", "http://[::1]:80/"] {
        let (status, problem) = world.send(Method::POST, "/v1/calls", &body(url)).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/status_url")), "{url}: {problem}");
    }
    let (_, calls) = world.get("/v1/calls").await;
    assert_eq!(calls["items"], json!([]), "nothing was stored");
    world.post("/v1/calls", &body("https://example.com/done?id=1")).await;
    let (status, hook) = world.get("/v1/webhooks/status_url").await;
    assert_eq!((status, &hook["url"]), (200, &json!("")));
    assert_eq!(world.get("/v1/webhooks").await.1["items"], json!([]), "it is not one of the list");
    assert!(act(&world, "/v1/webhooks/status_url/rotate-secret").await.1["secret"].is_string());
    for (method, path) in [(Method::DELETE, ""), (Method::POST, "/test")] {
        let request = world.request(method, &format!("/v1/webhooks/status_url{path}"));
        assert_eq!(read(request.send().await.unwrap()).await.0, 409);
    }
}

#[tokio::test]
async fn nothing_of_a_tenant_is_seen_by_another() {
    let world = World::empty().await;
    let made = world.post("/v1/webhooks", &json!({"url": "https://example.com/", "events": ["*"]})).await;
    let path = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());
    let (_, test) = act(&world, &format!("{path}/test")).await;
    let settings = app::manage_organizations::OrganizationSettings { name: "other".into(), ..Default::default() };
    let other = world.platform.create_organization(settings).await.unwrap();
    let new =
        app::manage_keys::NewKey { name: "foreign".into(), permissions: vec![Permission::All], ..Default::default() };
    let secret = world.platform.create_key(&app::Principal::operator(other.id), new).await.unwrap().secret;
    let ask = async |method: Method, path: String| {
        let request = world.http.request(method, format!("{}{path}", world.url)).bearer_auth(&secret);
        read(request.send().await.unwrap()).await
    };
    let delivery = format!("/v1/deliveries/{}", test["id"].as_str().unwrap());
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::POST, format!("{path}/test")),
        (Method::POST, format!("{path}/rotate-secret")),
        (Method::GET, format!("{path}/deliveries")),
        (Method::GET, delivery.clone()),
        (Method::POST, format!("{delivery}/resend")),
    ] {
        let (status, problem) = ask(method.clone(), path.clone()).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "{method} {path}");
    }
    assert_eq!(ask(Method::GET, "/v1/webhooks".into()).await.1["items"], json!([]));
    assert_eq!(ask(Method::GET, "/v1/deliveries".into()).await.1["items"], json!([]));
}

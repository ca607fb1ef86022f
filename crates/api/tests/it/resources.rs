//! Trunks, numbers, keys and suppressions: made, read, changed, removed.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, read};

#[tokio::test]
async fn a_trunk_lives_and_keeps_its_password_to_itself() {
    let world = World::empty().await;
    let new = json!({"name": "carrier", "address": "sip.example.net:5060", "transport": "tcp", "username": "u",
        "password": "hunter2", "calls_per_second": 5, "channels": 30});
    let trunk = world.post("/v1/trunks", &new).await;
    insta::assert_json_snapshot!(trunk, { ".id" => "[trunk]", ".created_at" => "[time]" });
    let (_, list) = world.get("/v1/trunks").await;
    let health = &list["items"][0]["health"];
    assert_eq!((&health["state"], &health["live_calls"]), (&json!("unknown"), &json!(0)), "{list}");
    let mut listed = list["items"][0].clone();
    listed.as_object_mut().unwrap().remove("health");
    assert_eq!(listed, trunk);
    assert!(!list.to_string().contains("hunter2"));
    let (status, again) = world.send(Method::POST, "/v1/trunks", &new).await;
    assert_eq!((status, again["code"].as_str()), (409, Some("conflict")));
    let change = json!({"name": "renamed", "channels": null, "username": null});
    let (status, changed) = world.send(Method::PATCH, "/v1/trunks/carrier", &change).await;
    assert_eq!(status, 200);
    assert_eq!((&changed["channels"], &changed["username"]), (&Value::Null, &Value::Null));
    assert_eq!((&changed["name"], &changed["calls_per_second"]), (&json!("renamed"), &json!(5.0)));
    assert_eq!(world.get("/v1/trunks/carrier").await.0, 404);
    assert_eq!(world.request(Method::DELETE, "/v1/trunks/renamed").send().await.unwrap().status(), 204);
    assert_eq!(world.request(Method::DELETE, "/v1/trunks/renamed").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn numbers_hang_on_trunks_and_agents_on_numbers() {
    let world = World::new().await;
    world.post("/v1/trunks", &json!({"name": "other", "address": "127.0.0.1:5070"})).await;
    let (_, number) = world.get("/v1/numbers/+15550001000").await;
    insta::assert_json_snapshot!(number, { ".id" => "[number]", ".trunk_id" => "[trunk]", ".created_at" => "[time]" });
    assert_eq!(world.get(&format!("/v1/numbers/{}", number["id"].as_str().unwrap())).await, (200, number.clone()));
    let (_, moved) = world.send(Method::PATCH, "/v1/numbers/%2B15550001000", &json!({"trunk": "other"})).await;
    assert_ne!(moved["trunk_id"], number["trunk_id"]);
    let limits = json!({"calls_per_second": 2.5, "live_calls": 4});
    let (_, limited) = world.send(Method::PATCH, "/v1/numbers/%2B15550001000", &limits).await;
    assert_eq!((&limited["calls_per_second"], &limited["live_calls"]), (&json!(2.5), &json!(4)));
    assert_eq!(limited["trunk_id"], moved["trunk_id"], "what is not named stays");
    let (status, problem) = world.send(Method::PATCH, "/v1/agents/caller", &json!({"live_calls": 0})).await;
    assert_eq!((status, problem["code"].as_str()), (422, Some("invalid_request")));
    for held in ["/v1/trunks/other", "/v1/numbers/+15550001000"] {
        let (status, problem) = read(world.request(Method::DELETE, held).send().await.unwrap()).await;
        assert_eq!((status, problem["code"].as_str()), (409, Some("conflict")), "{held}");
    }
    world.send(Method::PATCH, "/v1/agents/caller", &json!({"number": null})).await;
    assert_eq!(world.request(Method::DELETE, "/v1/numbers/+15550001000").send().await.unwrap().status(), 204);
    assert_eq!(world.get("/v1/numbers").await.1["items"], json!([]));
    assert_eq!(world.request(Method::DELETE, "/v1/trunks/other").send().await.unwrap().status(), 204);
}

#[tokio::test]
async fn a_key_tells_its_secret_once_and_works_until_it_is_revoked() {
    let world = World::empty().await;
    let made = world.post("/v1/keys", &json!({"name": "site", "permissions": ["calls:read", "keys:read"]})).await;
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert!(secret.starts_with("od_"));
    let calls = |secret: &str| world.http.get(format!("{}/v1/calls", world.url)).bearer_auth(secret).send();
    assert_eq!(calls(secret).await.unwrap().status(), 200);
    let (_, read_back) = world.get(&format!("/v1/keys/{id}")).await;
    assert_eq!((&read_back["name"], &read_back["permissions"]), (&json!("site"), &json!(["calls:read", "keys:read"])));
    assert_eq!(read_back["dialect"], "native");
    let (_, list) = world.get("/v1/keys").await;
    assert!(!list.to_string().contains(secret) && list["items"].as_array().unwrap().len() == 2);
    for _ in 0..2 {
        let (status, revoked) =
            read(world.request(Method::DELETE, &format!("/v1/keys/{id}")).send().await.unwrap()).await;
        assert!(status == 200 && revoked["revoked_at"].is_string());
    }
    assert_eq!(calls(secret).await.unwrap().status(), 401);
    assert_eq!(world.get("/v1/keys/key_nothing").await.0, 404);
}

#[tokio::test]
async fn nobody_hands_out_what_they_do_not_hold() {
    let world = World::empty().await;
    let held = world.key(&[domain::api_key::Permission::KeysWrite]).await;
    let request = world.http.post(format!("{}/v1/keys", world.url)).bearer_auth(held);
    let (status, problem) = read(request.json(&json!({"name": "k", "permissions": ["*"]})).send().await.unwrap()).await;
    assert_eq!((status, problem["code"].as_str()), (403, Some("permission_denied")));
}

#[tokio::test]
async fn a_suppressed_number_stays_as_it_was_until_it_is_taken_off() {
    let world = World::new().await;
    let first = world.post("/v1/suppressions", &json!({"number": "+15550100001", "reason": "opt_out"})).await;
    insta::assert_json_snapshot!(first, { ".id" => "[suppression]", ".created_at" => "[time]" });
    let again = world.post("/v1/suppressions", &json!({"number": "+15550100001", "reason": "other"})).await;
    assert_eq!(again, first);
    assert_eq!(world.get("/v1/suppressions").await.1["items"], json!([first]));
    let path = format!("/v1/suppressions/{}", first["id"].as_str().unwrap());
    assert_eq!(world.request(Method::DELETE, &path).send().await.unwrap().status(), 204);
    assert_eq!(world.request(Method::DELETE, &path).send().await.unwrap().status(), 404);
    world.call().await;
}

#[tokio::test]
async fn what_is_kept_is_said_by_the_organization_and_the_agent_over_it() {
    let world = World::new().await;
    let for_ever = json!({"recordings_days": null, "transcripts_days": null, "mask_numbers": false});
    assert_eq!(world.get("/v1/retention").await, (200, for_ever.clone()));
    let put = async |path: &str, body: Value| world.send(Method::PUT, path, &body).await;
    let general = json!({"recordings_days": 30, "transcripts_days": 90, "mask_numbers": true});
    assert_eq!(put("/v1/retention", general.clone()).await, (200, general.clone()));
    let path = "/v1/agents/caller/retention";
    assert_eq!(world.get(path).await, (200, json!({"own": {}, "in_force": general})));
    let own = json!({"recordings_days": null, "transcripts_days": 0});
    let in_force = json!({"recordings_days": null, "transcripts_days": 0, "mask_numbers": true});
    assert_eq!(put(path, own.clone()).await, (200, json!({"own": own, "in_force": in_force})));
    assert_eq!(put(path, json!({})).await, (200, json!({"own": {}, "in_force": general})));
    for (path, body) in [("/v1/retention", json!({"recordings_days": 3651})), (path, json!({"recordings_days": 3651}))]
    {
        let (status, problem) = put(path, body).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/recordings_days")), "{problem}");
    }
    assert_eq!(put("/v1/retention", json!({"recording_days": 1})).await.0, 422, "a slip deletes nothing");
    assert_eq!(put("/v1/agents/nobody/retention", json!({})).await.0, 404);
    let (_, log) = world.get("/v1/audit?action=retention.updated").await;
    assert_eq!(log["items"].as_array().unwrap().len(), 3, "{log}");
    assert_eq!(put("/v1/retention", json!({})).await, (200, for_ever));
}

#[tokio::test]
async fn a_key_of_another_dialect_or_address_is_told_so() {
    let world = World::empty().await;
    let klen = world.post("/v1/keys", &json!({"name": "klen", "dialect": "klen", "scopes": ["can_read_calls"]})).await;
    let usual =
        "calls:read calls:write agents:read contacts:read contacts:write webhooks:read webhooks:write wallet:read";
    assert_eq!(klen["permissions"], json!(usual.split(' ').collect::<Vec<_>>()));
    let far = json!({"name": "far", "permissions": ["calls:read"], "allowed_ips": ["192.0.2.7", "2001:db8::/32"]});
    let far = world.post("/v1/keys", &far).await;
    assert_eq!(far["allowed_ips"], json!(["192.0.2.7/32", "2001:db8::/32"]));
    for (key, code) in [(&klen, "permission_denied"), (&far, "address_not_allowed")] {
        let secret = key["secret"].as_str().unwrap();
        let answer = world.http.get(format!("{}/v1/calls", world.url)).bearer_auth(secret).send().await.unwrap();
        let (status, problem) = read(answer).await;
        assert_eq!((status, &problem["code"]), (403, &json!(code)));
    }
    let path = format!("/v1/keys/{}", far["id"].as_str().unwrap());
    let (_, near) = world.send(Method::PATCH, &path, &json!({"allowed_ips": ["127.0.0.0/8"], "disabled": true})).await;
    assert!(near["disabled_at"].is_string() && near.get("secret").is_none(), "{near}");
    let bad = world.send(Method::PATCH, &path, &json!({"allowed_ips": ["127.0.0.0/99"]})).await;
    assert_eq!((bad.0, &bad.1["errors"][0]["pointer"]), (422, &json!("/allowed_ips/0")));
    let rotated = world.post(&format!("{path}/rotate"), &json!({"overlap_s": 60})).await;
    assert!(rotated["secret"].is_string() && rotated["previous_until"].is_string());
    let (_, read_back) = world.get(&path).await;
    assert!(read_back.get("secret").is_none());
}

#[tokio::test]
async fn permissions_have_words() {
    let world = World::empty().await;
    let (status, list) = world.get("/v1/permissions").await;
    let items = list["items"].as_array().unwrap();
    assert_eq!((status, items.len()), (200, domain::api_key::Permission::ALL.len()));
    for item in items {
        let name = item["name"].as_str().unwrap();
        assert!(domain::api_key::Permission::parse(name).is_some(), "{name}");
        assert!(!item["words"].as_str().unwrap().is_empty(), "{name}");
    }
}

//! Every route that changes the set-up leaves an entry in the audit log; a new one that does not fails here.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::World;

/// Routes that change something and are no administrative act: calls have events of their own, a test event changes
/// nothing. Resending is an act, and told so in `webhooks.rs`.
const NOT_ADMINISTRATIVE: &[&str] = &[
    "post /v1/calls",
    "post /v1/calls/{call}/hangup",
    "post /v1/calls/{call}/note",
    "post /v1/calls/{call}/say",
    "post /v1/calls/{call}/transfer",
    // Asks, and changes nothing.
    "post /v1/trunks/{trunk}/test",
    // People come and go; what they do to their accounts is told in `people.rs`.
    "post /v1/session",
    "delete /v1/session",
    "put /v1/session/organization",
    "post /v1/session/accept",
    "post /v1/session/join",
    "post /v1/setup",
    "post /v1/webhooks/{webhook}/test",
    "post /v1/deliveries/{delivery}/resend",
    "post /v1/agents/{agent}/tools/{tool}/test",
    "post /v1/providers/{name}/test",
    "post /v1/voices/{voice}/sample",
];

/// Every other route that changes something, in an order in which they succeed: route, path, body, act. `{id}` is the
/// id that the last answer held.
#[expect(clippy::too_many_lines, reason = "a table, one line a route")]
fn acts() -> Vec<(&'static str, &'static str, Value, &'static str)> {
    let agent = json!({"slug": "second", "definition": crate::world::definition()});
    vec![
        ("post /v1/trunks", "/v1/trunks", json!({"name": "spare", "address": "192.0.2.1"}), "trunk.created"),
        ("patch /v1/trunks/{trunk}", "/v1/trunks/spare", json!({"channels": 5}), "trunk.updated"),
        ("delete /v1/trunks/{trunk}", "/v1/trunks/spare", Value::Null, "trunk.deleted"),
        ("post /v1/numbers", "/v1/numbers", json!({"number": "+15550001001", "trunk": "line"}), "number.created"),
        ("patch /v1/numbers/{number}", "/v1/numbers/+15550001001", json!({"trunk": "line"}), "number.updated"),
        ("delete /v1/numbers/{number}", "/v1/numbers/+15550001001", Value::Null, "number.deleted"),
        ("post /v1/agents", "/v1/agents", agent, "agent.created"),
        ("patch /v1/agents/{agent}", "/v1/agents/second", json!({"calls_per_second": 2}), "agent.updated"),
        ("post /v1/agents/{agent}/publish", "/v1/agents/second/publish", Value::Null, "agent.published"),
        ("post /v1/agents/{agent}/rollback", "/v1/agents/second/rollback", json!({"version": 1}), "agent.published"),
        ("post /v1/agents/{agent}/disable", "/v1/agents/second/disable", Value::Null, "agent.disabled"),
        ("post /v1/agents/{agent}/enable", "/v1/agents/second/enable", Value::Null, "agent.enabled"),
        (
            "patch /v1/agents/{agent}/credentials",
            "/v1/agents/second/credentials",
            json!({"verify_signature": false}),
            "agent.credentials_changed",
        ),
        (
            "post /v1/agents/{agent}/credentials/rotate",
            "/v1/agents/second/credentials/rotate",
            Value::Null,
            "agent.credentials_changed",
        ),
        (
            "post /v1/members",
            "/v1/members",
            json!({"email": "a@example.com", "name": "A", "role": "viewer"}),
            "member.added",
        ),
        ("patch /v1/members/{member}", "/v1/members/{id}", json!({"role": "admin"}), "member.updated"),
        ("post /v1/members/{member}/invitation", "/v1/members/{id}/invitation", Value::Null, "member.invited"),
        ("delete /v1/members/{member}", "/v1/members/{id}", Value::Null, "member.removed"),
        ("post /v1/keys", "/v1/keys", json!({"name": "site", "permissions": ["calls:read"]}), "key.created"),
        ("patch /v1/keys/{key}", "/v1/keys/{id}", json!({"category": "Rest APIs"}), "key.updated"),
        ("post /v1/keys/{key}/rotate", "/v1/keys/{id}/rotate", json!({}), "key.rotated"),
        ("put /v1/keys/{key}/caps", "/v1/keys/{id}/caps", json!({"calls_per_day": 7}), "caps.updated"),
        ("delete /v1/keys/{key}", "/v1/keys/{id}", Value::Null, "key.revoked"),
        (
            "post /v1/suppressions",
            "/v1/suppressions",
            json!({"number": "+15550100009", "reason": "asked"}),
            "suppression.created",
        ),
        ("delete /v1/suppressions/{suppression}", "/v1/suppressions/{id}", Value::Null, "suppression.deleted"),
        (
            "post /v1/webhooks",
            "/v1/webhooks",
            json!({"url": "https://example.com/", "events": ["*"]}),
            "webhook.created",
        ),
        ("patch /v1/webhooks/{webhook}", "/v1/webhooks/{id}", json!({"description": "CRM"}), "webhook.updated"),
        (
            "post /v1/webhooks/{webhook}/rotate-secret",
            "/v1/webhooks/{id}/rotate-secret",
            Value::Null,
            "webhook.rotated",
        ),
        (
            "post /v1/webhooks/{webhook}/replay",
            "/v1/webhooks/{id}/replay",
            json!({"since": "2020-01-01T00:00:00Z"}),
            "webhook.replayed",
        ),
        ("delete /v1/webhooks/{webhook}", "/v1/webhooks/{id}", Value::Null, "webhook.deleted"),
        ("put /v1/wallet", "/v1/wallet", json!({"currency": "USD", "rate_per_minute": "0.1"}), "wallet.updated"),
        ("post /v1/wallet/top-ups", "/v1/wallet/top-ups", json!({"amount": "5"}), "wallet.adjusted"),
        ("put /v1/caps", "/v1/caps", json!({"calls_per_day": 9}), "caps.updated"),
        ("delete /v1/brakes/{scope}", "/v1/brakes/org_braked", Value::Null, "brake.released"),
        ("delete /v1/calls/{call}/recording", "/v1/calls/1/recording", Value::Null, "recording.deleted"),
        ("delete /v1/calls/{call}/content", "/v1/calls/1/content", Value::Null, "content.deleted"),
        (
            "post /v1/suppressions/import",
            "/v1/suppressions/import",
            json!({"items": [{"number": "+15550100008", "reason": "asked"}]}),
            "suppression.created",
        ),
        ("post /v1/contacts", "/v1/contacts", json!({"numbers": ["+15550100007"]}), "contact.saved"),
        (
            "put /v1/contacts/{contact}",
            "/v1/contacts/{id}",
            json!({"numbers": ["+15550100007"], "time_zone": "America/Chicago"}),
            "contact.saved",
        ),
        ("delete /v1/contacts/{contact}", "/v1/contacts/{id}", Value::Null, "contact.deleted"),
        (
            "post /v1/consents",
            "/v1/consents",
            json!({"number": "+15550100007", "basis": "express_written", "source": "form"}),
            "consent.recorded",
        ),
        ("delete /v1/consents/{consent}", "/v1/consents/{id}", Value::Null, "consent.withdrawn"),
        ("put /v1/policy", "/v1/policy", json!({"frequency": {"calls": 3, "days": 7}}), "policy.updated"),
        (
            "put /v1/agents/{agent}/policy",
            "/v1/agents/second/policy",
            json!({"policy": {"consent": "lists"}}),
            "policy.updated",
        ),
        ("put /v1/retention", "/v1/retention", json!({"recordings_days": 30}), "retention.updated"),
        (
            "put /v1/agents/{agent}/retention",
            "/v1/agents/second/retention",
            json!({"transcripts_days": 7}),
            "retention.updated",
        ),
        ("post /v1/nodes/{node}/drain", "/v1/nodes/east-1/drain", Value::Null, "node.drained"),
        ("post /v1/nodes/{node}/resume", "/v1/nodes/east-1/resume", Value::Null, "node.resumed"),
    ]
}

#[tokio::test]
async fn every_change_of_the_set_up_is_told() {
    let world = crate::recording::recorded("2026/one.wav").await;
    let now = world.platform.clock.now();
    let brake = app::ports::store::Brake {
        scope: "org_braked".to_owned(),
        organization: world.organization,
        cap: "organization.calls_abroad_per_hour".to_owned(),
        tripped_at: now,
        until: now + std::time::Duration::from_secs(60),
    };
    assert!(world.platform.store.trip_brake(&brake).await.unwrap());
    world.node_shows("east-1", world.node, true).await;
    let document: Value = serde_json::from_str(&api::document().to_json().unwrap()).unwrap();
    let mut untold: BTreeSet<String> = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let changing = methods.as_object().unwrap().keys().filter(|method| *method != "get");
        untold.extend(changing.map(|method| format!("{method} {path}")));
    }
    for route in NOT_ADMINISTRATIVE {
        assert!(untold.remove(*route), "{route} is not a route");
    }
    let mut id = String::new();
    for (route, path, body, action) in acts() {
        assert!(untold.remove(route), "{route} is not a route");
        let method: Method = route.split(' ').next().unwrap().to_uppercase().parse().unwrap();
        let mut request =
            world.request(method, &path.replace("{id}", &id)).header("x-request-id", format!("test {route}"));
        if !body.is_null() {
            request = request.json(&body);
        }
        let (status, answer) = crate::world::read(request.send().await.unwrap()).await;
        assert!((200..300).contains(&status), "{route}: {status} {answer}");
        if let Some(new) = answer["id"].as_str().or(answer["member"]["id"].as_str()) {
            id = new.to_owned();
        }
        let (_, log) = world.get("/v1/audit?limit=1").await;
        let entry = &log["items"][0];
        assert_eq!(entry["request_id"], format!("test {route}"), "{route} left no entry: {entry}");
        assert_eq!((&entry["action"], &entry["actor"]), (&json!(action), &json!("key")), "{route}");
        assert_eq!(entry["address"], "127.0.0.1", "{route}");
        assert!(entry["key_id"].as_str().unwrap().starts_with("key_"));
    }
    assert!(untold.is_empty(), "routes that change something and are not in this test: {untold:?}");
}

#[tokio::test]
async fn refused_and_idle_acts_leave_nothing_and_no_secret_is_told() {
    let world = World::new().await;
    let count = async || world.get("/v1/audit?limit=200").await.1["items"].as_array().unwrap().len();
    let before = count().await;
    let trunk = json!({"name": "line", "address": "192.0.2.1", "username": "u", "password": "hunter2"});
    assert_eq!(world.send(Method::POST, "/v1/trunks", &trunk).await.0, 409);
    assert_eq!(world.send(Method::POST, "/v1/agents/caller/enable", &Value::Null).await.0, 200);
    assert_eq!(world.request(Method::DELETE, "/v1/trunks/line").send().await.unwrap().status(), 409);
    assert_eq!(count().await, before);
    let change = json!({"username": "u", "password": "hunter2", "channels": 7});
    assert_eq!(world.send(Method::PATCH, "/v1/trunks/line", &change).await.0, 200);
    world.post("/v1/suppressions", &json!({"number": "+15550100009", "reason": "opt_out"})).await;
    let (_, log) = world.get("/v1/audit?limit=2").await;
    assert_eq!(log["items"][1]["changes"]["credentials"], json!({"before": null, "after": "hidden"}));
    assert_eq!(log["items"][1]["changes"]["channels"], json!({"before": null, "after": 7}));
    assert!(!log.to_string().contains("hunter2") && !log.to_string().contains("0100009"), "{log}");
}

#[tokio::test]
async fn the_log_is_filtered_and_bad_filters_are_named() {
    let world = World::new().await;
    let (_, agents) = world.get("/v1/audit?action=agent.created,agent.published").await;
    assert_eq!(agents["items"].as_array().unwrap().len(), 2);
    let id = agents["items"][0]["resource"].as_str().unwrap();
    let (_, one) = world.get(&format!("/v1/audit?resource={id}&limit=1")).await;
    assert_eq!(one["items"].as_array().unwrap().len(), 1);
    let (_, rest) =
        world.get(&format!("/v1/audit?resource={id}&cursor={}", one["next_cursor"].as_str().unwrap())).await;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &Value::Null));
    for (query, pointer) in
        [("action=agent.painted", "?action"), ("key=x", "?key"), ("limit=0", "?limit"), ("cursor=x", "?cursor")]
    {
        let (status, problem) = world.get(&format!("/v1/audit?{query}")).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!(pointer)), "{query}");
    }
}

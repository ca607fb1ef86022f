//! People, agents and variables in the words of Klen and Voxpria, who share the paths, and how often their keys may ask.

use api::RequestLimits;
use domain::dialect::Dialect;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, read};

/// A key of a vendor's API.
struct Keyed<'w> {
    world: &'w World,
    key: String,
}

impl Keyed<'_> {
    async fn of(world: &World, dialect: Dialect) -> Keyed<'_> {
        Keyed { world, key: world.foreign_key(dialect, None, &[]).await }
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.world.ask(method, path, &[("x-api-key", &self.key)], &text).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, &Value::Null).await
    }

    async fn done(&self, method: Method, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }
}

#[tokio::test]
async fn klens_contacts_are_created_found_read_and_changed() {
    let world = World::new().await;
    let klen = Keyed::of(&world, Dialect::Klen).await;
    let body = json!({
        "first_name": "Ann", "last_name": "Lee", "email": "ann@example.com", "company": "Acme",
        "phone_numbers": ["+15550100002", { "phone_number": "+15550100001", "primary": true }],
        "address": { "city": "Reno" }, "tags": ["vip", "west"], "custom_context": { "plan": { "name": "gold" } },
    });
    let ann = klen.done(Method::POST, "/api/v1/contacts/create", &body).await;
    assert_eq!((&ann["id"], &ann["full_name"], &ann["phone"]), (&json!(1), &json!("Ann Lee"), &json!("+15550100001")));
    assert_eq!((&ann["stage"], &ann["status_display"]), (&json!("lead"), &json!("Not contacted")), "what is usual");
    assert_eq!((&ann["address"]["city"], &ann["address"]["country"]), (&json!("Reno"), &json!("US")));
    let numbers = ann["phone_numbers"].as_array().unwrap();
    assert_eq!((&numbers[0]["primary"], &numbers[1]["do_not_call"]), (&json!(true), &json!(false)));
    let bob = klen.done(Method::POST, "/api/v1/contacts/create", &json!({ "first_name": "Bob" })).await;
    assert_eq!((&bob["id"], &bob["phone"]), (&json!(2), &Value::Null), "a person may have no number");

    let found = async |query: &str| {
        let (status, list) = klen.get(&format!("/api/v1/contacts?{query}")).await;
        assert_eq!(status, 200, "{list}");
        let ids = list["contacts"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap());
        (list["count"].as_u64().unwrap(), ids.collect::<Vec<_>>())
    };
    assert_eq!(found("").await, (2, vec![2, 1]), "newest first");
    assert_eq!(found("limit=1&page=2").await, (2, vec![1]));
    assert_eq!(found("tag=vip").await, (1, vec![1]));
    assert_eq!(found("tag=vi").await, (0, vec![]), "a tag is a whole word");
    assert_eq!(found("search=acme").await, (1, vec![1]));
    assert_eq!(found("search=0100001").await, (1, vec![1]));
    assert_eq!(found("search=%25").await, (0, vec![]), "a sign of patterns is looked for as it stands");
    assert_eq!(found("stage=lead&status=not_contacted").await, (2, vec![2, 1]));

    let change = json!({ "tags": ["east"], "stage": "customer", "company": null });
    let ann = klen.done(Method::PATCH, "/api/v1/contacts/1/update", &change).await;
    assert_eq!(
        (&ann["tags"], &ann["company"], &ann["email"]),
        (&json!(["east"]), &Value::Null, &json!("ann@example.com"))
    );
    let suppress = json!({ "number": "+15550100002", "reason": "asked" });
    world.post("/v1/suppressions", &suppress).await;
    let (_, ann) = klen.get("/api/v1/contacts/1").await;
    assert_eq!(
        (&ann["phone_numbers"][1]["do_not_call"], &ann["phone_numbers"][1]["dnc_reason"]),
        (&json!(true), &json!("asked"))
    );
    let (_, native) = world.get("/v1/contacts?tag=east").await;
    assert_eq!(native["items"][0]["first_name"], "Ann", "the same person natively");

    for (method, path, body, status, code) in [
        (Method::POST, "/api/v1/contacts/create", json!({ "last_name": "Lee" }), 400, "validation_error"),
        (Method::POST, "/api/v1/contacts/create", json!({ "first_name": 7 }), 400, "validation_error"),
        (
            Method::POST,
            "/api/v1/contacts/create",
            json!({ "first_name": "C", "phone": "12" }),
            400,
            "invalid_phone_number",
        ),
        (
            Method::POST,
            "/api/v1/contacts/create",
            json!({ "first_name": "C", "phone": "+15550100001" }),
            409,
            "conflict",
        ),
        (Method::GET, "/api/v1/contacts/9", Value::Null, 404, "not_found"),
        (Method::PUT, "/api/v1/contacts/nine/update", json!({}), 404, "not_found"),
        (Method::DELETE, "/api/v1/contacts/1", Value::Null, 405, "method_not_allowed"),
    ] {
        let (got, answer) = klen.ask(method, path, &body).await;
        assert_eq!((got, answer["error"].as_str()), (status, Some(code)), "{path} {body}: {answer}");
    }
    let only_calls = world.foreign_key(Dialect::Klen, None, &["can_read_calls"]).await;
    let (status, denied) = world.ask(Method::GET, "/klen/api/v1/contacts", &[("x-api-key", &only_calls)], "").await;
    assert_eq!((status, &denied["error"]), (403, &json!("permission_denied")));
}

#[tokio::test]
async fn what_is_known_fills_a_call_and_what_it_brings_goes_first() {
    let world = World::new().await;
    let klen = Keyed::of(&world, Dialect::Klen).await;
    let agent = world.platform.agent_names(&world.operator()).await.unwrap().into_values().next().unwrap().klen;
    let ann = json!({ "first_name": "Ann", "phone": "+15550100001", "custom_context": { "plan": { "name": "gold" } } });
    klen.done(Method::POST, "/api/v1/contacts/create", &ann).await;
    let define = json!({ "name": "city", "context_type": "business", "variable_type": "select", "select_options": ["Reno", "Elko"] });
    let city = klen.done(Method::POST, "/api/v1/context-variables/create", &define).await;
    assert_eq!(
        (&city["id"], &city["context_type"], &city["display_name"]),
        (&json!(1), &json!("business"), &json!("city"))
    );
    let set = async |path: &str, body: Value| klen.ask(Method::POST, path, &body).await;
    let (status, answer) = set("/api/v1/business/context", json!({ "variables": { "city": "Paris" } })).await;
    assert_eq!((status, &answer["error"]), (400, &json!("invalid_value")), "{answer}");
    let (status, answer) = set("/api/v1/contacts/1/context", json!({ "variables": { "tier": 3 } })).await;
    assert_eq!((status, &answer["error"]), (400, &json!("undefined_variable")), "{answer}");
    assert_eq!(set("/api/v1/business/context", json!({ "variables": { "city": "Reno" } })).await.0, 200);
    let auto = json!({ "variables": { "tier": 3, "name": "Annie" }, "auto_create_variables": true });
    let (status, answer) = set("/api/v1/contacts/1/context", auto).await;
    assert_eq!((status, &answer["contact_id"]), (200, &json!(1)), "{answer}");
    let (_, list) = klen.get("/api/v1/context-variables?context_type=contact").await;
    let names: Vec<_> = list["variables"].as_array().unwrap().iter().map(|v| v["name"].clone()).collect();
    assert_eq!((&list["count"], names), (&json!(2), vec![json!("tier"), json!("name")]));

    let called = async |body: Value| {
        let answer = klen.done(Method::POST, "/api/v1/calls", &body).await;
        world.get(&format!("/v1/calls/{}", answer["call_id"].as_str().unwrap())).await.1["variables"].clone()
    };
    let by_number = called(json!({ "agent_id": agent, "phone_number": "+15550100001" })).await;
    let known = ["city", "first_name", "name", "tier", "plan.name"].map(|name| by_number[name].clone());
    assert_eq!(known, ["Reno", "Ann", "Annie", "3", "gold"].map(|text| json!(text)), "{by_number}");
    let other =
        json!({ "agent_id": agent, "phone_number": "+15550100009", "contact_id": 1, "variables": { "name": "Bo" } });
    let by_id = called(other).await;
    assert_eq!((&by_id["name"], &by_id["tier"]), (&json!("Bo"), &json!("3")), "the call's own value goes first");
    let unknown = json!({ "agent_id": agent, "phone_number": "+15550100009", "contact_id": 7 });
    let (status, answer) = klen.ask(Method::POST, "/api/v1/calls", &unknown).await;
    assert_eq!((status, &answer["error"]), (404, &json!("not_found")));
    let (_, detail) = klen.get("/api/v1/calls?limit=1").await;
    assert_eq!(detail["calls"][0]["contact"], Value::Null, "nobody is known by that number");
    let (_, detail) = klen.get("/api/v1/calls?limit=1&page=2").await;
    assert_eq!(detail["calls"][0]["contact"]["name"], "Ann");

    klen.done(Method::PATCH, "/api/v1/context-variables/1/update", &json!({ "description": "where" })).await;
    klen.done(Method::DELETE, "/api/v1/context-variables/1/delete", &Value::Null).await;
    let (status, answer) = klen.ask(Method::DELETE, "/api/v1/context-variables/1/delete", &Value::Null).await;
    assert_eq!((status, &answer["error"]), (404, &json!("not_found")));
    let gone = called(json!({ "agent_id": agent, "phone_number": "+15550100001", "variables": { "name": "A" } })).await;
    assert_eq!(gone["city"], Value::Null, "{gone}");
}

#[tokio::test]
async fn voxprias_contacts_are_imported_listed_changed_and_deleted() {
    let world = World::new().await;
    let voxpria = Keyed::of(&world, Dialect::Voxpria).await;
    let body =
        json!({ "phone": "+15550100001", "firstName": "Ann", "lastName": "Lee", "metadata": { "plan": "gold" } });
    let ann = voxpria.done(Method::POST, "/api/v1/contacts", &body).await;
    let id = ann["data"]["contactId"].as_str().unwrap().to_owned();
    assert_eq!((&ann["data"]["phone"], &ann["data"]["metadata"]["plan"]), (&json!("+15550100001"), &json!("gold")));
    let mut rows: Vec<Value> =
        (0..3_000).map(|n| json!({ "phone": format!("+1212555{n:04}"), "firstName": "N" })).collect();
    rows.push(json!({ "phone": "+15550100001" }));
    rows.push(json!({ "firstName": "no number" }));
    rows.push(json!("no object"));
    let import = voxpria.done(Method::POST, "/api/v1/contacts/bulk", &json!({ "contacts": rows })).await;
    assert_eq!((&import["data"]["imported"], &import["data"]["skipped"]), (&json!(3_000), &json!(1)), "{import}");
    let faults = import["data"]["errors"].as_array().unwrap();
    assert_eq!(faults.iter().map(|fault| fault["index"].as_u64().unwrap()).collect::<Vec<_>>(), [3_001, 3_002]);

    let (_, page) = voxpria.get("/api/v1/contacts?limit=2&page=2").await;
    let pagination = json!({ "page": 2, "limit": 2, "total": 3_001, "totalPages": 1_501 });
    assert_eq!((&page["pagination"], page["data"].as_array().unwrap().len()), (&pagination, 2));
    let path = format!("/api/v1/contacts/{id}");
    let changed =
        voxpria.done(Method::PUT, &path, &json!({ "email": "ann@example.com", "phone": "+15550100009" })).await;
    assert_eq!((&changed["data"]["firstName"], &changed["data"]["phone"]), (&json!("Ann"), &json!("+15550100009")));
    assert_eq!(voxpria.get(&path).await.1["data"], changed["data"]);
    voxpria.done(Method::DELETE, &path, &Value::Null).await;
    let (status, gone) = voxpria.get(&path).await;
    assert_eq!((status, &gone["error"]), (404, &json!("not_found")));
    for (path, body, status) in [
        ("/api/v1/contacts", json!({ "firstName": "A" }), 400),
        ("/api/v1/contacts", json!({ "phone": "12" }), 400),
        ("/api/v1/contacts/bulk", json!({ "contacts": 7 }), 400),
        ("/api/v1/contacts/bulk", json!({ "contacts": vec![json!({}); 10_001] }), 400),
    ] {
        let (got, answer) = voxpria.ask(Method::POST, path, &body).await;
        assert_eq!((got, &answer["error"]), (status, &json!("validation_error")), "{path}: {answer}");
    }
    let reads = world.foreign_key(Dialect::Voxpria, None, &["contacts:read"]).await;
    let (status, denied) = world.ask(Method::POST, "/voxpria/api/v1/contacts", &[("x-api-key", &reads)], "{}").await;
    assert_eq!((status, &denied["error"]), (403, &json!("forbidden")));
}

#[tokio::test]
async fn agents_are_shown_with_what_they_say_and_did() {
    let world = World::new().await;
    let (klen, voxpria) = (Keyed::of(&world, Dialect::Klen).await, Keyed::of(&world, Dialect::Voxpria).await);
    let names = world.platform.agent_names(&world.operator()).await.unwrap().into_values().next().unwrap();
    world.call().await;
    let (_, agents) = klen.get("/api/v1/agents").await;
    let agent = &agents["agents"][0];
    assert_eq!((&agent["id"], &agent["assistant_id"]), (&json!(names.integer), &json!(names.klen)));
    assert_eq!((&agent["phone_number"], &agent["can_make_calls"]), (&json!("+15550001000"), &json!(true)));
    assert_eq!((&agent["total_calls"], &agent["minutes_used"]), (&json!(1), &json!(0.0)), "{agent}");
    let (_, one) = voxpria.get(&format!("/api/v1/agents/{}", names.voxpria)).await;
    assert_eq!((&one["data"]["agentId"], &one["data"]["stats"]["totalCalls"]), (&json!(names.voxpria), &json!(1)));
    assert!(one["data"]["configuration"]["maxDuration"].as_u64().unwrap() > 0, "{one}");
    let (_, flow) = voxpria.get(&format!("/api/v1/agents/{}/flow", names.voxpria)).await;
    assert_eq!(flow["data"]["flow"]["version"], "1.0", "{flow}");
    assert!(!flow["data"]["flow"]["nodes"].as_array().unwrap().is_empty(), "{flow}");
    let (status, _) = world.ask(Method::GET, "/api/v1/agents", &[], "").await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_key_asks_so_often_in_a_window_and_is_told_when_to_come_back() {
    let world = World::limited(RequestLimits { klen: Some(2), voxpria: Some(2) }).await;
    for (dialect, path, shown) in
        [(Dialect::Klen, "/klen/api/v1/agents", false), (Dialect::Voxpria, "/voxpria/api/v1/credits", true)]
    {
        let (key, other) = (world.foreign_key(dialect, None, &[]).await, world.foreign_key(dialect, None, &[]).await);
        let ask = |key: &str| world.http.get(format!("{}{path}", world.url)).header("x-api-key", key.to_owned()).send();
        for left in ["1", "0"] {
            let answer = ask(&key).await.unwrap();
            assert_eq!(answer.status(), 200);
            let told = answer.headers().get("x-ratelimit-remaining").map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(told.as_deref(), shown.then_some(left), "{path}");
        }
        let refused = ask(&key).await.unwrap();
        let headers = refused.headers().clone();
        let wait: u64 = headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=3_600).contains(&wait), "{wait}");
        if shown {
            assert_eq!(
                (&headers["x-ratelimit-limit"], &headers["x-ratelimit-remaining"]),
                (&"2".parse().unwrap(), &"0".parse().unwrap())
            );
            assert!(headers["x-ratelimit-reset"].to_str().unwrap().parse::<i64>().unwrap() > 1_700_000_000);
        }
        let (status, body) = read(refused).await;
        assert_eq!((status, &body["error"]), (429, &json!("rate_limit_exceeded")));
        assert_eq!(ask(&other).await.unwrap().status(), 200, "another key has a window of its own");
        assert_eq!(ask("unknown").await.unwrap().status(), 401);
    }
}

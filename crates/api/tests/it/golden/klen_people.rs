//! Klen's agents, contacts and context variables.

use api::RequestLimits;
use domain::dialect::Dialect;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Asked, Golden};
use crate::world::World;

/// Under Klen's own prefix: without it, a request without a key leads to whom the configuration says.
const AGENTS: &str = "/klen/api/v1/agents";
const CONTACTS: &str = "/klen/api/v1/contacts";
const VARIABLES: &str = "/klen/api/v1/context-variables";
const BUSINESS: &str = "/klen/api/v1/business/context";

fn put(path: &str, body: &Value) -> Asked {
    Asked { method: Method::PUT, ..Asked::post(path, body) }
}

fn patch(path: &str, body: &Value) -> Asked {
    Asked { method: Method::PATCH, ..Asked::post(path, body) }
}

fn delete(path: &str) -> Asked {
    Asked { method: Method::DELETE, ..Asked::get(path) }
}

fn contact() -> Value {
    json!({
        "first_name": "Ann", "last_name": "Lee", "email": "ann@example.com", "company": "Acme",
        "phone_numbers": ["+15550100002", { "phone_number": "+15550100001", "primary": true }],
        "address": { "city": "Reno" }, "tags": ["vip", "west"], "custom_context": { "plan": { "name": "gold" } },
    })
}

fn variable() -> Value {
    json!({
        "name": "city", "display_name": "City", "description": "Where the office is", "context_type": "business",
        "variable_type": "select", "select_options": ["Reno", "Elko"],
    })
}

/// Each operation once, on the first of its kind.
fn each() -> [(&'static str, Asked); 12] {
    let (one, named) = (format!("{CONTACTS}/1"), format!("{VARIABLES}/1"));
    let values = json!({ "variables": { "tier": 3 }, "auto_create_variables": true });
    [
        ("agents", Asked::get(AGENTS)),
        ("contact-list", Asked::get(CONTACTS)),
        ("contact-create", Asked::post(format!("{CONTACTS}/create"), &contact())),
        ("contact-read", Asked::get(&*one)),
        ("contact-replace", put(&format!("{one}/update"), &json!({ "stage": "customer", "tags": ["east"] }))),
        ("contact-update", patch(&format!("{one}/update"), &json!({ "company": null }))),
        ("contact-context", Asked::post(format!("{one}/context"), &values)),
        ("variable-create", Asked::post(format!("{VARIABLES}/create"), &variable())),
        ("variable-list", Asked::get(VARIABLES)),
        ("variable-replace", put(&format!("{named}/update"), &json!({ "display_name": "Town" }))),
        ("variable-update", patch(&format!("{named}/update"), &json!({ "select_options": ["Reno"] }))),
        ("business-context", Asked::post(BUSINESS, &json!({ "variables": { "city": "Reno" } }))),
    ]
}

fn variable_delete() -> (&'static str, Asked) {
    ("variable-delete", delete(&format!("{VARIABLES}/1/delete")))
}

/// All of it, with the key's own window and its end.
pub(super) async fn all(klen: &mut Golden) {
    keys(klen).await;
    succeed(klen).await;
    are_refused(klen).await;
    klen.ask("variable-delete", "", variable_delete().1).await;
    klen.ask("variable-delete", "", variable_delete().1).await;
    window(klen).await;
    faults(klen).await;
}

async fn succeed(klen: &mut Golden) {
    klen.ask("contact-list", "empty", Asked::get(CONTACTS)).await;
    klen.ask("variable-list", "empty", Asked::get(VARIABLES)).await;
    // People and variables first, so that what reads them has something to show.
    let (mut makes, mut others): (Vec<_>, Vec<_>) =
        each().into_iter().partition(|(operation, _)| operation.ends_with("-create"));
    makes.append(&mut others);
    for (operation, asked) in makes {
        klen.ask(operation, "", asked).await;
    }
    let filtered = format!("{CONTACTS}?stage=customer&tag=east&search=lee&page=1&limit=1");
    klen.ask("contact-list", "filtered", Asked::get(filtered)).await;
    klen.ask("variable-list", "filtered", Asked::get(format!("{VARIABLES}?context_type=contact"))).await;
    let number = json!({ "number": "+15550100002", "reason": "asked" });
    klen.world.post("/v1/suppressions", &number).await;
    klen.ask("contact-read", "do-not-call", Asked::get(format!("{CONTACTS}/1"))).await;
}

async fn are_refused(klen: &mut Golden) {
    let create = |body: Value| Asked::post(format!("{CONTACTS}/create"), &body);
    let define = |body: Value| Asked::post(format!("{VARIABLES}/create"), &body);
    let set = |id: &str, body: Value| Asked::post(format!("{CONTACTS}/{id}/context"), &body);
    let table = [
        ("contact-list", "page", Asked::get(format!("{CONTACTS}?page=0"))),
        ("contact-create", "missing-first-name", create(json!({ "last_name": "Lee" }))),
        ("contact-create", "invalid-phone-number", create(json!({ "first_name": "C", "phone": "12" }))),
        ("contact-create", "number-taken", create(json!({ "first_name": "C", "phone": "+15550100001" }))),
        ("contact-create", "invalid-json", create(Value::Null).saying("{")),
        ("contact-read", "", Asked::get(format!("{CONTACTS}/9"))),
        ("contact-read", "method-not-allowed", delete(&format!("{CONTACTS}/1"))),
        ("contact-replace", "", put(&format!("{CONTACTS}/9/update"), &json!({}))),
        ("contact-update", "", patch(&format!("{CONTACTS}/nine/update"), &json!({}))),
        ("contact-context", "", set("9", json!({ "variables": {} }))),
        ("contact-context", "undefined-variable", set("1", json!({ "variables": { "colour": "red" } }))),
        ("contact-context", "missing-variables", set("1", json!({}))),
        ("variable-create", "missing-name", define(json!({ "variable_type": "text" }))),
        ("variable-create", "variable-type", define(json!({ "name": "x", "variable_type": "odd" }))),
        ("variable-create", "missing-options", define(json!({ "name": "x", "variable_type": "select" }))),
        ("variable-create", "name-taken", define(variable())),
        ("variable-list", "context-type", Asked::get(format!("{VARIABLES}?context_type=odd"))),
        ("variable-replace", "", put(&format!("{VARIABLES}/9/update"), &json!({}))),
        ("variable-update", "", patch(&format!("{VARIABLES}/9/update"), &json!({}))),
        ("business-context", "invalid-value", Asked::post(BUSINESS, &json!({ "variables": { "city": "Paris" } }))),
    ];
    for (operation, case, asked) in table {
        klen.ask(operation, case, asked).await;
    }
}

async fn keys(klen: &mut Golden) {
    klen.enter(World::new().await).await;
    let poor = klen.world.foreign_key(Dialect::Klen, None, &["can_read_calls"]).await;
    for (operation, asked) in each().into_iter().chain([variable_delete()]) {
        klen.exchange(operation, "authentication-required", asked.clone()).await;
        klen.ask_with("klen_wrong", operation, "invalid-key", asked.clone()).await;
        klen.ask_with(&poor, operation, "permission-denied", asked).await;
    }
}

/// A key asks so often in a minute and no more.
async fn window(klen: &mut Golden) {
    klen.enter(World::limited(RequestLimits { klen: Some(1), voxpria: None }).await.furnished().await).await;
    klen.ask("agents", "first-of-its-window", Asked::get(AGENTS)).await;
    klen.ask("agents", "requests-a-minute", Asked::get(AGENTS)).await;
}

async fn faults(klen: &mut Golden) {
    klen.enter(World::new().await).await;
    klen.ask("contact-create", "to-be-lost", each()[2].1.clone()).await;
    for table in ["contacts", "context_variables", "agents"] {
        klen.world.loses(table).await;
    }
    for (operation, asked) in each().into_iter().chain([variable_delete()]) {
        klen.ask(operation, "", asked).await;
    }
}

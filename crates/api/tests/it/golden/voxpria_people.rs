//! Voxpria's contacts, flows, and the window of a key.

use api::RequestLimits;
use domain::dialect::Dialect;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Asked, Golden};
use crate::world::World;

const CONTACTS: &str = "/voxpria/api/v1/contacts";
const BULK: &str = "/voxpria/api/v1/contacts/bulk";
const NOBODY: &str = "/voxpria/api/v1/contacts/00000000-0000-0000-0000-000000000000";

fn contact() -> Value {
    json!({
        "phone": "+15550100001", "firstName": "Ann", "lastName": "Lee", "email": "ann@example.com",
        "metadata": { "plan": "gold" },
    })
}

fn put(path: &str, body: &Value) -> Asked {
    Asked { method: Method::PUT, ..Asked::post(path, body) }
}

fn delete(path: &str) -> Asked {
    Asked { method: Method::DELETE, ..Asked::get(path) }
}

fn flow(voxpria: &Golden) -> Asked {
    Asked::get(format!("/voxpria/api/v1/agents/{}/flow", voxpria.names.voxpria))
}

/// Each operation once, on this contact.
fn each(voxpria: &Golden, one: &str) -> [(&'static str, Asked); 7] {
    [
        ("contact-create", Asked::post(CONTACTS, &contact())),
        ("contact-list", Asked::get(CONTACTS)),
        ("contact-bulk", Asked::post(BULK, &json!({ "contacts": [{ "phone": "+15550100003" }] }))),
        ("contact-read", Asked::get(one)),
        ("contact-update", put(one, &json!({ "email": "lee@example.com" }))),
        ("contact-delete", delete(one)),
        ("flow", flow(voxpria)),
    ]
}

/// All of it.
pub(super) async fn all(voxpria: &mut Golden) {
    voxpria.enter(World::new().await).await;
    keys(voxpria).await;
    succeed(voxpria).await;
    are_refused(voxpria).await;
    window(voxpria).await;
    faults(voxpria).await;
}

async fn keys(voxpria: &mut Golden) {
    let none = voxpria.world.foreign_key(Dialect::Voxpria, None, &["campaigns:read"]).await;
    for (operation, asked) in each(voxpria, NOBODY) {
        voxpria.exchange(operation, "no-key", asked.clone()).await;
        voxpria.ask_with("agl_sk_wrong", operation, "unknown-key", asked.clone()).await;
        voxpria.ask_with(&none, operation, "scope", asked).await;
    }
}

async fn succeed(voxpria: &mut Golden) {
    voxpria.ask("contact-list", "empty", Asked::get(CONTACTS)).await;
    let (_, made) = voxpria.ask("contact-create", "", Asked::post(CONTACTS, &contact())).await;
    let rows = json!({ "contacts": [
        { "phone": "+15550100002", "firstName": "Bo" }, { "phone": "+15550100001" }, { "firstName": "no number" },
    ] });
    voxpria.ask("contact-bulk", "", Asked::post(BULK, &rows)).await;
    voxpria.ask("contact-list", "", Asked::get(format!("{CONTACTS}?page=1&limit=1"))).await;
    let one = format!("{CONTACTS}/{}", made["data"]["contactId"].as_str().unwrap());
    voxpria.ask("contact-read", "", Asked::get(&*one)).await;
    voxpria.ask("contact-update", "", put(&one, &json!({ "email": "lee@example.com" }))).await;
    voxpria.ask("contact-delete", "", delete(&one)).await;
    voxpria.ask("flow", "", flow(voxpria)).await;
}

async fn are_refused(voxpria: &mut Golden) {
    let too_many = json!({ "contacts": vec![json!({}); 10_001] });
    let table = [
        ("contact-create", "missing-phone", Asked::post(CONTACTS, &json!({ "firstName": "A" }))),
        ("contact-create", "invalid-phone", Asked::post(CONTACTS, &json!({ "phone": "12" }))),
        ("contact-create", "number-taken", Asked::post(CONTACTS, &json!({ "phone": "+15550100002" }))),
        ("contact-create", "metadata", Asked::post(CONTACTS, &json!({ "phone": "+15550100009", "metadata": 7 }))),
        ("contact-bulk", "missing-contacts", Asked::post(BULK, &json!({}))),
        ("contact-bulk", "too-many", Asked::post(BULK, &too_many)),
        ("contact-list", "page", Asked::get(format!("{CONTACTS}?page=0"))),
        ("contact-read", "", Asked::get(NOBODY)),
        ("contact-update", "", put(NOBODY, &json!({}))),
        ("contact-delete", "", delete(NOBODY)),
        ("flow", "agent-not-found", Asked::get("/voxpria/api/v1/agents/agent_nobody/flow")),
    ];
    for (operation, case, asked) in table {
        voxpria.ask(operation, case, asked).await;
    }
}

/// A key asks so often in an hour and no more.
async fn window(voxpria: &mut Golden) {
    voxpria.enter(World::limited(RequestLimits { klen: None, voxpria: Some(1) }).await.furnished().await).await;
    let credits = || Asked::get("/voxpria/api/v1/credits");
    voxpria.ask("credits", "last-of-its-window", credits()).await;
    voxpria.ask("credits", "requests-an-hour", credits()).await;
}

async fn faults(voxpria: &mut Golden) {
    voxpria.enter(World::new().await).await;
    voxpria.world.loses("contacts").await;
    voxpria.world.loses("agents").await;
    for (operation, asked) in each(voxpria, NOBODY) {
        voxpria.ask(operation, "", asked).await;
    }
}

//! Vonage AI Studio over HTTP: `make-call` with every documented answer, and Insights.

use domain::dialect::Dialect;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::World;

const MAKE_CALL: &str = "/telephony/make-call";

struct Studio {
    world: World,
    agent: String,
    key: String,
}

impl Studio {
    async fn new() -> Self {
        let world = World::new().await;
        let names = world.platform.agent_names(&world.operator()).await.unwrap();
        let agent = names.values().next().unwrap().vonage.clone();
        let key = world.foreign_key(Dialect::Vonage, None, &[]).await;
        Self { world, agent, key }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let all: Vec<(&str, &str)> = [("x-vgai-key", &*self.key)].into_iter().chain(headers.iter().copied()).collect();
        self.world.ask(method, path, &all, body).await
    }

    async fn make(&self, body: &Value) -> (u16, Value) {
        self.ask(Method::POST, MAKE_CALL, &[], &body.to_string()).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, &[], "").await
    }

    fn body(&self) -> Value {
        json!({ "agent_id": self.agent, "to": "15550100001",
            "session_parameters": [{ "name": "name", "value": "Ada" }] })
    }

    async fn made(&self, to: &str) -> String {
        let mut body = self.body();
        body["to"] = json!(to);
        let (status, answer) = self.make(&body).await;
        assert_eq!(status, 200, "{answer}");
        answer["session_id"].as_str().unwrap().to_owned()
    }
}

fn said(status: u16, message: impl Into<String>) -> (u16, Value) {
    (status, json!({ "status": status, "message": message.into() }))
}

#[tokio::test]
async fn a_call_is_made_and_read_as_a_session() {
    let studio = Studio::new().await;
    let mut body = studio.body();
    body["hangup_on_answer_machine"] = json!(true);
    body["status_url"] = json!("https://example.com/status");
    let (status, answer) = studio.make(&body).await;
    assert_eq!(status, 200, "{answer}");
    let id = answer["session_id"].as_str().unwrap();
    let began = answer["session_start_time"].as_str().unwrap();
    assert_eq!((began.len(), began.ends_with('Z')), ("2020-10-14T09:42:07.151657".len(), false), "{began}");
    assert_eq!(answer.as_object().unwrap().len(), 2);
    let call = studio.world.platform.get_call(&studio.world.operator(), id).await.unwrap();
    assert_eq!((call.to.as_str(), &*call.variables["name"]), ("+15550100001", "Ada"));
    assert_eq!((call.dialect, call.hang_up_on_machine), (Dialect::Vonage, true));
    assert_eq!(call.status_url.as_deref(), Some("https://example.com/status"));

    for path in [format!("/insights/sessions/{id}"), format!("/vonage/insights/sessions/search/{id}")] {
        let (status, session) = studio.get(&path).await;
        assert_eq!((status, &session["id"], &session["agent_id"]), (200, &json!(id), &json!(studio.agent)), "{path}");
        assert_eq!((&session["source"], &session["channel"]), (&json!("15550100001"), &json!("Telephony")));
        assert_eq!(session["channel_data"]["audio_url"], Value::Null);
        assert_eq!(session["session_start_time"], json!(began));
    }
    let (status, read) = studio.get(&format!("/insights/sessions/{id}/parameters?session_start_time={began}")).await;
    assert_eq!((status, &read["parameters"]["name"]), (200, &json!("Ada")));
    assert!(read["parameters"]["CONVERSATION_ID"].as_str().unwrap().starts_with("CON-"));
}

#[tokio::test]
async fn only_keys_of_its_own_open_it() {
    let mut studio = Studio::new().await;
    let foreign = studio.world.foreign_key(Dialect::Klen, None, &[]).await;
    for secret in [String::new(), "wrong".to_owned(), studio.world.secret.clone(), foreign] {
        studio.key = secret;
        assert_eq!(studio.make(&studio.body()).await, said(401, "Not Authorised"));
        assert_eq!(studio.get("/insights/sessions").await, said(401, "Not Authorised"));
    }
    assert_eq!(studio.world.calls().await, 0);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_and_nothing_is_stored() {
    let studio = Studio::new().await;
    let with = |name: &str, value: Value| {
        let mut body = studio.body();
        body[name] = value;
        body
    };
    let unknown = "60c09d70e6a68858f4220848";
    let table = [
        (with("agent_id", json!(unknown)), 404, format!("ID {unknown} is not an ID to any agent or published version")),
        (with("agent_id", Value::Null), 400, "agent_id is required".to_owned()),
        (with("to", Value::Null), 400, "to is required".to_owned()),
        (with("to", json!("972-54-2233016")), 400, "Bad destination number format".to_owned()),
        (with("to", json!("12")), 400, "Bad destination number format".to_owned()),
        (with("to", json!("sip:nobody")), 400, "Bad destination number format".to_owned()),
        (with("to", json!("15550001000")), 400, "Bad destination number format".to_owned()),
        (
            with("from", json!("15550009999")),
            404,
            "Version information for number 15550009999 doesn't exist".to_owned(),
        ),
    ];
    for (body, status, text) in table {
        assert_eq!(studio.make(&body).await, said(status, text), "{body}");
    }
    for (body, want) in [("", 400), ("{", 400), ("[]", 400), ("\"x\"", 400), (&*" ".repeat(300 * 1024), 413)] {
        let (status, answer) = studio.ask(Method::POST, MAKE_CALL, &[], body).await;
        assert_eq!((status, &answer["status"]), (want, &json!(want)));
        assert!(answer["message"].is_string(), "{answer}");
    }
    assert_eq!(studio.get(MAKE_CALL).await, said(405, "Method Not Allowed"));
    assert_eq!(studio.get("/telephony/elsewhere").await, said(404, "Not Found"));
    let nobody = "019addcc-b878-7b10-85f1-49f21342f947";
    assert_eq!(
        studio.get(&format!("/insights/sessions/{nobody}")).await,
        said(404, format!("Session {nobody} was not found"))
    );
    assert_eq!(studio.get("/insights/sessions?page_number=x").await.0, 401, "as the vendor has it");
    studio.world.post("/v1/agents/caller/disable", &Value::Null).await;
    let text = format!("published version for Agent {} was not found", studio.agent);
    assert_eq!(studio.make(&studio.body()).await, said(404, text));
    assert_eq!(studio.world.calls().await, 0);
}

#[tokio::test]
async fn an_agent_without_a_published_version_or_a_number_says_so() {
    let studio = Studio::new().await;
    let draft = json!({"slug": "draft", "number": "+15550001000", "definition": crate::world::definition()});
    studio.world.post("/v1/agents", &draft).await;
    let names = studio.world.platform.agent_names(&studio.world.operator()).await.unwrap();
    let draft = names.values().map(|names| names.vonage.clone()).find(|name| *name != studio.agent).unwrap();
    let body = json!({ "agent_id": draft, "to": "15550100001" });
    assert_eq!(studio.make(&body).await, said(404, format!("published version for Agent {draft} was not found")));
}

#[tokio::test]
async fn more_calls_a_second_than_the_agent_may_are_refused() {
    let studio = Studio::new().await;
    studio.world.send(Method::PATCH, "/v1/agents/caller", &json!({ "calls_per_second": 1 })).await;
    studio.made("15550100001").await;
    let request = studio.world.http.post(format!("{}{MAKE_CALL}", studio.world.url));
    let request = request.header("x-vgai-key", &studio.key).body(studio.body().to_string());
    let answer = request.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "1"));
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "status": 429, "message": "Too Many Requests" }));
    assert_eq!(studio.world.calls().await, 1, "a call that is refused does not wait in the queue");
}

#[tokio::test]
async fn a_sip_address_is_taken_where_policy_names_its_host() {
    let studio = Studio::new().await;
    let mut body = studio.body();
    body["to"] = json!("sip:bob@PBX.example.org:5080");
    let refused = "SIP addresses at pbx.example.org are not called; name the host in the policy's sip_hosts";
    assert_eq!(studio.make(&body).await, said(403, refused));
    let policy = json!({ "sip_hosts": ["pbx.example.org"] });
    let (status, answer) = studio.world.send(Method::PUT, "/v1/policy", &policy).await;
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = studio.make(&body).await;
    assert_eq!(status, 200, "{answer}");
    let id = answer["session_id"].as_str().unwrap();
    let (_, native) = studio.world.get(&format!("/v1/calls/{id}")).await;
    assert_eq!(native["to"], json!("sip:bob@pbx.example.org:5080"));
    let (_, session) = studio.get(&format!("/insights/sessions/{id}")).await;
    assert_eq!(session["source"], json!("sip:bob@pbx.example.org:5080"));
}

#[tokio::test]
async fn the_agent_may_be_named_by_its_number() {
    let studio = Studio::new().await;
    let body = json!({ "from": "15550001000", "agent_id": "whatever", "to": "15550100001" });
    assert_eq!(studio.make(&body).await.0, 200);
}

#[tokio::test]
async fn a_repeat_under_a_key_of_the_clients_places_no_second_call() {
    let studio = Studio::new().await;
    let key = [("idempotency-key", "one")];
    let body = studio.body().to_string();
    let first = studio.ask(Method::POST, MAKE_CALL, &key, &body).await;
    assert_eq!(first.0, 200);
    assert_eq!(studio.ask(Method::POST, &format!("/vonage{MAKE_CALL}"), &key, &body).await, first);
    let mut other = studio.body();
    other["to"] = json!("15550100002");
    let (status, answer) = studio.ask(Method::POST, MAKE_CALL, &key, &other.to_string()).await;
    assert_eq!((status, &answer["status"]), (422, &json!(422)));
    assert_eq!(studio.world.calls().await, 1);
}

#[tokio::test]
async fn sessions_are_listed_filtered_ordered_and_cut_to_fields() {
    let studio = Studio::new().await;
    let mut ids = Vec::new();
    for to in ["15550100001", "15550100002", "15550100003"] {
        ids.push(studio.made(to).await);
    }
    let list = async |query: &str| {
        let (status, page) = studio.get(&format!("/insights/sessions?{query}")).await;
        assert_eq!(status, 200, "{query}: {page}");
        let seen = page["sessions"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap().to_owned());
        (page["total"].as_u64().unwrap(), seen.collect::<Vec<_>>())
    };
    let of = |which: &[usize]| which.iter().map(|at| ids[*at].clone()).collect::<Vec<_>>();
    assert_eq!(list("").await, (3, of(&[2, 1, 0])));
    assert_eq!(list("page_size=2&page_number=1").await, (3, of(&[0])));
    assert_eq!(list("sort_by=session_start_time:asc&page_size=2").await, (3, of(&[0, 1])));
    assert_eq!(list("sort_by=session_start_time:asc&page_size=2&page_number=1").await, (3, of(&[2])));
    assert_eq!(list("sort_by=session_start_time:asc&page_size=2&page_number=9").await, (3, of(&[])));
    assert_eq!(list("sort_by=source:asc&page_size=2").await, (3, of(&[0, 1])));
    let filter = "filter_by=%7B%22must%22:%5B%7B%22term%22:%7B%22source%22:%2215550100002%22%7D%7D%5D%7D";
    assert_eq!(list(filter).await, (1, of(&[1])));
    assert_eq!(list("from_date=2020-01-01&to_date=2020-02-01").await, (0, of(&[])));
    let (_, page) = studio.get("/insights/sessions?project_fields=%5B%22channel_data.duration%22%5D&page_size=1").await;
    assert_eq!(page["sessions"], json!([{ "channel_data": { "duration": 0 } }]));
    assert_eq!((&page["page_number"], &page["page_size"]), (&json!(0), &json!(1)));
}

//! Tools of a draft, run with an outside that writes down what it is asked.

use std::sync::{Arc, Mutex};

use app::Webhooks;
use app::manage_agents::NewAgent;
use app::ports::OutboundHttp;
use app::ports::outbound_http::{HttpError, HttpRequest, HttpResponse};
use async_trait::async_trait;
use domain::agent_definition::AgentDefinition;
use domain::refusal::RefusalCode;
use serde_json::{Value, json};

use crate::world::World;

#[derive(Default)]
struct Outside(Mutex<Vec<HttpRequest>>);

#[async_trait]
impl OutboundHttp for Outside {
    fn check(&self, _: &str) -> Result<(), HttpError> {
        Ok(())
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let status = if request.url.ends_with("/full") { 409 } else { 200 };
        let far = request.url.contains("nowhere");
        self.0.lock().unwrap().push(request);
        if far {
            return Err(HttpError::Unresolved("nowhere".into()));
        }
        Ok(HttpResponse { status, body: br#"{"slot":"9:00"}"#.to_vec(), ..HttpResponse::default() })
    }
}

const DEFINITION: &str = "
name: Ann
variables:
  host: { sample: https://crm.example.com }
  name: { sample: Ada Lovelace }
tools:
  book:
    method: POST
    url: '{{host}}/people/{{name}}/book'
    headers: { x-key: '{{arguments.day}}' }
    body: { day: '{{arguments.day}}', seats: '{{arguments.seats}}' }
    writes: true
  full: { url: 'https://crm.example.com/full' }
  lost: { url: 'https://nowhere/' }
prompt: { provider: openai, model: any }
";

async fn world() -> (World, Arc<Outside>) {
    let mut world = World::new().await;
    let outside = Arc::new(Outside::default());
    world.platform.webhooks = Webhooks::new(outside.clone());
    let draft = AgentDefinition::parse(DEFINITION).unwrap();
    let new = NewAgent { slug: "crm".into(), number: None, calls_per_second: None, live_calls: None, draft };
    world.platform.create_agent(&world.principal, new).await.unwrap();
    (world, outside)
}

#[tokio::test]
async fn a_test_sends_what_a_call_would_send() {
    let (world, outside) = world().await;
    let arguments = json!({"day": "Monday", "seats": 2});
    for _ in 0..2 {
        let told = world.platform.test_tool(&world.principal, "crm", "book", arguments.clone()).await.unwrap();
        assert_eq!((told.status, told.body, told.error), (Some(200), json!({"slot": "9:00"}), None));
    }
    let requests = outside.0.lock().unwrap();
    let HttpRequest { method, url, headers, body, .. } = &requests[0];
    assert_eq!((method.as_str(), url.as_str()), ("POST", "https://crm.example.com/people/Ada%20Lovelace/book"));
    let body: Value = serde_json::from_slice(body.as_deref().unwrap()).unwrap();
    assert_eq!(body, json!({"day": "Monday", "seats": 2}), "a number stays a number");
    assert!(headers.contains(&("x-key".into(), "Monday".into())), "{headers:?}");
    let key = |request: &HttpRequest| request.headers.iter().find(|(name, _)| name == "idempotency-key").cloned();
    assert!(key(&requests[0]).is_some() && key(&requests[0]) != key(&requests[1]), "each test writes anew");
}

#[tokio::test]
async fn what_went_wrong_is_told() {
    let (world, outside) = world().await;
    let full = world.platform.test_tool(&world.principal, "crm", "full", json!({})).await.unwrap();
    assert_eq!((full.status, full.error.as_deref()), (Some(409), Some("status 409")));
    let lost = world.platform.test_tool(&world.principal, "crm", "lost", json!({})).await.unwrap();
    assert_eq!((lost.status, lost.error.as_deref()), (None, Some("nowhere has no address")));
    let asked = outside.0.lock().unwrap().len();
    for (agent, tool, arguments, code) in [
        ("nobody", "book", json!({}), RefusalCode::AgentNotFound),
        ("crm", "none", json!({}), RefusalCode::NotFound),
        ("crm", "book", json!([]), RefusalCode::InvalidRequest),
        ("crm", "book", json!({"day": "Monday"}), RefusalCode::InvalidRequest),
    ] {
        let refusal = world.platform.test_tool(&world.principal, agent, tool, arguments).await.unwrap_err();
        assert_eq!(refusal.code, code, "{refusal:?}");
    }
    assert_eq!(outside.0.lock().unwrap().len(), asked, "nothing was sent for them");
}

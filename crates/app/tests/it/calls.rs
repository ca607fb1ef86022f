//! Placing, reading and ending calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use app::Principal;
use app::manage_suppressions::NewSuppression;
use app::ports::live::{CallAudio, Control, LiveEvent, NotHeard, Steer, Steered, WokenBy};
use app::ports::{CallControl, SessionRegistry};
use async_trait::async_trait;
use domain::api_key::Permission;
use domain::call::CallRequest;
use domain::call_event::CallFact;
use domain::outcome::{Blame, CallStatus, EndReason};
use domain::refusal::RefusalCode;
use domain::{CallId, NodeId};
use tokio::sync::mpsc;

use crate::world::{World, request};

#[tokio::test]
async fn an_accepted_call_is_stored_told_and_wakes_the_dialer() {
    let world = World::new().await;
    let mut live = world.platform.bus.subscribe();
    let call = world.placed().await;
    assert_eq!((call.status, call.sequence, call.last_event), (CallStatus::Queued, 1, 1));
    assert_eq!(call.from.as_str(), "+15550001000");
    assert_eq!(call.variables["product"], "solar panels", "defaults are filled in");
    assert_eq!(world.platform.get_call(&world.principal, "1").await.unwrap(), call);
    let LiveEvent::Fact(event) = live.recv().await.unwrap() else { panic!("a fact is published") };
    assert_eq!((event.call, event.fact), (call.id, CallFact::Queued));
    let woken = tokio::time::timeout(Duration::from_secs(5), world.platform.bus.dialer_woken());
    assert_eq!(woken.await.expect("the dialer is woken"), WokenBy::Here);
    let events = world.platform.call_events(&world.principal, &call.id.to_string(), 0, 10).await.unwrap();
    assert_eq!(events.len(), 1);
}

#[tokio::test]
async fn national_and_documented_sample_numbers_are_accepted() {
    let world = World::new().await;
    for (to, read) in [("7017011258", "+17017011258"), ("+1 (555) 123-4567", "+15551234567")] {
        let asked = CallRequest { to: to.to_owned(), ..request() };
        let call = world.platform.place_call(&world.principal, asked).await;
        assert_eq!(call.map(|call| call.to.as_str().to_owned()), Ok(read.to_owned()), "{to}");
    }
}

#[tokio::test]
async fn every_refusal_names_its_field_and_stores_nothing() {
    let world = World::new().await;
    let listed =
        NewSuppression { number: "+34612345670".to_owned(), reason: "opt_out".to_owned(), ..NewSuppression::default() };
    world.platform.suppress_number(&world.principal, listed).await.unwrap();
    world.agent("draft", Some("+15550001000")).await;
    world.agent("mute", None).await;
    world.platform.publish_agent(&world.principal, "mute").await.unwrap();
    world.agent("off", Some("+15550001000")).await;
    world.platform.publish_agent(&world.principal, "off").await.unwrap();
    world.platform.disable_agent(&world.principal, "off").await.unwrap();
    let to = |to: &str| CallRequest { to: to.to_owned(), ..request() };
    let agent = |agent: &str| CallRequest { agent: agent.to_owned(), ..request() };
    let table = [
        (to("call me"), RefusalCode::InvalidNumber, "/to"),
        (to("+1415555"), RefusalCode::InvalidNumber, "/to"),
        (to("+19005550199"), RefusalCode::NumberNotAllowed, "/to"),
        (to("+442079460123"), RefusalCode::NumberNotAllowed, "/to"),
        (to("+34612345670"), RefusalCode::Suppressed, "/to"),
        (agent("nobody"), RefusalCode::AgentNotFound, "/agent"),
        (agent("draft"), RefusalCode::AgentNotPublished, "/agent"),
        (agent("off"), RefusalCode::AgentDisabled, "/agent"),
        (agent("mute"), RefusalCode::AgentHasNoNumber, "/agent"),
        (CallRequest { variables: [].into(), ..request() }, RefusalCode::MissingVariable, "/variables/name"),
        (
            CallRequest { variables: [("name".to_owned(), " ".to_owned())].into(), ..request() },
            RefusalCode::MissingVariable,
            "/variables/name",
        ),
    ];
    for (asked, code, pointer) in table {
        let refusal = world.platform.place_call(&world.principal, asked.clone()).await.unwrap_err();
        assert_eq!(refusal.code, code, "{asked:?}");
        assert_eq!(refusal.fields.first().map(|f| f.pointer.as_str()), Some(pointer), "{asked:?}");
    }
    assert!(world.calls().await.is_empty());
    assert!(world.platform.events_after(&world.principal, 0, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_key_does_only_what_it_was_given() {
    let world = World::new().await;
    let call = world.placed().await;
    let reader = Principal { permissions: vec![Permission::CallsRead], ..world.principal.clone() };
    world.platform.get_call(&reader, &call.id.to_string()).await.unwrap();
    let denied = world.platform.place_call(&reader, request()).await.unwrap_err();
    assert_eq!(denied.code, RefusalCode::PermissionDenied);
    let denied = world.platform.hang_up_call(&reader, &call.id.to_string()).await.unwrap_err();
    assert_eq!(denied.code, RefusalCode::PermissionDenied);
    assert_eq!(world.platform.list_agents(&reader).await.unwrap_err().code, RefusalCode::PermissionDenied);
}

#[tokio::test]
async fn hanging_up_a_queued_call_cancels_it_once() {
    let world = World::new().await;
    let name = world.placed().await.id.to_string();
    let canceled = world.platform.hang_up_call(&world.principal, &name).await.unwrap();
    assert_eq!(canceled.status, CallStatus::Canceled);
    assert_eq!((canceled.end_reason, canceled.blame), (Some(EndReason::Canceled), Some(Blame::ApiClient)));
    assert_eq!(world.platform.hang_up_call(&world.principal, &name).await.unwrap(), canceled);
    let events = world.platform.call_events(&world.principal, &name, 0, 10).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.fact.is_terminal()).count(), 1);
    assert_eq!(world.platform.hang_up_call(&world.principal, "call_0").await.unwrap_err().code, RefusalCode::NotFound);
}

#[tokio::test]
async fn hanging_up_a_live_call_asks_its_session_and_says_so_when_there_is_none() {
    let world = World::new().await;
    let call = world.placed().await;
    let (now, until) = (call.created_at, call.created_at + jiff::SignedDuration::from_secs(30));
    let claimed = world.platform.store.claim(NodeId(call.id.0), 1, now, until).await.unwrap().calls;
    assert_eq!(claimed.len(), 1);
    let name = call.id.to_string();
    let refusal = world.platform.hang_up_call(&world.principal, &name).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Unavailable, "claimed, and no session yet");
    let (control, mut requests) = mpsc::channel(1);
    let _known = world.sessions.register(call.id, control);
    assert_eq!(world.platform.hang_up_call(&world.principal, &name).await.unwrap(), call);
    assert!(matches!(requests.recv().await, Some(Control::HangUp)));
}

/// A session that is there only when it is asked so often.
struct Late(AtomicUsize);

#[async_trait]
impl CallControl for Late {
    async fn hang_up(&self, _: CallId) -> bool {
        self.0.fetch_sub(1, Ordering::Relaxed) == 1
    }

    async fn steer(&self, _: CallId, _: Steer) -> Steered {
        unreachable!("nobody steers")
    }

    async fn listen(&self, _: CallId) -> Result<CallAudio, NotHeard> {
        unreachable!("nobody listens")
    }
}

#[tokio::test]
async fn a_call_that_a_node_has_just_claimed_is_asked_until_its_session_is_there() {
    let mut world = World::new().await;
    let call = world.placed().await;
    let (now, until) = (call.created_at, call.created_at + jiff::SignedDuration::from_secs(30));
    assert_eq!(world.platform.store.claim(NodeId(call.id.0), 1, now, until).await.unwrap().calls.len(), 1);
    let session = Arc::new(Late(AtomicUsize::new(6)));
    world.platform.control = session.clone();
    assert_eq!(world.platform.hang_up_call(&world.principal, &call.id.to_string()).await.unwrap(), call);
    assert_eq!(session.0.load(Ordering::Relaxed), 0);
}

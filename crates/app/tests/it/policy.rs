//! Policy at create, before the INVITE, and the reasons that are kept.

use app::manage_contacts::{ContactDetails, NewConsent};
use app::manage_policy::PolicyQuestion;
use app::manage_suppressions::NewSuppression;
use app::policy_gate;
use app::ports::store::{AboutToDial, DecisionFilter, NewEvent};
use domain::call::{CallOrigin, CallRequest};
use domain::call_event::CallFact;
use domain::call_policy::{CallPolicy, CallingHours, ConsentRule, FrequencyCap, Outside};
use domain::outcome::EndReason;
use domain::policy_decision::{PolicyDecision, PolicyStage};
use domain::refusal::{RefusalCode, RefusalFacts};
use domain::time::Timestamp;
use machines::policy::Verdict;

use crate::world::{World, request};

/// Madrid, where it is nine in the morning at 08:00 UTC, when the tests' clock starts; in New York it is three.
fn to_new_york() -> CallRequest {
    CallRequest { to: "+12125550123".to_owned(), ..request() }
}

async fn with_hours(world: &World, outside: Outside) {
    let policy = CallPolicy {
        hours: Some(CallingHours { outside, ..CallingHours::of_solicitation() }),
        ..CallPolicy::default()
    };
    world.platform.set_organization_policy(&world.principal, policy).await.unwrap();
}

async fn decisions(world: &World) -> Vec<PolicyDecision> {
    let filter = DecisionFilter { limit: 200, ..DecisionFilter::default() };
    world.platform.policy_decisions(&world.principal, &filter).await.unwrap().items
}

#[tokio::test]
async fn outside_the_hours_a_single_call_is_refused_with_the_time_from_which_it_may_be_made() {
    let world = World::new().await;
    with_hours(&world, Outside::Refuse).await;
    let refusal = world.platform.place_call(&world.principal, to_new_york()).await.unwrap_err();
    let opening: Timestamp = "2027-01-15T13:00:00Z".parse().unwrap();
    assert_eq!(refusal.code, RefusalCode::OutsideHours);
    assert_eq!(refusal.facts.as_deref(), Some(&RefusalFacts::AllowedAt(opening)));
    assert!(world.calls().await.is_empty());
    let kept = decisions(&world).await;
    assert_eq!((kept.len(), kept[0].stage, kept[0].code.as_str()), (1, PolicyStage::Create, "outside_hours"));
    assert_eq!((kept[0].number.as_str(), kept[0].allowed_at, kept[0].call), ("+12125550123", Some(opening), None));

    // The request or, before it, the contact says where the person is.
    let travelling = CallRequest { time_zone: Some("Europe/Madrid".to_owned()), ..to_new_york() };
    world.platform.place_call(&world.principal, travelling.clone()).await.unwrap();
    let contact = ContactDetails {
        numbers: vec!["+12125550123".to_owned()],
        time_zone: Some("America/Los_Angeles".to_owned()),
        ..ContactDetails::default()
    };
    world.platform.save_contact(&world.principal, None, contact).await.unwrap();
    let refusal = world.platform.place_call(&world.principal, travelling).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::OutsideHours);
    let nowhere = CallRequest { time_zone: Some("Mars/Olympus".to_owned()), ..to_new_york() };
    let refusal = world.platform.place_call(&world.principal, nowhere).await.unwrap_err();
    assert_eq!((refusal.code, refusal.fields[0].pointer.as_str()), (RefusalCode::InvalidRequest, "/time_zone"));
}

#[tokio::test]
async fn a_deferred_call_is_due_at_the_opening_and_says_why_it_waits() {
    let world = World::new().await;
    with_hours(&world, Outside::Defer).await;
    let call = world.platform.place_call(&world.principal, to_new_york()).await.unwrap();
    let kept = decisions(&world).await;
    assert_eq!((kept.len(), kept[0].stage, kept[0].call), (1, PolicyStage::Deferred, Some(call.id)));
    let (store, clock) = (&*world.platform.store, &*world.platform.clock);
    let now = clock.now();
    let node = domain::NodeId(clock.uuid());
    assert!(store.claim(node, 10, now, now).await.unwrap().calls.is_empty(), "it is not due");
    let (verdict, _) = policy_gate::at_dial(store, clock, &call).await.unwrap();
    assert!(matches!(verdict, Verdict::Later(at, _) if at == "2027-01-15T13:00:00Z".parse().unwrap()));
    world.clock.wait(5 * 3_600);
    let (verdict, _) = policy_gate::at_dial(store, clock, &call).await.unwrap();
    assert_eq!(verdict, Verdict::Allow);
    assert_eq!(store.claim(node, 10, clock.now(), clock.now()).await.unwrap().calls.len(), 1);
}

#[tokio::test]
async fn lists_keep_to_hours_unasked_and_single_calls_do_not() {
    let world = World::new().await;
    world.platform.place_call(&world.principal, to_new_york()).await.unwrap();
    let of_list =
        PolicyQuestion { number: "+12125550123".to_owned(), origin: CallOrigin::List, ..PolicyQuestion::default() };
    let answer = world.platform.check_policy(&world.principal, of_list).await.unwrap();
    assert!(answer.deferred && answer.reason.is_some(), "{answer:?}");
    assert_eq!(answer.zones, ["America/New_York"]);
    assert!(decisions(&world).await.is_empty(), "a question leaves nothing");
}

#[tokio::test]
async fn a_number_suppressed_between_create_and_dial_is_stopped_with_its_reason() {
    let world = World::new().await;
    let call = world.placed().await;
    let listed =
        NewSuppression { number: call.to.to_string(), reason: "asked".to_owned(), ..NewSuppression::default() };
    world.platform.suppress_number(&world.principal, listed).await.unwrap();
    let (store, clock) = (&*world.platform.store, &*world.platform.clock);
    let (verdict, guard) = policy_gate::at_dial(store, clock, &call).await.unwrap();
    assert_eq!(verdict, Verdict::Allow, "the list is left to the commit before the INVITE");
    let now = clock.now();
    let claimed = store.claim(domain::NodeId(clock.uuid()), 1, now, now).await.unwrap().calls.remove(0);
    let attempt = domain::AttemptId(clock.uuid());
    let about = NewEvent { id: domain::EventId(clock.uuid()), at: now, fact: CallFact::Dialing { attempt } };
    let said = store.about_to_dial(claimed.lease, &claimed.call, attempt, about, guard).await.unwrap();
    assert_eq!(said, AboutToDial::Forbidden(EndReason::Suppressed));
    let kept = decisions(&world).await;
    assert_eq!((kept[0].stage, kept[0].call), (PolicyStage::Commit, Some(call.id)));
}

#[tokio::test]
async fn consent_is_asked_for_and_frequency_goes_with_the_call() {
    let world = World::new().await;
    let policy = CallPolicy {
        consent: Some(ConsentRule::All),
        frequency: Some(FrequencyCap { calls: 1, days: 7 }),
        ..CallPolicy::default()
    };
    world.platform.set_agent_policy(&world.principal, "ann", Some(policy)).await.unwrap();
    let refusal = world.platform.place_call(&world.principal, to_new_york()).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::ConsentMissing);
    let consent = NewConsent {
        number: "+12125550123".to_owned(),
        basis: "express_written".to_owned(),
        source: "form".to_owned(),
        ..NewConsent::default()
    };
    let consent = world.platform.record_consent(&world.principal, consent).await.unwrap();
    let call = world.platform.place_call(&world.principal, to_new_york()).await.unwrap();
    let (store, clock) = (&*world.platform.store, &*world.platform.clock);
    let (verdict, guard) = policy_gate::at_dial(store, clock, &call).await.unwrap();
    assert_eq!((verdict, guard.frequency.map(|(most, _)| most)), (Verdict::Allow, Some(1)));
    world.platform.withdraw_consent(&world.principal, consent.id).await.unwrap();
    let (verdict, _) = policy_gate::at_dial(store, clock, &call).await.unwrap();
    assert!(matches!(verdict, Verdict::Refuse(reason) if reason.code == RefusalCode::ConsentMissing));
}

#[tokio::test]
async fn who_is_not_to_be_contacted_is_on_the_list_until_the_contact_says_otherwise() {
    let world = World::new().await;
    let mut person = ContactDetails {
        numbers: vec!["(212) 555-0123".to_owned()],
        do_not_contact: true,
        ..ContactDetails::default()
    };
    let contact = world.platform.save_contact(&world.principal, None, person.clone()).await.unwrap();
    let refusal = world.platform.place_call(&world.principal, to_new_york()).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Suppressed);
    let entry = world.platform.list_suppressions(&world.principal).await.unwrap().remove(0);
    let refusal = world.platform.unsuppress_number(&world.principal, entry.id).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Conflict);
    person.do_not_contact = false;
    world.platform.save_contact(&world.principal, Some(contact.id), person).await.unwrap();
    world.platform.place_call(&world.principal, to_new_york()).await.unwrap();
}

//! Calls and their events.

use std::collections::HashSet;

use app::ports::store::{CallFilter, CreateRefused, Lease, NewCall, Placed, Store, StoreError};
use domain::CallId;
use domain::call::{Call, CallKey};
use domain::call_event::CallFact;
use domain::outcome::{CallStatus, EndReason};
use domain::time::Timestamp;

use crate::builders::{Tenant, at, ended, fact, node, uuid};

/// Claims the only due call.
async fn claimed(store: &dyn Store) -> (Lease, Call) {
    let mut claimed = store.claim(node(), 1, at(100), at(200)).await.unwrap().calls;
    let one = claimed.pop().expect("a call is due");
    (one.lease, one.call)
}

pub(crate) async fn a_call_is_stored_with_its_first_event(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let new = tenant.call(at(0));
    let first = fact(CallFact::Queued);
    let Placed { call, event, .. } = store.insert_call(NewCall::plain(new.clone(), first.clone())).await.unwrap();
    assert_eq!(call.sequence, 1);
    assert_eq!((call.last_event, event.sequence, event.id), (1, 1, first.id));
    assert_eq!(call.created_at.as_nanosecond() % 1_000, 0, "times are whole microseconds");
    assert_eq!(call.created_at.as_microsecond(), new.created_at.as_microsecond());
    let id = tenant.organization.id;
    assert_eq!(store.call(id, &CallKey::Id(call.id)).await.unwrap(), Some(call.clone()));
    assert_eq!(store.events(id, call.id, 0, 10).await.unwrap(), std::slice::from_ref(&event));
    let again = store.insert_call(NewCall::plain(new, fact(CallFact::Queued))).await;
    assert!(matches!(again, Err(CreateRefused::Store(StoreError::Duplicate("call")))));
    assert_eq!(store.events(id, call.id, 0, 10).await.unwrap(), [event], "a refused create wrote nothing");
}

pub(crate) async fn a_call_answers_to_all_its_names(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let other = Tenant::in_store(store, "other").await.organization.id;
    tenant.queued(store, at(0)).await;
    let (lease, mut call) = claimed(store).await;
    call.evidence.sip_call_id = Some("7f3a@outdial".to_owned());
    store.append(lease, &call, vec![fact(CallFact::OptedOut)]).await.unwrap();
    call.last_event = 2;
    let id = tenant.organization.id;
    for name in [call.id.to_string(), call.id.0.to_string(), call.sequence.to_string(), "7f3a@outdial".to_owned()] {
        assert_eq!(store.call(id, &CallKey::parse(&name)).await.unwrap(), Some(call.clone()), "{name}");
        assert_eq!(store.call(other, &CallKey::parse(&name)).await.unwrap(), None, "{name} of another tenant");
    }
    assert_eq!(store.call(id, &CallKey::parse("call_unknown")).await.unwrap(), None);
}

pub(crate) async fn facts_are_numbered_without_gaps_and_change_the_call(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    tenant.queued(store, at(0)).await;
    let (lease, mut call) = claimed(store).await;
    let facts = vec![
        fact(CallFact::Ringing { sip_code: 180, early_media: false }),
        fact(CallFact::Answered { codec: "PCMU".to_owned() }),
    ];
    for new in &facts {
        call.apply(at(5), &new.fact);
    }
    call.answered_by_confidence = 0.1;
    let events = store.append(lease, &call, facts).await.unwrap();
    assert_eq!(events.iter().map(|e| e.sequence).collect::<Vec<_>>(), [2, 3]);
    assert!(events[0].position < events[1].position);
    let last = store.append(lease, &call, vec![fact(CallFact::OptedOut)]).await.unwrap();
    assert_eq!(last[0].sequence, 4);
    let read = store.call(tenant.organization.id, &CallKey::Id(call.id)).await.unwrap().unwrap();
    assert_eq!((read.status, read.last_event), (CallStatus::InProgress, 4));
    assert!((read.answered_by_confidence - 0.1).abs() < f32::EPSILON);
    assert_eq!(read.answered_at.unwrap().as_microsecond(), at(5).as_microsecond());
    let log = store.events(tenant.organization.id, call.id, 1, 10).await.unwrap();
    assert_eq!(log, [events, last].concat());
    assert_eq!(store.events(tenant.organization.id, call.id, 0, 2).await.unwrap().len(), 2, "the limit holds");
}

pub(crate) async fn a_repeated_append_changes_nothing(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    tenant.queued(store, at(0)).await;
    let (lease, mut call) = claimed(store).await;
    let facts = vec![fact(CallFact::OptedOut), fact(CallFact::VoicemailMessageLeft)];
    let first = store.append(lease, &call, facts.clone()).await.unwrap();
    assert_eq!(store.append(lease, &call, facts.clone()).await.unwrap(), first);
    let longer = [facts, vec![fact(CallFact::OptedOut)]].concat();
    let again = store.append(lease, &call, longer).await.unwrap();
    assert_eq!(again[..2], first, "what was known keeps its number");
    assert_eq!(again[2].sequence, 4);
    let end = fact(ended(CallStatus::Completed, EndReason::AgentHangup));
    call.apply(end.at, &end.fact);
    let terminal = store.append(lease, &call, vec![end.clone()]).await.unwrap();
    assert_eq!(store.append(lease, &call, vec![end]).await.unwrap(), terminal, "even after the end");
    assert_eq!(store.events(tenant.organization.id, call.id, 0, 10).await.unwrap().len(), 5);
}

pub(crate) async fn nothing_follows_the_end_of_a_call(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    tenant.queued(store, at(0)).await;
    let (lease, mut call) = claimed(store).await;
    let end = ended(CallStatus::Completed, EndReason::CalleeHangup);
    call.apply(at(9), &end);
    let after_the_end = vec![fact(end.clone()), fact(CallFact::OptedOut)];
    assert!(store.append(lease, &call, after_the_end).await.is_err(), "not even in the same breath");
    store.append(lease, &call, vec![fact(end.clone())]).await.unwrap();
    for late in [CallFact::OptedOut, end] {
        assert!(matches!(store.append(lease, &call, vec![fact(late)]).await, Err(StoreError::Fenced)));
    }
    let log = store.events(tenant.organization.id, call.id, 0, 10).await.unwrap();
    assert_eq!(log.iter().filter(|e| e.fact.is_terminal()).count(), 1);
    assert!(log.last().unwrap().fact.is_terminal());
    assert!(store.claim(node(), 10, at(1_000), at(2_000)).await.unwrap().calls.is_empty());
    assert!(store.sweep(node(), at(1_000), at(2_000)).await.unwrap().is_empty());
}

pub(crate) async fn a_queued_call_is_ended_once_and_never_claimed(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let mut call = tenant.queued(store, at(0)).await;
    let end = fact(ended(CallStatus::Canceled, EndReason::Canceled));
    call.apply(end.at, &end.fact);
    let event = store.end_queued(&call, end.clone()).await.unwrap();
    assert_eq!(event.sequence, 2);
    assert_eq!(store.end_queued(&call, end).await.unwrap(), event, "the same write again");
    let another = fact(ended(CallStatus::Canceled, EndReason::Canceled));
    assert!(matches!(store.end_queued(&call, another).await, Err(StoreError::Fenced)));
    assert!(store.claim(node(), 10, at(10), at(20)).await.unwrap().calls.is_empty());
    let read = store.call(tenant.organization.id, &CallKey::Id(call.id)).await.unwrap().unwrap();
    assert_eq!((read.status, read.end_reason), (CallStatus::Canceled, Some(EndReason::Canceled)));
}

pub(crate) async fn a_claimed_call_cannot_be_ended_as_queued(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let call = tenant.queued(store, at(0)).await;
    let (lease, _) = claimed(store).await;
    let end = fact(ended(CallStatus::Canceled, EndReason::Canceled));
    assert!(matches!(store.end_queued(&call, end.clone()).await, Err(StoreError::Fenced)));
    store.requeue(lease, at(0)).await.unwrap();
    store.end_queued(&call, end).await.unwrap();
}

pub(crate) async fn pages_neither_skip_nor_repeat(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let mut all = Vec::new();
    for n in 0..25 {
        // Five calls share each moment, so that pages end among equals.
        all.push(tenant.queued(store, at(n / 5)).await.id);
    }
    let mut filter = CallFilter { limit: 7, ..CallFilter::default() };
    let mut seen: Vec<CallId> = Vec::new();
    loop {
        let page = store.calls(tenant.organization.id, &filter).await.unwrap();
        assert!(page.items.len() <= 7);
        seen.extend(page.items.iter().map(|call| call.id));
        // A call that comes in meanwhile does not shift the pages that are to come.
        tenant.queued(store, at(1_000)).await;
        match page.next {
            Some(next) => filter.cursor = Some(next),
            None => break,
        }
    }
    all.reverse();
    assert_eq!(seen, all);
}

pub(crate) async fn filters_narrow_a_listing(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let mut other = tenant.call(at(10));
    other.to = crate::builders::number("+34612345678").into();
    let other = store.insert_call(NewCall::plain(other, fact(CallFact::Queued))).await.unwrap().call;
    let mut canceled = tenant.queued(store, at(20)).await;
    let end = fact(ended(CallStatus::Canceled, EndReason::Canceled));
    canceled.apply(end.at, &end.fact);
    store.end_queued(&canceled, end).await.unwrap();
    let all = CallFilter { limit: 200, ..CallFilter::default() };
    let ids = async |filter: CallFilter| -> Vec<CallId> {
        let page = store.calls(tenant.organization.id, &filter).await.unwrap();
        page.items.into_iter().map(|call| call.id).collect()
    };
    assert_eq!(ids(all.clone()).await, [canceled.id, other.id]);
    assert_eq!(ids(CallFilter { status: vec![CallStatus::Canceled], ..all.clone() }).await, [canceled.id]);
    let several = CallFilter {
        status: vec![CallStatus::Busy, CallStatus::Queued, CallStatus::Canceled, CallStatus::Queued],
        ..all.clone()
    };
    assert_eq!(ids(several.clone()).await, [canceled.id, other.id]);
    let first = store.calls(tenant.organization.id, &CallFilter { limit: 1, ..several.clone() }).await.unwrap();
    assert_eq!(first.items.iter().map(|call| call.id).collect::<Vec<_>>(), [canceled.id]);
    assert_eq!(ids(CallFilter { cursor: first.next, ..several.clone() }).await, [other.id]);
    assert_eq!(ids(CallFilter { to: Some(other.to.clone()), ..several }).await, [other.id]);
    assert_eq!(ids(CallFilter { to: Some(other.to.clone()), ..all.clone() }).await, [other.id]);
    assert_eq!(ids(CallFilter { created_from: Some(at(20)), ..all.clone() }).await, [canceled.id]);
    assert_eq!(ids(CallFilter { created_to: Some(at(20)), ..all.clone() }).await, [other.id]);
    assert_eq!(ids(CallFilter { agent: Some(tenant.agent.id), ..all.clone() }).await.len(), 2);
    assert_eq!(ids(CallFilter { agent: Some(domain::AgentId(uuid())), ..all }).await, []);
}

pub(crate) async fn a_foreign_cursor_is_refused(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    for cursor in ["", "-", "zz-00", "10-not-a-uuid", "' OR 1=1 --"] {
        let filter = CallFilter { cursor: Some(cursor.to_owned()), limit: 10, ..CallFilter::default() };
        let refused = store.calls(tenant.organization.id, &filter).await;
        assert!(matches!(refused, Err(StoreError::InvalidCursor)), "{cursor:?}");
    }
}

pub(crate) async fn events_of_all_calls_are_read_by_position(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let other = Tenant::in_store(store, "other").await;
    let mut calls = Vec::new();
    for n in 0..6 {
        calls.push(tenant.queued(store, at(n)).await.id);
        other.queued(store, at(n)).await;
    }
    let mut position = 0;
    let mut seen = Vec::new();
    loop {
        let events = store.events_after(tenant.organization.id, position, 4).await.unwrap();
        let Some(last) = events.last() else { break };
        position = last.position;
        seen.extend(events.iter().map(|event| event.call));
    }
    assert_eq!(seen, calls);
}

pub(crate) async fn a_thousand_creates_at_once_are_all_there(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let creates = (0..1_000).map(|_| store.insert_call(tenant.new_call(at(0))));
    let stored = futures_util::future::join_all(creates).await;
    let mut sequences: Vec<i64> = stored.into_iter().map(|created| created.unwrap().call.sequence).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=1_000).collect::<Vec<i64>>());
    let events = store.events_after(tenant.organization.id, 0, 2_000).await.unwrap();
    assert_eq!(events.iter().map(|e| e.call).collect::<HashSet<_>>().len(), 1_000);
    let until = Timestamp::from_second(1_900_000_000).unwrap();
    assert_eq!(store.claim(node(), 2_000, at(1), until).await.unwrap().calls.len(), 1_000);
}

pub(crate) async fn one_bad_create_does_not_spoil_its_batch(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let taken = tenant.queued(store, at(0)).await;
    let mut new: Vec<Call> = (0..40).map(|_| tenant.call(at(0))).collect();
    new[17].id = taken.id;
    let creates = new.iter().map(|call| store.insert_call(NewCall::plain(call.clone(), fact(CallFact::Queued))));
    let results = futures_util::future::join_all(creates).await;
    for (n, result) in results.iter().enumerate() {
        assert_eq!(result.is_err(), n == 17, "create {n}: {result:?}");
    }
    let page = CallFilter { limit: 200, ..CallFilter::default() };
    assert_eq!(store.calls(tenant.organization.id, &page).await.unwrap().items.len(), 40);
}

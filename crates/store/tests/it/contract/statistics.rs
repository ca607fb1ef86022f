//! Sums over many calls.

use app::ports::store::{Alike, DialGuard, LastDial, NewEvent, Span, Store};
use domain::call::Call;
use domain::call_event::CallFact;
use domain::money::{Money, Price};
use domain::outcome::{CallStatus, EndReason, Outcome};
use domain::time::Timestamp;
use domain::transcript::{Speaker, Turn, TurnLatency};
use domain::{AttemptId, TrunkId};
use jiff::SignedDuration;

use crate::builders::{Tenant, at, ended, fact, node, uuid};

const DAY: i64 = 86_400;

fn span(tenant: &Tenant, from: i64, to: i64) -> Span {
    Span { from: at(from), to: at(to), agent: Some(tenant.agent.id) }
}

/// A call that is over, with an outcome and a price.
async fn over(store: &dyn Store, tenant: &Tenant, created_at: Timestamp, outcome: Option<&str>, cost: i64) {
    let price = Price {
        currency: "EUR".to_owned(),
        rate_per_minute: Money::from_micros(1),
        increment_s: 1,
        minimum_s: 0,
        per_attempt: Money::ZERO,
        most: None,
    };
    let mut new = tenant.new_call(created_at);
    new.call.price = Some(price);
    store.insert_call(new).await.unwrap();
    let claimed = store.claim(node(), 1, at(9 * DAY), at(9 * DAY + 30)).await.unwrap().calls.remove(0);
    let mut call = claimed.call;
    call.answered_at = outcome.map(|_| created_at);
    let end = fact(ended(CallStatus::Completed, EndReason::CalleeHangup));
    call.apply(end.at, &end.fact);
    call.cost = Some(Money::from_micros(cost));
    call.outcome = outcome.map(|name| Outcome {
        name: name.to_owned(),
        slots: serde_json::Map::new(),
        evidence_turns: Vec::new(),
    });
    store.append(claimed.lease, &call, vec![end]).await.unwrap();
}

pub(crate) async fn calls_that_are_alike_are_summed(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let other = Tenant::in_store(store, "other").await;
    for (second, outcome, cost) in
        [(0, Some("booked"), 5), (10, Some("booked"), 7), (20, None, 0), (DAY, Some("booked"), 1), (3 * DAY, None, 0)]
    {
        over(store, &tenant, at(second), outcome, cost).await;
    }
    over(store, &other, at(0), Some("booked"), 100).await;
    tenant.queued(store, at(5)).await;
    let mut alike = store.alike(tenant.organization.id, span(&tenant, 0, 3 * DAY)).await.unwrap();
    alike.sort_by_key(|a| (a.day, a.status.as_str(), a.outcome.clone()));
    let first = at(0).as_second().div_euclid(DAY);
    let ended = |day, outcome: Option<&str>, calls, cost| Alike {
        day: first + day,
        status: CallStatus::Completed,
        end_reason: Some(EndReason::CalleeHangup),
        outcome: outcome.map(str::to_owned),
        currency: Some("EUR".to_owned()),
        calls,
        answered: if outcome.is_some() { calls } else { 0 },
        cost: Money::from_micros(cost),
    };
    let waits = Alike {
        day: first,
        status: CallStatus::Queued,
        end_reason: None,
        outcome: None,
        currency: None,
        calls: 1,
        answered: 0,
        cost: Money::ZERO,
    };
    let expected = [ended(0, None, 1, 0), ended(0, Some("booked"), 2, 12), waits, ended(1, Some("booked"), 1, 1)];
    assert_eq!(alike, expected);
    let unfinished = |agent| store.unfinished(tenant.organization.id, agent);
    assert_eq!(unfinished(None).await.unwrap(), [(CallStatus::Queued, 1)]);
    assert_eq!(unfinished(Some(other.agent.id)).await.unwrap(), []);
    let nobodys = Span { agent: Some(other.agent.id), ..span(&tenant, 0, DAY) };
    assert_eq!(store.alike(tenant.organization.id, nobodys).await.unwrap(), []);
}

fn reply(number: u32, second: i64, total_ms: f32) -> NewEvent {
    let turn = Turn {
        number,
        speaker: Speaker::Agent,
        text: "Yes.".to_owned(),
        intended: None,
        start_ms: Default::default(),
        end_ms: Default::default(),
        interrupted: false,
        by_person: false,
        latency: (total_ms > 0.0).then(|| TurnLatency { total_ms, ..TurnLatency::default() }),
    };
    NewEvent { at: at(second), ..fact(CallFact::Turn(turn)) }
}

async fn say(store: &dyn Store, tenant: &Tenant, turns: Vec<NewEvent>) -> Call {
    tenant.queued(store, at(0)).await;
    let claimed = store.claim(node(), 1, at(9 * DAY), at(9 * DAY + 30)).await.unwrap().calls.remove(0);
    store.append(claimed.lease, &claimed.call, turns.clone()).await.unwrap();
    // A repeat is known and counts once.
    store.append(claimed.lease, &claimed.call, turns).await.unwrap();
    claimed.call
}

pub(crate) async fn replies_are_counted_by_how_long_they_took(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let other = Tenant::in_store(store, "other").await;
    say(store, &tenant, vec![reply(1, 1, 0.0), reply(2, 2, 400.0), reply(3, 3, 800.0), reply(4, DAY, 401.0)]).await;
    say(store, &tenant, vec![reply(1, 1, 400.0)]).await;
    say(store, &other, vec![reply(1, 1, 9_000.0)]).await;
    let day = Span { from: at(0), to: at(0) + SignedDuration::from_secs(1), agent: None };
    let first = store.reply_latency(tenant.organization.id, day).await.unwrap();
    assert_eq!((first.replies(), first.quantile(0.5), first.quantile(1.0)), (3, Some(395), Some(790)));
    let both = store.reply_latency(tenant.organization.id, span(&tenant, 0, DAY)).await.unwrap();
    assert_eq!(both.replies(), 4);
    let nobodys = Span { agent: Some(other.agent.id), ..day };
    assert_eq!(store.reply_latency(tenant.organization.id, nobodys).await.unwrap().replies(), 0);
}

/// A call that went out and is over.
async fn went_out(store: &dyn Store, tenant: &Tenant, second: i64, answered: bool, end_reason: EndReason) -> LastDial {
    tenant.queued(store, at(second)).await;
    let claimed = store.claim(node(), 1, at(9 * DAY), at(9 * DAY + 30)).await.unwrap().calls.remove(0);
    let (mut call, attempt) = (claimed.call, AttemptId(uuid()));
    let dialing = fact(CallFact::Dialing { attempt });
    call.apply(dialing.at, &dialing.fact);
    store.about_to_dial(claimed.lease, &call, attempt, dialing, DialGuard::default()).await.unwrap();
    call.answered_at = answered.then_some(at(second));
    let end = NewEvent { at: at(second + 1), ..fact(ended(CallStatus::Completed, end_reason)) };
    call.apply(end.at, &end.fact);
    store.append(claimed.lease, &call, vec![end]).await.unwrap();
    let kept = store.calls_over(tenant.organization.id, tenant.trunk.id, 1).await.unwrap();
    kept[0]
}

pub(crate) async fn calls_over_a_trunk_are_told_newest_first(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let other = Tenant::in_store(store, "other").await;
    let over = |trunk, limit| store.calls_over(tenant.organization.id, trunk, limit);
    assert_eq!(over(tenant.trunk.id, 9).await.unwrap(), []);
    let first = went_out(store, &tenant, 1, true, EndReason::CalleeHangup).await;
    let second = went_out(store, &tenant, 2, false, EndReason::CarrierUnavailable).await;
    assert_eq!((first.answered, first.end_reason), (true, EndReason::CalleeHangup));
    assert_eq!((second.answered, second.end_reason), (false, EndReason::CarrierUnavailable));
    assert!(first.ended_at < second.ended_at);
    went_out(store, &other, 3, true, EndReason::AgentHangup).await;
    // Waits still, and ended without having gone out.
    tenant.queued(store, at(4)).await;
    self::over(store, &tenant, at(5), None, 0).await;
    assert_eq!(over(tenant.trunk.id, 9).await.unwrap(), [second, first]);
    assert_eq!(over(tenant.trunk.id, 1).await.unwrap(), [second]);
    assert_eq!(over(TrunkId(uuid()), 9).await.unwrap(), []);
    assert_eq!(over(other.trunk.id, 9).await.unwrap(), [], "another's");
}

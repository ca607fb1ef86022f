//! Each law is broken once, by hand, and the checker must say so: a test that cannot fail is a defect.

use super::{Finding, Promise, all};
use crate::evidence::{
    Answer, Ask, CallRecord, Decision, Delivery, Dialog, EventRecord, Evidence, Expected, Fault, Forbidden, Invite,
    InviteKind, LedgerEntry, Subscription, Try, Wallet, Webhooks, What,
};

const ONE_NODE: Promise = Promise { nodes: 1, restart_ms: 3_000, loss_ms: 10_000, lease_ms: 6_000 };
const THREE_NODES: Promise = Promise { nodes: 3, ..ONE_NODE };

fn event(call: &str, sequence: u32, at: i64, kind: &str) -> EventRecord {
    let attempt = (kind == "call.dialing").then(|| format!("att_{call}"));
    EventRecord { id: format!("evt_{call}_{sequence}"), sequence, at, kind: kind.to_owned(), attempt }
}

fn call(n: u64, events: &[(&str, i64)]) -> CallRecord {
    let id = format!("call_{n}");
    let events = (1..).zip(events).map(|(sequence, (kind, at))| event(&id, sequence, *at, kind)).collect();
    let (to, agent) = (format!("+1555{n:07}"), "prompt".to_owned());
    let (status, end_reason) = ("completed".to_owned(), "agent_hangup".to_owned());
    CallRecord { to, agent, capped: false, ask: Some(n), status, end_reason, events, id }
}

fn answered(word: &str, status: u16) -> Try {
    Try { node: 0, sent: 0, done: 5, answer: Answer::Arrived { status, word: word.into(), replayed: false } }
}

fn lost() -> Try {
    Try { node: 0, sent: 0, done: 5, answer: Answer::Lost }
}

fn ask(n: u64, key: Option<&str>, tries: Vec<Try>) -> Ask {
    let expected = Expected::Accepted;
    Ask { number: n, to: format!("+1555{n:07}"), agent: "prompt".into(), key: key.map(str::to_owned), expected, tries }
}

fn invite(n: u64, branch: &str, at: i64, kind: InviteKind) -> Invite {
    let (call_id, number) = (format!("att_call_{n}@outdial"), format!("+1555{n:07}"));
    Invite { at, call_id, branch: branch.into(), number, kind, dialog: None }
}

fn delivery(event: &EventRecord, call: &str, accepted: bool) -> Delivery {
    let (endpoint, id) = ("/hook".to_owned(), format!("msg_{}", event.id));
    Delivery { at: 0, endpoint, id, event: event.id.clone(), call: call.to_owned(), sequence: event.sequence, accepted }
}

fn subscription(endpoint: &str, events: &str) -> Subscription {
    Subscription { endpoint: endpoint.to_owned(), events: events.to_owned() }
}

fn line(kind: &str, amount: i64, call: Option<&str>) -> LedgerEntry {
    LedgerEntry { kind: kind.into(), amount, call: call.map(str::to_owned) }
}

/// Calls of the organization with caps: they wait through an outage, then three are up at once.
fn capped() -> Vec<CallRecord> {
    let of = |n: u64| {
        let rings: &[_] = &[("call.queued", 3_400_000), ("call.dialing", 11_200_000), ("call.ended", 13_000_000)];
        let waits: &[_] = &[("call.queued", 3_400_000), ("call.ended", 13_000_000)];
        let agent = if n <= 22 { "scarce" } else { "capped" };
        CallRecord { capped: true, agent: agent.into(), ..call(n, if n <= 13 { rings } else { waits }) }
    };
    (11..=26).map(of).collect()
}

fn up(n: u64, from: i64, over: Option<i64>) -> Invite {
    Invite { dialog: Some(Dialog { from, over }), ..invite(n, &format!("up{n}"), 11_200_050, InviteKind::New) }
}

fn limited(n: u64, limit: &str) -> Ask {
    let answer = Answer::Arrived { status: 429, word: limit.into(), replayed: false };
    let refused = Try { node: 0, sent: 5_000_000, done: 5_000_100, answer };
    Ask { agent: "scarce".into(), expected: Expected::Bounded, ..ask(n, None, vec![refused]) }
}

/// Two calls, a kill between their creation and their dials, all as it should be. Times in microseconds.
fn sound() -> Evidence {
    let talk = |at: i64| {
        [
            ("call.queued", at),
            ("call.dialing", at + 2_000_000),
            ("call.answered", at + 3_000_000),
            ("call.ended", at + 4_000_000),
        ]
    };
    let mut calls = vec![call(1, &talk(10)), call(2, &talk(20))];
    calls.extend(capped());
    let bounded = calls.iter().filter(|call| call.capped).map(|call| {
        let number = call.ask.unwrap_or(0);
        let tries = vec![answered(&call.id, 201)];
        Ask { agent: call.agent.clone(), expected: Expected::Bounded, ..ask(number, None, tries) }
    });
    let mut asks = vec![
        ask(1, Some("k"), vec![lost(), answered("call_1", 201)]),
        ask(2, None, vec![answered("call_2", 201)]),
        Ask { expected: Expected::Refused("suppressed"), ..ask(9, None, vec![answered("suppressed", 422)]) },
    ];
    asks.extend(bounded.chain([limited(30, "key.calls_per_day"), limited(31, "organization.queued_calls")]));
    let deliveries = calls.iter().flat_map(|call| {
        let refused = call.events.first().map(|event| delivery(event, &call.id, false));
        refused.into_iter().chain(call.events.iter().map(|event| delivery(event, &call.id, true)))
    });
    Evidence {
        asks,
        forbidden: vec![Forbidden { number: "+15550000009".into(), why: "opted out".into(), since: 0 }],
        invites: vec![
            invite(1, "a", 2_000_100, InviteKind::New),
            invite(1, "a", 2_500_000, InviteKind::Retransmission),
            invite(2, "b", 2_000_200, InviteKind::New),
            up(11, 11_200_100, Some(12_000_000)),
            up(12, 11_200_200, Some(12_500_000)),
            up(13, 11_200_300, None),
        ],
        faults: vec![
            Fault { at: 1_000, node: Some(0), what: What::Kill, back: Some(2_000), ready: Some(3_000) },
            outage(What::DatabaseFrozen),
        ],
        decisions: vec![Decision { number: "+15550000009".into(), code: "suppressed".into() }],
        webhooks: Some(Webhooks { deliveries: deliveries.collect(), subscriptions: vec![subscription("/hook", "*")] }),
        wallet: Some(Wallet {
            balance: 80,
            held: 0,
            ledger: vec![
                line("top_up", 100, None),
                line("settle", -10, Some("call_1")),
                line("settle", -10, Some("call_2")),
            ],
        }),
        calls,
    }
}

fn outage(what: What) -> Fault {
    Fault { at: 3_500_000, node: None, what, back: Some(11_000_000), ready: Some(11_100_000) }
}

/// The laws that fail once `break_it` was done to sound evidence.
fn broken(promise: Promise, break_it: impl FnOnce(&mut Evidence)) -> Vec<&'static str> {
    let mut evidence = sound();
    break_it(&mut evidence);
    all(&evidence, promise).into_iter().filter(|finding| !finding.holds()).map(|finding| finding.law).collect()
}

#[track_caller]
fn breaks(law: &str, break_it: impl FnOnce(&mut Evidence)) {
    breaks_with(ONE_NODE, law, break_it);
}

#[track_caller]
fn breaks_with(promise: Promise, law: &str, break_it: impl FnOnce(&mut Evidence)) {
    let broken = broken(promise, break_it);
    assert!(broken.iter().any(|one| one.contains(law)), "{law}: only these fail: {broken:?}");
}

#[test]
fn sound_evidence_breaks_nothing_and_every_law_is_looked_at() {
    for promise in [ONE_NODE, THREE_NODES] {
        for finding in all(&sound(), promise) {
            assert!(finding.holds(), "{finding:?}");
            // One node shares nothing that could go away.
            assert!(finding.looked_at > Some(0) || promise.nodes == 1 && finding.looked_at.is_none(), "{finding:?}");
        }
    }
}

#[test]
fn no_evidence_shows_nothing() {
    let findings = all(&Evidence::default(), ONE_NODE);
    let shown: Vec<&Finding> = findings.iter().filter(|f| f.holds() && f.looked_at.is_some()).collect();
    assert!(shown.is_empty(), "{shown:?}");
}

#[test]
fn a_lost_call_is_found() {
    breaks("every create answered 2xx is a call", |e| drop(e.calls.remove(1)));
}

#[test]
fn a_call_without_an_end_or_with_two_or_with_something_after_it_is_found() {
    const LAW: &str = "exactly one terminal event";
    breaks(LAW, |e| drop(e.calls[0].events.pop()));
    breaks(LAW, |e| e.calls[0].events.push(event("call_1", 5, 9, "call.ended")));
    breaks(LAW, |e| e.calls[0].events.push(event("call_1", 5, 9, "call.turn")));
    breaks(LAW, |e| e.calls[0].status = "in_progress".into());
}

#[test]
fn a_gap_in_the_log_and_a_repeated_event_are_found() {
    breaks("without gaps", |e| drop(e.calls[0].events.remove(1)));
    breaks("without gaps", |e| e.calls[0].events[1].id = "evt_call_1_1".into());
}

#[test]
fn a_second_invite_of_an_attempt_is_found_and_a_retransmission_is_none() {
    breaks("one INVITE leaves for an attempt", |e| e.invites.push(invite(1, "c", 2_600_000, InviteKind::New)));
    assert_eq!(broken(ONE_NODE, |e| e.invites.push(invite(1, "a", 1, InviteKind::Retransmission))), [""; 0]);
}

#[test]
fn an_invite_without_a_dial_or_before_it_or_elsewhere_is_found() {
    const LAW: &str = "no INVITE without a committed call.dialing";
    breaks(LAW, |e| e.calls[0].events[1].attempt = None);
    breaks(LAW, |e| e.invites[0].at = 1_000_000);
    breaks(LAW, |e| e.invites[0].number = "+15550000002".into());
}

#[test]
fn a_silent_redial_is_found() {
    breaks("rings twice", |e| {
        let again = Invite { call_id: "att_other@outdial".into(), ..invite(1, "d", 3_000_000, InviteKind::New) };
        e.invites.push(again);
    });
}

#[test]
fn an_invite_after_the_end_is_found() {
    breaks("after the call's terminal event", |e| e.invites[0].at = 5_000_000);
}

#[test]
fn two_calls_of_one_key_are_found() {
    const LAW: &str = "Idempotency-Key makes one call";
    breaks(LAW, |e| e.calls[1].ask = Some(1));
    breaks(LAW, |e| e.asks[0].tries[0] = answered("call_2", 201));
}

#[test]
fn calls_that_nobody_asked_for_are_found() {
    const LAW: &str = "nobody asked for";
    breaks(LAW, |e| e.calls[1].ask = None);
    breaks(LAW, |e| e.calls[1].to = "+15550000077".into());
    breaks(LAW, |e| e.calls.push(CallRecord { id: "call_7".into(), ..e.calls[1].clone() }));
}

#[test]
fn a_forbidden_ring_is_found_and_one_dialed_before_the_ban_is_none() {
    const LAW: &str = "policy forbids gets an INVITE";
    let ban = |since| Forbidden { number: "+15550000001".into(), why: "opted out".into(), since };
    breaks(LAW, |e| e.forbidden.push(ban(1_000)));
    assert_eq!(broken(ONE_NODE, |e| e.forbidden.push(ban(2_000_050))), [""; 0]);
}

#[test]
fn a_refusal_that_was_none_or_another_is_found() {
    const LAW: &str = "refused with its code";
    breaks(LAW, |e| e.asks[2].tries = vec![answered("call_9", 201)]);
    breaks(LAW, |e| e.asks[2].tries = vec![answered("invalid_number", 422)]);
    breaks(LAW, |e| e.calls.push(call(9, &[("call.queued", 1), ("call.ended", 2)])));
}

#[test]
fn money_that_does_not_sum_is_found() {
    const LAW: &str = "ledger sums";
    let wallet = |e: &mut Evidence, change: fn(&mut Wallet)| change(e.wallet.as_mut().unwrap());
    breaks(LAW, |e| wallet(e, |w| w.balance = 90));
    breaks(LAW, |e| wallet(e, |w| w.held = 5));
    breaks(LAW, |e| wallet(e, |w| w.ledger.swap(0, 1)));
}

#[test]
fn a_call_charged_twice_or_not_or_from_nowhere_is_found() {
    const LAW: &str = "settled once";
    let ledger = |e: &mut Evidence, change: fn(&mut Vec<LedgerEntry>)| change(&mut e.wallet.as_mut().unwrap().ledger);
    breaks(LAW, |e| ledger(e, |l| l.push(line("settle", -10, Some("call_1")))));
    breaks(LAW, |e| ledger(e, |l| drop(l.pop())));
    breaks(LAW, |e| ledger(e, |l| l.push(line("settle", -10, Some("call_8")))));
}

#[test]
fn a_lost_webhook_is_found() {
    let first = |d: &Delivery| !(d.event == "evt_call_1_1" && d.accepted);
    const LAW: &str = "delivered to every endpoint";
    breaks(LAW, |e| e.webhooks.as_mut().unwrap().deliveries.retain(first));
    breaks(LAW, |e| e.webhooks.as_mut().unwrap().subscriptions.push(subscription("/other", "call.ended")));
}

#[test]
fn an_id_that_changes_or_is_shared_and_an_event_from_nowhere_are_found() {
    const LAW: &str = "keeps its id";
    let deliveries =
        |e: &mut Evidence, change: fn(&mut Vec<Delivery>)| change(&mut e.webhooks.as_mut().unwrap().deliveries);
    breaks(LAW, |e| deliveries(e, |d| d[1].id = "msg_other".into()));
    breaks(LAW, |e| deliveries(e, |d| d[2].id = d[1].id.clone()));
    breaks(LAW, |e| deliveries(e, |d| d[2].event = "evt_unknown".into()));
    breaks(LAW, |e| e.webhooks.as_mut().unwrap().subscriptions[0].events = "call.ended".into());
}

#[test]
fn webhooks_out_of_order_are_found() {
    breaks("arrive in order", |e| e.webhooks.as_mut().unwrap().deliveries.swap(2, 3));
}

#[test]
fn a_call_that_stands_still_is_found() {
    const LAW: &str = "calls that wait are dialed";
    breaks(LAW, |e| e.calls[0].events[1].at = 3_000 + 3_001_000);
    breaks(LAW, |e| {
        e.calls.iter_mut().for_each(|call| call.agent = "paced".into());
        e.calls.iter_mut().for_each(|call| call.events[1].at = 3_000 + 3_001_000);
    });
    // One of several with a pace may wait for its turn.
    let turn = |e: &mut Evidence| {
        e.calls[0].agent = "paced".into();
        e.calls[0].events[1].at = 3_000 + 3_001_000;
    };
    assert!(!broken(ONE_NODE, turn).iter().any(|law| law.contains(LAW)));
    // Ten seconds of the fault with several nodes.
    let slow = |e: &mut Evidence| e.calls[0].events[1].at = 9_000_000;
    assert!(!broken(THREE_NODES, slow).iter().any(|law| law.contains(LAW)));
    let too_slow = |e: &mut Evidence| {
        // An outage would begin another measurement.
        e.faults.truncate(1);
        e.calls[0].events[1].at = 10_002_000;
    };
    assert!(broken(THREE_NODES, too_slow).iter().any(|law| law.contains(LAW)));
}

#[test]
fn a_wait_is_not_measured_across_the_next_fault() {
    let again = |e: &mut Evidence| {
        e.calls[0].events[1].at = 9_000_000;
        e.faults
            .insert(1, Fault { at: 2_500_000, node: Some(0), what: What::Kill, back: Some(8_000_000), ready: None });
    };
    assert!(!broken(ONE_NODE, again).iter().any(|law| law.contains("calls that wait")));
}

#[test]
fn a_refusal_that_is_not_on_record_is_found() {
    const LAW: &str = "on record with its reason";
    breaks(LAW, |e| e.decisions.clear());
    breaks(LAW, |e| e.decisions[0].code = "frequency_cap".into());
    breaks(LAW, |e| e.calls[0].end_reason = "suppressed".into());
}

#[test]
fn a_dialog_too_many_is_found_and_one_of_a_lost_node_is_none() {
    const LAW: &str = "more dialogs at the far end";
    let fourth = |e: &mut Evidence| {
        e.calls[5] = CallRecord { agent: "scarce".into(), capped: true, ..call(14, &[("call.queued", 3_400_000)]) };
        e.calls[5].events.push(event("call_14", 2, 11_200_000, "call.dialing"));
        e.calls[5].events.push(event("call_14", 3, 13_000_000, "call.ended"));
        e.invites.push(up(14, 11_300_000, Some(12_000_000)));
    };
    breaks(LAW, fourth);
    // The telephone of a call whose node was lost rings on, and counts until that was written.
    let lost = |e: &mut Evidence| {
        fourth(e);
        e.calls[2].end_reason = "node_lost".into();
        e.calls[2].events[2].at = 11_250_000;
    };
    assert!(!broken(ONE_NODE, lost).iter().any(|law| law.contains(LAW)));
    // A cap that was never reached was not shown.
    breaks(LAW, |e| drop(e.invites.pop()));
}

#[test]
fn a_day_of_more_calls_than_the_cap_and_a_refusal_before_it_are_found() {
    const LAW: &str = "as many calls a day";
    breaks(LAW, |e| e.calls.iter_mut().filter(|call| call.capped).for_each(|call| call.agent = "scarce".into()));
    breaks(LAW, |e| e.calls[2].agent = "capped".into());
}

#[test]
fn a_refusal_for_a_queue_that_is_not_full_or_for_an_unknown_limit_is_found() {
    const LAW: &str = "only while it is full";
    let gone = |e: &mut Evidence| e.calls[5..12].iter_mut().for_each(|call| call.events[1].at = 3_450_000);
    breaks(LAW, gone);
    breaks(LAW, |e| e.asks.push(limited(32, "organization.calls_per_minute")));
}

#[test]
fn what_an_outage_must_not_do_is_found() {
    const LEASE: &str = "away for longer than a lease";
    breaks_with(THREE_NODES, "no INVITE leaves while", |e| e.invites[2].at = 10_000_000);
    breaks_with(THREE_NODES, "not lost by it", |e| e.calls[0].end_reason = "node_lost".into());
    for what in [What::DatabaseOutage, What::BusFrozen, What::BusOutage] {
        let late = |e: &mut Evidence| {
            e.faults[1] = outage(what);
            e.calls.iter_mut().filter(|call| call.capped).for_each(|call| {
                call.events.iter_mut().skip(1).for_each(|event| event.at += 3_000_000);
            });
        };
        breaks_with(THREE_NODES, "of the first node's ready", late);
        assert!(!broken(ONE_NODE, late).iter().any(|law| law.contains(LEASE) || law.contains("first node's")));
    }
}

#[test]
fn an_end_that_could_not_be_written_yet_keeps_its_place_in_the_queue() {
    const LAW: &str = "refused for a full queue";
    // All but nine are over before the create is refused, while the database is away.
    let early = |e: &mut Evidence| {
        for call in e.calls.iter_mut().filter(|call| call.capped).skip(9) {
            call.events.iter_mut().filter(|event| event.kind == "call.ended").for_each(|event| event.at = 3_600_000);
        }
    };
    assert!(!broken(THREE_NODES, early).iter().any(|law| law.contains(LAW)));
    breaks_with(THREE_NODES, LAW, |e| {
        early(e);
        e.faults.retain(|fault| fault.what == What::Kill);
    });
}

//! What goes by age.

use std::collections::BTreeSet;

use app::ports::store::{AboutToDial, AuditFilter, Chore, DialGuard, RetentionRule, Store};
use domain::audit::{Actor, AuditAction, AuditEntry};
use domain::call::{Call, CallKey};
use domain::call_event::CallFact;
use domain::outcome::{CallStatus, EndReason};
use domain::policy_decision::{PolicyDecision, PolicyStage};
use domain::retention::{AgentRetention, Keep, Retention};
use domain::sip_trace::SipMessages;
use domain::time::{CallMs, Timestamp};
use domain::transcript::{Speaker, Turn};
use domain::{CallId, NodeId, PolicyDecisionId, RecordingFolderId};
use machines::retention::{Contents, Named};

use super::webhooks::{claim, delivered, endpoint, fan_out};
use crate::builders::{Tenant, attempt, ended, fact, node, uuid};

const SECRET: &str = "zebedee";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn turn(text: &str) -> CallFact {
    CallFact::Turn(Turn {
        number: 1,
        speaker: Speaker::Callee,
        text: text.to_owned(),
        intended: Some(text.to_owned()),
        start_ms: CallMs(0),
        end_ms: CallMs(1),
        interrupted: false,
        by_person: false,
        latency: None,
    })
}

/// A call that was held, recorded in `folder`, and ended then.
async fn held(store: &dyn Store, tenant: &Tenant, folder: RecordingFolderId, end: i64) -> Call {
    let queued = tenant.queued(store, at(end - 60)).await;
    let claimed = store.claim(node(), 100, at(end - 50), at(end + 1_000)).await.unwrap().calls;
    let claimed = claimed.into_iter().find(|claimed| claimed.call.id == queued.id).expect("it is due");
    let mut call = claimed.call;
    let facts = [
        CallFact::Dialing { attempt: attempt() },
        turn(SECRET),
        CallFact::Slot { name: "who".into(), value: SECRET.into() },
        CallFact::Trouble { part: "dialog".into(), detail: SECRET.into() },
        CallFact::RecordingReady {
            path: format!("2027/01/{}.wav", call.id),
            folder: Some(folder),
            duration_ms: 1,
            bytes: 1,
        },
        ended(CallStatus::Completed, EndReason::AgentHangup),
    ];
    let facts: Vec<_> = facts.into_iter().map(fact).collect();
    for new in &facts {
        call.apply(at(end), &new.fact);
    }
    store.append(claimed.lease, &call, facts).await.unwrap();
    read(store, tenant, call.id).await
}

async fn read(store: &dyn Store, tenant: &Tenant, call: CallId) -> Call {
    store.call(tenant.organization.id, &CallKey::Id(call)).await.unwrap().unwrap()
}

async fn log(store: &dyn Store, tenant: &Tenant, call: CallId) -> String {
    format!("{:?}", store.events(tenant.organization.id, call, 0, 100).await.unwrap())
}

async fn audit(store: &dyn Store, tenant: &Tenant) -> Vec<AuditEntry> {
    let filter = AuditFilter { limit: 200, ..AuditFilter::default() };
    store.audit(tenant.organization.id, &filter).await.unwrap().items
}

fn rule(tenant: &Tenant, retention: Retention) -> RetentionRule {
    RetentionRule { organization: tenant.organization.id, agent: tenant.agent.id, retention }
}

fn seven_days() -> Retention {
    Retention { recordings_days: Keep::Days(7), transcripts_days: Keep::Days(7), mask_numbers: true }
}

fn folder() -> RecordingFolderId {
    RecordingFolderId(uuid())
}

fn told(seconds: i64) -> Contents {
    Contents { told: at(seconds), untold: at(seconds - 3_600) }
}

pub(crate) async fn only_agents_that_do_not_keep_all_have_a_rule(store: &dyn Store) {
    let (mut tenant, other) = (Tenant::in_store(store, "acme").await, Tenant::in_store(store, "other").await);
    assert_eq!(store.retention_rules().await.unwrap(), []);
    tenant.organization.retention = seven_days();
    store.update_organization(&tenant.organization).await.unwrap();
    assert_eq!(store.retention_rules().await.unwrap(), [rule(&tenant, seven_days())]);

    tenant.agent.retention = AgentRetention { recordings_days: Some(Keep::Days(0)), ..AgentRetention::default() };
    store.update_agent(&tenant.agent).await.unwrap();
    let mixed = Retention { recordings_days: Keep::Days(0), ..seven_days() };
    assert_eq!(store.retention_rules().await.unwrap(), [rule(&tenant, mixed)]);
    let id = tenant.organization.id;
    assert_eq!(store.organization(id).await.unwrap().unwrap().retention, seven_days());
    assert_eq!(store.agent(id, "lead-callback").await.unwrap().unwrap(), tenant.agent);

    let for_ever = Some(Keep::ForEver);
    tenant.agent.retention =
        AgentRetention { recordings_days: for_ever, transcripts_days: for_ever, mask_numbers: None };
    store.update_agent(&tenant.agent).await.unwrap();
    assert_eq!(store.retention_rules().await.unwrap(), [], "its own for ever stands over the organization's week");
    assert_eq!(store.agent(other.organization.id, "lead-callback").await.unwrap().unwrap(), other.agent);
}

pub(crate) async fn recordings_are_due_by_folder_and_age_and_go_once(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let (here, there, rule) = (folder(), folder(), rule(&tenant, seven_days()));
    let (old, older) = (held(store, &tenant, here, 200).await, held(store, &tenant, here, 100).await);
    let (young, elsewhere) = (held(store, &tenant, here, 301).await, held(store, &tenant, there, 100).await);
    let live = tenant.queued(store, at(0)).await;
    assert_eq!(old.recording_folder, Some(here));
    let due = async |folder, end, limit| {
        let due = store.due_recordings(tenant.agent.id, folder, at(end), limit).await.unwrap();
        due.into_iter().map(|recording| recording.call).collect::<Vec<_>>()
    };
    assert_eq!(due(here, 300, 9).await, [older.id, old.id], "what is due the longest comes first");
    assert_eq!(due(here, 300, 1).await, [older.id]);
    assert_eq!(due(there, 300, 9).await, [elsewhere.id]);

    let calls = vec![old.id, older.id, live.id];
    assert_eq!(store.purge_recordings(&rule, calls.clone(), at(900)).await.unwrap(), 2);
    assert_eq!(store.purge_recordings(&rule, calls, at(901)).await.unwrap(), 0, "the second time changes nothing");
    let purged = read(store, &tenant, old.id).await;
    assert_eq!((purged.recording.clone(), purged.recording_purged_at), (None, Some(at(900))));
    assert_eq!(Call { recording: old.recording.clone(), recording_purged_at: None, ..purged }, old, "all else stays");
    assert!(read(store, &tenant, young.id).await.recording.is_some());
    assert_eq!(due(here, 300, 9).await, []);

    let entries = audit(store, &tenant).await;
    assert_eq!(entries.len(), 1, "one for the batch and none for nothing");
    let entry = &entries[0];
    assert_eq!((entry.actor, entry.action), (Actor::Retention, AuditAction::RecordingDeleted));
    assert_eq!((entry.resource.as_str(), entry.at), (tenant.agent.id.to_string().as_str(), at(900)));
    let told = entry.changes.0["calls"].after.to_string();
    assert!(told.contains(&old.id.to_string()) && told.contains(&older.id.to_string()), "{told}");
    assert!(!told.contains(&live.id.to_string()));
}

pub(crate) async fn what_was_said_goes_with_its_traces_and_the_number_is_masked(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let rule = rule(&tenant, seven_days());
    let (old, young) = (held(store, &tenant, folder(), 100).await, held(store, &tenant, folder(), 301).await);
    let waiting = tenant.queued(store, at(0)).await;
    while fan_out(store).await > 0 {}
    assert!(log(store, &tenant, old.id).await.contains(SECRET));
    assert_eq!(store.purge_contents(&rule, told(300), at(900), 9).await.unwrap(), 1);
    assert_eq!(store.purge_contents(&rule, told(300), at(901), 9).await.unwrap(), 0);

    let emptied = read(store, &tenant, old.id).await;
    assert!(emptied.variables.is_empty() && emptied.metadata.is_empty());
    assert_eq!(emptied.to.as_str(), "+*********67");
    assert_eq!(emptied.from, old.from, "our own number is nobody's secret");
    assert_eq!(emptied.content_purged_at, Some(at(900)));
    assert_eq!((emptied.status, emptied.evidence, emptied.last_event), (old.status, old.evidence, old.last_event));
    assert!(emptied.recording.is_some(), "a recording has its own time");
    let log_of = log(store, &tenant, old.id).await;
    assert!(!log_of.contains(SECRET), "{log_of}");
    assert!(log(store, &tenant, young.id).await.contains(SECRET));
    assert_eq!(read(store, &tenant, waiting.id).await, waiting, "what is not over is not touched");

    let entry = audit(store, &tenant).await.remove(0);
    assert_eq!((entry.actor, entry.action), (Actor::Retention, AuditAction::ContentDeleted));

    // A person may ask for what age has taken already, and the first moment stays.
    assert!(store.forget_content(tenant.organization.id, old.id, at(950), false).await.unwrap());
    let again = read(store, &tenant, old.id).await;
    assert_eq!((again.content_purged_at, again.to.as_str()), (Some(at(900)), "+*********67"));
}

pub(crate) async fn what_webhooks_wait_to_tell_is_kept_for_an_hour(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let rule = rule(&tenant, seven_days());
    store.insert_endpoint(&endpoint(&tenant, &["*"])).await.unwrap();
    let call = held(store, &tenant, folder(), 100).await;
    let purge = async |end: i64| store.purge_contents(&rule, told(end), at(end), 9).await.unwrap();
    assert_eq!(purge(200).await, 0, "the outbox is not worked off");
    assert!(fan_out(store).await > 0);
    assert_eq!(purge(200).await, 0, "deliveries are pending");
    assert_eq!(purge(100 + 3_599).await, 0);
    assert_eq!(purge(100 + 3_600).await, 1, "nobody waits longer than that");
    assert!(!log(store, &tenant, call.id).await.contains(SECRET), "what is sent from now on has no words");
}

pub(crate) async fn what_receivers_answered_goes_too(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let rule = rule(&tenant, seven_days());
    store.insert_endpoint(&endpoint(&tenant, &["*"])).await.unwrap();
    let (old, young) = (held(store, &tenant, folder(), 100).await, held(store, &tenant, folder(), 301).await);
    assert!(fan_out(store).await > 0);
    let (node, mut of) = (node(), Vec::new());
    loop {
        let claimed = claim(store, node, 400).await;
        if claimed.is_empty() {
            break;
        }
        for one in claimed {
            delivered(store, &one, node).await;
            of.push((one.delivery.id, one.delivery.call.unwrap()));
        }
    }
    assert_eq!(store.purge_contents(&rule, told(300), at(900), 9).await.unwrap(), 1, "all was told");
    for (delivery, call) in of {
        let (_, tries) = store.delivery(tenant.organization.id, delivery).await.unwrap().unwrap();
        assert_eq!(tries[0].excerpt.is_none(), call == old.id, "{call} {}", young.id);
    }
}

pub(crate) async fn nodes_that_purge_at_once_empty_each_call_once(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let rule = rule(&tenant, seven_days());
    let mut calls = BTreeSet::new();
    for _ in 0..12 {
        calls.insert(held(store, &tenant, folder(), 100).await.id.to_string());
    }
    while fan_out(store).await > 0 {}
    let nodes = (0..4).map(|_| async {
        let mut emptied = 0;
        loop {
            match store.purge_contents(&rule, told(300), at(900), 2).await.unwrap() {
                0 => return emptied,
                batch => emptied += batch,
            }
        }
    });
    let emptied: u64 = futures_util::future::join_all(nodes).await.into_iter().sum();
    let rest = store.purge_contents(&rule, told(300), at(900), 9).await.unwrap();
    assert_eq!(emptied + rest, 12);
    let mut listed = Vec::new();
    for entry in audit(store, &tenant).await {
        listed.extend(
            entry.changes.0["calls"].after.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()),
        );
    }
    assert_eq!(listed.len(), 12, "no call is listed twice");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), calls);
}

pub(crate) async fn files_are_known_by_their_calls(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let (here, there) = (folder(), folder());
    let (call, live) = (held(store, &tenant, there, 100).await, tenant.queued(store, at(0)).await);
    let unknown = CallId(uuid());
    let named = async || {
        let mut named = store.calls_named(vec![call.id, live.id, unknown]).await.unwrap();
        named.sort_by_key(|(id, _)| *id != call.id);
        named
    };
    let live_one = (live.id, Named { over: false, recording: None });
    assert_eq!(named().await, [(call.id, Named { over: true, recording: Some(Some(there)) }), live_one]);
    store.recordings_found(here, vec![call.id, live.id, unknown]).await.unwrap();
    assert_eq!(named().await[0], (call.id, Named { over: true, recording: Some(Some(here)) }));
    assert_eq!(named().await[1], live_one, "a session writes the row of a call that is not over");
    store.forget_recording(tenant.organization.id, call.id, at(900)).await.unwrap();
    assert_eq!(named().await[0], (call.id, Named { over: true, recording: None }));
}

pub(crate) async fn a_chore_has_one_doer_and_passes_on_when_that_one_is_lost(store: &dyn Store) {
    let (first, second) = (node(), node());
    let begin = async |node: NodeId, now: i64| {
        let chore = Chore { name: "files/a", node, now: at(now), until: at(now + 60), done_before: at(now - 600) };
        store.begin_chore(chore).await.unwrap()
    };
    assert!(begin(first, 0).await);
    assert!(!begin(second, 1).await, "it is in another's hands");
    assert!(begin(first, 50).await, "who does it goes on");
    assert!(!begin(second, 109).await);
    assert!(begin(second, 110).await, "the first was lost");
    store.end_chore("files/a", first, at(111)).await.unwrap();
    assert!(!begin(first, 112).await, "who lost it cannot say that it is done");
    store.end_chore("files/a", second, at(120)).await.unwrap();
    assert!(!begin(first, 719).await && !begin(second, 719).await, "it was done");
    let both = futures_util::future::join_all((0..8).map(|n| begin(if n % 2 == 0 { first } else { second }, 720)));
    let taken = both.await;
    let by = |odd: usize| taken.iter().skip(odd).step_by(2).any(|took| *took);
    assert!(by(0) != by(1), "exactly one of two gets it: {taken:?}");
}

pub(crate) async fn dials_and_unused_numbers_are_forgotten(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    tenant.queued(store, at(0)).await;
    let claimed = store.claim(node(), 1, at(10), at(40)).await.unwrap().calls.remove(0);
    let tried = attempt();
    let said = fact(CallFact::Dialing { attempt: tried });
    let mut call = claimed.call;
    call.apply(said.at, &said.fact);
    let dialed = store.about_to_dial(claimed.lease, &call, tried, said.clone(), DialGuard::default()).await.unwrap();
    assert!(matches!(dialed, AboutToDial::Committed(_)));
    let (id, long_ago) = (tenant.organization.id, Timestamp::UNIX_EPOCH);
    let count = async || store.dialed(id, &call.to, long_ago, 9).await.unwrap().len();
    assert_eq!((store.purge_dials(long_ago, long_ago, 9).await.unwrap(), count().await), (0, 1));
    let later = said.at + std::time::Duration::from_secs(1);
    assert_eq!(
        (store.purge_dials(later, long_ago, 9).await.unwrap(), count().await),
        (2, 0),
        "the dial and its number's row"
    );
    let decision = PolicyDecision {
        id: PolicyDecisionId(uuid()),
        organization: id,
        agent: None,
        number: call.to.clone(),
        at: said.at,
        stage: PolicyStage::Create,
        code: "suppressed".to_owned(),
        rule: "suppression".to_owned(),
        detail: "on the list".to_owned(),
        allowed_at: None,
        call: None,
        key: None,
    };
    store.note_decision(&decision, long_ago).await.unwrap();
    assert_eq!(store.purge_dials(later, long_ago, 9).await.unwrap(), 0);
    assert_eq!(store.purge_dials(later, later, 9).await.unwrap(), 1, "a decision");
}

pub(crate) async fn sip_messages_are_kept_once_and_go_with_the_content(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let other = Tenant::in_store(store, "other").await;
    let folder = RecordingFolderId(uuid());
    let (call, late) = (held(store, &tenant, folder, 100).await, held(store, &tenant, folder, 200).await);
    let organization = tenant.organization.id;
    let messages = |text: &str| {
        let mut messages = SipMessages::default();
        messages.note(at(1), true, text);
        messages
    };
    assert_eq!(store.sip_messages(organization, call.id).await.unwrap(), None);
    let first = messages("INVITE sip:x SIP/2.0\r\n\r\n");
    store.keep_sip_messages(organization, call.id, first.clone()).await.unwrap();
    store.keep_sip_messages(organization, call.id, messages("BYE sip:x SIP/2.0\r\n\r\n")).await.unwrap();
    assert_eq!(store.sip_messages(organization, call.id).await.unwrap(), Some(first.clone()));
    assert_eq!(store.sip_messages(other.organization.id, call.id).await.unwrap(), None, "another tenant's");
    for one in [&call, &late] {
        assert!(store.forget_content(organization, one.id, at(950), false).await.unwrap());
    }
    assert_eq!(store.sip_messages(organization, call.id).await.unwrap(), None);
    store.keep_sip_messages(organization, late.id, first).await.unwrap();
    assert_eq!(store.sip_messages(organization, late.id).await.unwrap(), None, "what came after the purge is not kept");
}

//! What policy goes by and what it decided.

use std::collections::BTreeSet;

use app::ports::store::{
    AboutToDial, ContactFilter, CreateRefused, DecisionFilter, DialGuard, NewCall, NumberStanding, Store, StoreError,
    SuppressionFilter,
};
use domain::call::{Call, CallKey};
use domain::call_event::CallFact;
use domain::contact::{Consent, Contact};
use domain::outcome::EndReason;
use domain::policy_decision::{PolicyDecision, PolicyStage};
use domain::suppression::{Suppression, SuppressionSource};
use domain::time::Timestamp;
use domain::{ConsentId, ContactId, OrganizationId, PolicyDecisionId, SuppressionId};
use jiff::SignedDuration;

use crate::builders::{Tenant, attempt, fact, node, number, uuid};

fn second(n: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + n).unwrap()
}

fn entry(organization: OrganizationId, to: &str, source: SuppressionSource, since: i64) -> Suppression {
    Suppression {
        id: SuppressionId(uuid()),
        organization,
        number: number(to).into(),
        reason: "asked".to_owned(),
        source,
        call: None,
        note: Some("said so".to_owned()),
        created_at: second(since),
        expires_at: None,
    }
}

fn contact(organization: OrganizationId, numbers: &[&str]) -> Contact {
    Contact {
        id: ContactId(uuid()),
        organization,
        name: Some("Zoë".to_owned()),
        numbers: numbers.iter().map(|text| number(text)).collect(),
        time_zone: Some("Europe/Madrid".to_owned()),
        external_id: None,
        do_not_contact: false,
        integer: 0,
        profile: domain::profile::Profile::default(),
        created_at: second(0),
        updated_at: second(0),
    }
}

pub(crate) async fn a_lapsed_entry_gives_way_and_a_standing_one_stays(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let id = tenant.organization.id;
    let short = Suppression { expires_at: Some(second(10)), ..entry(id, "+15550009999", SuppressionSource::Api, 0) };
    store.suppress(&short).await.unwrap();
    assert_eq!(store.suppression(id, &short.number).await.unwrap(), Some(short.clone()));
    let again = Suppression { expires_at: Some(second(5)), ..entry(id, "+15550009999", SuppressionSource::Api, 1) };
    store.suppress(&again).await.unwrap();
    assert_eq!(store.suppression(id, &short.number).await.unwrap().unwrap().id, short.id, "it lasts longer");
    let later = Suppression { expires_at: Some(second(30)), ..entry(id, "+15550009999", SuppressionSource::Call, 20) };
    store.suppress(&later).await.unwrap();
    assert_eq!(store.suppression(id, &short.number).await.unwrap(), Some(later), "the first one had lapsed");

    let many = ["+34612345678", "+34612345679"].map(|to| entry(id, to, SuppressionSource::Import, 40));
    store.suppress_all(&many).await.unwrap();
    let filter = SuppressionFilter { limit: 2, ..SuppressionFilter::default() };
    let first = store.find_suppressions(id, &filter).await.unwrap();
    let rest = SuppressionFilter { cursor: first.next.clone(), ..filter.clone() };
    let rest = store.find_suppressions(id, &rest).await.unwrap();
    assert_eq!((first.items.len(), rest.items.len(), rest.next), (2, 1, None));
    let imported = SuppressionFilter { source: Some(SuppressionSource::Import), limit: 9, ..filter.clone() };
    assert_eq!(store.find_suppressions(id, &imported).await.unwrap().items.len(), 2);
    let one = SuppressionFilter { number: Some(number("+34612345679").into()), limit: 9, ..filter };
    assert_eq!(store.find_suppressions(id, &one).await.unwrap().items, [many[1].clone()]);
}

pub(crate) async fn a_contact_keeps_its_numbers_to_itself_and_off_the_telephone(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let other = Tenant::in_store(store, "other").await;
    let id = tenant.organization.id;
    let mut zoe = contact(id, &["+34612345678", "+34612345679"]);
    zoe.external_id = Some("crm-1".to_owned());
    zoe = store.save_contact(&zoe, &[]).await.unwrap();
    assert_eq!(zoe.integer, 1);
    assert_eq!(store.contact_of(id, &zoe.numbers[1].clone().into()).await.unwrap(), Some(zoe.clone()));
    assert_eq!(store.contact_of(other.organization.id, &zoe.numbers[1].clone().into()).await.unwrap(), None);
    let asked = ["+34612345678", "+34612345679", "+34600000000"].map(|text| number(text).into());
    let mut known = store.contacts_of(id, &asked).await.unwrap();
    known.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(known, ["+34612345678", "+34612345679"].map(|text| (text.to_owned(), zoe.clone())));
    assert_eq!(store.contacts_of(other.organization.id, &asked).await.unwrap(), []);
    let thief = contact(id, &["+34612345679"]);
    assert!(matches!(store.save_contact(&thief, &[]).await, Err(StoreError::Duplicate(_))));
    assert_eq!(store.contact(id, thief.id).await.unwrap(), None, "nothing of it was written");

    let said = entry(id, "+34612345679", SuppressionSource::Call, 1);
    store.suppress(&said).await.unwrap();
    zoe.do_not_contact = true;
    let entries = ["+34612345678", "+34612345679"].map(|to| entry(id, to, SuppressionSource::Contact, 2));
    store.save_contact(&zoe, &entries).await.unwrap();
    assert_eq!(store.suppression(id, &zoe.numbers[0].clone().into()).await.unwrap(), Some(entries[0].clone()));
    zoe.do_not_contact = false;
    store.save_contact(&zoe, &[]).await.unwrap();
    assert_eq!(store.suppression(id, &zoe.numbers[0].clone().into()).await.unwrap(), None);
    assert_eq!(store.suppression(id, &zoe.numbers[1].clone().into()).await.unwrap(), Some(said), "what was said stays");

    let filter = ContactFilter { external_id: Some("crm-1".to_owned()), limit: 5, ..ContactFilter::default() };
    assert_eq!(store.contacts(id, &filter).await.unwrap().items, [zoe.clone()]);
    assert!(!store.delete_contact(other.organization.id, zoe.id).await.unwrap());
    assert!(store.delete_contact(id, zoe.id).await.unwrap());
    assert_eq!(store.contact_of(id, &zoe.numbers[0].clone().into()).await.unwrap(), None);

    let newest = store.save_contact(&contact(id, &["+34612345670"]), &[]).await.unwrap();
    assert!(store.delete_contact(id, newest.id).await.unwrap());
    let next = store.save_contact(&contact(id, &["+34612345671"]), &[]).await.unwrap();
    assert_eq!((newest.integer, next.integer), (2, 3), "an integer names one person for good");
    assert_eq!(store.contact_numbered(id, 2).await.unwrap(), None);
    assert_eq!(store.contact_numbered(id, 3).await.unwrap(), Some(next));
}

pub(crate) async fn a_consent_is_recorded_and_withdrawn_once(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let id = tenant.organization.id;
    let consent = Consent {
        id: ConsentId(uuid()),
        organization: id,
        number: number("+34612345678").into(),
        basis: "express_written".to_owned(),
        source: "web form".to_owned(),
        given_at: second(0),
        expires_at: Some(second(100)),
        withdrawn_at: None,
        created_at: second(1),
    };
    store.record_consent(&consent).await.unwrap();
    assert_eq!(store.consents(id, &consent.number).await.unwrap(), std::slice::from_ref(&consent));
    assert!(store.withdraw_consent(id, consent.id, second(2)).await.unwrap());
    assert!(!store.withdraw_consent(id, consent.id, second(3)).await.unwrap());
    let withdrawn = store.consents(id, &consent.number).await.unwrap();
    assert_eq!(withdrawn[0].withdrawn_at, Some(second(2)));
}

pub(crate) async fn calls_to_one_person_are_counted_in_the_commit_that_dials(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let id = tenant.organization.id;
    for n in 0..3 {
        tenant.queued(store, second(n)).await;
    }
    let claims = store.claim(node(), 3, second(10), second(40)).await.unwrap().calls;
    let guard = DialGuard { frequency: Some((2, second(0) - SignedDuration::from_hours(1))) };
    let mut answers = Vec::new();
    for claimed in &claims {
        let tried = attempt();
        let said = fact(CallFact::Dialing { attempt: tried });
        let mut call = claimed.call.clone();
        call.apply(said.at, &said.fact);
        answers.push(store.about_to_dial(claimed.lease, &call, tried, said, guard.clone()).await.unwrap());
    }
    assert!(answers[..2].iter().all(|answer| matches!(answer, AboutToDial::Committed(_))));
    assert_eq!(answers[2], AboutToDial::Forbidden(EndReason::PolicyBlocked));
    let to = &claims[0].call.to;
    assert_eq!(store.dialed(id, to, second(-9), 9).await.unwrap().len(), 2, "a dial that was forbidden is none");
    let filter = DecisionFilter { number: Some(to.clone()), limit: 9, ..DecisionFilter::default() };
    let kept = store.decisions(id, &filter).await.unwrap().items;
    assert_eq!((kept.len(), kept[0].stage, kept[0].code.as_str()), (1, PolicyStage::Commit, "frequency_cap"));
    assert_eq!(kept[0].call, Some(claims[2].call.id));
    assert!(store.number_standing(id, &tenant.number.number.clone().into()).await.unwrap().own);
    assert_eq!(store.number_standing(id, to).await.unwrap(), NumberStanding::default());
}

/// Rounds of opt-out against dial; the first two come one after the other.
const ROUNDS: u32 = 48;

pub(crate) async fn an_opt_out_that_was_answered_stops_every_dial_that_is_not_committed(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let mut outcomes = BTreeSet::new();
    for round in 0..ROUNDS {
        let to = format!("+1555123{:04}", round);
        let call = Call { to: number(&to).into(), ..tenant.call(second(0)) };
        store.insert_call(NewCall::plain(call, fact(CallFact::Queued))).await.unwrap();
        let claimed = store.claim(node(), 1, second(1), second(40)).await.unwrap().calls.pop().unwrap();
        let listed = entry(tenant.organization.id, &to, SuppressionSource::Api, 2);
        let opts_out = async {
            store.suppress(&listed).await.unwrap();
            // Whoever asked hears of it now, and from now on nothing may be dialed that is not on its way.
            let call = store.call(tenant.organization.id, &CallKey::Id(claimed.call.id)).await.unwrap().unwrap();
            call.attempt.is_some()
        };
        let dials = async {
            let tried = attempt();
            let said = fact(CallFact::Dialing { attempt: tried });
            let mut call = claimed.call.clone();
            call.apply(said.at, &said.fact);
            store.about_to_dial(claimed.lease, &call, tried, said, DialGuard::default()).await.unwrap()
        };
        let (on_its_way, answer) = match round {
            0 => (opts_out.await, dials.await),
            1 => {
                let answer = dials.await;
                (opts_out.await, answer)
            }
            n if n % 2 == 0 => tokio::join!(opts_out, dials),
            _ => {
                let (answer, on_its_way) = tokio::join!(dials, opts_out);
                (on_its_way, answer)
            }
        };
        let dialed = matches!(answer, AboutToDial::Committed(_));
        assert!(dialed || answer == AboutToDial::Forbidden(EndReason::Suppressed), "{answer:?}");
        assert_eq!(dialed, on_its_way, "round {round}: a dial was committed after the opt-out was answered");
        outcomes.insert(dialed);
    }
    assert_eq!(outcomes.len(), 2, "both come first at times");
}

pub(crate) async fn decisions_are_kept_for_a_while_and_paged(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let id = tenant.organization.id;
    for n in 0..4 {
        let decision = PolicyDecision {
            id: PolicyDecisionId(uuid()),
            organization: id,
            agent: Some(tenant.agent.id),
            number: number("+34612345678").into(),
            at: second(n),
            stage: PolicyStage::Create,
            code: "suppressed".to_owned(),
            rule: "suppression".to_owned(),
            detail: "on the list".to_owned(),
            allowed_at: None,
            call: None,
            key: None,
        };
        store.note_decision(&decision, second(n - 2)).await.unwrap();
    }
    let filter = DecisionFilter { limit: 2, ..DecisionFilter::default() };
    let first = store.decisions(id, &filter).await.unwrap();
    assert_eq!(first.items.iter().map(|d| d.at).collect::<Vec<_>>(), [second(3), second(2)]);
    let rest = store.decisions(id, &DecisionFilter { cursor: first.next, ..filter }).await.unwrap();
    assert_eq!(rest.items.iter().map(|d| d.at).collect::<Vec<_>>(), [second(1)], "older ones are gone");
}

/// Creates at once: plain ones share a statement, and the last twelve are looked at one by one.
pub(crate) async fn creates_that_nobody_judged_are_handed_back_if_listed(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let other = Tenant::in_store(store, "other").await;
    let (listed, lapsed, elsewhere) = ("+15551230001", "+15551230002", "+15551230003");
    let id = tenant.organization.id;
    store.suppress(&entry(id, listed, SuppressionSource::Api, 1)).await.unwrap();
    let over = Suppression { expires_at: Some(second(2)), ..entry(id, lapsed, SuppressionSource::Api, 1) };
    store.suppress(&over).await.unwrap();
    store.suppress(&entry(other.organization.id, elsewhere, SuppressionSource::Api, 1)).await.unwrap();
    let own = tenant.number.number.to_string();
    let numbers = [listed, "+15551230009", lapsed, elsewhere, &own, "+15551230010"];
    let new = |n: usize, to: &str| {
        let call = Call { to: number(to).into(), ..tenant.call(second(3)) };
        let plain = NewCall { lists_unread: true, ..NewCall::plain(call, fact(CallFact::Queued)) };
        NewCall { one_at_a_time: n >= 24, ..plain }
    };
    let creates = (0..36).map(|n| store.insert_call(new(n, numbers[n % numbers.len()])));
    let mut stored = 0;
    for (n, created) in futures_util::future::join_all(creates).await.into_iter().enumerate() {
        let to = numbers[n % numbers.len()];
        let unlisted = [numbers[1], elsewhere, numbers[5]].contains(&to);
        match created {
            Ok(_) if unlisted => stored += 1,
            Err(CreateRefused::InProgress) if unlisted && n >= 24 => {}
            Err(CreateRefused::Listed { new, standing }) if !unlisted => {
                assert_eq!((new.call.to.as_str(), standing.own), (to, to == own));
                let lapses = standing.suppression.map(|entry| entry.expires_at);
                assert_eq!(lapses, (to != own).then(|| (to == lapsed).then(|| second(2))));
                match store.insert_call(NewCall { lists_unread: false, ..*new }).await {
                    Ok(_) => stored += 1,
                    Err(CreateRefused::InProgress) if n >= 24 => {}
                    Err(refused) => panic!("{n}: {refused}"),
                }
            }
            other => panic!("{n}: {other:?}"),
        }
    }
    assert!(stored >= 24, "{stored}");
    assert_eq!(store.events_after(id, 0, 100).await.unwrap().len(), stored, "once each, or not at all");
}

//! What a create takes along beside money: uses of caps, and the answer to a client's key.

use std::sync::Arc;
use std::time::Duration;

use app::ports::store::{Brake, CreateRefused, HeldBack, KeptAnswer, NewCall, Reservation, Store};
use domain::call::Call;
use domain::caps::{AtEnd, CapMark, CapUse};
use domain::money::{Money, Price};
use domain::outcome::{CallStatus, EndReason};
use futures_util::future::join_all;

use crate::builders::{Tenant, at, ended, fact, uuid};

fn cap(scope: &str, amount: i64, most: i64) -> CapUse {
    CapUse {
        scope: scope.to_owned(),
        window: at(0),
        until: at(60),
        amount,
        most,
        at_end: AtEnd::Stays,
        mark: None,
        brake: false,
    }
}

fn capped(tenant: &Tenant, caps: Vec<CapUse>) -> NewCall {
    NewCall { caps, ..tenant.new_call(at(1)) }
}

fn answer(call: &Call) -> KeptAnswer {
    let headers = vec![("Location".to_owned(), format!("/v1/calls/{}", call.id))];
    KeptAnswer { status: 201, headers, body: format!("{} \u{0} {}", call.id, call.sequence).into_bytes() }
}

fn keyed(tenant: &Tenant, key: &str, fingerprint: u8, now: i64) -> NewCall {
    let held = HeldBack {
        scope: format!("{}/POST /v1/calls", tenant.organization.id),
        key: key.to_owned(),
        fingerprint: [fingerprint; 32],
        now: at(now),
        expires_at: at(now + 86_400),
        write: Arc::new(answer),
    };
    NewCall { answer: Some(held), ..tenant.new_call(at(1)) }
}

async fn stored(store: &dyn Store, tenant: &Tenant) -> usize {
    let filter = app::ports::store::CallFilter { limit: 200, ..Default::default() };
    store.calls(tenant.organization.id, &filter).await.unwrap().items.len()
}

async fn cancel(store: &dyn Store, call: &Call) {
    let mut call = call.clone();
    let end = fact(ended(CallStatus::Canceled, EndReason::ApiHangup));
    call.apply(at(2), &end.fact);
    store.end_queued(&call, end).await.unwrap();
}

pub(crate) async fn caps_take_all_or_nothing_and_never_too_much(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let both = || vec![cap("key/minute", 1, 20), cap("org/minute", 1, 12)];
    let placed = join_all((0..40).map(|_| store.insert_call(capped(&tenant, both())))).await;
    assert_eq!(placed.iter().filter(|p| p.is_ok()).count(), 12);
    for refused in placed.iter().filter_map(|p| p.as_ref().err()) {
        assert!(matches!(refused, CreateRefused::Cap(cap) if cap.scope == "org/minute"), "{refused:?}");
    }
    assert_eq!(
        store.used_since("key/minute", at(0)).await.unwrap(),
        12,
        "a refused call uses nothing of the other cap"
    );
    assert_eq!(stored(store, &tenant).await, 12);
    let too_much = store.insert_call(capped(&tenant, vec![cap("key/money", 5, 4)])).await;
    assert!(matches!(too_much, Err(CreateRefused::Cap(_))), "{too_much:?}");
    let next = CapUse { window: at(60), until: at(120), ..cap("org/minute", 1, 12) };
    store.insert_call(capped(&tenant, vec![next])).await.unwrap();
}

pub(crate) async fn a_use_that_returns_makes_room_and_money_is_corrected(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let open = || CapUse { at_end: AtEnd::Returns, ..cap("org/queued_calls", 1, 1) };
    let spent = || CapUse { at_end: AtEnd::Corrected, ..cap("org/money_per_day", 500_000, 1_000_000) };
    let price = Price {
        currency: "USD".to_owned(),
        rate_per_minute: Money::from_micros(100_000),
        increment_s: 1,
        minimum_s: 0,
        per_attempt: Money::ZERO,
        most: Some(Money::from_micros(500_000)),
    };
    let new = || {
        let mut new = capped(&tenant, vec![spent(), open()]);
        new.call.price = Some(price.clone());
        new
    };
    let call = store.insert_call(new()).await.unwrap().call;
    let refused = store.insert_call(new()).await;
    assert!(matches!(&refused, Err(CreateRefused::Cap(cap)) if cap.scope == "org/queued_calls"), "{refused:?}");
    cancel(store, &call).await;
    assert_eq!(store.used_since("org/queued_calls", at(0)).await.unwrap(), 0);
    // The ending of the builders says that 1.5 s were talked: 2 s at 0.1 a minute, rounded up.
    assert_eq!(store.used_since("org/money_per_day", at(0)).await.unwrap(), 3_334);
    store.insert_call(new()).await.unwrap();
}

pub(crate) async fn a_mark_counts_once(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let to = |country: &str, window: i64| {
        let scope = format!("org/country/{country}");
        let mark = Some(CapMark { scope, window: at(window), until: at(window + 60) });
        capped(&tenant, vec![CapUse { mark, ..cap("org/countries", 1, 2) }])
    };
    for country in ["ES", "FR", "ES", "FR", "ES"] {
        store.insert_call(to(country, 0)).await.unwrap();
    }
    assert!(matches!(store.insert_call(to("LV", 0)).await, Err(CreateRefused::Cap(_))));
    // What was refused left no mark either.
    assert!(matches!(store.insert_call(to("LV", 0)).await, Err(CreateRefused::Cap(_))));
    assert_eq!(store.used_since("org/countries", at(0)).await.unwrap(), 2);
}

pub(crate) async fn a_brake_holds_until_it_is_released(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let organization = tenant.organization.id;
    let brake = Brake {
        scope: organization.to_string(),
        organization,
        cap: "organization.range_calls_per_hour".to_owned(),
        tripped_at: store_time(0),
        until: store_time(60),
    };
    assert!(store.trip_brake(&brake).await.unwrap());
    assert!(!store.trip_brake(&brake).await.unwrap(), "it holds already");
    assert_eq!(store.brakes(organization, at(1)).await.unwrap(), std::slice::from_ref(&brake));
    assert_eq!(store.brakes(organization, at(61)).await.unwrap(), []);
    let counter = format!("{organization}/range_calls_per_hour/4479");
    store.insert_call(capped(&tenant, vec![cap(&counter, 1, 5)])).await.unwrap();
    assert!(store.release_brake(organization, &brake.scope).await.unwrap());
    assert!(!store.release_brake(organization, &brake.scope).await.unwrap());
    assert_eq!(store.used_since(&counter, at(0)).await.unwrap(), 0);
}

/// Whole seconds, which read back as they were written.
fn store_time(seconds: i64) -> domain::time::Timestamp {
    domain::time::Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub(crate) async fn one_key_makes_one_call_however_many_ask(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let asked = join_all((0..16).map(|_| store.insert_call(keyed(&tenant, "k", 1, 0)))).await;
    let made: Vec<_> = asked.iter().filter_map(|a| a.as_ref().ok()).collect();
    assert_eq!((made.len(), stored(store, &tenant).await), (1, 1));
    let first = made[0].answer.clone().unwrap();
    assert_eq!(first, answer(&made[0].call));
    for lost in asked.iter().filter_map(|a| a.as_ref().err()) {
        let CreateRefused::AnsweredBefore { fingerprint, answer, .. } = lost else { panic!("{lost:?}") };
        assert_eq!((fingerprint, answer.as_ref()), (&[1; 32], Some(&first)));
    }
    let other = store.insert_call(keyed(&tenant, "k", 2, 5)).await;
    assert!(matches!(other, Err(CreateRefused::AnsweredBefore { fingerprint, .. }) if fingerprint == [1; 32]));
    let scope = format!("{}/POST /v1/calls", tenant.organization.id);
    let known = store.known_answer(&scope, "k", at(5)).await.unwrap().unwrap();
    assert_eq!(known.answer, Some(first));
    assert_eq!(stored(store, &tenant).await, 1);
}

pub(crate) async fn a_refused_create_leaves_its_key_free(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let refused = NewCall { caps: vec![cap("org/minute", 1, 0)], ..keyed(&tenant, "k", 1, 0) };
    assert!(matches!(store.insert_call(refused).await, Err(CreateRefused::Cap(_))));
    let held = NewCall { hold: Some(Money::from_micros(1)), ..keyed(&tenant, "k", 1, 0) };
    assert!(matches!(store.insert_call(held).await, Err(CreateRefused::Funds { .. })));
    store.insert_call(keyed(&tenant, "k", 2, 0)).await.unwrap();
    assert_eq!(stored(store, &tenant).await, 1);
}

pub(crate) async fn an_answer_is_forgotten_when_it_expires(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    store.insert_call(keyed(&tenant, "k", 1, 0)).await.unwrap();
    let scope = format!("{}/POST /v1/calls", tenant.organization.id);
    assert!(store.known_answer(&scope, "k", at(86_399)).await.unwrap().is_some());
    assert!(store.known_answer(&scope, "k", at(86_400)).await.unwrap().is_none());
    let again = store.insert_call(keyed(&tenant, "k", 2, 86_400)).await.unwrap();
    let known = store.known_answer(&scope, "k", at(86_401)).await.unwrap().unwrap();
    assert_eq!((known.fingerprint, known.answer), ([2; 32], again.answer));
}

pub(crate) async fn a_reservation_has_one_holder_and_lapses(store: &dyn Store) {
    let wanted = || Reservation { scope: "s".to_owned(), key: "k".to_owned(), fingerprint: [1; 32], id: uuid() };
    let all: Vec<Reservation> = (0..8).map(|_| wanted()).collect();
    let got = join_all(all.iter().map(|w| store.reserve_answer(w, at(0), at(60)))).await;
    let got: Vec<_> = got.into_iter().map(Result::unwrap).collect();
    assert_eq!(got.iter().filter(|known| known.is_none()).count(), 1);
    assert!(got.iter().flatten().all(|known| known.answer.is_none()));
    let first = &all[got.iter().position(Option::is_none).unwrap()];
    // It lapses, another takes over, and the first one comes too late.
    let second = wanted();
    assert!(store.reserve_answer(&second, at(60), at(120)).await.unwrap().is_none());
    let kept = KeptAnswer { status: 201, headers: Vec::new(), body: b"second".to_vec() };
    let late = KeptAnswer { body: b"first".to_vec(), ..kept.clone() };
    assert!(!store.keep_answer(first, &late, at(900)).await.unwrap());
    assert!(store.keep_answer(&second, &kept, at(900)).await.unwrap());
    store.forget_answer(&second).await.unwrap();
    let known = store.reserve_answer(&wanted(), at(61), at(121)).await.unwrap().unwrap();
    assert_eq!(known.answer, Some(kept), "what was kept is not given back");
    let third = Reservation { key: "other".to_owned(), ..wanted() };
    assert!(store.reserve_answer(&third, at(0), at(60)).await.unwrap().is_none());
    store.forget_answer(&third).await.unwrap();
    assert!(store.reserve_answer(&third, at(0), at(60)).await.unwrap().is_none());
}

pub(crate) async fn what_expired_is_purged_in_batches(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    for key in ["a", "b", "c"] {
        let new = NewCall { caps: vec![cap(&format!("org/{key}"), 1, 9)], ..keyed(&tenant, key, 1, 0) };
        store.insert_call(new).await.unwrap();
    }
    assert_eq!(store.purge_expired(at(60), 2).await.unwrap(), 0, "nothing has expired yet");
    let later = at(0) + Duration::from_hours(24 * 30);
    let mut gone = Vec::new();
    while let n @ 1.. = store.purge_expired(later, 2).await.unwrap() {
        gone.push(n);
    }
    assert_eq!(gone, [4, 2]);
}

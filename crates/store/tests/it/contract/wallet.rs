//! Money under concurrency: the ledger always sums, the wallet never goes below its credit, nothing settles twice.

use app::ports::store::{AboutToDial, CreateRefused, DialGuard, LedgerFilter, NewCall, NewEntry, Store};
use domain::call::Call;
use domain::call_event::{CallFact, Ending};
use domain::money::{Money, Price};
use domain::outcome::{AnsweredBy, Blame, CallStatus, EndReason, Evidence};
use domain::wallet::{LedgerEntry, LedgerKind, Rate, Wallet, WalletSettings};
use domain::{LedgerEntryId, OrganizationId};
use futures_util::future::join_all;

use super::webhooks::{endpoint, fan_out};
use crate::builders::{Tenant, at, attempt, fact, node, uuid};

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn settings(low_balance: Option<&str>, credit: &str) -> WalletSettings {
    WalletSettings {
        currency: "USD".to_owned(),
        rate: Rate { rate_per_minute: money("0.60"), increment_s: 60, minimum_s: 0, per_attempt: money("0.05") },
        rules: Vec::new(),
        low_balance: low_balance.map(money),
        credit: money(credit),
        hold_at_most_s: 60,
    }
}

fn entry(organization: OrganizationId, kind: LedgerKind, amount: &str) -> NewEntry {
    NewEntry { id: LedgerEntryId(uuid()), organization, kind, amount: money(amount), at: at(0), note: None }
}

async fn open(store: &dyn Store, tenant: &Tenant, balance: &str, low: Option<&str>, credit: &str) {
    let wallet = Wallet {
        organization: tenant.organization.id,
        settings: settings(low, credit),
        available: Money::ZERO,
        held: Money::ZERO,
        frozen_at: None,
        created_at: at(0),
        updated_at: at(0),
    };
    let opening = entry(tenant.organization.id, LedgerKind::TopUp, balance);
    store.open_wallet(&wallet, Some(opening)).await.unwrap();
}

/// A call of a minute at most: 0.65 are held for it.
fn billed(tenant: &Tenant) -> NewCall {
    let price: Price = settings(None, "0").price(&tenant.call(at(0)).to, tenant.trunk.id, 60);
    let mut new = tenant.new_call(at(0));
    new.hold = price.most;
    new.call.price = Some(price);
    new
}

fn over(status: CallStatus, duration_ms: u64) -> CallFact {
    CallFact::Ended(Box::new(Ending {
        status,
        end_reason: EndReason::CalleeHangup,
        blame: Blame::Callee,
        answered_by: AnsweredBy::Human,
        duration_ms,
        outcome: None,
        evidence: Evidence::default(),
    }))
}

async fn wallet(store: &dyn Store, tenant: &Tenant) -> Wallet {
    store.wallet(tenant.organization.id).await.unwrap().unwrap()
}

async fn ledger(store: &dyn Store, tenant: &Tenant) -> Vec<LedgerEntry> {
    let mut filter = LedgerFilter { limit: 100, ..LedgerFilter::default() };
    let mut entries = Vec::new();
    loop {
        let page = store.ledger(tenant.organization.id, &filter).await.unwrap();
        entries.extend(page.items);
        filter.cursor = page.next;
        if filter.cursor.is_none() {
            entries.reverse();
            return entries;
        }
    }
}

/// Entries, oldest first, add up to the wallet, and each says what was there after it.
async fn sums(store: &dyn Store, tenant: &Tenant) -> Vec<LedgerEntry> {
    let (entries, wallet) = (ledger(store, tenant).await, wallet(store, tenant).await);
    let (mut available, mut held) = (Money::ZERO, Money::ZERO);
    for entry in &entries {
        let (a, h) = entry.kind.moves(entry.amount);
        (available, held) = (available + a, held + h);
        assert_eq!((entry.available_after, entry.held_after), (available, held), "{entry:?}");
        assert!(!held.is_negative(), "{entry:?}");
    }
    assert_eq!((wallet.available, wallet.held), (available, held));
    entries
}

/// Claims what waits, dials it and ends it after `duration_ms` of talk.
async fn dial_and_end(store: &dyn Store, duration_ms: u64) -> usize {
    let claims = store.claim(node(), 100, at(10), at(100)).await.unwrap();
    for claimed in &claims.calls {
        let (attempt, mut call) = (attempt(), claimed.call.clone());
        let dialing = fact(CallFact::Dialing { attempt });
        call.apply(at(11), &dialing.fact);
        let told = store.about_to_dial(claimed.lease, &call, attempt, dialing, DialGuard::default()).await.unwrap();
        assert!(matches!(told, AboutToDial::Committed(_)));
        let ended = fact(over(CallStatus::Completed, duration_ms));
        call.apply(at(12), &ended.fact);
        let first = store.append(claimed.lease, &call, vec![ended.clone()]).await.unwrap();
        // An answer that was lost is asked for again and changes nothing.
        assert_eq!(store.append(claimed.lease, &call, vec![ended]).await.unwrap(), first);
    }
    claims.calls.len()
}

pub(crate) async fn a_call_holds_settles_and_releases(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    open(store, &tenant, "1.00", None, "0").await;
    let placed = store.insert_call(billed(&tenant)).await.unwrap();
    assert_eq!(placed.call.price.as_ref().unwrap().most, Some(money("0.65")));
    let held = wallet(store, &tenant).await;
    assert_eq!((held.available, held.held), (money("0.35"), money("0.65")));
    let refused = store.insert_call(billed(&tenant)).await;
    assert!(matches!(refused, Err(CreateRefused::Funds { balance }) if balance == money("0.35")), "{refused:?}");
    assert_eq!(dial_and_end(store, 0).await, 1);
    let settled = wallet(store, &tenant).await;
    assert_eq!((settled.available, settled.held), (money("0.95"), Money::ZERO), "an unanswered call costs its attempt");
    let kinds: Vec<_> = sums(store, &tenant).await.iter().map(|e| (e.kind, e.amount.to_string())).collect();
    let expected = [
        (LedgerKind::TopUp, "1.00"),
        (LedgerKind::Hold, "0.65"),
        (LedgerKind::Settle, "0.05"),
        (LedgerKind::Release, "0.60"),
    ];
    assert_eq!(kinds, expected.map(|(kind, amount)| (kind, amount.to_owned())));
    let read = store.call(tenant.organization.id, &domain::call::CallKey::Id(placed.call.id)).await.unwrap().unwrap();
    assert_eq!((read.cost, read.price), (Some(money("0.05")), placed.call.price));
}

pub(crate) async fn a_call_canceled_in_the_queue_costs_nothing(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    open(store, &tenant, "1.00", None, "0").await;
    let call = store.insert_call(billed(&tenant)).await.unwrap().call;
    let canceled = fact(over(CallStatus::Canceled, 0));
    let mut ended: Call = call.clone();
    ended.apply(at(2), &canceled.fact);
    let first = store.end_queued(&ended, canceled.clone()).await.unwrap();
    assert_eq!(store.end_queued(&ended, canceled).await.unwrap(), first);
    let wallet = wallet(store, &tenant).await;
    assert_eq!((wallet.available, wallet.held), (money("1.00"), Money::ZERO));
    sums(store, &tenant).await;
}

pub(crate) async fn many_creates_at_once_never_take_more_than_there_is(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    open(store, &tenant, "6.60", None, "0").await;
    let placed = join_all((0..64).map(|_| store.insert_call(billed(&tenant)))).await;
    assert_eq!(placed.iter().filter(|placed| placed.is_ok()).count(), 10);
    assert!(placed.iter().all(|p| matches!(p, Ok(_) | Err(CreateRefused::Funds { .. }))));
    let all = join_all((0..4).map(|_| dial_and_end(store, 61_000))).await;
    assert_eq!(all.into_iter().sum::<usize>(), 10);
    let wallet = wallet(store, &tenant).await;
    assert_eq!(
        (wallet.available, wallet.held),
        (money("0.10"), Money::ZERO),
        "a talk that overran costs what was held"
    );
    sums(store, &tenant).await;
}

pub(crate) async fn credit_is_used_and_not_exceeded(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    open(store, &tenant, "0.10", None, "1.30").await;
    let placed = join_all((0..8).map(|_| store.insert_call(billed(&tenant)))).await;
    assert_eq!(placed.iter().filter(|placed| placed.is_ok()).count(), 2);
    assert_eq!(wallet(store, &tenant).await.available, money("-1.20"));
    let taken = store.move_money(entry(tenant.organization.id, LedgerKind::Adjustment, "-0.11"), None).await;
    assert!(matches!(taken, Err(CreateRefused::Funds { .. })), "{taken:?}");
    store.move_money(entry(tenant.organization.id, LedgerKind::Adjustment, "-0.10"), None).await.unwrap();
    sums(store, &tenant).await;
}

pub(crate) async fn a_low_balance_is_told_once_per_crossing(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    open(store, &tenant, "4.00", Some("3.00"), "0").await;
    store.insert_endpoint(&endpoint(&tenant, &["wallet.low_balance"])).await.unwrap();
    join_all((0..4).map(|_| store.insert_call(billed(&tenant)))).await;
    assert_eq!(fan_out(store).await, 0, "held money is still there");
    join_all((0..4).map(|_| dial_and_end(store, 60_000))).await;
    assert_eq!(fan_out(store).await, 1, "four ends at once cross once");
    store.move_money(entry(tenant.organization.id, LedgerKind::TopUp, "2.00"), None).await.unwrap();
    store.move_money(entry(tenant.organization.id, LedgerKind::Adjustment, "-0.30"), None).await.unwrap();
    assert_eq!(fan_out(store).await, 0);
    store.move_money(entry(tenant.organization.id, LedgerKind::Adjustment, "-0.50"), None).await.unwrap();
    assert_eq!(fan_out(store).await, 1);
}

pub(crate) async fn a_frozen_wallet_stops_calls_before_they_ring(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    open(store, &tenant, "9.00", None, "0").await;
    store.insert_call(billed(&tenant)).await.unwrap();
    let frozen = store.update_wallet(tenant.organization.id, &settings(None, "0"), Some(at(3)), at(3)).await.unwrap();
    assert!(frozen.unwrap().frozen_at.is_some());
    assert!(matches!(store.insert_call(billed(&tenant)).await, Err(CreateRefused::Funds { .. })));
    let claimed = store.claim(node(), 1, at(10), at(100)).await.unwrap().calls.remove(0);
    let attempt = attempt();
    let dialing = fact(CallFact::Dialing { attempt });
    let told = store.about_to_dial(claimed.lease, &claimed.call, attempt, dialing, DialGuard::default()).await.unwrap();
    assert_eq!(told, AboutToDial::Forbidden(EndReason::InsufficientFunds));
}

//! Any sequence of creates, ends, repeats, top-ups and restarts: the ledger sums, the wallet never goes below nothing,
//! caps are never exceeded, a key makes one call.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::ports::store::{CallStore, CreateRefused, HeldBack, KeptAnswer, LedgerFilter, NewCall, NewEntry, WalletStore};
use domain::LedgerEntryId;
use domain::call::Call;
use domain::call_event::CallFact;
use domain::caps::{AtEnd, CapUse};
use domain::money::Money;
use domain::outcome::{CallStatus, EndReason};
use domain::wallet::{LedgerKind, Rate, Wallet, WalletSettings};
use proptest::prelude::*;
use store::{KeySource, SqlStore};
use tempfile::TempDir;

use crate::builders::{Tenant, at, ended, fact, file, uuid};

/// Calls that may wait at once.
const QUEUED: i64 = 3;
/// Calls of the whole test's window.
const MADE: i64 = 8;

#[derive(Clone, Debug)]
enum Step {
    /// Under a key or without.
    Create(Option<u8>),
    /// The oldest that waits; asked for twice, for the answer to the first may be lost.
    End,
    TopUp(i64),
    TakeOut(i64),
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let one = prop_oneof![
        4 => Just(Step::Create(None)),
        3 => (0_u8..3).prop_map(|key| Step::Create(Some(key))),
        4 => Just(Step::End),
        1 => (1_i64..2_000_000).prop_map(Step::TopUp),
        1 => (1_i64..2_000_000).prop_map(Step::TakeOut),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(one, 1..28)
}

fn settings() -> WalletSettings {
    let rate = Rate {
        rate_per_minute: Money::from_micros(600_000),
        increment_s: 1,
        minimum_s: 0,
        per_attempt: Money::from_micros(50_000),
    };
    WalletSettings {
        currency: "USD".to_owned(),
        rate,
        rules: Vec::new(),
        low_balance: Some(Money::from_micros(400_000)),
        credit: Money::ZERO,
        hold_at_most_s: 60,
    }
}

fn cap(scope: &str, most: i64, at_end: AtEnd) -> CapUse {
    let (window, until) = (at(0), at(3_600));
    CapUse { scope: scope.to_owned(), window, until, amount: 1, most, at_end, mark: None, brake: false }
}

fn new_call(tenant: &Tenant, key: Option<u8>) -> NewCall {
    let mut new = tenant.new_call(at(1));
    let price = settings().price(&new.call.to, tenant.trunk.id, 60);
    new.hold = price.most;
    new.call.price = Some(price);
    new.caps = vec![cap("org/calls", MADE, AtEnd::Stays), cap("org/queued", QUEUED, AtEnd::Returns)];
    new.answer = key.map(|key| HeldBack {
        scope: tenant.organization.id.to_string(),
        key: key.to_string(),
        fingerprint: [key; 32],
        now: at(1),
        expires_at: at(9_999),
        write: Arc::new(|call: &Call| KeptAnswer {
            status: 201,
            headers: Vec::new(),
            body: call.id.to_string().into(),
        }),
    });
    new
}

/// What should be there.
#[derive(Default)]
struct Model {
    waiting: Vec<Call>,
    made: i64,
    keys: BTreeMap<u8, KeptAnswer>,
}

struct Run {
    store: SqlStore,
    folder: TempDir,
    tenant: Tenant,
    model: Model,
}

impl Run {
    async fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(&folder).await;
        let tenant = Tenant::named("acme");
        let wallet = Wallet {
            organization: tenant.organization.id,
            settings: settings(),
            available: Money::ZERO,
            held: Money::ZERO,
            frozen_at: None,
            created_at: at(0),
            updated_at: at(0),
        };
        let run = Self { store, folder, tenant, model: Model::default() };
        run.store.open_wallet(&wallet, Some(run.entry(LedgerKind::TopUp, 3_000_000))).await.unwrap();
        run
    }

    fn entry(&self, kind: LedgerKind, micros: i64) -> NewEntry {
        let (id, organization) = (LedgerEntryId(uuid()), self.tenant.organization.id);
        NewEntry { id, organization, kind, amount: Money::from_micros(micros), at: at(1), note: None }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Create(key) => self.create(key).await,
            Step::End => self.end().await,
            Step::TopUp(micros) => {
                self.store.move_money(self.entry(LedgerKind::TopUp, micros), None).await.unwrap();
            }
            Step::TakeOut(micros) => {
                let moved = self.store.move_money(self.entry(LedgerKind::Adjustment, -micros), None).await;
                assert!(matches!(moved, Ok(_) | Err(CreateRefused::Funds { .. })), "{moved:?}");
            }
            Step::Restart => {
                self.store.close().await;
                self.store = opened(&self.folder).await;
            }
        }
    }

    async fn create(&mut self, key: Option<u8>) {
        let known = key.and_then(|key| self.model.keys.get(&key)).cloned();
        match self.store.insert_call(new_call(&self.tenant, key)).await {
            Ok(placed) => {
                assert!(known.is_none(), "a key makes one call");
                if let (Some(key), Some(answer)) = (key, placed.answer) {
                    self.model.keys.insert(key, answer);
                }
                self.model.made += 1;
                self.model.waiting.push(placed.call);
            }
            Err(CreateRefused::AnsweredBefore { answer, .. }) => assert_eq!(answer, known),
            Err(CreateRefused::Cap(_)) => {
                let waiting = i64::try_from(self.model.waiting.len()).unwrap();
                assert!(waiting == QUEUED || self.model.made == MADE);
            }
            Err(CreateRefused::Funds { .. }) => {}
            Err(refused) => {
                panic!("{refused}")
            }
        }
    }

    async fn end(&mut self) {
        if self.model.waiting.is_empty() {
            return;
        }
        let mut call = self.model.waiting.remove(0);
        let end: CallFact = ended(CallStatus::Canceled, EndReason::ApiHangup);
        let end = fact(end);
        call.apply(at(2), &end.fact);
        let first = self.store.end_queued(&call, end.clone()).await.unwrap();
        assert_eq!(self.store.end_queued(&call, end).await.unwrap(), first);
    }

    async fn check(&self) {
        let organization = self.tenant.organization.id;
        let filter = LedgerFilter { limit: 200, ..LedgerFilter::default() };
        let mut entries = self.store.ledger(organization, &filter).await.unwrap().items;
        entries.reverse();
        let (mut available, mut held) = (Money::ZERO, Money::ZERO);
        for entry in &entries {
            let (a, h) = entry.kind.moves(entry.amount);
            (available, held) = (available + a, held + h);
            assert_eq!((entry.available_after, entry.held_after), (available, held), "{entry:?}");
            assert!(!available.is_negative() && !held.is_negative(), "{entry:?}");
        }
        let wallet = self.store.wallet(organization).await.unwrap().unwrap();
        assert_eq!((wallet.available, wallet.held), (available, held));
        let holds: Money = self.model.waiting.iter().filter_map(|call| call.price.as_ref()?.most).sum();
        assert_eq!(held, holds, "what is held is held for calls that wait");
        let waiting = i64::try_from(self.model.waiting.len()).unwrap();
        assert_eq!(self.store.used_since("org/calls", at(0)).await.unwrap(), self.model.made);
        assert_eq!(self.store.used_since("org/queued", at(0)).await.unwrap(), waiting);
        assert!(waiting <= QUEUED && self.model.made <= MADE);
    }
}

async fn opened(folder: &TempDir) -> SqlStore {
    SqlStore::open_with(file(folder).to_str().unwrap(), KeySource::None).await.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn money_and_caps_hold_whatever_happens(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut run = Run::begin().await;
            for step in steps {
                run.step(step).await;
                run.check().await;
            }
            run.store.close().await;
        });
    }
}

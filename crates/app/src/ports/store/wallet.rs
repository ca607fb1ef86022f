//! Money, brakes and what was used.

use async_trait::async_trait;
use domain::OrganizationId;
use domain::money::Money;
use domain::time::Timestamp;
use domain::wallet::{LedgerEntry, LedgerKind, Usage, Wallet, WalletSettings};
use domain::{CallId, LedgerEntryId};

use super::{CreateRefused, HeldBack, KeptAnswer, Page, StoreError};

/// Money that comes in, or an adjustment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// Drawn by the writer.
    pub id: LedgerEntryId,
    /// Tenant.
    pub organization: OrganizationId,
    /// `TopUp` or `Adjustment`; the moves of calls are the store's own.
    pub kind: LedgerKind,
    /// How much.
    pub amount: Money,
    /// When.
    pub at: Timestamp,
    /// A person's words.
    pub note: Option<String>,
}

/// What a wallet says of the calls to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletTerms {
    /// What the operator set.
    pub settings: WalletSettings,
    /// No call may be made.
    pub frozen: bool,
}

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct LedgerFilter {
    /// Only those of this call.
    pub call: Option<CallId>,
    /// From the previous page.
    pub cursor: Option<String>,
    /// 1 to 200.
    pub limit: u32,
}

/// A brake that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brake {
    /// Whom it holds: `key_…` or `org_…`.
    pub scope: String,
    /// Tenant.
    pub organization: OrganizationId,
    /// The cap that tripped it, such as `key.range_calls_per_hour`.
    pub cap: String,
    /// When.
    pub tripped_at: Timestamp,
    /// Holds until then.
    pub until: Timestamp,
}

/// Wallets, their ledger, usage and brakes.
#[async_trait]
pub trait WalletStore: Send + Sync {
    /// The wallet; `None` for a tenant that is not billed.
    async fn wallet(&self, organization: OrganizationId) -> Result<Option<Wallet>, StoreError>;
    /// Its terms without its money; asked for with every create, so they may be a second old.
    async fn wallet_terms(&self, organization: OrganizationId) -> Result<Option<WalletTerms>, StoreError>;
    /// Opens a wallet with `opening` in it, noted as a top-up. `Duplicate("wallet")` when there is one.
    async fn open_wallet(&self, wallet: &Wallet, opening: Option<NewEntry>) -> Result<(), StoreError>;
    /// Changes settings and freezes or thaws; `None` where there is no wallet. Money is not touched.
    async fn update_wallet(
        &self,
        organization: OrganizationId,
        settings: &WalletSettings,
        frozen_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Option<Wallet>, StoreError>;
    /// Brings money in or adjusts, and keeps the answer, in one transaction. `Funds` when there is no wallet or an
    /// adjustment would take more than is available.
    async fn move_money(
        &self,
        entry: NewEntry,
        answer: Option<HeldBack<LedgerEntry>>,
    ) -> Result<(LedgerEntry, Option<KeptAnswer>), CreateRefused>;
    /// The ledger, newest first.
    async fn ledger(
        &self,
        organization: OrganizationId,
        filter: &LedgerFilter,
    ) -> Result<Page<LedgerEntry>, StoreError>;
    /// Per day, agent and key: calls accepted from `from` on and before `to`.
    async fn usage(
        &self,
        organization: OrganizationId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Usage>, StoreError>;
    /// What a counter added up to in windows that began at `from` or later.
    async fn used_since(&self, scope: &str, from: Timestamp) -> Result<i64, StoreError>;
    /// Trips a brake; one that holds already stays as it is. False then.
    async fn trip_brake(&self, brake: &Brake) -> Result<bool, StoreError>;
    /// Brakes of a tenant that hold at `now`.
    async fn brakes(&self, organization: OrganizationId, now: Timestamp) -> Result<Vec<Brake>, StoreError>;
    /// Releases a brake and forgets what its owner's brakes counted, so that it does not trip again at once. False when
    /// there is none.
    async fn release_brake(&self, organization: OrganizationId, scope: &str) -> Result<bool, StoreError>;
}

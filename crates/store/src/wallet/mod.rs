//! Wallets, ledger, usage and brakes, behind [`WalletStore`].
//!
//! Law: every change of money is a move with its ledger entry, in one transaction under the lock of the wallet's row.

use app::ports::store::{
    Brake, CreateRefused, HeldBack, KeptAnswer, LedgerFilter, NewEntry, Page, StoreError, WalletStore, WalletTerms,
};
use async_trait::async_trait;
use domain::money::Money;
use domain::time::Timestamp;
use domain::wallet::{LedgerEntry, LedgerKind, Usage, Wallet, WalletSettings};
use domain::{CallId, OrganizationId};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

pub(crate) mod closing;
mod usage;

use crate::creates::{answered_before, available, keep};
use crate::errors::{failed, taken};
use crate::rows::{brakes, cap_uses, document, kept_answers, ledger, micros, unreadable, wallets};
use crate::together::only;
use crate::transaction::Transaction;
use crate::{SqlStore, Stored};

/// Id of the one entry that a call has of a kind. Made from the call's, so that a repeat makes the same.
pub(crate) fn entry_id(call: CallId, kind: LedgerKind) -> Uuid {
    derived(call, 1 + kind as u128)
}

/// Id of the event that the end of a call brings about for its tenant.
fn event_id(call: CallId) -> Uuid {
    derived(call, 16)
}

/// Another id out of a call's: its low bits are random, so the outcome is as unlikely to meet another as any.
fn derived(call: CallId, salt: u128) -> Uuid {
    Uuid::from_u128(call.0.as_u128() ^ (salt << 32))
}

/// Credit and adjustments that are refused because of what they would do.
type Moved = Result<(LedgerEntry, Option<KeptAnswer>), CreateRefused>;

#[async_trait]
impl WalletStore for SqlStore {
    async fn wallet(&self, organization: OrganizationId) -> Stored<Option<Wallet>> {
        only(wallets::Entity::find_by_id(organization.0), &self.reads).await?.map(wallets::from_row).transpose()
    }

    async fn wallet_terms(&self, organization: OrganizationId) -> Stored<Option<WalletTerms>> {
        let read = async {
            let wallet = self.wallet(organization).await?;
            let terms = wallet.map(|w| WalletTerms { settings: w.settings, frozen: w.frozen_at.is_some() });
            Ok(Some(terms))
        };
        Ok(self.recent.wallets.or_read(organization, self.recent.changes(), read).await?.flatten())
    }

    async fn open_wallet(&self, wallet: &Wallet, opening: Option<NewEntry>) -> Stored<()> {
        let empty = Wallet { available: Money::ZERO, held: Money::ZERO, ..wallet.clone() };
        let mut row = wallets::to_row(&empty)?;
        // Opened with too little is not a fall below the level.
        let opened = opening.as_ref().map_or(Money::ZERO, |entry| entry.amount);
        row.low = sea_orm::Set(i64::from(wallets::is_low(opened, wallet.settings.low_balance)));
        self.change(move |tx| {
            Box::pin(async move {
                wallets::Entity::insert(row).exec_without_returning(tx).await.map_err(taken("wallet"))?;
                if let Some(entry) = opening {
                    shift(tx, &entry).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn update_wallet(
        &self,
        organization: OrganizationId,
        settings: &WalletSettings,
        frozen_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Stored<Option<Wallet>> {
        let row = wallets::ActiveModel {
            settings: sea_orm::Set(document(settings)?),
            credit: sea_orm::Set(settings.credit.micros()),
            low_balance: sea_orm::Set(settings.low_balance.map(Money::micros)),
            frozen_at: sea_orm::Set(frozen_at.map(micros)),
            updated_at: sea_orm::Set(micros(now)),
            ..<wallets::ActiveModel as Default>::default()
        };
        self.change(move |tx| {
            Box::pin(async move {
                wallets::Entity::update_many()
                    .set(row)
                    .filter(wallets::Column::Organization.eq(organization.0))
                    .exec(tx)
                    .await
                    .map_err(failed)?;
                let stored = only(wallets::Entity::find_by_id(organization.0), tx).await?;
                stored.map(wallets::from_row).transpose()
            })
        })
        .await
    }

    async fn move_money(&self, entry: NewEntry, answer: Option<HeldBack<LedgerEntry>>) -> Moved {
        self.change(move |tx| Box::pin(async move { move_money(tx, entry, answer).await })).await?
    }

    async fn ledger(&self, organization: OrganizationId, filter: &LedgerFilter) -> Stored<Page<LedgerEntry>> {
        let limit = u64::from(Ord::max(filter.limit, 1));
        let mut select = ledger::Entity::find().filter(ledger::Column::Organization.eq(organization.0));
        if let Some(call) = filter.call {
            select = select.filter(ledger::Column::Call.eq(call.0));
        }
        if let Some(cursor) = &filter.cursor {
            let before: i64 = cursor.parse().map_err(|_| StoreError::InvalidCursor)?;
            select = select.filter(ledger::Column::Position.lt(before));
        }
        let rows = select.order_by_desc(ledger::Column::Position).limit(limit + 1).all(&self.reads).await;
        let mut rows = rows.map_err(failed)?;
        let more = rows.len() as u64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let next = rows.last().filter(|_| more).map(|row| row.position.to_string());
        Ok(Page { items: rows.into_iter().map(ledger::from_row).collect::<Stored<_>>()?, next })
    }

    async fn usage(&self, organization: OrganizationId, from: Timestamp, to: Timestamp) -> Stored<Vec<Usage>> {
        usage::by_day(&self.reads, organization, from, to).await
    }

    async fn used_since(&self, scope: &str, from: Timestamp) -> Stored<i64> {
        let rows = cap_uses::Entity::find()
            .filter(cap_uses::Column::Scope.eq(scope))
            .filter(cap_uses::Column::BeginsAt.gte(micros(from)))
            .all(&self.reads)
            .await
            .map_err(failed)?;
        Ok(rows.iter().fold(0_i64, |sum, row| sum.saturating_add(row.used)))
    }

    async fn trip_brake(&self, brake: &Brake) -> Stored<bool> {
        let (row, now) = (brakes::to_row(brake), micros(brake.tripped_at));
        let mut conflict = OnConflict::column(brakes::Column::Scope);
        conflict
            .update_columns([brakes::Column::Cap, brakes::Column::TrippedAt, brakes::Column::Until])
            .action_and_where(Expr::col((brakes::Entity, brakes::Column::Until)).lte(now));
        self.change(move |tx| {
            Box::pin(async move {
                let mut insert = sea_orm::QueryTrait::into_query(brakes::Entity::insert(row));
                insert.on_conflict(conflict).returning(Query::returning().column(brakes::Column::Scope));
                Ok(tx.query_one(&insert).await.map_err(failed)?.is_some())
            })
        })
        .await
    }

    async fn brakes(&self, organization: OrganizationId, now: Timestamp) -> Stored<Vec<Brake>> {
        let rows = brakes::Entity::find()
            .filter(brakes::Column::Organization.eq(organization.0))
            .filter(brakes::Column::Until.gt(micros(now)))
            .order_by_asc(brakes::Column::Scope)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(brakes::from_row).collect()
    }

    async fn release_brake(&self, organization: OrganizationId, scope: &str) -> Stored<bool> {
        let scope = scope.to_owned();
        self.change(move |tx| Box::pin(async move { release(tx, organization, &scope).await })).await
    }
}

async fn release(tx: &Transaction, organization: OrganizationId, scope: &str) -> Stored<bool> {
    let removed = brakes::Entity::delete_many()
        .filter(brakes::Column::Scope.eq(scope))
        .filter(brakes::Column::Organization.eq(organization.0))
        .exec(tx)
        .await
        .map_err(failed)?;
    if removed.rows_affected == 0 {
        return Ok(false);
    }
    for counter in ["new_countries_per_hour", "range_calls_per_hour", "calls_abroad_per_hour"] {
        cap_uses::Entity::delete_many()
            .filter(cap_uses::Column::Scope.starts_with(format!("{scope}/{counter}")))
            .exec(tx)
            .await
            .map_err(failed)?;
    }
    Ok(true)
}

async fn move_money(tx: &Transaction, entry: NewEntry, answer: Option<HeldBack<LedgerEntry>>) -> Stored<Moved> {
    if let Some(held) = &answer {
        let wanted = kept_answers::reservation(held, entry.id.0);
        let reserve = kept_answers::to_reserve(&wanted, held.now, held.expires_at);
        if tx.query_one(&reserve).await.map_err(failed)?.is_none() {
            return answered_before(tx, held).await.map(Err);
        }
    }
    let Some(stored) = shift(tx, &entry).await? else {
        if let Some(held) = &answer {
            // Nothing is kept of what was refused.
            let key = (held.scope.clone(), held.key.clone());
            kept_answers::Entity::delete_by_id(key).exec(tx).await.map_err(failed)?;
        }
        return Ok(Err(CreateRefused::Funds { balance: available(tx, entry.organization.0).await? }));
    };
    closing::mark_low(tx, entry.organization, entry.at, entry.id.0).await?;
    let kept = match &answer {
        Some(held) => Some(keep(tx, held, &stored).await?),
        None => None,
    };
    Ok(Ok((stored, kept)))
}

/// Moves and notes it; `None` when the wallet is not there or does not hold so much.
async fn shift(tx: &Transaction, entry: &NewEntry) -> Stored<Option<LedgerEntry>> {
    let (organization, at) = (entry.organization.0, micros(entry.at));
    let mut update = wallets::to_move(organization, entry.kind.moves(entry.amount), at);
    if entry.amount.is_negative() {
        let covered = Expr::col(wallets::Column::Available).add(Expr::col(wallets::Column::Credit));
        update.and_where(covered.gte((-entry.amount).micros()));
    }
    update.returning(Query::returning().column(wallets::Column::Held));
    if tx.query_one(&update).await.map_err(failed)?.is_none() {
        return Ok(None);
    }
    let moved = ledger::Move {
        id: entry.id.0,
        organization,
        call: None,
        kind: entry.kind,
        amount: entry.amount,
        at,
        note: entry.note.as_deref(),
    };
    tx.execute(&ledger::to_insert(moved, (Money::ZERO, Money::ZERO))).await.map_err(taken("ledger entry"))?;
    let row = only(ledger::Entity::find().filter(ledger::Column::Id.eq(entry.id.0)), tx).await?;
    let stored = row.map(ledger::from_row).ok_or_else(|| unreadable("entry that was just written"))?;
    stored.map(Some)
}

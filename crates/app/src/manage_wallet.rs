//! A tenant's money: the wallet, what comes in, its ledger and what was used.
//!
//! Law: an organization without a wallet is not billed. Opening one, its prices and money that comes in are the
//! operator's (`wallet:write`).

use std::sync::Arc;
use std::time::Duration;

use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::money::Money;
use domain::refusal::{Refusal, RefusalCode};
use domain::time::Timestamp;
use domain::wallet::{LedgerEntry, LedgerKind, Rate, Usage, Wallet, WalletSettings};
use domain::{LedgerEntryId, OrganizationId};

use crate::idempotency::{KeptOrNew, Keyed, Write};
use crate::ports::store::{CreateRefused, KeptAnswer, LedgerFilter, NewEntry, Page, StoreError};
use crate::read_calls::MAX_PAGE;
use crate::refusals::{conflict, invalid, label, not_found};
use crate::{Platform, Principal};

/// Most rules of one wallet.
pub const MAX_RULES: usize = 1_000;
/// Longest time that usage is asked for at once, in days.
pub const MAX_USAGE_DAYS: u64 = 366;

/// Money that comes in, or an adjustment by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUp {
    /// How much; negative takes out.
    pub amount: Money,
    /// Whether it was paid, or corrects something.
    pub adjustment: bool,
    /// An invoice, a reason.
    pub note: Option<String>,
}

impl Platform {
    /// The wallet of the organization that asks; `NotFound` when it is not billed.
    pub async fn get_wallet(&self, principal: &Principal) -> Result<Wallet, Refusal> {
        principal.require(Permission::WalletRead)?;
        self.store.wallet(principal.organization).await?.ok_or_else(|| not_found("wallet"))
    }

    /// Sets prices and limits, and freezes or thaws; opens the wallet if there is none, with `opening` in it.
    pub async fn set_wallet(
        &self,
        principal: &Principal,
        settings: WalletSettings,
        frozen: bool,
        opening: Money,
    ) -> Result<Wallet, Refusal> {
        principal.require(Permission::WalletWrite)?;
        check(&settings)?;
        let now = self.clock.now();
        let Some(wallet) = self.store.wallet(principal.organization).await? else {
            return self.open_wallet(principal, settings, frozen, opening, now).await;
        };
        if wallet.settings.currency != settings.currency {
            return Err(conflict("the wallet's currency is fixed, for its ledger is in it"));
        }
        if wallet.settings == settings && wallet.frozen_at.is_some() == frozen {
            return Ok(wallet);
        }
        let frozen_at = frozen.then(|| wallet.frozen_at.unwrap_or(now));
        let changes = Changes::none().of("settings", document(&wallet.settings), document(&settings)).of(
            "frozen",
            wallet.frozen_at.is_some(),
            frozen,
        );
        self.audited(principal, AuditAction::WalletUpdated, principal.organization, changes)
            .update_wallet(principal.organization, &settings, frozen_at, now)
            .await?
            .ok_or_else(|| not_found("wallet"))
    }

    async fn open_wallet(
        &self,
        principal: &Principal,
        settings: WalletSettings,
        frozen: bool,
        opening: Money,
        now: Timestamp,
    ) -> Result<Wallet, Refusal> {
        if opening.is_negative() {
            return Err(invalid("/balance", "must not be negative"));
        }
        let organization = principal.organization;
        let changes = Changes::none().with("settings", document(&settings)).with("balance", opening.to_string());
        let wallet = Wallet {
            organization,
            settings,
            available: Money::ZERO,
            held: Money::ZERO,
            frozen_at: frozen.then_some(now),
            created_at: now,
            updated_at: now,
        };
        let entry = (opening > Money::ZERO).then(|| self.entry(organization, LedgerKind::TopUp, opening, now, None));
        self.audited(principal, AuditAction::WalletUpdated, organization, changes).open_wallet(&wallet, entry).await?;
        self.store.wallet(organization).await?.ok_or_else(|| not_found("wallet"))
    }

    /// Brings money in.
    pub async fn top_up(&self, principal: &Principal, top_up: TopUp) -> Result<LedgerEntry, Refusal> {
        Ok(self.move_money(principal, top_up, None).await?.map_err(|refused| no_money(&refused))?.0)
    }

    /// The same under a key of the client's: a repeat gets the first answer and brings nothing in.
    pub async fn top_up_once(
        &self,
        principal: &Principal,
        top_up: TopUp,
        asked: &Keyed,
        write: Write<LedgerEntry>,
    ) -> Result<KeptOrNew, Refusal> {
        principal.require(Permission::WalletWrite)?;
        if let Some(answer) = self.answered_before(asked).await? {
            return Ok(KeptOrNew { answer, replayed: true });
        }
        match self.move_money(principal, top_up, Some((asked, Arc::clone(&write)))).await? {
            Ok((entry, kept)) => Ok(KeptOrNew { answer: kept.unwrap_or_else(|| write(&entry)), replayed: false }),
            Err(refused @ CreateRefused::AnsweredBefore { .. }) => {
                Ok(KeptOrNew { answer: asked.lost_the_race(refused, self.clock.now())?, replayed: true })
            }
            Err(refused) => Err(no_money(&refused)),
        }
    }

    async fn move_money(
        &self,
        principal: &Principal,
        top_up: TopUp,
        keyed: Option<(&Keyed, Write<LedgerEntry>)>,
    ) -> Result<Result<(LedgerEntry, Option<KeptAnswer>), CreateRefused>, Refusal> {
        principal.require(Permission::WalletWrite)?;
        if top_up.amount == Money::ZERO || (top_up.amount.is_negative() && !top_up.adjustment) {
            return Err(invalid("/amount", "must be above zero; only an adjustment may take out"));
        }
        if let Some(note) = &top_up.note {
            label("/note", note)?;
        }
        if self.store.wallet(principal.organization).await?.is_none() {
            return Err(not_found("wallet"));
        }
        let now = self.clock.now();
        let kind = if top_up.adjustment { LedgerKind::Adjustment } else { LedgerKind::TopUp };
        let changes = Changes::none().with("amount", top_up.amount.to_string()).with("kind", kind.as_str());
        let entry = self.entry(principal.organization, kind, top_up.amount, now, top_up.note);
        let answer = keyed.map(|(asked, write)| asked.held_back(now, write));
        let audited = self.audited(principal, AuditAction::WalletAdjusted, principal.organization, changes);
        match audited.move_money(entry, answer).await {
            Err(CreateRefused::Store(error)) => Err(error.into()),
            moved => Ok(moved),
        }
    }

    fn entry(
        &self,
        organization: OrganizationId,
        kind: LedgerKind,
        amount: Money,
        at: Timestamp,
        note: Option<String>,
    ) -> NewEntry {
        NewEntry { id: LedgerEntryId(self.clock.uuid()), organization, kind, amount, at, note }
    }

    /// The ledger, newest first.
    pub async fn list_ledger(
        &self,
        principal: &Principal,
        filter: &LedgerFilter,
    ) -> Result<Page<LedgerEntry>, Refusal> {
        principal.require(Permission::WalletRead)?;
        if filter.limit == 0 || filter.limit > MAX_PAGE {
            return Err(invalid("/limit", format!("must lie between 1 and {MAX_PAGE}")));
        }
        Ok(self.store.ledger(principal.organization, filter).await?)
    }

    /// What was used between two moments, per day (UTC), agent and key.
    pub async fn usage(
        &self,
        principal: &Principal,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<Vec<Usage>, Refusal> {
        principal.require(Permission::WalletRead)?;
        let to = to.unwrap_or_else(|| self.clock.now());
        let from = from.unwrap_or(to - Duration::from_hours(30 * 24));
        if from > to || to.duration_since(from).unsigned_abs() > Duration::from_hours(MAX_USAGE_DAYS * 24) {
            return Err(invalid("/from", format!("must lie before `to`, and at most {MAX_USAGE_DAYS} days")));
        }
        Ok(self.store.usage(principal.organization, from, to).await?)
    }

    /// Provisions the wallet: opened with its opening balance once, and from then on only its settings follow.
    pub(crate) async fn provision_wallet(
        &self,
        principal: &Principal,
        settings: WalletSettings,
        opening: Money,
    ) -> Result<bool, Refusal> {
        let before = self.store.wallet(principal.organization).await?;
        let kept = before.as_ref().map(|wallet| wallet.settings.clone());
        let settings = WalletSettings {
            rules: kept.as_ref().map(|kept| kept.rules.clone()).unwrap_or_default(),
            hold_at_most_s: kept.map_or(settings.hold_at_most_s, |kept| kept.hold_at_most_s),
            ..settings
        };
        let frozen = before.as_ref().is_some_and(|wallet| wallet.frozen_at.is_some());
        let after = self.set_wallet(principal, settings, frozen, opening).await?;
        Ok(before.is_none_or(|before| before.settings != after.settings))
    }
}

fn no_money(refused: &CreateRefused) -> Refusal {
    match refused {
        CreateRefused::Funds { balance } => Refusal::new(
            RefusalCode::InsufficientFunds,
            format!("only {balance} is available, less than the adjustment takes out"),
        ),
        _ => StoreError::Unavailable("the wallet did not take the move".to_owned()).into(),
    }
}

fn document(settings: &WalletSettings) -> serde_json::Value {
    serde_json::to_value(settings).unwrap_or_default()
}

fn check(settings: &WalletSettings) -> Result<(), Refusal> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !(1..=16).contains(&settings.currency.len()) || !settings.currency.chars().all(word) {
        return Err(invalid("/currency", "must be an ISO 4217 code or a short word such as `credits`"));
    }
    if settings.credit.is_negative() {
        return Err(invalid("/credit", "must not be negative"));
    }
    if settings.hold_at_most_s == 0 {
        return Err(invalid("/hold_at_most_s", "must be at least 1"));
    }
    if settings.rules.len() > MAX_RULES {
        return Err(invalid("/rules", format!("at most {MAX_RULES} rules")));
    }
    check_rate("", &settings.rate)?;
    for (at, rule) in settings.rules.iter().enumerate() {
        let pointer = format!("/rules/{at}");
        if rule.prefix.as_deref().is_some_and(|p| !is_prefix(p)) {
            return Err(invalid(&format!("{pointer}/prefix"), "must be + and the first digits of numbers"));
        }
        check_rate(&pointer, &rule.rate)?;
    }
    Ok(())
}

fn is_prefix(text: &str) -> bool {
    text.strip_prefix('+')
        .is_some_and(|digits| (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn check_rate(pointer: &str, rate: &Rate) -> Result<(), Refusal> {
    if rate.rate_per_minute.is_negative() {
        return Err(invalid(&format!("{pointer}/rate_per_minute"), "must not be negative"));
    }
    if rate.per_attempt.is_negative() {
        return Err(invalid(&format!("{pointer}/per_attempt"), "must not be negative"));
    }
    if !(1..=3_600).contains(&rate.increment_s) {
        return Err(invalid(&format!("{pointer}/increment_s"), "must lie between 1 and 3600"));
    }
    if rate.minimum_s > 3_600 {
        return Err(invalid(&format!("{pointer}/minimum_s"), "must be at most 3600"));
    }
    Ok(())
}

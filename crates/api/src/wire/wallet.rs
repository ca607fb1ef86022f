//! Money, caps and brakes on the wire. Amounts are decimal numbers as text, so that no reader rounds them.

use domain::money::Money;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Prices and limits of a wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetWallet {
    /// ISO 4217, or a short word of yours. Fixed once the wallet is open.
    #[schema(example = "USD")]
    pub currency: String,
    /// What sixty seconds of talk cost where no rule matches.
    #[schema(value_type = String, example = "0.10")]
    pub rate_per_minute: Money,
    /// Seconds that are charged at once, 1 to 3600.
    #[serde(default = "minute")]
    pub increment_s: u32,
    /// Seconds that are charged at least, once answered.
    #[serde(default)]
    pub minimum_s: u32,
    /// For every attempt, answered or not.
    #[serde(default)]
    #[schema(value_type = String)]
    pub per_attempt: Money,
    /// Other rates by number, country or trunk: longest prefix first, then country, then trunk.
    #[serde(default)]
    pub rules: Vec<RateRule>,
    /// `wallet.low_balance` is told once when the balance falls below it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub low_balance: Option<Money>,
    /// How far below nothing the wallet may go.
    #[serde(default)]
    #[schema(value_type = String)]
    pub credit: Money,
    /// Talk that is held back for at most, in seconds; a longer call ends as `money_cap` after that time.
    #[serde(default = "half_an_hour")]
    pub hold_at_most_s: u32,
    /// No call may be made, and none that waits is dialed.
    #[serde(default)]
    pub frozen: bool,
    /// What is in it when it is opened; counts for nothing later.
    #[serde(default)]
    #[schema(value_type = String, example = "25.00")]
    pub balance: Money,
}

fn minute() -> u32 {
    60
}

fn half_an_hour() -> u32 {
    domain::wallet::HOLD_AT_MOST_S
}

/// A rate for some calls; what is absent matches all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RateRule {
    /// First characters of the number in E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "+4479")]
    pub prefix: Option<String>,
    /// Country of the number (ISO 3166 alpha-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Id of the trunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub trunk: Option<domain::TrunkId>,
    /// What sixty seconds of talk cost.
    #[schema(value_type = String)]
    pub rate_per_minute: Money,
    /// Seconds that are charged at once.
    #[serde(default = "minute")]
    pub increment_s: u32,
    /// Seconds that are charged at least.
    #[serde(default)]
    pub minimum_s: u32,
    /// For every attempt.
    #[serde(default)]
    #[schema(value_type = String)]
    pub per_attempt: Money,
}

impl From<RateRule> for domain::wallet::RateRule {
    fn from(wire: RateRule) -> Self {
        let RateRule { prefix, country, trunk, rate_per_minute, increment_s, minimum_s, per_attempt } = wire;
        let rate = domain::wallet::Rate { rate_per_minute, increment_s, minimum_s, per_attempt };
        Self { prefix, country, trunk, rate }
    }
}

impl From<domain::wallet::RateRule> for RateRule {
    fn from(rule: domain::wallet::RateRule) -> Self {
        Self {
            prefix: rule.prefix,
            country: rule.country,
            trunk: rule.trunk,
            rate_per_minute: rule.rate.rate_per_minute,
            increment_s: rule.rate.increment_s,
            minimum_s: rule.rate.minimum_s,
            per_attempt: rule.rate.per_attempt,
        }
    }
}

impl SetWallet {
    /// Settings, whether frozen, and the opening balance.
    pub fn parts(self) -> (domain::wallet::WalletSettings, bool, Money) {
        let rate = domain::wallet::Rate {
            rate_per_minute: self.rate_per_minute,
            increment_s: self.increment_s,
            minimum_s: self.minimum_s,
            per_attempt: self.per_attempt,
        };
        let settings = domain::wallet::WalletSettings {
            currency: self.currency,
            rate,
            rules: self.rules.into_iter().map(Into::into).collect(),
            low_balance: self.low_balance,
            credit: self.credit,
            hold_at_most_s: self.hold_at_most_s,
        };
        (settings, self.frozen, self.balance)
    }
}

/// A wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Wallet {
    /// Currency of all amounts.
    pub currency: String,
    /// What is there, held back or not.
    #[schema(value_type = String, example = "24.40")]
    pub balance: Money,
    /// What is held back for calls that wait or are up.
    #[schema(value_type = String)]
    pub held: Money,
    /// What calls can still be made with, credit not counted.
    #[schema(value_type = String)]
    pub available: Money,
    /// What sixty seconds of talk cost where no rule matches.
    #[schema(value_type = String)]
    pub rate_per_minute: Money,
    /// Seconds that are charged at once.
    pub increment_s: u32,
    /// Seconds that are charged at least, once answered.
    pub minimum_s: u32,
    /// For every attempt.
    #[schema(value_type = String)]
    pub per_attempt: Money,
    /// Other rates.
    pub rules: Vec<RateRule>,
    /// Level below which `wallet.low_balance` is told.
    #[schema(value_type = Option<String>)]
    pub low_balance: Option<Money>,
    /// How far below nothing it may go.
    #[schema(value_type = String)]
    pub credit: Money,
    /// Talk that is held back for at most, in seconds.
    pub hold_at_most_s: u32,
    /// Set while no call may be made.
    pub frozen_at: Option<Timestamp>,
    /// When it was opened.
    pub created_at: Timestamp,
}

impl From<domain::wallet::Wallet> for Wallet {
    fn from(wallet: domain::wallet::Wallet) -> Self {
        let balance = wallet.balance();
        let settings = wallet.settings;
        Self {
            currency: settings.currency,
            balance,
            held: wallet.held,
            available: wallet.available,
            rate_per_minute: settings.rate.rate_per_minute,
            increment_s: settings.rate.increment_s,
            minimum_s: settings.rate.minimum_s,
            per_attempt: settings.rate.per_attempt,
            rules: settings.rules.into_iter().map(Into::into).collect(),
            low_balance: settings.low_balance,
            credit: settings.credit,
            hold_at_most_s: settings.hold_at_most_s,
            frozen_at: wallet.frozen_at,
            created_at: wallet.created_at,
        }
    }
}

/// Money that comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTopUp {
    /// How much. Only an adjustment may be negative.
    #[schema(value_type = String, example = "25.00")]
    pub amount: Money,
    /// Whether it corrects something instead of having been paid.
    #[serde(default)]
    pub adjustment: bool,
    /// An invoice, a reason; 100 characters at most.
    #[serde(default)]
    pub note: Option<String>,
}

/// One move of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerEntry {
    /// Its id.
    pub id: String,
    /// `top_up`, `hold`, `release`, `settle` or `adjustment`.
    pub kind: String,
    /// How much; negative only for an adjustment.
    #[schema(value_type = String)]
    pub amount: Money,
    /// Call that it is for; it has at most one entry of each kind.
    pub call_id: Option<String>,
    /// What was available after it.
    #[schema(value_type = String)]
    pub available_after: Money,
    /// What was held after it.
    #[schema(value_type = String)]
    pub held_after: Money,
    /// When.
    pub at: Timestamp,
    /// A person's words.
    pub note: Option<String>,
}

impl From<domain::wallet::LedgerEntry> for LedgerEntry {
    fn from(entry: domain::wallet::LedgerEntry) -> Self {
        Self {
            id: entry.id.to_string(),
            kind: entry.kind.as_str().to_owned(),
            amount: entry.amount,
            call_id: entry.call.map(|call| call.to_string()),
            available_after: entry.available_after,
            held_after: entry.held_after,
            at: entry.at,
            note: entry.note,
        }
    }
}

/// One page of the ledger, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerPage {
    /// The entries.
    pub items: Vec<LedgerEntry>,
    /// Pass it as `cursor` to get the next page; `null` at the end.
    pub next_cursor: Option<String>,
}

/// Which entries to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListLedger {
    /// Only those of this call, by id.
    pub call: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Entries a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// For which time.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadUsage {
    /// Calls accepted at or after (RFC 3339); 30 days before `to` when absent.
    pub from: Option<Timestamp>,
    /// Calls accepted before; now when absent.
    pub to: Option<Timestamp>,
}

/// What was used on one day by one agent over one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// Begin of the day (UTC).
    pub day: Timestamp,
    /// Slug of the agent.
    pub agent: String,
    /// Key; `null` for the operator.
    pub key_id: Option<String>,
    /// Calls accepted.
    pub calls: u64,
    /// Those that were answered.
    pub answered: u64,
    /// Talk in milliseconds.
    pub talk_ms: u64,
    /// What those that are over did cost.
    #[schema(value_type = String)]
    pub cost: Money,
}

impl From<domain::wallet::Usage> for Usage {
    fn from(usage: domain::wallet::Usage) -> Self {
        Self {
            day: usage.day,
            agent: usage.agent,
            key_id: usage.key.map(|key| key.to_string()),
            calls: usage.calls,
            answered: usage.answered,
            talk_ms: usage.talk_ms,
            cost: usage.cost,
        }
    }
}

/// What a call is charged by, and what is held back for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Price {
    /// Currency of all amounts.
    pub currency: String,
    /// For sixty seconds from the answer.
    #[schema(value_type = String)]
    pub rate_per_minute: Money,
    /// Seconds that are charged at once.
    pub increment_s: u32,
    /// Seconds that are charged at least, once answered.
    pub minimum_s: u32,
    /// For every attempt.
    #[schema(value_type = String)]
    pub per_attempt: Money,
    /// Most that the call is charged; held back until it is over.
    #[schema(value_type = Option<String>)]
    pub most: Option<Money>,
}

impl From<domain::money::Price> for Price {
    fn from(price: domain::money::Price) -> Self {
        Self {
            currency: price.currency,
            rate_per_minute: price.rate_per_minute,
            increment_s: price.increment_s,
            minimum_s: price.minimum_s,
            per_attempt: price.per_attempt,
            most: price.most,
        }
    }
}

//! A tenant's money: what it has, what a minute costs it, and the ledger of how it came and went.
//!
//! Law: money moves between three accounts, the world outside, what is available and what is held back for calls; a
//! ledger entry is one such move, so that the entries always sum to the wallet.

use serde::{Deserialize, Serialize};

use crate::callee::Callee;
use crate::ids::{CallId, LedgerEntryId, OrganizationId, TrunkId};
use crate::money::{Money, Price};
use crate::phone_number::PhoneNumber;
use crate::time::Timestamp;

/// Talk that is held back for at most, where the operator does not say: half an hour.
pub const HOLD_AT_MOST_S: u32 = 1_800;

/// What talk costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// For sixty seconds from the answer.
    pub rate_per_minute: Money,
    /// Seconds that are charged at once, at least 1.
    pub increment_s: u32,
    /// Seconds that are charged at least, once answered.
    #[serde(default)]
    pub minimum_s: u32,
    /// For every attempt, answered or not.
    #[serde(default)]
    pub per_attempt: Money,
}

/// A rate for some calls. Fields that are absent match every call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateRule {
    /// First characters of the number in E.164, such as `+4479`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Country of the number (ISO 3166 alpha-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Trunk that the call goes out on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trunk: Option<TrunkId>,
    /// What it costs.
    #[serde(flatten)]
    pub rate: Rate,
}

/// What the operator sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletSettings {
    /// ISO 4217, or a word of the operator's such as `credits`. Fixed once the wallet is open.
    pub currency: String,
    /// What a call costs that no rule matches.
    pub rate: Rate,
    /// The most specific rule holds: longest prefix, then country, then trunk.
    #[serde(default)]
    pub rules: Vec<RateRule>,
    /// `wallet.low_balance` is told when the balance falls below it.
    #[serde(default)]
    pub low_balance: Option<Money>,
    /// How far below nothing the wallet may go.
    #[serde(default)]
    pub credit: Money,
    /// Talk that is held back for at most, in seconds. A longer call ends as `money_cap` after that time; a bound keeps
    /// one agent of long calls from tying up the whole wallet.
    #[serde(default = "hold_at_most_s")]
    pub hold_at_most_s: u32,
}

fn hold_at_most_s() -> u32 {
    HOLD_AT_MOST_S
}

impl WalletSettings {
    /// What a call to `to` over `trunk` costs, with what must be held back for it: the attempt and the longest talk that
    /// the agent allows, within `hold_at_most_s` and never below the charged minimum.
    pub fn price(&self, to: &Callee, trunk: TrunkId, max_duration_s: u64) -> Price {
        let rate = self.rate_for(to, trunk);
        let mut price = Price {
            currency: self.currency.clone(),
            rate_per_minute: rate.rate_per_minute,
            increment_s: rate.increment_s,
            minimum_s: rate.minimum_s,
            per_attempt: rate.per_attempt,
            most: None,
        };
        let talk_s = max_duration_s.clamp(1, u64::from(self.hold_at_most_s.max(1)));
        price.most = Some(price.cost(true, talk_s.saturating_mul(1_000)));
        price
    }

    fn rate_for(&self, to: &Callee, trunk: TrunkId) -> &Rate {
        let country = to.number().and_then(PhoneNumber::region);
        let matches = |rule: &&RateRule| {
            rule.prefix.as_deref().is_none_or(|prefix| to.as_str().starts_with(prefix))
                && rule.country.as_deref().is_none_or(|wanted| country.as_deref() == Some(wanted))
                && rule.trunk.is_none_or(|wanted| wanted == trunk)
        };
        let weight = |rule: &&RateRule| {
            (rule.prefix.as_ref().map_or(0, String::len), rule.country.is_some(), rule.trunk.is_some())
        };
        self.rules.iter().filter(matches).max_by_key(weight).map_or(&self.rate, |rule| &rule.rate)
    }
}

/// A wallet as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Tenant.
    pub organization: OrganizationId,
    /// What the operator set.
    pub settings: WalletSettings,
    /// What is there and not held back.
    pub available: Money,
    /// What is held back for calls.
    pub held: Money,
    /// Set while no call may be made: by the operator.
    pub frozen_at: Option<Timestamp>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When money or settings last changed.
    pub updated_at: Timestamp,
}

impl Wallet {
    /// What is there, held back or not.
    pub fn balance(&self) -> Money {
        self.available + self.held
    }
}

/// Where money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerKind {
    /// From outside to available.
    TopUp,
    /// From available to held.
    Hold,
    /// From held back to available.
    Release,
    /// From held to outside: what a call cost.
    Settle,
    /// From outside to available, or the other way where the amount is negative.
    Adjustment,
}

impl LedgerKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::TopUp, Self::Hold, Self::Release, Self::Settle, Self::Adjustment];

    /// Lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TopUp => "top_up",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Settle => "settle",
            Self::Adjustment => "adjustment",
        }
    }

    /// Reads the lower-case name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What a move of `amount` adds to what is available and to what is held.
    pub fn moves(self, amount: Money) -> (Money, Money) {
        match self {
            Self::TopUp | Self::Adjustment => (amount, Money::ZERO),
            Self::Hold => (-amount, amount),
            Self::Release => (amount, -amount),
            Self::Settle => (Money::ZERO, -amount),
        }
    }
}

/// One move of money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Its id.
    pub id: LedgerEntryId,
    /// Tenant.
    pub organization: OrganizationId,
    /// Call that it is for. A call has at most one entry of each kind.
    pub call: Option<CallId>,
    /// Where it went.
    pub kind: LedgerKind,
    /// How much; negative only for an adjustment.
    pub amount: Money,
    /// What was available after it.
    pub available_after: Money,
    /// What was held after it.
    pub held_after: Money,
    /// When.
    pub at: Timestamp,
    /// A person's words: an invoice, a reason.
    pub note: Option<String>,
}

/// What was used in one day by one agent over one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Begin of the day (UTC).
    pub day: Timestamp,
    /// Slug of the agent.
    pub agent: String,
    /// Key; `None` for the operator.
    pub key: Option<crate::ids::ApiKeyId>,
    /// Calls accepted on that day.
    pub calls: u64,
    /// Those of them that were answered.
    pub answered: u64,
    /// Talk in milliseconds.
    pub talk_ms: u64,
    /// What those that are over did cost.
    pub cost: Money,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(per_minute: &str) -> Rate {
        Rate { rate_per_minute: per_minute.parse().unwrap(), increment_s: 60, minimum_s: 0, per_attempt: Money::ZERO }
    }

    #[test]
    fn the_most_specific_rule_holds_and_the_hold_is_bounded() {
        let trunk = TrunkId(uuid::Uuid::from_u128(7));
        let rule = |prefix: Option<&str>, country: Option<&str>, trunk, per_minute| RateRule {
            prefix: prefix.map(Into::into),
            country: country.map(Into::into),
            trunk,
            rate: rate(per_minute),
        };
        let settings = WalletSettings {
            currency: "USD".into(),
            rate: rate("0.01"),
            rules: vec![
                rule(None, None, Some(trunk), "0.02"),
                rule(None, Some("GB"), None, "0.03"),
                rule(Some("+44"), None, None, "0.04"),
                rule(Some("+4479"), None, None, "0.05"),
            ],
            low_balance: None,
            credit: Money::ZERO,
            hold_at_most_s: 600,
        };
        let other = TrunkId(uuid::Uuid::from_u128(8));
        for (to, over, max_duration_s, per_minute, most) in [
            ("+15550100001", other, 120, "0.01", "0.02"),
            ("+15550100001", trunk, 120, "0.02", "0.04"),
            ("+442079460000", trunk, 60, "0.04", "0.04"),
            ("+447911123456", trunk, 3_600, "0.05", "0.50"),
            ("+15550100001", other, 0, "0.01", "0.01"),
        ] {
            let to = Callee::parse(to, None).unwrap();
            let price = settings.price(&to, over, max_duration_s);
            assert_eq!(price.rate_per_minute.to_string(), per_minute, "{to:?}");
            assert_eq!(price.most.unwrap().to_string(), most, "{to:?}");
        }
    }

    #[test]
    fn every_kind_moves_money_and_makes_none() {
        for kind in LedgerKind::ALL {
            assert_eq!(LedgerKind::parse(kind.as_str()), Some(kind));
            let (available, held) = kind.moves(Money::from_micros(7));
            let outside = match kind {
                LedgerKind::TopUp | LedgerKind::Adjustment => -7,
                LedgerKind::Settle => 7,
                LedgerKind::Hold | LedgerKind::Release => 0,
            };
            assert_eq!(available.micros() + held.micros() + outside, 0, "{kind:?}");
        }
    }
}

//! Money in millionths of a currency's unit, so that every sum is exact and fits both databases.

use std::fmt;
use std::ops::{Add, Neg, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Millionths of one unit.
const UNIT: i64 = 1_000_000;
/// The largest amount that is read; a thousandth of what the type holds, so that sums cannot overflow.
const MOST: i64 = i64::MAX / 1_000;

/// An amount, negative too. Text form: a decimal number with a dot, such as `25.00` or `-0.0125`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

/// A text that is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a decimal number with at most six digits after the dot, such as \"25.00\"")]
pub struct InvalidMoney;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From millionths.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// In millionths.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// So many times; stays at the type's bounds instead of overflowing.
    #[must_use]
    pub const fn times(self, n: i64) -> Self {
        Self(self.0.saturating_mul(n))
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        Self(self.0.saturating_add(rhs.0))
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, rhs: Self) -> Self {
        Self(self.0.saturating_sub(rhs.0))
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    /// At least two digits after the dot, and as many more as it needs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, micros) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let (whole, part) = (micros / UNIT.unsigned_abs(), micros % UNIT.unsigned_abs());
        let digits = format!("{part:06}");
        let shown = digits.trim_end_matches('0').len().max(2);
        write!(f, "{sign}{whole}.{}", &digits[..shown])
    }
}

impl FromStr for Money {
    type Err = InvalidMoney;

    fn from_str(text: &str) -> Result<Self, InvalidMoney> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let dotted = digits.contains('.');
        let numeric = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !numeric(whole) || !numeric(part) || part.len() > 6 || (dotted && part.is_empty()) {
            return Err(InvalidMoney);
        }
        let whole: i64 = whole.parse().map_err(|_| InvalidMoney)?;
        let part: i64 = format!("{part:0<6}").parse().map_err(|_| InvalidMoney)?;
        let micros = whole.checked_mul(UNIT).and_then(|m| m.checked_add(part)).filter(|m| *m <= MOST);
        micros.map(|m| Self(sign * m)).ok_or(InvalidMoney)
    }
}

impl Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a minute of talk costs. Frozen into a call when it is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// ISO 4217, or a word of the operator's such as `credits`.
    pub currency: String,
    /// For sixty seconds from the answer.
    pub rate_per_minute: Money,
    /// Seconds that are charged at once, at least 1.
    pub increment_s: u32,
    /// Seconds of talk that are charged at least, once answered.
    #[serde(default)]
    pub minimum_s: u32,
    /// Charged for every attempt, answered or not.
    #[serde(default)]
    pub per_attempt: Money,
    /// Most that the call is charged: what is held back for it from the accept on. It bounds the talk too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<Money>,
}

impl Price {
    /// What so many whole increments of talk cost.
    pub fn increments(&self, n: i64) -> Money {
        let seconds = n.saturating_mul(i64::from(self.increment_s.max(1)));
        // Rounded up, so that a rate which a minute does not divide by never charges too little.
        let micros = self.rate_per_minute.0.saturating_mul(seconds);
        Money(micros.div_euclid(60) + i64::from(micros.rem_euclid(60) != 0))
    }

    /// What a talk of `duration_ms` costs: begun increments count whole, no talk costs nothing.
    pub fn talk(&self, duration_ms: u64) -> Money {
        if duration_ms == 0 {
            return Money::ZERO;
        }
        let increment_ms = u64::from(self.increment_s.max(1)) * 1_000;
        let charged_ms = duration_ms.max(u64::from(self.minimum_s) * 1_000);
        self.increments(i64::try_from(charged_ms.div_ceil(increment_ms)).unwrap_or(i64::MAX))
    }

    /// What a call costs that was dialed (or not) and talked so long; never more than was held back.
    pub fn cost(&self, dialed: bool, duration_ms: u64) -> Money {
        let attempt = if dialed { self.per_attempt } else { Money::ZERO };
        let cost = attempt + self.talk(duration_ms);
        self.most.map_or(cost, |most| cost.min(most))
    }

    /// Seconds of talk that `most` covers; `None` where money sets no bound.
    pub fn affords_s(&self) -> Option<u64> {
        let budget = self.most? - self.per_attempt;
        let increment = i128::from(self.rate_per_minute.0) * i128::from(self.increment_s.max(1));
        if increment <= 0 {
            return None;
        }
        // The dearest number of increments whose exact price, and so its next whole micro, is still within.
        let increments = (i128::from(budget.0.max(0)) * 60).div_euclid(increment);
        Some(u64::try_from(increments * i128::from(self.increment_s.max(1))).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_written_exactly() {
        for (text, micros, shown) in [
            ("25.00", 25_000_000, "25.00"),
            ("25", 25_000_000, "25.00"),
            ("0.0125", 12_500, "0.0125"),
            ("-0.000001", -1, "-0.000001"),
            ("-3.5", -3_500_000, "-3.50"),
        ] {
            let money: Money = text.parse().unwrap();
            assert_eq!((money.micros(), money.to_string().as_str()), (micros, shown), "{text}");
        }
        for text in ["", ".", "1.", ".5", "1.0000001", "1,00", "1e3", "+1", "--1", "99999999999999999999", "NaN"] {
            assert_eq!(text.parse::<Money>(), Err(InvalidMoney), "{text}");
        }
    }

    #[test]
    fn begun_increments_count_whole_and_fractions_round_up() {
        let price = |rate: &str, increment_s| Price {
            currency: "USD".into(),
            rate_per_minute: rate.parse().unwrap(),
            increment_s,
            minimum_s: 0,
            per_attempt: Money::ZERO,
            most: None,
        };
        for (rate, increment, ms, cost) in [
            ("0.10", 60, 0, "0.00"),
            ("0.10", 60, 1, "0.10"),
            ("0.10", 60, 60_000, "0.10"),
            ("0.10", 60, 60_001, "0.20"),
            ("0.10", 1, 1_000, "0.001667"),
            ("0.10", 6, 6_001, "0.02"),
        ] {
            assert_eq!(price(rate, increment).talk(ms).to_string(), cost, "{rate} {increment} {ms}");
        }
    }

    #[test]
    fn what_is_held_back_bounds_cost_and_talk() {
        let price = |rate: &str, increment_s, minimum_s, per_attempt: &str, most: &str| Price {
            currency: "USD".into(),
            rate_per_minute: rate.parse().unwrap(),
            increment_s,
            minimum_s,
            per_attempt: per_attempt.parse().unwrap(),
            most: Some(most.parse().unwrap()),
        };
        for (price, affords) in [
            (price("0.10", 60, 0, "0.00", "1.00"), Some(600)),
            (price("0.10", 60, 0, "0.01", "1.00"), Some(540)),
            (price("0.10", 1, 0, "0.00", "0.001667"), Some(1)),
            (price("0.10", 1, 0, "0.00", "0.001666"), Some(0)),
            (price("0.00", 60, 0, "0.01", "1.00"), None),
            (price("0.10", 6, 0, "0.50", "0.10"), Some(0)),
        ] {
            assert_eq!(price.affords_s(), affords, "{price:?}");
        }
        let price = price("0.60", 6, 30, "0.05", "1.00");
        for (dialed, ms, cost) in [
            (false, 0, "0.00"),
            (true, 0, "0.05"),
            (true, 1, "0.35"),
            (true, 31_000, "0.41"),
            (true, 3_600_000, "1.00"),
        ] {
            assert_eq!(price.cost(dialed, ms).to_string(), cost, "{dialed} {ms}");
        }
    }
}

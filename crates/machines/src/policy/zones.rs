//! Where a number's people are: the zones of the tz database by the longest prefix that is known.
//!
//! `zones.txt` is written by `scripts/number-facts`, which names its source and licence.

use std::sync::LazyLock;

use domain::phone_number::PhoneNumber;

static TABLE: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let lines = include_str!("zones.txt").lines().filter(|line| !line.starts_with('#'));
    // Sorted by prefix as it stands; the search below relies on it.
    lines.filter_map(|line| line.split_once(' ')).collect()
});

/// Every zone (IANA name) in which a number with this prefix may lie; none when the plan does not tell, as with
/// satellites. A mobile number of a country with several zones has all of them.
pub fn of_number(number: &PhoneNumber) -> impl Iterator<Item = &'static str> {
    let digits = number.placing_digits();
    let known = (1..=digits.len()).rev().find_map(|length| {
        let at = TABLE.binary_search_by(|(prefix, _)| (*prefix).cmp(&digits[..length])).ok()?;
        Some(TABLE[at].1)
    });
    known.unwrap_or_default().split_ascii_whitespace()
}

/// All that the table knows, for tests.
#[cfg(test)]
pub(super) fn table() -> &'static [(&'static str, &'static str)] {
    &TABLE
}

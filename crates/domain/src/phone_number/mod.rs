//! E.164 telephone numbers, parsed once at the edge.
//!
//! The policy is "possible" rather than "valid" by default: documented sample numbers such as +15551234567 are
//! possible but not assigned, and carriers know better than tables which ranges live.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

mod kind;
mod plan;

pub use kind::LineKind;

/// A possible telephone number in E.164 form, with leading `+`.
#[derive(Clone)]
pub struct PhoneNumber {
    text: String,
    plan: plan::Plan,
}

/// Digits that stay of a number that is masked.
const SHOWN: usize = 2;

/// Why a text is not a number that could be dialed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNumber {
    /// Nothing that looks like a number.
    #[error("not a telephone number; write it as +<country code><number>")]
    NotANumber,
    /// National form without a default region to read it in.
    #[error("no country code; write the number with a leading + or set the organization's default region")]
    NoCountryCode,
    /// Fewer digits than any number of that country has.
    #[error("too short to be a telephone number of its country")]
    TooShort,
    /// More digits than any number of that country has.
    #[error("too long to be a telephone number of its country")]
    TooLong,
}

impl PhoneNumber {
    /// Reads an international number, or a national one in `region` (ISO 3166 alpha-2, such as `US`).
    pub fn parse(text: &str, region: Option<&str>) -> Result<Self, InvalidNumber> {
        use rlibphonenumber::ParseError as P;
        let text = text.trim();
        if text.len() > 64 || !text.chars().any(|c| c.is_ascii_digit()) {
            return Err(InvalidNumber::NotANumber);
        }
        if text.chars().any(|c| c.is_alphabetic()) {
            return Err(InvalidNumber::NotANumber);
        }
        let region = region.filter(|_| !text.starts_with('+')).and_then(|code| code.parse::<Region>().ok());
        let number = PHONE_NUMBER_UTIL.parse(text, region).map_err(|e| match e {
            P::InvalidCountryCode => InvalidNumber::NoCountryCode,
            P::TooShortAfterIdd | P::TooShortNsn => InvalidNumber::TooShort,
            P::TooLongNsn => InvalidNumber::TooLong,
            _ => InvalidNumber::NotANumber,
        })?;
        use rlibphonenumber::ValidationError as V;
        match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) {
            Ok(_) => {}
            Err(V::TooLong) => return Err(InvalidNumber::TooLong),
            Err(V::TooShort) => return Err(InvalidNumber::TooShort),
            Err(V::InvalidCountryCode) => return Err(InvalidNumber::NoCountryCode),
            Err(_) => return Err(InvalidNumber::NotANumber),
        }
        let text = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164);
        Ok(Self::of(text.into_owned()))
    }

    fn of(text: String) -> Self {
        Self { text, plan: plan::Plan::default() }
    }

    /// The number with all but its last two digits gone for good, such as `+*********67`: it can be shown, and neither
    /// dialed nor parsed.
    #[must_use]
    pub fn masked(&self) -> Self {
        let shown = self.text.len().saturating_sub(SHOWN);
        Self::of(format!("+{}{}", "*".repeat(shown.saturating_sub(1)), &self.text[shown..]))
    }

    /// Reads back what [`Self::masked`] made; `None` for everything else.
    pub fn parse_masked(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('+')?.trim_start_matches('*');
        let hidden = text.len() - rest.len() > 1;
        let digits = rest.len() == SHOWN && rest.bytes().all(|b| b.is_ascii_digit());
        (hidden && digits).then(|| Self::of(text.to_owned()))
    }

    /// E.164 text with leading `+`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Only the digits, as they stand in the user part of a SIP URI without `+`.
    pub fn digits(&self) -> &str {
        &self.text[1..]
    }

    /// Country the number belongs to (ISO 3166 alpha-2), where the plan tells. A number of a range that is not
    /// assigned, such as the documented samples +1555…, belongs to the main country of its calling code.
    pub fn region(&self) -> Option<String> {
        self.plan.of(&self.text).region.clone()
    }

    /// The leading digits that tell where its people are: all of them when the plan ties the number to a place, else
    /// only the calling code. A mobile number of a large country may be anywhere in it, whatever its prefix; those of the
    /// North American plan have an area like any other and keep it when their people move.
    pub fn placing_digits(&self) -> &str {
        &self.digits()[..self.plan.of(&self.text).placing]
    }

    /// Kind of line by the number plan.
    pub fn line_kind(&self) -> LineKind {
        self.plan.of(&self.text).kind
    }
}

impl PartialEq for PhoneNumber {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for PhoneNumber {}

impl PartialOrd for PhoneNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PhoneNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl Hash for PhoneNumber {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Numbers are personal data: debug output, which may reach a log, keeps only the last two digits.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+…{}", &self.text[self.text.len().saturating_sub(2)..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_kind_are_told_apart() {
        let table: &[(&str, Option<&str>, Result<&str, InvalidNumber>)] = &[
            ("+34612345678", None, Ok("+34612345678")),
            ("+15551234567", None, Ok("+15551234567")),
            ("+1 (701) 811-2582", None, Ok("+17018112582")),
            ("7017011258", Some("US"), Ok("+17017011258")),
            ("7017011258", None, Err(InvalidNumber::NoCountryCode)),
            ("911", Some("US"), Err(InvalidNumber::TooShort)),
            ("+1415555", None, Err(InvalidNumber::TooShort)),
            ("+123456789012345678", None, Err(InvalidNumber::TooLong)),
            ("call me", None, Err(InvalidNumber::NotANumber)),
            ("1-800-FLOWERS", Some("US"), Err(InvalidNumber::NotANumber)),
            ("", None, Err(InvalidNumber::NotANumber)),
        ];
        for (text, region, want) in table {
            let got = PhoneNumber::parse(text, *region);
            assert_eq!(got.as_ref().map(PhoneNumber::as_str).map_err(|e| *e), *want, "{text:?} in {region:?}");
        }
    }

    #[test]
    fn every_number_of_a_country_has_its_region() {
        let table = [
            ("+12125550123", "US"),
            ("+15551234567", "US"),
            ("+15550001000", "US"),
            ("+14165550123", "CA"),
            ("+12425550123", "BS"),
            ("+34612345678", "ES"),
            ("+442079460123", "GB"),
        ];
        for (text, region) in table {
            let number = PhoneNumber::parse(text, None).unwrap();
            assert_eq!(number.region().as_deref(), Some(region), "{text}");
        }
    }

    #[test]
    fn a_masked_number_says_little_and_reads_back() {
        let masked = PhoneNumber::parse("+15551234567", None).unwrap().masked();
        assert_eq!(masked.as_str(), "+*********67");
        assert_eq!(PhoneNumber::parse_masked(masked.as_str()), Some(masked.clone()));
        assert_eq!((masked.masked(), masked.region(), masked.placing_digits()), (masked.clone(), None, ""));
        assert_eq!(masked.line_kind(), LineKind::Unknown);
        for text in ["+15551234567", "+67", "*********67", "+****6", "+****6a", "", "+"] {
            assert_eq!(PhoneNumber::parse_masked(text), None, "{text}");
        }
        assert!(PhoneNumber::parse(masked.as_str(), None).is_err());
    }

    #[test]
    fn premium_lines_are_recognised_and_debug_hides_the_number() {
        let premium = PhoneNumber::parse("+19005550199", None).unwrap();
        assert_eq!(premium.line_kind(), LineKind::Premium);
        assert_eq!(format!("{premium:?}"), "+…99");
    }
}

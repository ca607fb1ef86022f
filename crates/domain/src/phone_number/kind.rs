//! What kind of line a number reaches: the kinds that outbound calls are kept from are told apart here.
//!
//! Sources: the number plans in libphonenumber's metadata; ITU-T E.164 assigned codes for 870 to 888 and 979; for
//! emergency numbers `emergency.txt`, which `scripts/number-facts` writes.

use rlibphonenumber::{PhoneNumber, PhoneNumberType};

/// What kind of line a number plan says this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// Fixed or mobile, or not told apart in that country.
    Ordinary,
    /// Charged to the caller above the ordinary rate, shared with the callee, or a personal number, whose price nobody
    /// knows beforehand.
    Premium,
    /// A satellite telephone or another network without a country.
    Satellite,
    /// Reaches an emergency service, or is written so that a switch may connect it to one.
    Emergency,
    /// A service code rather than a subscriber.
    Short,
    /// Not known to the plan; possible all the same.
    Unknown,
}

impl LineKind {
    /// Whether numbers of this kind may be dialed at all.
    pub fn may_be_called(self) -> bool {
        matches!(self, Self::Ordinary | Self::Unknown)
    }
}

const EMERGENCY: &str = include_str!("emergency.txt");
/// Inmarsat, universal personal telecommunication, GMSS (Iridium, Globalstar), international networks, disaster relief.
const WITHOUT_COUNTRY: [i32; 7] = [870, 878, 881, 882, 883, 888, 991];
/// International shared cost and premium rate services.
const INTERNATIONAL_CHARGED: [i32; 2] = [808, 979];
/// A number that no plan knows is a service code when it is this short; real numbers this short are known to their plan.
const SHORT_DIGITS: usize = 6;

/// Of a number with its type by the plan and its digits without `+`.
pub(super) fn of(number: &PhoneNumber, line: PhoneNumberType, digits: &str) -> LineKind {
    let code = number.country_code;
    let national = digits.strip_prefix(&code.to_string()).unwrap_or_default();
    if is_emergency(code, national) {
        return LineKind::Emergency;
    }
    if WITHOUT_COUNTRY.contains(&code) {
        return LineKind::Satellite;
    }
    if INTERNATIONAL_CHARGED.contains(&code) || is_nanp_audiotext(code, national) {
        return LineKind::Premium;
    }
    match line {
        PhoneNumberType::PremiumRate | PhoneNumberType::SharedCost | PhoneNumberType::PersonalNumber => {
            LineKind::Premium
        }
        PhoneNumberType::Unknown if national.len() <= SHORT_DIGITS => LineKind::Short,
        PhoneNumberType::Unknown => LineKind::Unknown,
        _ => LineKind::Ordinary,
    }
}

/// The number itself, also behind the trunk prefix 0, and in the North American plan every N11 area code: a switch
/// that collects digits connects 911 before the rest is heard.
fn is_emergency(code: i32, national: &str) -> bool {
    let bytes = national.as_bytes();
    if code == 1 && bytes.len() == 10 && bytes[1] == b'1' && bytes[2] == b'1' {
        return true;
    }
    let here = EMERGENCY.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let (listed, numbers) = line.split_once(' ')?;
        (listed.parse() == Ok(code)).then_some(numbers)
    });
    let bare = national.trim_start_matches('0');
    // GSM handsets reach an emergency service by these everywhere (3GPP TS 22.101, 10.1).
    let known = here.into_iter().flat_map(str::split_ascii_whitespace).chain(["112", "911", "999"]);
    known.into_iter().any(|emergency| emergency == national || emergency == bare)
}

/// Exchange 976 of any area, and 900: pay-per-call (47 CFR 64.1501).
fn is_nanp_audiotext(code: i32, national: &str) -> bool {
    code == 1 && national.len() == 10 && (national.starts_with("900") || &national[3..6] == "976")
}

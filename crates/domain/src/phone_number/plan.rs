//! What the number plan says of a number, looked up once: a look costs dozens of patterns, and a call asks for country,
//! place and kind of line again and again. Clones share what was found.

use std::sync::{Arc, OnceLock};

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber as Parsed, PhoneNumberType};

use super::kind::{self, LineKind};

/// What is known of a number once somebody asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan(Arc<OnceLock<Facts>>);

/// What the plan says.
#[derive(Debug)]
pub(super) struct Facts {
    /// ISO 3166 alpha-2.
    pub(super) region: Option<String>,
    /// How many of the leading digits tell where its people are.
    pub(super) placing: usize,
    /// Kind of line.
    pub(super) kind: LineKind,
}

impl Plan {
    pub(super) fn of(&self, text: &str) -> &Facts {
        self.0.get_or_init(|| Facts::of(text))
    }
}

impl Facts {
    fn of(text: &str) -> Self {
        let Ok(number) = PHONE_NUMBER_UTIL.parse(text, None) else {
            return Self { region: None, placing: 0, kind: LineKind::Unknown };
        };
        let digits = text.trim_start_matches('+');
        let assigned = PHONE_NUMBER_UTIL.get_region_for_number(&number);
        // The type is looked for among the patterns of the number's country; without one there is none to be found.
        let line = assigned.map_or(PhoneNumberType::Unknown, |_| PHONE_NUMBER_UTIL.get_number_type(&number));
        let main = || PHONE_NUMBER_UTIL.get_region_for_country_code(number.country_code);
        Self {
            region: assigned.or_else(main).map(|region| region.to_string()),
            placing: placing(&number, line, digits),
            kind: kind::of(&number, line, digits),
        }
    }
}

fn placing(number: &Parsed, line: PhoneNumberType, digits: &str) -> usize {
    match line {
        PhoneNumberType::FixedLine | PhoneNumberType::FixedLineOrMobile => digits.len(),
        _ => number.country_code.to_string().len(),
    }
}

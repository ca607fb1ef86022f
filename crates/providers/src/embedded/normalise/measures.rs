//! Amounts with a unit: per cent, degrees, lengths, weights, durations, data.

use super::Words;
use super::numbers::decimal;

/// Unit, one of it, many of it.
const UNITS: &[(&str, &str, &str)] = &[
    ("%", "percent", "percent"),
    ("°C", "degree Celsius", "degrees Celsius"),
    ("°F", "degree Fahrenheit", "degrees Fahrenheit"),
    ("°", "degree", "degrees"),
    ("km/h", "kilometer per hour", "kilometers per hour"),
    ("mph", "mile per hour", "miles per hour"),
    ("km", "kilometer", "kilometers"),
    ("cm", "centimeter", "centimeters"),
    ("mm", "millimeter", "millimeters"),
    ("kg", "kilogram", "kilograms"),
    ("mg", "milligram", "milligrams"),
    ("ml", "milliliter", "milliliters"),
    ("mL", "milliliter", "milliliters"),
    ("lbs", "pound", "pounds"),
    ("lb", "pound", "pounds"),
    ("oz", "ounce", "ounces"),
    ("ft", "foot", "feet"),
    ("sq", "square", "square"),
    ("mi", "mile", "miles"),
    ("hrs", "hour", "hours"),
    ("hr", "hour", "hours"),
    ("mins", "minute", "minutes"),
    ("min", "minute", "minutes"),
    ("secs", "second", "seconds"),
    ("sec", "second", "seconds"),
    ("kWh", "kilowatt hour", "kilowatt hours"),
    ("kW", "kilowatt", "kilowatts"),
    ("GB", "gigabyte", "gigabytes"),
    ("MB", "megabyte", "megabytes"),
    ("TB", "terabyte", "terabytes"),
    ("Mbps", "megabit per second", "megabits per second"),
    ("GHz", "gigahertz", "gigahertz"),
    ("m²", "square meter", "square meters"),
    ("m", "meter", "meters"),
    ("g", "gram", "grams"),
    ("h", "hour", "hours"),
];

pub(super) fn recognise(words: &Words<'_>) -> Option<(usize, String)> {
    let core = words.at(0);
    glued(core).map(|spoken| (1, spoken)).or_else(|| {
        let (_, one, many) = UNITS.iter().find(|(unit, ..)| *unit == words.joined(1))?;
        // A lone letter behind a number is too little to go by.
        if words.joined(1).len() < 2 && words.joined(1) != "%" {
            return None;
        }
        Some((2, with_unit(core, one, many)?))
    })
}

fn glued(core: &str) -> Option<String> {
    UNITS.iter().find_map(|(unit, one, many)| {
        let amount = core.strip_suffix(unit)?;
        with_unit(amount, one, many)
    })
}

fn with_unit(amount: &str, one: &str, many: &str) -> Option<String> {
    if let Some((from, to)) = amount.split_once('-').filter(|(from, _)| !from.is_empty()) {
        return Some(format!("{} to {} {many}", decimal(from.trim_end_matches('%'))?, decimal(to)?));
    }
    let (sign, number) = amount.strip_prefix('-').map_or(("", amount), |number| ("minus ", number));
    let words = decimal(number)?;
    Some(format!("{sign}{words} {}", if number == "1" { one } else { many }))
}

//! Dates: `10/12/2026`, `2026-11-24`, `Nov 24`, `24 November 2026`, `Mon.`

use super::numbers::{ordinal, year};
use super::{STOP_IS_NOT_AN_END, Words, is_digits};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [(&str, &str); 11] = [
    ("mon", "Monday"),
    ("tue", "Tuesday"),
    ("tues", "Tuesday"),
    ("wed", "Wednesday"),
    ("weds", "Wednesday"),
    ("thu", "Thursday"),
    ("thur", "Thursday"),
    ("thurs", "Thursday"),
    ("fri", "Friday"),
    ("sat", "Saturday"),
    ("sun", "Sunday"),
];

pub(super) fn recognise(words: &Words<'_>) -> Option<(usize, String)> {
    numeric(words.at(0))
        .map(|spoken| (1, spoken))
        .or_else(|| month_first(words))
        .or_else(|| day_first(words))
        .or_else(|| weekday(words))
}

/// `10/12/2026` month first as in the United States (day first when only that can be), `2026-11-24`, `10/12`.
fn numeric(core: &str) -> Option<String> {
    let separator = ['/', '-', '.'].into_iter().find(|&c| core.contains(c))?;
    let parts: Vec<&str> = core.split(separator).collect();
    if !parts.iter().all(|part| is_digits(part)) {
        return None;
    }
    let number = |i: usize| parts[i].parse::<u64>().ok();
    match (parts.iter().map(|part| part.len()).collect::<Vec<_>>().as_slice(), separator) {
        ([4, 1..=2, 1..=2], _) => date(number(1)?, number(2)?, Some(number(0)?)),
        ([1..=2, 1..=2, 4], _) => either_order(number(0)?, number(1)?, Some(number(2)?)),
        ([1..=2, 1..=2, 2], '/') => either_order(number(0)?, number(1)?, Some(2000 + number(2)?)),
        ([1..=2, 1..=2], '/') if !matches!(core, "24/7" | "1/2" | "1/3" | "2/3" | "1/4" | "3/4") => {
            either_order(number(0)?, number(1)?, None)
        }
        _ => None,
    }
}

fn either_order(first: u64, second: u64, year: Option<u64>) -> Option<String> {
    date(first, second, year).or_else(|| date(second, first, year))
}

fn date(month: u64, day: u64, of: Option<u64>) -> Option<String> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let date = format!("{} {}", MONTHS[month as usize - 1], ordinal(day));
    Some(of.map_or(date.clone(), |of| format!("{date}, {}", year(of))))
}

/// `Nov 24`, `Nov. 24th, 2026`, `November 2026`.
fn month_first(words: &Words<'_>) -> Option<(usize, String)> {
    let month = month(words.at(0))?;
    // "Nov." keeps its full stop as closing mark; a comma after the month means it is not a date.
    if words.cores[0].closing.starts_with([',', ';', '!', '?']) {
        return abbreviated(words, month);
    }
    let Some(day) = day(words.at(1)) else {
        return match year_of(words.at(1)) {
            Some(of) if words.cores[0].closing.is_empty() => Some((2, format!("{month} {}", year(of)))),
            _ => abbreviated(words, month),
        };
    };
    let with_year = matches!(words.cores[1].closing, "" | ",").then(|| year_of(words.at(2))).flatten();
    match with_year {
        Some(of) => Some((3, format!("{month} {}, {}", ordinal(day), year(of)))),
        None => Some((2, format!("{month} {}", ordinal(day)))),
    }
}

/// A month's short form alone: "in Nov." A word such as "may" or "mar" without full stop is left alone.
fn abbreviated(words: &Words<'_>, month: &str) -> Option<(usize, String)> {
    let core = words.at(0);
    let short = core.len() < month.len() && words.cores[0].closing.starts_with('.');
    short.then(|| (1, format!("{month}{STOP_IS_NOT_AN_END}")))
}

/// `24 November 2026`, `24th of Nov`.
fn day_first(words: &Words<'_>) -> Option<(usize, String)> {
    let day = day(words.at(0)).filter(|_| words.cores[0].closing.is_empty())?;
    let of = usize::from(words.at(1).eq_ignore_ascii_case("of") && words.at(0).ends_with(char::is_alphabetic));
    let month = month(words.at(1 + of))?;
    let with_year = matches!(words.cores[1 + of].closing, "" | "," | ".").then(|| year_of(words.at(2 + of))).flatten();
    let spoken = if of == 1 { format!("{} of {month}", ordinal(day)) } else { format!("{month} {}", ordinal(day)) };
    Some(match with_year {
        Some(with) => (3 + of, format!("{spoken}, {}", year(with))),
        None => (2 + of, spoken),
    })
}

fn weekday(words: &Words<'_>) -> Option<(usize, String)> {
    let lower = words.at(0).to_lowercase();
    let (_, name) = DAYS.iter().find(|(short, _)| *short == lower)?;
    let capital = words.at(0).starts_with(char::is_uppercase);
    let followed = month(words.at(1)).is_some() || words.at(1).starts_with(|c: char| c.is_ascii_digit());
    let marked = words.cores[0].closing.starts_with(['.', ',']);
    // "Sat" and "sun" are words of their own: only a mark or a date behind them makes them days.
    (capital && (marked || followed)).then(|| (1, format!("{name}{STOP_IS_NOT_AN_END}")))
}

fn month(word: &str) -> Option<&'static str> {
    if word.len() < 3 || !word.starts_with(char::is_uppercase) {
        return None;
    }
    let lower = word.to_lowercase();
    MONTHS.into_iter().find(|month| {
        let full = month.to_lowercase();
        full == lower || full[..3] == lower || (lower == "sept" && full == "september")
    })
}

fn day(word: &str) -> Option<u64> {
    let lower = word.to_ascii_lowercase();
    let number = ["st", "nd", "rd", "th"].iter().find_map(|end| lower.strip_suffix(end)).unwrap_or(&lower);
    number.parse().ok().filter(|day| is_digits(number) && number.len() <= 2 && (1..=31).contains(day))
}

fn year_of(word: &str) -> Option<u64> {
    word.parse().ok().filter(|year| is_digits(word) && word.len() == 4 && (1500..2200).contains(year))
}

//! Cardinal and ordinal numbers, decimals, fractions, years, digits one by one.

use super::{Words, is_digits};

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: [(u64, &str); 4] =
    [(1_000_000_000_000, "trillion"), (1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand")];

/// From here on a plain row of digits is read digit by digit.
const LONG_NUMBER: usize = 7;

pub(super) fn recognise(words: &Words<'_>) -> Option<(usize, String)> {
    let core = words.at(0);
    let spoken = ordinal_word(core)
        .or_else(|| fraction(core))
        .or_else(|| number_of_something(core))
        .or_else(|| year_by_context(words))
        .or_else(|| decade(core))
        .or_else(|| signed(core))?;
    Some((1, spoken))
}

/// `1250` → one thousand two hundred fifty.
pub(super) fn cardinal(number: u64) -> String {
    if number < 20 {
        return ONES[number as usize].to_owned();
    }
    if number < 100 {
        let tens = TENS[(number / 10) as usize];
        return if number.is_multiple_of(10) {
            tens.to_owned()
        } else {
            format!("{tens} {}", ONES[(number % 10) as usize])
        };
    }
    if number < 1000 {
        return join(format!("{} hundred", ONES[(number / 100) as usize]), number % 100);
    }
    let (scale, name) = SCALES.into_iter().find(|(scale, _)| number >= *scale).expect("1000 and above");
    join(format!("{} {name}", cardinal(number / scale)), number % scale)
}

fn join(head: String, rest: u64) -> String {
    if rest == 0 { head } else { format!("{head} {}", cardinal(rest)) }
}

/// `21` → twenty first.
pub(super) fn ordinal(number: u64) -> String {
    let words = cardinal(number);
    let (head, last) = words.rsplit_once(' ').map_or(("", words.as_str()), |(head, last)| (head, last));
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        tens if tens.ends_with('y') => format!("{}ieth", &tens[..tens.len() - 1]),
        other => format!("{other}th"),
    };
    if head.is_empty() { last } else { format!("{head} {last}") }
}

/// `2026` → twenty twenty six; `2005` → two thousand five; `1900` → nineteen hundred.
pub(super) fn year(number: u64) -> String {
    let (century, rest) = (number / 100, number % 100);
    match (century, rest) {
        (20, 0..=9) | (0..=9, _) | (100.., _) => cardinal(number),
        (_, 0) => format!("{} hundred", cardinal(century)),
        (_, 1..=9) => format!("{} oh {}", cardinal(century), cardinal(rest)),
        _ => format!("{} {}", cardinal(century), cardinal(rest)),
    }
}

/// Each digit by its name; other characters are left out.
pub(super) fn digits(text: &str) -> String {
    let names: Vec<&str> = text.chars().filter_map(|c| c.to_digit(10)).map(|digit| ONES[digit as usize]).collect();
    names.join(" ")
}

/// `1,250.5` or `1250` → its words; `None` when it is not a number.
pub(super) fn decimal(text: &str) -> Option<String> {
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    let whole = if whole.is_empty() && part.is_some() { 0 } else { grouped(whole)? };
    match part {
        None => Some(cardinal(whole)),
        Some(part) if is_digits(part) => Some(format!("{} point {}", cardinal(whole), digits(part))),
        Some(_) => None,
    }
}

/// Digits, with commas only where thousands end.
pub(super) fn grouped(text: &str) -> Option<u64> {
    let mut groups = text.split(',');
    let first = groups.next().filter(|first| is_digits(first))?;
    let mut rest = groups.peekable();
    if rest.peek().is_some() && first.len() > 3 {
        return None;
    }
    let mut number = first.to_owned();
    for group in rest {
        if group.len() != 3 || !is_digits(group) {
            return None;
        }
        number.push_str(group);
    }
    if number.len() > 15 { None } else { number.parse().ok() }
}

fn ordinal_word(core: &str) -> Option<String> {
    let lower = core.to_ascii_lowercase();
    let number = ["st", "nd", "rd", "th"].iter().find_map(|end| lower.strip_suffix(end)).and_then(grouped)?;
    Some(ordinal(number))
}

fn fraction(core: &str) -> Option<String> {
    let spoken = match core {
        "1/2" | "½" => "one half",
        "1/3" | "⅓" => "one third",
        "2/3" | "⅔" => "two thirds",
        "1/4" | "¼" => "one quarter",
        "3/4" | "¾" => "three quarters",
        "24/7" => "twenty four seven",
        _ => return None,
    };
    Some(spoken.to_owned())
}

/// `#5` → number five; `5x` → five times; `3-5` → three to five.
fn number_of_something(core: &str) -> Option<String> {
    if let Some(number) = core.strip_prefix('#').and_then(decimal) {
        return Some(format!("number {number}"));
    }
    if let Some(number) = core.strip_suffix(['x', '×']).and_then(decimal) {
        return Some(format!("{number} times"));
    }
    let (from, to) = core.split_once('-')?;
    if from.len() > 3 || to.len() > 3 {
        return None;
    }
    Some(format!("{} to {}", decimal(from)?, decimal(to)?))
}

fn year_by_context(words: &Words<'_>) -> Option<String> {
    let core = words.at(0);
    let number = core.parse().ok().filter(|number| core.len() == 4 && (1100..2100).contains(number))?;
    let before = ["in", "since", "until", "till", "from", "by", "year", "of", "before", "after", "during"];
    before.contains(&words.before.as_str()).then(|| year(number))
}

fn decade(core: &str) -> Option<String> {
    let number = core.strip_suffix("'s").or_else(|| core.strip_suffix('s'))?;
    if !is_digits(number) || !number.ends_with('0') {
        return None;
    }
    let words = match number.len() {
        2 => cardinal(number.parse().ok()?),
        4 => year(number.parse().ok()?),
        _ => return None,
    };
    Some(words.strip_suffix('y').map_or(format!("{words}s"), |stem| format!("{stem}ies")))
}

fn signed(core: &str) -> Option<String> {
    let (sign, number) = match core.strip_prefix('-') {
        Some(number) => ("minus ", number),
        None => ("", core.strip_prefix('+').unwrap_or(core)),
    };
    // A leading zero means digits that are not an amount; a long row is an account, not a count.
    if is_digits(number) && (number.len() >= LONG_NUMBER || (number.len() > 1 && number.starts_with('0'))) {
        return Some(format!("{sign}{}", super::codes::in_groups(number)));
    }
    decimal(number).map(|words| format!("{sign}{words}"))
}

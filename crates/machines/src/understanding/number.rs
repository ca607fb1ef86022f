//! Numbers, in digits or in words.
//!
//! Law: one number per answer; where several are said, a correction wins ("four, not five"). Sixteen and sixty sound
//! alike on a telephone, so such numbers are in doubt.

use super::words::words;

/// A number and whether it may be another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// The value.
    pub value: f64,
    /// Whether it is easily misheard, or one of several that were said.
    pub doubtful: bool,
}

/// The number in an answer.
pub fn number(text: &str) -> Option<Number> {
    let tokens = tokens(text);
    let mut found: Vec<(usize, usize, f64)> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let denied = at > 0 && tokens[at - 1] == "not";
        // "Not five, four": the comma is not heard, so what is denied is taken as one word.
        let here = if denied { tokens.get(..=at).unwrap_or(&tokens) } else { tokens.as_slice() };
        match cardinal_at(here, at) {
            Some((value, length)) if !is_figure_of_speech(&tokens, at, length) => {
                let negative = at > 0 && matches!(tokens[at - 1].as_str(), "minus" | "negative");
                found.push((at, length, if negative { -value } else { value }));
                at += length;
            }
            Some((_, length)) => at += length,
            None => at += 1,
        }
    }
    if found.is_empty() && tokens.iter().any(|t| matches!(t.as_str(), "none" | "nobody" | "nothing")) {
        return Some(Number { value: 0.0, doubtful: false });
    }
    let denied = |at: usize| at > 0 && tokens[at - 1] == "not";
    let stated: Vec<_> = found.iter().copied().filter(|(at, ..)| !denied(*at)).collect();
    let (_, _, value) = *corrected(&tokens, &stated).or(stated.first())?;
    let several = stated.iter().any(|(_, _, other)| (other - value).abs() > f64::EPSILON);
    let doubtful = sounds_like_another(value) || (several && corrected(&tokens, &stated).is_none());
    Some(Number { value, doubtful })
}

/// Words with hyphens opened: "twenty-five" is two words.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut joined = String::with_capacity(text.len());
    let chars: Vec<char> = text.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        if *c == ',' && thousands_follow(&chars, at) {
            continue;
        }
        joined.push(*c);
    }
    let mut all = Vec::new();
    for word in words(&joined) {
        let word = word.trim_start_matches('$').trim_end_matches('%');
        let is_spelled_number = word.contains('-') && word.split('-').all(|part| word_value(part).is_some());
        if is_spelled_number {
            all.extend(word.split('-').map(str::to_owned));
        } else if !word.is_empty() {
            all.push(word.to_owned());
        }
    }
    all
}

/// "1,250": a comma between a digit and exactly three more.
fn thousands_follow(chars: &[char], at: usize) -> bool {
    let digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    at > 0 && digit(at - 1) && (1..=3).all(|ahead| digit(at + ahead)) && !digit(at + 4)
}

/// The number after "I mean", "actually", "no" or "sorry".
fn corrected<'a>(tokens: &[String], found: &'a [(usize, usize, f64)]) -> Option<&'a (usize, usize, f64)> {
    let last = found.last().filter(|_| found.len() > 1)?;
    let before = &found[found.len() - 2];
    let between = tokens.get(before.0 + before.1..last.0)?;
    between
        .iter()
        .any(|t| matches!(t.as_str(), "no" | "mean" | "actually" | "sorry" | "rather" | "wait"))
        .then_some(last)
}

/// "One moment", "no one", "that one" are not numbers.
fn is_figure_of_speech(tokens: &[String], at: usize, length: usize) -> bool {
    if length != 1 || tokens[at] != "one" {
        return false;
    }
    let next = tokens.get(at + 1).map_or("", String::as_str);
    let before = if at > 0 { tokens[at - 1].as_str() } else { "" };
    matches!(next, "moment" | "second" | "sec" | "minute" | "more" | "of")
        || matches!(before, "no" | "the" | "this" | "that" | "which" | "another" | "any")
}

/// Thirteen and thirty, …, nineteen and ninety.
fn sounds_like_another(value: f64) -> bool {
    let last = (value.abs() % 100.0).round();
    (13.0..20.0).contains(&last) || ((30.0..=90.0).contains(&last) && last % 10.0 == 0.0)
}

/// A cardinal number that begins at a word: its value and how many words it takes.
pub(super) fn cardinal_at(tokens: &[String], at: usize) -> Option<(f64, usize)> {
    let word = tokens.get(at)?;
    if let Some(value) = digits_value(word) {
        return Some(scaled(tokens, at, value, 1));
    }
    let starts_scale = |w: &String| matches!(w.as_str(), "hundred" | "thousand" | "million" | "dozen");
    if matches!(word.as_str(), "a" | "an") {
        return tokens.get(at + 1).filter(|w| starts_scale(w)).map(|_| {
            let (value, length) = spelled_from(tokens, at + 1, 1.0);
            with_fraction(tokens, at, value, length + 1)
        });
    }
    if word == "half" && tokens.get(at + 1).is_some_and(|w| w == "a") && tokens.get(at + 2).is_some_and(starts_scale) {
        return Some(scaled(tokens, at + 1, 0.5, 1)).map(|(value, length)| (value, length + 1));
    }
    let (value, length) = spelled_at(tokens, at)?;
    Some(with_fraction(tokens, at, value, length))
}

fn spelled_at(tokens: &[String], at: usize) -> Option<(f64, usize)> {
    let first = f64::from(word_value(tokens.get(at)?)?);
    let (value, length) = spelled_from(tokens, at + 1, first);
    Some((value, length + 1))
}

/// Goes on from a first value with the words at a place; the value and how many of those words it takes.
fn spelled_from(tokens: &[String], at: usize, first: f64) -> (f64, usize) {
    let (mut total, mut group, mut last) = (0.0, first, first);
    let mut next = at;
    while let Some(word) = tokens.get(next) {
        let joined = word == "and" && (last >= 100.0) && tokens.get(next + 1).is_some_and(|w| word_value(w).is_some());
        if joined {
            next += 1;
            continue;
        }
        match word.as_str() {
            "hundred" => (group, last) = (group.max(1.0) * 100.0, 100.0),
            "dozen" => (group, last) = (group.max(1.0) * 12.0, 12.0),
            "thousand" => (total, group, last) = ((total + group) * 1_000.0, 0.0, 1_000.0),
            "million" => (total, group, last) = ((total + group) * 1_000_000.0, 0.0, 1_000_000.0),
            _ => {
                let Some(value) = word_value(word).map(f64::from) else { break };
                group = joined_values(group, last, value);
                last = value;
            }
        }
        next += 1;
    }
    (total + group, next - at)
}

/// "Twenty five" adds up, "one fifty" and "nineteen eighty" are hundreds, "four two" is written side by side.
fn joined_values(group: f64, last: f64, value: f64) -> f64 {
    let completes_tens = (20.0..100.0).contains(&last) && last % 10.0 == 0.0 && value < 10.0;
    if last >= 100.0 || completes_tens {
        group + value
    } else if value >= 10.0 {
        group * 100.0 + value
    } else {
        group * 10.0 + value
    }
}

fn scaled(tokens: &[String], at: usize, value: f64, used: usize) -> (f64, usize) {
    let mut result = (value, used);
    while let Some(factor) = tokens.get(at + result.1).and_then(|w| match w.as_str() {
        "hundred" => Some(100.0),
        "thousand" | "k" => Some(1_000.0),
        "million" => Some(1_000_000.0),
        "dozen" => Some(12.0),
        _ => None,
    }) {
        result = (result.0 * factor, result.1 + 1);
    }
    with_fraction(tokens, at, result.0, result.1)
}

fn with_fraction(tokens: &[String], at: usize, value: f64, used: usize) -> (f64, usize) {
    let word = |ahead: usize| tokens.get(at + used + ahead).map_or("", String::as_str);
    if (word(0), word(1), word(2)) == ("and", "a", "half") {
        return (value + 0.5, used + 3);
    }
    if word(0) != "point" {
        return (value, used);
    }
    let mut fraction = String::from("0.");
    let mut length = used + 1;
    while let Some(digit) = tokens.get(at + length).and_then(|w| word_value(w)).filter(|d| *d < 10) {
        fraction.push_str(&digit.to_string());
        length += 1;
    }
    if length == used + 1 { (value, used) } else { (value + fraction.parse().unwrap_or(0.0), length) }
}

fn digits_value(word: &str) -> Option<f64> {
    let numeric = word.starts_with(|c: char| c.is_ascii_digit())
        && word.chars().all(|c| c.is_ascii_digit() || c == '.')
        && word.len() <= 15;
    if numeric { word.parse().ok() } else { None }
}

/// A word below one hundred.
pub(super) fn word_value(word: &str) -> Option<u32> {
    SMALL.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

const SMALL: [(&str, u32); 29] = [
    ("zero", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fourty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
];

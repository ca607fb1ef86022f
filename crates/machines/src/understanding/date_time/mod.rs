//! Days and times of day, said relative to the callee's present.
//!
//! Law: civil time in, civil time out; zones are the caller's business. What is not said is left open, so that it
//! can be asked for; an hour without "a.m." or "p.m." is one of the working day.

mod day;
mod hour;

use jiff::civil::{Date, DateTime, Time};
use serde_json::Value;

use super::number::tokens;
use super::slot::Filled;
use super::spoken;

/// What was said of a day and a time of day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayTime {
    /// The day.
    pub date: Option<Date>,
    /// The time of day.
    pub time: Option<Time>,
    /// A part of the day, where no time was said.
    pub part: Option<PartOfDay>,
}

/// A part of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "words of everyday life")]
pub enum PartOfDay {
    Morning,
    Noon,
    Afternoon,
    Evening,
}

/// What a question is about; it decides how a bare number is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// A day: "the 24" and "24" are days.
    Day,
    /// A time: "four" is four o'clock.
    TimeOfDay,
    /// Both.
    Both,
}

/// Reads a day, a time, or both; `None` when neither was said. "Next week" without a day gives an empty value, so
/// that the day is asked for.
pub fn day_time(text: &str, now: DateTime, sought: Sought, past: bool) -> Option<DayTime> {
    let tokens = tokens(text);
    let (before, after) = split_at_correction(&tokens);
    let first = read(&without_denied(before), now, sought, past);
    let correction = after.map(without_denied).and_then(|after| {
        // "At three, no, four": what is corrected tells how the bare number is meant.
        let bare = if first.is_some_and(|first| first.time.is_some()) { Sought::TimeOfDay } else { sought };
        read(&after, now, sought, past).or_else(|| read(&after, now, bare, past))
    });
    match (first, correction) {
        (Some(first), Some(second)) => Some(second.or(first)),
        (first, second) => second.or(first),
    }
}

impl DayTime {
    /// This, with what it lacks taken from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let time = self.time.or(if self.part.is_some() { None } else { other.time });
        Self { date: self.date.or(other.date), time, part: self.part.or(other.part) }
    }

    /// A bare hour that was resolved without knowing the part of the day, moved into that part.
    #[must_use]
    pub fn within(self, part: Option<PartOfDay>) -> Self {
        let moved = match (self.time, part) {
            (Some(time), Some(PartOfDay::Afternoon | PartOfDay::Evening))
                if time.hour() < 12 && self.part.is_none() =>
            {
                Time::new(time.hour() + 12, time.minute(), 0, 0).ok()
            }
            _ => self.time,
        };
        Self { time: moved, ..self }
    }

    /// The time that stands for a part of the day when "any time" will do.
    pub fn settled(&self) -> Option<Filled> {
        let date = self.date?;
        let time = self.time.unwrap_or_else(|| self.part.unwrap_or(PartOfDay::Morning).hour());
        Some(filled_date_time(date, time, date))
    }

    /// The question for what is still open.
    pub fn missing_prompt(&self) -> &'static str {
        match (self.date, self.part) {
            (None, _) => "Which day would that be?",
            (Some(_), Some(PartOfDay::Morning)) => "What time in the morning?",
            (Some(_), Some(PartOfDay::Afternoon)) => "What time in the afternoon?",
            (Some(_), Some(PartOfDay::Evening)) => "What time in the evening?",
            (Some(_), Some(PartOfDay::Noon) | None) => "And what time?",
        }
    }
}

impl PartOfDay {
    /// A time that stands for it.
    fn hour(self) -> Time {
        let hour = match self {
            Self::Morning => 9,
            Self::Noon => 12,
            Self::Afternoon => 14,
            Self::Evening => 18,
        };
        Time::constant(hour, 0, 0, 0)
    }
}

/// ISO 8601 without zone, and "Tuesday, November 24th at 3 PM".
pub(super) fn filled_date_time(date: Date, time: Time, today: Date) -> Filled {
    let data = Value::from(format!("{date}T{}", clock(time)));
    Filled { data, spoken: format!("{} at {}", spoken::date(date, today), spoken::time(time)), doubtful: false }
}

pub(super) fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

fn read(tokens: &[String], now: DateTime, sought: Sought, past: bool) -> Option<DayTime> {
    let mut words = Words { tokens: tokens.to_vec(), used: vec![false; tokens.len()] };
    if let Some(moment) = hour::from_now(&mut words, now) {
        return Some(DayTime { date: Some(moment.date()), time: Some(moment.time()), part: None });
    }
    let date = day::day(&mut words, now, past, sought == Sought::Day);
    let part = hour::part(&mut words);
    let bare = sought == Sought::TimeOfDay || (sought == Sought::Both && date.is_some());
    let time = hour::time(&mut words, part, bare);
    let today_implied = words.tokens.iter().any(|t| t == "tonight");
    let date = date.or_else(|| today_implied.then(|| now.date()));
    let vague = words.has(&["next", "week"]) || words.has(&["this", "week"]) || words.has(&["next", "month"]);
    let found = DayTime { date, time, part: part.filter(|_| time.is_none()) };
    (found != DayTime::default() || vague).then_some(found)
}

/// "Tuesday. No, sorry, Wednesday": what follows the last such word corrects what goes before.
fn split_at_correction(tokens: &[String]) -> (&[String], Option<&[String]>) {
    let is_marker = |t: &String| matches!(t.as_str(), "no" | "sorry" | "actually" | "mean" | "rather");
    match tokens.iter().rposition(is_marker) {
        Some(at) => (&tokens[..at], Some(&tokens[at + 1..])),
        None => (tokens, None),
    }
}

/// "Wednesday, not Tuesday": the day or time after "not" is taken out.
fn without_denied(tokens: &[String]) -> Vec<String> {
    let Some(at) = tokens.iter().position(|t| t == "not") else { return tokens.to_vec() };
    let small = |t: &String| matches!(t.as_str(), "on" | "at" | "the" | "next" | "this" | "for");
    let mut end = at + 1;
    while tokens.get(end).is_some_and(small) {
        end += 1;
    }
    let mut kept = tokens[..at].to_vec();
    kept.extend(tokens.get(end + 1..).unwrap_or_default().iter().cloned());
    kept
}

/// Words of an answer and which of them are taken.
struct Words {
    tokens: Vec<String>,
    used: Vec<bool>,
}

impl Words {
    /// The free word at a place; empty when taken or beyond the ends.
    fn at(&self, at: usize) -> &str {
        let free = self.used.get(at).is_some_and(|used| !used);
        if free { &self.tokens[at] } else { "" }
    }

    /// The word before a place.
    fn before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |before| self.at(before))
    }

    fn take(&mut self, from: usize, length: usize) {
        for used in self.used.iter_mut().skip(from).take(length) {
            *used = true;
        }
    }

    fn has(&self, phrase: &[&str]) -> bool {
        self.find(phrase).is_some()
    }

    fn find(&self, phrase: &[&str]) -> Option<usize> {
        (0..self.tokens.len()).find(|at| phrase.iter().enumerate().all(|(ahead, word)| self.at(at + ahead) == *word))
    }

    /// A whole number below one hundred at a place: its value and length.
    fn small(&self, at: usize) -> Option<(u32, usize)> {
        let word = self.at(at);
        if word.len() <= 2
            && let Ok(value) = word.parse()
        {
            return Some((value, 1));
        }
        let tens = super::number::word_value(word)?;
        let unit = super::number::word_value(self.at(at + 1)).filter(|unit| (1..10).contains(unit));
        match unit {
            Some(unit) if tens >= 20 && tens % 10 == 0 => Some((tens + unit, 2)),
            _ => Some((tens, 1)),
        }
    }
}

#[cfg(test)]
mod tests;

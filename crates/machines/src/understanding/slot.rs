//! Values for the slots of a question.

use domain::agent_definition::{Slot, SlotType};
use jiff::civil::{Date, DateTime, Time};
use serde_json::Value;

use super::date_time::{DayTime, Sought, clock, day_time, filled_date_time};
use super::number::number;
use super::phone::{phone, runs};
use super::words::words;
use super::yes_no::yes_no;
use super::{choice, code, email, name, spoken};

/// A value that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    /// As data: what APIs, tools and the call's record hold.
    pub data: Value,
    /// As it is said.
    pub spoken: String,
    /// Whether it may be another and should be read back.
    pub doubtful: bool,
}

/// What an answer holds for a slot.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// The value.
    Whole(Filled),
    /// Half of a day and time.
    Part(DayTime),
}

/// Looks for a slot's value. `before` is what is already known of a day and time.
pub fn find(slot: &Slot, text: &str, now: DateTime, before: Option<&DayTime>) -> Option<Found> {
    let filled = |data: Value, spoken: String| Filled { data, spoken, doubtful: false };
    let whole = match slot.r#type {
        SlotType::YesNo => {
            let answer = yes_no(text)?.answer;
            filled(answer.into(), if answer { "yes" } else { "no" }.to_owned())
        }
        SlotType::Number => {
            let number = number(text)?;
            let spoken = spoken::number(number.value);
            Filled { data: json_number(number.value), spoken, doubtful: number.doubtful }
        }
        SlotType::DateTime => return find_date_time(slot, text, now, before),
        SlotType::Date => {
            let date = day_time(text, now, Sought::Day, slot.past)?.date?;
            filled(date.to_string().into(), spoken::date(date, now.date()))
        }
        SlotType::Time => {
            let time = day_time(text, now, Sought::TimeOfDay, slot.past)?.time?;
            filled(clock(time).into(), spoken::time(time))
        }
        SlotType::Name => name::name(text).map(|name| filled(name.clone().into(), name))?,
        SlotType::Phone => phone(text).map(|digits| filled(digits.clone().into(), spoken::phone(&digits)))?,
        SlotType::Email => email::email(text).map(|it| filled(it.clone().into(), spoken::email(&it)))?,
        SlotType::Choice => {
            let (value, doubtful) = choice::choice(text, &slot.choices)?;
            Filled { spoken: value.replace('_', " "), data: value.into(), doubtful }
        }
        SlotType::Code => code::code(text, slot.length).map(|it| filled(it.clone().into(), spoken::code(&it)))?,
        SlotType::FreeText => {
            let text = text.trim();
            Some(filled(text.into(), text.to_owned())).filter(|_| !text.is_empty())?
        }
    };
    Some(Found::Whole(whole))
}

/// The value after a correction of `before`: "no, Tuesday" keeps the time, "four, not five" changes one digit.
pub fn correct(slot: &Slot, before: &Filled, text: &str, now: DateTime) -> Option<Filled> {
    match slot.r#type {
        SlotType::DateTime => {
            let known = parsed_date_time(before)?;
            let new = day_time(text, now, Sought::Both, slot.past)
                .or_else(|| day_time(text, now, Sought::TimeOfDay, slot.past))?;
            if new == DayTime::default() {
                return None;
            }
            let merged = new.within(part_of(known.time, &new)).or(known);
            Some(filled_date_time(merged.date?, merged.time.or(known.time)?, now.date()))
        }
        SlotType::Phone | SlotType::Code => {
            let whole = match find(slot, text, now, None) {
                Some(Found::Whole(filled)) => Some(filled),
                _ => None,
            };
            // A short code found in "four, not five" is the correction itself.
            let as_long = |new: &Filled| length(new) >= length(before);
            whole.filter(as_long).or_else(|| swapped(slot, before, text))
        }
        SlotType::FreeText | SlotType::Name | SlotType::YesNo => None,
        SlotType::Number | SlotType::Date | SlotType::Time | SlotType::Email | SlotType::Choice => {
            match find(slot, text, now, None) {
                Some(Found::Whole(filled)) => Some(filled),
                _ => None,
            }
        }
    }
}

/// Whether the words say the same value again.
pub fn repeats(slot: &Slot, before: &Filled, text: &str, now: DateTime) -> bool {
    matches!(find(slot, text, now, None), Some(Found::Whole(filled)) if filled.data == before.data)
}

fn find_date_time(slot: &Slot, text: &str, now: DateTime, before: Option<&DayTime>) -> Option<Found> {
    let sought = match before {
        Some(DayTime { date: Some(_), .. }) => Sought::TimeOfDay,
        Some(_) => Sought::Day,
        None => Sought::Both,
    };
    let said = day_time(text, now, sought, slot.past)?;
    let all = match before {
        Some(before) => said.within(before.part).or(*before),
        None => said,
    };
    Some(match (all.date, all.time) {
        (Some(date), Some(time)) => Found::Whole(filled_date_time(date, time, now.date())),
        _ => Found::Part(all),
    })
}

fn parsed_date_time(filled: &Filled) -> Option<DayTime> {
    let (date, time) = filled.data.as_str()?.split_once('T')?;
    Some(DayTime { date: date.parse::<Date>().ok(), time: time.parse::<Time>().ok(), part: None })
}

/// "No, at four" after "three in the afternoon" is four in the afternoon: a bare hour stays in the same half of the day
/// unless the correction names another.
fn part_of(known: Option<Time>, new: &DayTime) -> Option<super::date_time::PartOfDay> {
    use super::date_time::PartOfDay::Evening;
    let same_half = new.date.is_none() && known.is_some_and(|known| known.hour() >= 17);
    same_half.then_some(Evening)
}

/// "Four, not five" or "not five, four": the last five becomes a four.
fn swapped(slot: &Slot, before: &Filled, text: &str) -> Option<Filled> {
    let known = before.data.as_str()?;
    let tokens = words(text);
    let not = tokens.iter().position(|t| t == "not")?;
    let said = |from: usize, to: usize| {
        let part = tokens.get(from..to)?.join(" ");
        let signs = if slot.r#type == SlotType::Phone { runs(&part).concat() } else { code_signs(&part) };
        Some(signs).filter(|signs| !signs.is_empty())
    };
    let (wrong, right) = match (said(0, not), said(not + 1, tokens.len())) {
        (Some(right), Some(wrong)) => (wrong, right),
        (None, Some(_)) => (said(not + 1, not + 2)?, said(not + 2, tokens.len())?),
        _ => return None,
    };
    let at = known.rfind(&wrong)?;
    let fixed = format!("{}{right}{}", &known[..at], &known[at + wrong.len()..]);
    let spoken = if slot.r#type == SlotType::Phone { spoken::phone(&fixed) } else { spoken::code(&fixed) };
    Some(Filled { data: fixed.into(), spoken, doubtful: false })
}

fn code_signs(text: &str) -> String {
    code::code(text, Some(1)).or_else(|| code::code(text, None)).unwrap_or_default()
}

fn length(filled: &Filled) -> usize {
    filled.data.as_str().map_or(0, str::len)
}

fn json_number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { Value::from(value as i64) } else { Value::from(value) }
}

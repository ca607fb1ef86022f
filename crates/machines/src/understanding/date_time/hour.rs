//! The time of day.
//!
//! Law: without "a.m.", "p.m." or a part of the day, seven to eleven are in the morning and one to six in the
//! afternoon, as people mean it who speak of appointments.

use jiff::ToSpan;
use jiff::civil::{DateTime, Time};

use super::{PartOfDay, Words};

/// "In an hour", "in half an hour", "in 20 minutes": to the next five minutes.
pub(super) fn from_now(words: &mut Words, now: DateTime) -> Option<DateTime> {
    for at in 0..words.tokens.len() {
        let minutes = match words.at(at) {
            "hour" | "hours" => 60,
            "minute" | "minutes" => 1,
            _ => continue,
        };
        let before = at.checked_sub(1)?;
        let count = match words.at(before) {
            "a" | "an" if words.before(before) == "half" => 0.5,
            "a" | "an" | "one" => 1.0,
            _ => f64::from(words.small(before)?.0),
        };
        let lead = (0..before).any(|early| words.at(early) == "in") || words.at(at + 1) == "from";
        if !lead {
            continue;
        }
        let total = (count * f64::from(minutes)).round() as i64;
        let later = now.checked_add(total.minutes()).ok()?;
        let past_five = i64::from(later.minute() % 5);
        let rounded = if past_five == 0 { later } else { later.checked_add((5 - past_five).minutes()).ok()? };
        words.take(before, 2);
        return rounded.with().second(0).subsec_nanosecond(0).build().ok();
    }
    None
}

/// "In the morning", "afternoon", "tonight", "lunchtime".
pub(super) fn part(words: &mut Words) -> Option<PartOfDay> {
    for at in 0..words.tokens.len() {
        let part = match words.at(at) {
            "morning" | "mornings" => PartOfDay::Morning,
            "lunchtime" | "lunch" | "midday" => PartOfDay::Noon,
            "afternoon" | "afternoons" => PartOfDay::Afternoon,
            "evening" | "evenings" | "night" | "tonight" => PartOfDay::Evening,
            _ => continue,
        };
        // "Good morning" greets.
        if words.before(at) != "good" {
            return Some(part);
        }
    }
    None
}

pub(super) fn time(words: &mut Words, part: Option<PartOfDay>, bare: bool) -> Option<Time> {
    if let Some(at) = words.find(&["noon"]).or_else(|| words.find(&["midday"])) {
        words.take(at, 1);
        return Some(Time::constant(12, 0, 0, 0));
    }
    if words.has(&["midnight"]) {
        return Some(Time::midnight());
    }
    past_or_to(words, part).or_else(|| (0..words.tokens.len()).find_map(|at| clock_at(words, at, part, bare)))
}

/// "Half past three", "quarter to four", "ten past nine".
fn past_or_to(words: &Words, part: Option<PartOfDay>) -> Option<Time> {
    for at in 1..words.tokens.len() {
        let later = match words.at(at) {
            "past" | "after" => true,
            "to" | "till" | "before" | "of" => false,
            _ => continue,
        };
        let minutes = match words.at(at - 1) {
            "half" if later => 30,
            "quarter" => 15,
            _ => match words.small(at - 1) {
                Some((minutes @ (5 | 10 | 20 | 25), _)) => minutes,
                _ => continue,
            },
        };
        let Some((hour, length)) = words.small(at + 1).filter(|(hour, _)| (1..=12).contains(hour)) else { continue };
        let half = half_at(words, at + 1 + length);
        let hour = resolved(hour, half, part)?;
        let total = if later { hour * 60 + minutes } else { hour * 60 + 1440 - minutes };
        return clock(total / 60 % 24, total % 60);
    }
    None
}

fn clock_at(words: &Words, at: usize, part: Option<PartOfDay>, bare: bool) -> Option<Time> {
    let word = words.at(at);
    let stuck = ["am", "pm"].into_iter().find_map(|half| Some((word.strip_suffix(half)?.trim_end_matches('.'), half)));
    if let Some((digits, half)) = stuck.filter(|(digits, _)| !digits.is_empty()) {
        let (hour, minute) = digits.split_once([':', '.']).unwrap_or((digits, "0"));
        return clock(resolved(hour.parse().ok()?, Some(half == "pm"), part)?, minute.parse().ok()?);
    }
    if let Some((hour, minute)) = word.split_once(':') {
        let (hour, minute) = (hour.parse().ok()?, minute.get(..2)?.parse().ok()?);
        return clock(resolved(hour, half_at(words, at + 1), part)?, minute);
    }
    let (hour, length) = words.small(at).filter(|(hour, _)| *hour <= 24)?;
    let minutes = minutes_at(words, at + length);
    let end = at + length + minutes.map_or(0, |(_, length)| length);
    let half = half_at(words, end).or_else(|| half_at(words, end + 1).filter(|_| words.at(end) == "oclock"));
    let led = matches!(words.before(at), "at" | "around" | "about" | "by" | "before" | "after" | "until" | "say");
    let said = half.is_some() || minutes.is_some() || words.at(end) == "oclock" || led || part.is_some();
    let hours_only = (1..=24).contains(&hour) && !is_unit(words.at(end));
    if !(hours_only && (said || bare)) {
        return None;
    }
    clock(resolved(hour, half, part)?, minutes.map_or(0, |(minutes, _)| minutes))
}

/// "Thirty", "oh five", "fifteen" after an hour.
fn minutes_at(words: &Words, at: usize) -> Option<(u32, usize)> {
    if matches!(words.at(at), "oh" | "o") {
        return words.small(at + 1).filter(|(minutes, _)| *minutes < 10).map(|(minutes, length)| (minutes, length + 1));
    }
    words.small(at).filter(|(minutes, length)| (10..60).contains(minutes) && !is_unit(words.at(at + length)))
}

/// True for p.m.
fn half_at(words: &Words, at: usize) -> Option<bool> {
    match (words.at(at), words.at(at + 1)) {
        ("am" | "a.m", _) | ("a", "m") => Some(false),
        ("pm" | "p.m", _) | ("p", "m") => Some(true),
        _ => None,
    }
}

/// Hour of the day, 0 to 23.
fn resolved(hour: u32, half: Option<bool>, part: Option<PartOfDay>) -> Option<u32> {
    if hour > 24 || (hour > 12 && half == Some(false)) {
        return None;
    }
    let afternoon = match (half, part) {
        (Some(pm), _) => pm,
        (None, Some(PartOfDay::Morning)) => hour == 12,
        (None, Some(PartOfDay::Afternoon | PartOfDay::Evening)) => true,
        (None, Some(PartOfDay::Noon)) => hour < 6 || hour == 12,
        (None, None) => (1..7).contains(&hour) || hour == 12,
    };
    Some(match (hour, afternoon) {
        (12, true) => 12,
        (12, false) => 0,
        (1..12, true) => hour + 12,
        _ => hour % 24,
    })
}

fn clock(hour: u32, minute: u32) -> Option<Time> {
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()
}

/// What a number counts when it is no time: "two weeks", "three people".
fn is_unit(word: &str) -> bool {
    matches!(
        word,
        "days"
            | "day"
            | "weeks"
            | "week"
            | "months"
            | "month"
            | "hours"
            | "hour"
            | "minutes"
            | "minute"
            | "people"
            | "of"
    )
}

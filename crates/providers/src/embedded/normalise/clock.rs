//! Times of day: `3:30 pm`, `15:30`, `9am`, `9-5pm`.

use super::numbers::cardinal;
use super::{STOP_IS_NOT_AN_END, Words};

pub(super) fn recognise(words: &Words<'_>) -> Option<(usize, String)> {
    let core = words.at(0);
    let (clock, glued) = without_half(core);
    let (next_count, next) = if glued.is_some() { (0, None) } else { half_of_day(words) };
    let half = glued.or(next);
    if let Some((from, to)) = clock.split_once('-') {
        let (from_clock, from_half) = without_half(from);
        let any_clock = clock.contains(':') || half.is_some();
        let from = time(from_clock, from_half, any_clock)?;
        let from = from.trim_end_matches(STOP_IS_NOT_AN_END);
        return Some((1 + next_count, format!("{from} to {}", time(to, half, any_clock)?)));
    }
    let spoken = time(clock, half, half.is_some())?;
    Some((1 + next_count, spoken))
}

/// `3:30pm` → `3:30` and the half of the day.
fn without_half(core: &str) -> (&str, Option<&'static str>) {
    let lower = core.to_ascii_lowercase();
    for (end, half) in [("a.m", "AM"), ("p.m", "PM"), ("am", "AM"), ("pm", "PM")] {
        if lower.ends_with(end) {
            return (&core[..core.len() - end.len()], Some(half));
        }
    }
    (core, None)
}

/// Whether the next word is `pm` or a spelling of it.
fn half_of_day(words: &Words<'_>) -> (usize, Option<&'static str>) {
    match words.joined(1).to_ascii_lowercase().as_str() {
        "am" | "a.m" => (1, Some("AM")),
        "pm" | "p.m" => (1, Some("PM")),
        _ => (0, None),
    }
}

/// A clock reading in words. A bare hour is only a time when `hour_alone` allows it.
fn time(clock: &str, half: Option<&str>, hour_alone: bool) -> Option<String> {
    let (hour, minute) = match clock.split_once(':') {
        Some((hour, minute)) => (hour, Some(two_digits(minute)?)),
        None if hour_alone => (clock, None),
        None => return None,
    };
    if hour.len() > 2 {
        return None;
    }
    let hour: u64 = hour.parse().ok().filter(|hour| *hour < 25)?;
    // The 24-hour clock is read as people say it on the telephone.
    let half = half.or(if hour > 12 {
        Some("PM")
    } else if hour == 0 {
        Some("AM")
    } else {
        None
    });
    let twelve = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
    let words = match minute {
        None => cardinal(twelve),
        Some(0) if half.is_none() => format!("{} o'clock", cardinal(twelve)),
        Some(0) => cardinal(twelve),
        Some(minute @ 1..=9) => format!("{} oh {}", cardinal(twelve), cardinal(minute)),
        Some(minute) => format!("{} {}", cardinal(twelve), cardinal(minute)),
    };
    Some(half.map_or(words.clone(), |half| format!("{words} {half}{STOP_IS_NOT_AN_END}")))
}

fn two_digits(minute: &str) -> Option<u64> {
    minute.parse().ok().filter(|value| minute.len() == 2 && *value < 60)
}

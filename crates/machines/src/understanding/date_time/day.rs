//! The day: by name, by number, by distance.
//!
//! Law: the future is meant unless the question asks for the past. "Next Tuesday" is the Tuesday of next week, weeks
//! beginning on Monday; plain "Tuesday" is the next one to come.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday};

use super::Words;

pub(super) fn day(words: &mut Words, now: DateTime, past: bool, bare_day: bool) -> Option<Date> {
    let today = now.date();
    iso(words)
        .or_else(|| by_slashes(words, today, past))
        .or_else(|| by_month(words, today, past))
        .or_else(|| by_distance(words, today, past))
        .or_else(|| by_name(words, today))
        .or_else(|| by_weekday(words, today, past))
        .or_else(|| by_number(words, today, past, bare_day))
}

/// "2026-11-24".
fn iso(words: &mut Words) -> Option<Date> {
    let at = (0..words.tokens.len()).find(|at| words.at(*at).len() == 10 && words.at(*at).parse::<Date>().is_ok())?;
    let date = words.at(at).parse().ok();
    words.take(at, 1);
    date
}

/// "11/24" and "11/24/2026", month first.
fn by_slashes(words: &mut Words, today: Date, past: bool) -> Option<Date> {
    for at in 0..words.tokens.len() {
        let parts: Vec<i16> = words.at(at).split('/').map_while(|part| part.parse().ok()).collect();
        let found = match parts.as_slice() {
            [month, day] => nearest(*month, *day, today, past),
            [month, day, year] => {
                let year = if *year < 100 { year + 2000 } else { *year };
                Date::new(year, i8::try_from(*month).ok()?, i8::try_from(*day).ok()?).ok()
            }
            _ => None,
        };
        if found.is_some() && words.at(at).contains('/') {
            words.take(at, 1);
            return found;
        }
    }
    None
}

/// "November 24th", "24th of November 2027", "the fifth of May".
fn by_month(words: &mut Words, today: Date, past: bool) -> Option<Date> {
    for at in 0..words.tokens.len() {
        let Some(month) = month(words.at(at)) else { continue };
        let after = usize::from(words.at(at + 1) == "the") + 1;
        let before = if words.before(at) == "of" { at.checked_sub(2) } else { at.checked_sub(1) };
        let ordinal_before = before.and_then(|last| ordinal_ending_at(words, last));
        let (day, from, mut end) = match (ordinal_before, day_number(words, at + after)) {
            (Some((day, from)), _) => (day, from, at + 1),
            (None, Some((day, length))) => (day, at, at + after + length),
            (None, None) => continue,
        };
        let year = year(words, end);
        let date = match year {
            Some((year, length)) => {
                end += length;
                Date::new(year, month, i8::try_from(day).ok()?).ok()
            }
            None => nearest(i16::from(month), i16::try_from(day).ok()?, today, past),
        };
        if date.is_some() {
            words.take(from, end - from);
            return date;
        }
    }
    None
}

/// "In three days", "in two weeks", "a week from Friday", "the day after tomorrow", "two days ago".
fn by_distance(words: &mut Words, today: Date, past: bool) -> Option<Date> {
    if let Some(at) = words.find(&["day", "after", "tomorrow"]) {
        words.take(at, 3);
        return today.checked_add(2.days()).ok();
    }
    for at in 0..words.tokens.len() {
        let unit = match words.at(at) {
            "day" | "days" => 1,
            "week" | "weeks" => 7,
            "month" | "months" => 30,
            _ => continue,
        };
        let Some((count, from)) = count_before(words, at) else { continue };
        let ago = words.at(at + 1) == "ago" || (past && words.at(at + 1) != "from");
        let leads = words.before(from) == "in" || words.before(from) == "within";
        let base = match (words.at(at + 1), words.at(at + 2)) {
            ("from", "now" | "today") | ("ago", _) => Some(today),
            ("from", "tomorrow") => today.tomorrow().ok(),
            ("from", name) => weekday(name).map(|day| upcoming(today, day)),
            _ => leads.then_some(today),
        };
        let Some(base) = base else { continue };
        let length = if words.at(at + 1) == "from" { 2 } else { usize::from(words.at(at + 1) == "ago") };
        words.take(from.saturating_sub(usize::from(leads)), at + 1 + length - from + usize::from(leads));
        let sign = if ago { -1 } else { 1 };
        return if unit == 30 {
            base.checked_add((sign * count).months()).ok()
        } else {
            base.checked_add((sign * count * unit).days()).ok()
        };
    }
    None
}

/// "Today", "tomorrow", "yesterday".
fn by_name(words: &mut Words, today: Date) -> Option<Date> {
    for (name, days) in [("today", 0), ("tomorrow", 1), ("yesterday", -1)] {
        if let Some(at) = words.find(&[name]) {
            words.take(at, 1);
            return today.checked_add(days.days()).ok();
        }
    }
    None
}

/// "Tuesday", "next Tuesday", "this Friday", "last Monday", "Tuesday next week".
fn by_weekday(words: &mut Words, today: Date, past: bool) -> Option<Date> {
    let at = (0..words.tokens.len()).find(|at| weekday(words.at(*at)).is_some())?;
    let day = weekday(words.at(at))?;
    let lead = words.before(at).to_owned();
    let next_week = words.has(&["next", "week"]) || words.has(&["following", "week"]);
    let monday = today.checked_sub((i64::from(today.weekday().to_monday_zero_offset())).days()).ok()?;
    let in_week = |monday: Date| monday.checked_add(i64::from(day.to_monday_zero_offset()).days()).ok();
    let length = if words.at(at + 1) == "the" { 1 } else { 0 };
    let number = ordinal_at(words, at + 1 + length).map(|(number, _)| number);
    words.take(at, 1);
    if lead == "next" || next_week {
        return in_week(monday.checked_add(7.days()).ok()?);
    }
    if lead == "last" || past {
        let back = (1..=7).filter_map(|days| today.checked_sub(days.days()).ok());
        return back.into_iter().find(|date| date.weekday() == day);
    }
    let next = upcoming(today, day);
    // "Friday the 27th": the number rules out other Fridays.
    let fits = |date: &Date| number.is_none_or(|number| u32::from(date.day().unsigned_abs()) == number);
    let named = (0..26).filter_map(|weeks| next.checked_add((weeks * 7).days()).ok()).find(fits);
    Some(named.unwrap_or(next))
}

/// "The 24th", "on the fifth", and "24" where a day is asked for.
fn by_number(words: &mut Words, today: Date, past: bool, bare: bool) -> Option<Date> {
    for at in 0..words.tokens.len() {
        let lead = words.before(at);
        let ordinal = ordinal_at(words, at).filter(|_| is_digits(words.at(at)) || matches!(lead, "the" | "on"));
        let said = ordinal.or_else(|| {
            let is_hour = words.at(at + 1).starts_with("oclock") || matches!(words.at(at + 1), "am" | "pm");
            if (lead == "the" || bare) && !is_hour { words.small(at) } else { None }
        });
        let Some((day, length)) = said.filter(|(day, _)| (1..=31).contains(day)) else { continue };
        let day = i8::try_from(day).ok()?;
        let first = today.first_of_month();
        let step = if past { -1 } else { 1 };
        let months = (0..4).filter_map(|months| first.checked_add((step * months).months()).ok());
        let days = months.filter_map(|month| Date::new(month.year(), month.month(), day).ok());
        let found = days.into_iter().find(|date| if past { *date <= today } else { *date >= today });
        words.take(at, length);
        return found;
    }
    None
}

fn upcoming(today: Date, day: Weekday) -> Date {
    let days = i64::from((day.to_monday_zero_offset() - today.weekday().to_monday_zero_offset() + 6).rem_euclid(7) + 1);
    today.checked_add(days.days()).unwrap_or(today)
}

/// The day nearest to now in the right direction.
fn nearest(month: i16, day: i16, today: Date, past: bool) -> Option<Date> {
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let years = if past { [0, -1, -2, -4] } else { [0, 1, 2, 4] };
    let dates = years.into_iter().filter_map(|ahead| Date::new(today.year() + ahead, month, day).ok());
    dates.into_iter().find(|date| if past { *date <= today } else { *date >= today })
}

fn day_number(words: &Words, at: usize) -> Option<(u32, usize)> {
    let in_month = |found: &(u32, usize)| (1..=31).contains(&found.0);
    ordinal_at(words, at).or_else(|| words.small(at)).filter(in_month)
}

/// A day number that ends at a word: its value and where it begins.
fn ordinal_ending_at(words: &Words, last: usize) -> Option<(u32, usize)> {
    let from = [last.checked_sub(1), Some(last)].into_iter().flatten();
    let ends = |(from, (day, length)): (usize, (u32, usize))| (from + length == last + 1).then_some((day, from));
    from.filter_map(|from| Some((from, day_number(words, from)?))).find_map(ends)
}

/// "24th", "fifth", "twenty fourth", "twenty-fourth".
fn ordinal_at(words: &Words, at: usize) -> Option<(u32, usize)> {
    let word = words.at(at);
    if is_digits(word)
        && let Some(number) = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending))
    {
        return number.parse().ok().map(|day| (day, 1));
    }
    let single = |word: &str| ORDINALS.iter().position(|name| *name == word).map(|at| at as u32 + 1);
    if let Some(day) = single(word) {
        return Some((day, 1));
    }
    let (tens, unit) = match word.split_once('-') {
        Some((tens, unit)) => (tens, unit),
        None => (word, words.at(at + 1)),
    };
    let base = match tens {
        "twenty" => 20,
        "thirty" => 30,
        _ => return None,
    };
    let length = if word.contains('-') { 1 } else { 2 };
    single(unit).filter(|unit| *unit < 10).map(|unit| (base + unit, length))
}

fn year(words: &Words, at: usize) -> Option<(i16, usize)> {
    if words.at(at).len() == 4
        && let Ok(year) = words.at(at).parse::<i16>()
        && (1900..2200).contains(&year)
    {
        return Some((year, 1));
    }
    let (century, length) = words.small(at).filter(|(century, _)| matches!(century, 19 | 20))?;
    let (rest, more) = words.small(at + length).filter(|(rest, _)| *rest >= 10)?;
    Some((i16::try_from(century * 100 + rest).ok()?, length + more))
}

fn count_before(words: &Words, at: usize) -> Option<(i64, usize)> {
    let before = at.checked_sub(1)?;
    match words.at(before) {
        "a" | "one" => return Some((1, before)),
        "of" if words.at(before.checked_sub(1)?) == "couple" => {
            let couple = before - 1;
            let from = if words.before(couple) == "a" { couple - 1 } else { couple };
            return Some((2, from));
        }
        _ => {}
    }
    let from =
        if before > 0 && words.small(before - 1).is_some_and(|(_, length)| length == 2) { before - 1 } else { before };
    words.small(from).map(|(count, _)| (i64::from(count), from))
}

fn is_digits(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" | "mon" | "mondays" => Weekday::Monday,
        "tuesday" | "tues" | "tue" | "tuesdays" => Weekday::Tuesday,
        "wednesday" | "wed" | "wednesdays" => Weekday::Wednesday,
        "thursday" | "thurs" | "thu" | "thursdays" => Weekday::Thursday,
        "friday" | "fri" | "fridays" => Weekday::Friday,
        "saturday" | "saturdays" => Weekday::Saturday,
        "sunday" | "sundays" => Weekday::Sunday,
        _ => return None,
    })
}

fn month(word: &str) -> Option<i8> {
    const NAMES: [[&str; 2]; 12] = [
        ["january", "jan"],
        ["february", "feb"],
        ["march", "march"],
        ["april", "apr"],
        ["may", "may"],
        ["june", "jun"],
        ["july", "jul"],
        ["august", "aug"],
        ["september", "sept"],
        ["october", "oct"],
        ["november", "nov"],
        ["december", "dec"],
    ];
    NAMES.iter().position(|names| names.contains(&word)).and_then(|at| i8::try_from(at + 1).ok())
}

const ORDINALS: [&str; 20] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
];

//! Values as they are said: what a text puts in the agent's mouth.
//!
//! Law: every form here is read right by a voice without knowing what it stands for.

use jiff::civil::{Date, Time, Weekday};

/// "Tuesday, November 24th", with the year when it is not that of `today`.
pub fn date(date: Date, today: Date) -> String {
    let month = MONTHS.get(usize::from(date.month().unsigned_abs()).saturating_sub(1)).unwrap_or(&"");
    let base = format!("{}, {month} {}", weekday(date.weekday()), ordinal(date.day().unsigned_abs()));
    if date.year() == today.year() { base } else { format!("{base}, {}", date.year()) }
}

/// "3 PM", "10:30 AM", "noon".
pub fn time(time: Time) -> String {
    let (hour, minute) = (time.hour(), time.minute());
    match (hour, minute) {
        (0, 0) => return "midnight".to_owned(),
        (12, 0) => return "noon".to_owned(),
        _ => {}
    }
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
    if minute == 0 { format!("{hour} {half}") } else { format!("{hour}:{minute:02} {half}") }
}

/// "Tuesday".
pub fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// Digits one by one, in groups: "6 1 7, 3 9 8, 2 2 0 4".
pub fn phone(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let sizes: &[usize] = match digits.len() {
        7 => &[3, 4],
        10 => &[3, 3, 4],
        11 => &[1, 3, 3, 4],
        _ => &[3, 3, 3, 3, 3],
    };
    let mut groups = Vec::new();
    let mut rest = digits.as_slice();
    for size in sizes {
        let (group, after) = rest.split_at((*size).min(rest.len()));
        if !group.is_empty() {
            groups.push(separated(group, " "));
        }
        rest = after;
    }
    let plus = if number.starts_with('+') { "plus " } else { "" };
    format!("{plus}{}", groups.join(", "))
}

/// Letters and digits one by one: "A, B, 1, 2".
pub fn code(code: &str) -> String {
    separated(&code.to_uppercase().chars().collect::<Vec<_>>(), ", ")
}

/// "john dot miller at gmail dot com".
pub fn email(address: &str) -> String {
    let mut said = String::new();
    for c in address.chars() {
        match c {
            '@' => said.push_str(" at "),
            '.' => said.push_str(" dot "),
            '_' => said.push_str(" underscore "),
            '-' => said.push_str(" dash "),
            '+' => said.push_str(" plus "),
            other => said.push(other),
        }
    }
    said
}

/// "1", "2.5", "1250".
pub fn number(value: f64) -> String {
    format!("{value}")
}

fn ordinal(day: u8) -> String {
    let ending = match (day % 10, day / 10) {
        (1, tens) if tens != 1 => "st",
        (2, tens) if tens != 1 => "nd",
        (3, tens) if tens != 1 => "rd",
        _ => "th",
    };
    format!("{day}{ending}")
}

fn separated(chars: &[char], between: &str) -> String {
    chars.iter().map(char::to_string).collect::<Vec<_>>().join(between)
}

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

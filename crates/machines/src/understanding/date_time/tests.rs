//! Days and times in the words people use. The present is Wednesday, November 18th 2026, ten in the morning.

use super::super::table::Table;
use jiff::civil::{DateTime, datetime};

use super::*;

fn now() -> DateTime {
    datetime(2026, 11, 18, 10, 0, 0, 0)
}

fn shown(text: &str, sought: Sought, past: bool) -> String {
    let Some(found) = day_time(text, now(), sought, past) else { return "nothing".to_owned() };
    let date = found.date.map_or("-".to_owned(), |date| date.to_string());
    let time = found.time.map_or("-".to_owned(), clock);
    let part = found.part.map_or(String::new(), |part| format!(" {part:?}"));
    format!("{date} {time}{part}")
}

#[test]
fn days_and_times_are_read_as_people_say_them() {
    let mut rows = Table::default();
    let table = [
        ("tomorrow at three", "2026-11-19 15:00"),
        ("Tomorrow at 3:30 PM.", "2026-11-19 15:30"),
        ("To-morrow at ten.", "2026-11-19 10:00"),
        ("next Tuesday afternoon", "2026-11-24 - Afternoon"),
        ("the 24th at 10:30", "2026-11-24 10:30"),
        ("Tuesday at 9 a.m.", "2026-11-24 09:00"),
        ("Friday at noon works for me", "2026-11-20 12:00"),
        ("next Friday at two thirty", "2026-11-27 14:30"),
        ("this Friday at two", "2026-11-20 14:00"),
        ("on Wednesday", "2026-11-25 -"),
        ("the day after tomorrow at eleven fifteen", "2026-11-20 11:15"),
        ("November 24th at 4 p.m.", "2026-11-24 16:00"),
        ("November twenty fourth at four", "2026-11-24 16:00"),
        ("the fifth of December in the morning", "2026-12-05 - Morning"),
        ("December 5, 2027 at 8 PM", "2027-12-05 20:00"),
        ("how about January 7th", "2027-01-07 -"),
        ("in two weeks", "2026-12-02 -"),
        ("in three days at nine", "2026-11-21 09:00"),
        ("a week from Friday", "2026-11-27 -"),
        ("in an hour", "2026-11-18 11:00"),
        ("in half an hour", "2026-11-18 10:30"),
        ("in 20 minutes", "2026-11-18 10:20"),
        ("half past three tomorrow", "2026-11-19 15:30"),
        ("quarter to four on Monday", "2026-11-23 15:45"),
        ("Tuesday, ten thirty in the morning", "2026-11-24 10:30"),
        ("seven in the evening on Thursday", "2026-11-19 19:00"),
        ("tonight at eight", "2026-11-18 20:00"),
        ("today at five oclock", "2026-11-18 17:00"),
        ("11/24 at 3pm", "2026-11-24 15:00"),
        ("2026-12-01 at 15:30", "2026-12-01 15:30"),
        ("Tuesday next week at one", "2026-11-24 13:00"),
        ("Friday the 27th", "2026-11-27 -"),
        ("Tuesday. No, Wednesday at three.", "2026-11-25 15:00"),
        ("Thursday, not Friday, at three", "2026-11-19 15:00"),
        ("tomorrow at three, no, four", "2026-11-19 16:00"),
        ("Could we do Monday at 12?", "2026-11-23 12:00"),
        ("maybe next week", "- -"),
        ("the twenty third at a quarter past nine", "2026-11-23 09:15"),
        ("a couple of days from now", "2026-11-20 -"),
        ("Thursday afternoon at two", "2026-11-19 14:00"),
        ("at three", "- 15:00"),
        ("in the afternoon", "- - Afternoon"),
        ("I have no idea", "nothing"),
        ("may I ask who is calling", "nothing"),
        ("one second please", "nothing"),
        ("good morning", "nothing"),
        ("I have two kids", "nothing"),
    ];
    for (text, expected) in table {
        rows.row(text, shown(text, Sought::Both, false), expected);
    }
    rows.holds();
}

#[test]
fn a_bare_number_is_what_the_question_asks_for() {
    let mut rows = Table::default();
    let times = [
        ("four", "- 16:00"),
        ("ten thirty", "- 10:30"),
        ("eleven", "- 11:00"),
        ("make it two fifteen", "- 14:15"),
        ("3:30 PM", "- 15:30"),
        ("nine oh five", "- 09:05"),
        ("four is fine", "- 16:00"),
        ("15:45", "- 15:45"),
        ("around six", "- 18:00"),
        ("nine at night", "- 21:00"),
    ];
    for (text, expected) in times {
        rows.row(text, shown(text, Sought::TimeOfDay, false), expected);
    }
    let days = [
        ("24", "2026-11-24 -"),
        ("the 24th", "2026-11-24 -"),
        ("the second", "2026-12-02 -"),
        ("the 18th", "2026-11-18 -"),
    ];
    for (text, expected) in days {
        rows.row(text, shown(text, Sought::Day, false), expected);
    }
    rows.holds();
}

#[test]
fn a_question_about_the_past_looks_back() {
    let mut rows = Table::default();
    let table = [
        ("July 19, 1984", "1984-07-19 -"),
        ("the third of March nineteen seventy five", "1975-03-03 -"),
        ("last Monday", "2026-11-16 -"),
        ("two days ago", "2026-11-16 -"),
        ("yesterday", "2026-11-17 -"),
        ("December 24th", "2025-12-24 -"),
        ("on the 20th", "2026-10-20 -"),
    ];
    for (text, expected) in table {
        rows.row(text, shown(text, Sought::Day, true), expected);
    }
    rows.holds();
}

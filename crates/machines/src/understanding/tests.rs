//! Answers as speech to text writes them, in tables: what people say, what it must come to.

use super::table::Table;
use std::collections::BTreeMap;

use super::{choice, code, email, name, number, phone, yes_no};

#[test]
fn numbers_in_digits_and_words() {
    let mut rows = Table::default();
    let table: &[(&str, Option<f64>)] = &[
        ("5", Some(5.0)),
        ("five", Some(5.0)),
        ("Twenty-five.", Some(25.0)),
        ("twenty five", Some(25.0)),
        ("It's 1,250 dollars.", Some(1250.0)),
        ("$120", Some(120.0)),
        ("one hundred and twenty", Some(120.0)),
        ("a hundred", Some(100.0)),
        ("a hundred and five", Some(105.0)),
        ("two thousand three hundred", Some(2300.0)),
        ("twelve hundred", Some(1200.0)),
        ("three million", Some(3_000_000.0)),
        ("5 thousand", Some(5000.0)),
        ("three point five", Some(3.5)),
        ("3.5", Some(3.5)),
        ("two and a half", Some(2.5)),
        ("about 42 people", Some(42.0)),
        ("half a million", Some(500_000.0)),
        ("a dozen", Some(12.0)),
        ("minus ten", Some(-10.0)),
        ("nineteen eighty four", Some(1984.0)),
        ("one fifty", Some(150.0)),
        ("none", Some(0.0)),
        ("zero", Some(0.0)),
        ("four, not five", Some(4.0)),
        ("not five, four", Some(4.0)),
        ("five, no, sorry, six", Some(6.0)),
        ("I have three, I mean four", Some(4.0)),
        ("we need 50%", Some(50.0)),
        ("one moment please", None),
        ("hold on one second", None),
        ("no one told me", None),
        ("I don't know", None),
        ("what do you mean", None),
        ("", None),
    ];
    for (text, expected) in table {
        rows.row(text, number::number(text).map(|n| n.value), *expected);
    }
    rows.holds();
}

#[test]
fn numbers_that_sound_alike_are_in_doubt() {
    let mut rows = Table::default();
    for (text, doubtful) in [
        ("sixteen", true),
        ("60", true),
        ("thirty", true),
        ("five", false),
        ("25", false),
        ("113", true),
        ("two or three", true),
    ] {
        rows.row(text, number::number(text).unwrap().doubtful, doubtful);
    }
    rows.holds();
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of utterances")]
fn yes_and_no_in_all_their_words() {
    let mut rows = Table::default();
    let yes = [
        "yes",
        "Yeah.",
        "yep",
        "Uh-huh.",
        "mm-hmm",
        "sure",
        "Okay",
        "of course",
        "That's right.",
        "that's correct",
        "yes please",
        "Yes, that's me.",
        "Yeah, sure.",
        "absolutely",
        "sounds good",
        "That works for me.",
        "I guess so",
        "no problem",
        "Yes, I can make it.",
        "Speaking.",
        "That's fine.",
        "go ahead",
        "No, that's right.",
        "of course I do",
        "Well, yes.",
        "Yes, Tuesday at three is good.",
        "right",
        "Correct.",
        "I think so",
        "Tuesday is fine",
        "OK.",
        "Why not?",
        "Not a problem.",
        "you bet",
        "Sure, why not",
    ];
    let no = [
        "no",
        "Nope.",
        "nah",
        "No, thank you.",
        "not really",
        "I don't think so.",
        "that's wrong",
        "no, that's not right",
        "That's not correct.",
        "Okay, no thanks.",
        "yeah, no",
        "not interested",
        "Not interested, eh?",
        "I can't",
        "No, I can't make it.",
        "I can't make it",
        "absolutely not",
        "of course not",
        "It doesn't work for me.",
        "Tuesday won't work",
        "not today",
        "I'd rather not",
        "I'm afraid not",
        "never",
        "not yet",
        "Uh-uh.",
        "No way.",
        "I do not want that",
        "no no no",
        "No. Wednesday.",
        "Nah, I'm good.",
    ];
    let neither = [
        "I don't know",
        "not sure",
        "maybe",
        "what do you mean?",
        "who is this?",
        "Tuesday",
        "good morning",
        "hello?",
        "let me think",
        "no idea",
        "right now",
        "It depends.",
        "wrong number",
        "no one is here",
        "",
    ];
    let answers = |text: &&str| yes_no::yes_no(text).map(|polar| polar.answer);
    for text in yes {
        rows.row(text, answers(&text), Some(true));
    }
    for text in no {
        rows.row(text, answers(&text), Some(false));
    }
    for text in neither {
        rows.row(text, answers(&text), None);
    }
    rows.holds();
}

#[test]
fn a_bare_yes_is_told_from_a_yes_with_more() {
    let mut rows = Table::default();
    for (text, bare) in [
        ("Yes.", true),
        ("yes please", true),
        ("Yeah, that's right.", true),
        ("Yes, but not on Tuesday.", false),
        ("no, Wednesday", false),
    ] {
        rows.row(text, yes_no::yes_no(text).unwrap().bare, bare);
    }
    rows.holds();
}

#[test]
fn telephone_numbers_in_groups_and_words() {
    let mut rows = Table::default();
    let table: &[(&str, Option<&str>)] = &[
        ("617-398-2204", Some("6173982204")),
        ("It's 617-398-2204.", Some("6173982204")),
        ("(617) 398-2204", Some("6173982204")),
        ("617 398 2204", Some("6173982204")),
        ("617.398.2204", Some("6173982204")),
        ("617, 398, 2204", Some("6173982204")),
        ("+1 617 398 2204", Some("+16173982204")),
        ("plus one six one seven three nine eight two two oh four", Some("+16173982204")),
        ("six one seven, three nine eight, two two zero four", Some("6173982204")),
        ("six one seven three nine eight double two oh four", Some("6173982204")),
        ("six one seven five five five triple one two", Some("6175551112")),
        ("six one seven, three ninety eight, twenty two oh four", Some("6173982204")),
        ("area code 617, 398 2204", Some("6173982204")),
        ("My number is 6173982204, thanks.", Some("6173982204")),
        ("eight hundred five five five twelve twelve", Some("8005551212")),
        ("1-800-555-1212", Some("18005551212")),
        ("five five five one two one two", Some("5551212")),
        ("555-1212", Some("5551212")),
        ("you can reach me at 617-398-2204", Some("6173982204")),
        ("six one seven um three nine eight uh two two oh four", Some("6173982204")),
        ("six one seven dash three nine eight dash two two oh four", Some("6173982204")),
        ("five five five to two oh four one", Some("55522041")),
        ("+44 20 7946 0958", Some("+442079460958")),
        ("call me on 617-398-2204 after 5", Some("6173982204")),
        ("sixty one seventy three ninety eight two two", Some("61739822")),
        ("seven nine four six thousand", Some("7946000")),
        ("398", None),
        ("I don't have one", None),
        ("what number?", None),
        ("1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8", None),
    ];
    for (text, expected) in table {
        rows.row(text, phone::phone(text).as_deref(), *expected);
    }
    rows.holds();
}

#[test]
fn addresses_as_they_are_dictated() {
    let mut rows = Table::default();
    let table: &[(&str, Option<&str>)] = &[
        ("john.miller at gmail.com", Some("john.miller@gmail.com")),
        ("John.Miller at gmail.com.", Some("john.miller@gmail.com")),
        ("john dot miller at gmail dot com", Some("john.miller@gmail.com")),
        ("It's john.miller@gmail.com.", Some("john.miller@gmail.com")),
        ("my email is john dot miller at gmail dot com", Some("john.miller@gmail.com")),
        ("sure, it's jane at acme dot org", Some("jane@acme.org")),
        ("john underscore miller at yahoo dot com", Some("john_miller@yahoo.com")),
        ("john miller 42 at gmail dot com", Some("johnmiller42@gmail.com")),
        ("john miller forty two at gmail dot com", Some("johnmiller42@gmail.com")),
        ("j o h n at gmail dot com", Some("john@gmail.com")),
        ("J-O-H-N at gmail.com", Some("john@gmail.com")),
        ("info at acme dash corp dot com", Some("info@acme-corp.com")),
        ("sales at acme dot co dot uk", Some("sales@acme.co.uk")),
        ("john at gmail", Some("john@gmail.com")),
        ("b as in boy o b at outlook dot com", Some("bob@outlook.com")),
        ("j dot smith plus news at gmail dot com", Some("j.smith+news@gmail.com")),
        ("mary double n at gmail dot com", Some("marynn@gmail.com")),
        ("you can reach me at ann at example dot com", Some("ann@example.com")),
        ("ann at example dot com please", Some("ann@example.com")),
        ("the address is bob-smith at mail.example.com", Some("bob-smith@mail.example.com")),
        ("contact at startup dot io", Some("contact@startup.io")),
        ("um it's uh kate at icloud dot com", Some("kate@icloud.com")),
        ("kate hyphen jones at icloud dot com", Some("kate-jones@icloud.com")),
        ("one two three at gmail dot com", Some("123@gmail.com")),
        ("John Miller at gmail.com", Some("johnmiller@gmail.com")),
        ("I don't have email", None),
        ("at three", None),
        ("look at that", None),
        ("john dot miller", None),
    ];
    for (text, expected) in table {
        rows.row(text, email::email(text).as_deref(), *expected);
    }
    rows.holds();
}

#[test]
fn choices_by_synonym_and_correction() {
    let mut rows = Table::default();
    let choices: BTreeMap<String, Vec<String>> = [
        ("credit_card", vec!["card", "visa", "by card"]),
        ("bank_transfer", vec!["transfer", "wire", "bank"]),
        ("check", vec!["cheque", "mail a check"]),
    ]
    .into_iter()
    .map(|(value, synonyms)| (value.to_owned(), synonyms.into_iter().map(str::to_owned).collect()))
    .collect();
    let table = [
        ("by card please", Some(("credit_card", false))),
        ("I'd like a bank transfer", Some(("bank_transfer", false))),
        ("Visa.", Some(("credit_card", false))),
        ("not the card, a check", Some(("check", false))),
        ("card, no, wire", Some(("bank_transfer", false))),
        ("card or check", Some(("credit_card", true))),
        ("something else", None),
    ];
    for (text, expected) in table {
        let expected = expected.map(|(value, doubtful)| (value.to_owned(), doubtful));
        rows.row(text, choice::choice(text, &choices), expected);
    }
    rows.holds();
}

#[test]
fn codes_are_spelled() {
    let mut rows = Table::default();
    let table = [
        ("A as in alpha, B, four two", None, Some("AB42")),
        ("alpha bravo four two", None, Some("AB42")),
        ("AB42", None, Some("AB42")),
        ("A-B-4-2", None, Some("AB42")),
        ("the code is one two three four", Some(4), Some("1234")),
        ("1234", Some(4), Some("1234")),
        ("123", Some(4), None),
        ("double seven x ray", None, Some("77X")),
        ("b for bravo nine", None, Some("B9")),
        ("double u three", None, Some("W3")),
        ("I do not have it", None, None),
    ];
    for (text, length, expected) in table {
        rows.row(text, code::code(text, length).as_deref(), expected);
    }
    rows.holds();
}

#[test]
fn names_without_what_is_said_around_them() {
    let mut rows = Table::default();
    let table = [
        ("My name is Ann Miller.", Some("Ann Miller")),
        ("this is john", Some("John")),
        ("It's Mary O'Brien speaking", Some("Mary O'Brien")),
        ("Yes, Thompson.", Some("Thompson")),
        ("who is this?", None),
        ("I would really rather not tell you that", None),
    ];
    for (text, expected) in table {
        rows.row(text, name::name(text).as_deref(), expected);
    }
    rows.holds();
}

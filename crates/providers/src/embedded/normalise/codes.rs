//! Codes: confirmation numbers, postal codes, plates, model names. Letters by name, digits one by one.

use super::numbers::digits;
use super::{Words, is_digits, letter};

/// A number after one of these is a name, not an amount.
const NAMING_WORDS: &[&str] = &[
    "code",
    "pin",
    "extension",
    "ext",
    "account",
    "confirmation",
    "reference",
    "ref",
    "ticket",
    "invoice",
    "policy",
    "zip",
    "zipcode",
    "passcode",
    "password",
    "otp",
    "booking",
    "tracking",
    "case",
    "order",
    "flight",
    "ending",
    "digits",
    "serial",
    "id",
    "customer",
    "claim",
    "licence",
    "license",
    "member",
    "card",
];
/// Words that may stand between the naming word and the number: "order number is 4821".
const LINKS: &[&str] = &["number", "is", "no", "code", "in", "id"];

/// `code 4821`, `account number 0042`, `ending in 1234`: three digits and more are read one by one.
pub(super) fn after_a_naming_word(words: &Words<'_>) -> Option<(usize, String)> {
    if !NAMING_WORDS.contains(&words.before.as_str()) && words.before != "#" {
        return if NAMING_WORDS.contains(&words.at(0).to_lowercase().as_str()) { linked(words) } else { None };
    }
    named_number(words.at(0)).map(|spoken| (1, spoken))
}

/// `ending in 1234`: takes the words between along, because the naming word is what the number is told by.
fn linked(words: &Words<'_>) -> Option<(usize, String)> {
    let links = (1..=3).take_while(|&i| LINKS.contains(&words.joined(i).to_lowercase().as_str())).count();
    let number = named_number(words.joined(links + 1)).filter(|_| links > 0)?;
    let mut spoken: Vec<String> = (0..=links).map(|i| words.at(i).to_owned()).collect();
    // "No" as a link is short for number.
    spoken.iter_mut().skip(1).filter(|word| word.eq_ignore_ascii_case("no")).for_each(|word| *word = "number".into());
    spoken.push(number);
    Some((links + 2, spoken.join(" ")))
}

fn named_number(core: &str) -> Option<String> {
    let number = core.strip_prefix('#').unwrap_or(core);
    let plain: String = number.split(['-', ' ']).collect();
    (plain.len() >= 3 && is_digits(&plain)).then(|| {
        if number.contains('-') {
            number.split('-').map(digits).collect::<Vec<_>>().join(", ")
        } else {
            in_groups(&plain)
        }
    })
}

/// Letters and digits mixed (`AB-12-CD`, `B2B4`, `A1`), or capitals with hyphens between single ones (`A-B-C`).
pub(super) fn recognise(words: &Words<'_>) -> Option<(usize, String)> {
    let core = words.at(0);
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    if core.len() < 2 || core.len() > 24 || !core.chars().all(allowed) {
        return None;
    }
    let has_letter = core.bytes().any(|byte| byte.is_ascii_uppercase());
    let has_digit = core.bytes().any(|byte| byte.is_ascii_digit());
    let single_letters = core.contains('-') && core.split('-').all(|part| part.len() == 1);
    if !has_letter || !(has_digit || single_letters) {
        return None;
    }
    let parts: Vec<String> = core.split('-').filter(|part| !part.is_empty()).map(spell).collect();
    let separator = if single_letters { " " } else { ", " };
    Some((1, parts.join(separator)))
}

/// Each character by its name.
pub(super) fn spell(part: &str) -> String {
    let names = part.chars().map(|c| if c.is_ascii_digit() { digits(&c.to_string()) } else { letter(c) });
    names.collect::<Vec<_>>().join(" ")
}

/// Digits one by one, with a short pause after each three or four, as people read them out.
pub(super) fn in_groups(number: &str) -> String {
    let sizes: Vec<usize> = match number.len() {
        0..=5 => vec![number.len()],
        6 => vec![3, 3],
        7 => vec![3, 4],
        10 => vec![3, 3, 4],
        16 => vec![4; 4],
        length => {
            let groups = length.div_ceil(4);
            (0..groups).map(|i| length / groups + usize::from(i < length % groups)).collect()
        }
    };
    let mut rest = number;
    let groups = sizes.into_iter().map(|size| {
        let (group, after) = rest.split_at(size.min(rest.len()));
        rest = after;
        digits(group)
    });
    groups.collect::<Vec<_>>().join(", ")
}

//! Money: `$1,250.50`, `1.250,50 €`, `USD 50`, `$5M`, `£3`.

use super::Words;
use super::numbers::{cardinal, digits, grouped};

struct Currency {
    signs: &'static [&'static str],
    one: &'static str,
    many: &'static str,
    cent: &'static str,
    cents: &'static str,
}

const CURRENCIES: &[Currency] = &[
    Currency { signs: &["$", "USD", "US$"], one: "dollar", many: "dollars", cent: "cent", cents: "cents" },
    Currency { signs: &["€", "EUR"], one: "euro", many: "euros", cent: "cent", cents: "cents" },
    Currency { signs: &["£", "GBP"], one: "pound", many: "pounds", cent: "penny", cents: "pence" },
    Currency { signs: &["₪", "ILS", "NIS"], one: "shekel", many: "shekels", cent: "agora", cents: "agorot" },
    Currency { signs: &["¥", "JPY"], one: "yen", many: "yen", cent: "sen", cents: "sen" },
    Currency { signs: &["₹", "INR"], one: "rupee", many: "rupees", cent: "paisa", cents: "paise" },
    Currency { signs: &["CA$", "CAD"], one: "Canadian dollar", many: "Canadian dollars", cent: "cent", cents: "cents" },
];

pub(super) fn recognise(words: &Words<'_>) -> Option<(usize, String)> {
    let core = words.at(0);
    let (negative, core) = core.strip_prefix('-').map_or(("", core), |rest| ("minus ", rest));
    let (mut count, currency, amount) = sign_in_word(core).or_else(|| sign_beside(core, words.joined(1)))?;
    let (amount, glued_scale) = scale_letter(amount);
    let next = words.joined(count).to_lowercase();
    let scale = glued_scale.or_else(|| {
        let scale = ["thousand", "million", "billion", "trillion"].into_iter().find(|scale| *scale == next)?;
        count += 1;
        Some(scale)
    });
    if let Some((from, to)) = amount.split_once('-') {
        let to = to.trim_start_matches(currency.signs[0]);
        let spoken = format!("{} to {}", words_of(currency, from, None)?.1, words_of(currency, to, scale)?.0);
        return Some((count, spoken));
    }
    Some((count, format!("{negative}{}", words_of(currency, amount, scale)?.0)))
}

/// `$5`, `5€`.
fn sign_in_word(core: &str) -> Option<(usize, &'static Currency, &str)> {
    CURRENCIES.iter().find_map(|currency| {
        let amount =
            currency.signs.iter().find_map(|sign| core.strip_prefix(sign).or_else(|| core.strip_suffix(sign)))?;
        amount.starts_with(|c: char| c.is_ascii_digit() || c == '.').then_some((1, currency, amount))
    })
}

/// `50 €`, `USD 50`.
fn sign_beside<'a>(core: &'a str, next: &'a str) -> Option<(usize, &'static Currency, &'a str)> {
    CURRENCIES.iter().find_map(|currency| {
        let is_sign = |word: &str| currency.signs.contains(&word);
        let is_amount = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
        if is_sign(core) && is_amount(next) {
            return Some((2, currency, next));
        }
        (is_sign(next) && is_amount(core)).then_some((2, currency, core))
    })
}

fn scale_letter(amount: &str) -> (&str, Option<&'static str>) {
    for (letter, scale) in
        [("k", "thousand"), ("K", "thousand"), ("M", "million"), ("m", "million"), ("B", "billion"), ("bn", "billion")]
    {
        if let Some(number) = amount.strip_suffix(letter) {
            return (number, Some(scale));
        }
    }
    (amount, None)
}

/// With the unit, and without it.
fn words_of(currency: &Currency, amount: &str, scale: Option<&str>) -> Option<(String, String)> {
    let (whole, part) = split(amount)?;
    if let Some(scale) = scale {
        let point = if part.is_empty() { String::new() } else { format!(" point {}", digits(part)) };
        let number = format!("{}{point} {scale}", cardinal(whole));
        return Some((format!("{number} {}", currency.many), number));
    }
    let unit = if whole == 1 { currency.one } else { currency.many };
    let cents: u64 = match part.len() {
        0 => 0,
        1 => part.parse::<u64>().ok()? * 10,
        2 => part.parse().ok()?,
        // Prices per unit: "$0.125".
        _ => {
            let number = format!("{} point {}", cardinal(whole), digits(part));
            return Some((format!("{number} {}", currency.many), number));
        }
    };
    let cent_unit = if cents == 1 { currency.cent } else { currency.cents };
    let spoken = match (whole, cents) {
        (_, 0) => format!("{} {unit}", cardinal(whole)),
        (0, _) => format!("{} {cent_unit}", cardinal(cents)),
        _ => format!("{} {unit} and {} {cent_unit}", cardinal(whole), cardinal(cents)),
    };
    Some((spoken, cardinal(whole)))
}

/// Whole and part, whichever of comma and point is the decimal mark.
fn split(amount: &str) -> Option<(u64, &str)> {
    let european = amount.rsplit_once(',').filter(|(_, part)| part.len() == 2);
    if let Some((whole, part)) = european
        && part.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Some((grouped(&whole.replace('.', ","))?, part));
    }
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let whole = if whole.is_empty() { 0 } else { grouped(whole)? };
    part.bytes().all(|byte| byte.is_ascii_digit()).then_some((whole, part))
}

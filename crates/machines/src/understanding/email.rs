//! E-mail addresses, dictated: "john dot miller at gmail dot com".
//!
//! Law: what comes out has the shape of an address (RFC 5321, 4.1.2, without quoting) or there is nothing.

use super::number::word_value;

/// An address in lower case.
pub fn email(text: &str) -> Option<String> {
    let tokens = pieces(text);
    let places: Vec<usize> = (0..tokens.len()).filter(|at| tokens[*at] == "@" || tokens[*at] == "at").collect();
    places.into_iter().rev().find_map(|at| address_around(&tokens, at))
}

/// Words, signs as signs, spelled letters joined, "A as in alpha" as "a".
fn pieces(text: &str) -> Vec<String> {
    let mut raw: Vec<String> = Vec::new();
    for word in text.to_lowercase().split(|c: char| c.is_whitespace() || ",;:!?()\"".contains(c)) {
        let word = word.trim_matches(|c: char| "'.-".contains(c) && word.len() > 1);
        let spelled = word.contains('-') && word.split('-').all(|part| part.chars().count() == 1);
        let word = if spelled { word.replace('-', "") } else { word.to_owned() };
        match word.split_once('@') {
            Some((local, domain)) => raw.extend([local, "@", domain].map(str::to_owned)),
            None => raw.push(word),
        }
    }
    raw.retain(|word| !word.is_empty() && !FILLERS.contains(&word.as_str()));
    let mut all = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let skipped = match (raw.get(at + 1).map(String::as_str), raw.get(at + 2).map(String::as_str)) {
            (Some("as"), Some("in")) if raw[at].len() == 1 => 3,
            (Some("like" | "for"), Some(_)) if raw[at].len() == 1 => 2,
            _ => 0,
        };
        if raw[at] == "double" && raw.get(at + 1).is_some_and(|next| next.len() == 1) {
            all.push(raw[at + 1].repeat(2));
            at += 2;
        } else {
            all.push(raw[at].clone());
            at += 1 + skipped;
        }
    }
    all
}

fn address_around(tokens: &[String], at: usize) -> Option<String> {
    let domain = domain(tokens.get(at + 1..)?)?;
    let mut from = at;
    while from > 0 && !STOPS.contains(&tokens[from - 1].as_str()) && written(&tokens[from - 1]).is_some() {
        from -= 1;
    }
    let local = local_part(&tokens[from..at]);
    let local = local.trim_matches('.');
    let well_formed = !local.is_empty() && local.len() <= 64 && !local.contains("..");
    well_formed.then(|| format!("{local}@{domain}"))
}

/// The words before the at sign, joined; "forty two" is 42.
fn local_part(tokens: &[String]) -> String {
    let mut local = String::new();
    let mut at = 0;
    while at < tokens.len() {
        let tens = word_value(&tokens[at]).filter(|value| *value >= 20);
        let unit = tokens.get(at + 1).and_then(|next| word_value(next)).filter(|unit| (1..10).contains(unit));
        if let (Some(tens), Some(unit)) = (tens, unit) {
            local.push_str(&(tens + unit).to_string());
            at += 2;
        } else {
            local.push_str(&written(&tokens[at]).unwrap_or_default());
            at += 1;
        }
    }
    local
}

fn domain(tokens: &[String]) -> Option<String> {
    let mut name = String::new();
    for (at, token) in tokens.iter().enumerate() {
        let sign = match token.as_str() {
            "dot" | "period" | "point" => ".".to_owned(),
            "dash" | "hyphen" => "-".to_owned(),
            word => {
                let joined = name.is_empty() || name.ends_with(['.', '-']) || !name.contains('.');
                let ends = !joined || (name.ends_with('.') && at > 0 && !is_domain_text(word));
                if ends {
                    break;
                }
                word.to_owned()
            }
        };
        if !is_domain_text(&sign) {
            break;
        }
        name.push_str(&sign);
    }
    let name = name.trim_matches(['.', '-']);
    if KNOWN.contains(&name) {
        return Some(format!("{name}.com"));
    }
    let (_, ending) = name.rsplit_once('.')?;
    let well_formed = ending.len() >= 2 && ending.chars().all(|c| c.is_ascii_alphabetic()) && !name.contains("..");
    (well_formed && name.len() <= 253).then(|| name.to_owned())
}

fn is_domain_text(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
}

fn written(token: &str) -> Option<String> {
    let sign = match token {
        "dot" | "period" | "point" => ".",
        "underscore" => "_",
        "dash" | "hyphen" | "minus" => "-",
        "plus" => "+",
        "oh" => "o",
        _ => {
            if let Some(value) = word_value(token) {
                return Some(value.to_string());
            }
            let fits = token.chars().all(|c| c.is_ascii_alphanumeric() || "._+-%".contains(c));
            return fits.then(|| token.to_owned());
        }
    };
    Some(sign.to_owned())
}

const FILLERS: [&str; 7] = ["um", "uh", "lowercase", "capital", "lower-case", "letter", "uppercase"];

/// Words before an address that are not part of it.
const STOPS: [&str; 26] = [
    "is", "it's", "its", "my", "email", "e-mail", "address", "that's", "thats", "sure", "yes", "yeah", "to", "and",
    "the", "okay", "ok", "me", "be", "would", "use", "try", "so", "no", "mail", "at",
];

/// Providers that people name without ".com".
const KNOWN: [&str; 8] = ["gmail", "yahoo", "hotmail", "outlook", "icloud", "aol", "msn", "protonmail"];

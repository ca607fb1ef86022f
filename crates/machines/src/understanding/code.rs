//! Codes of letters and digits, spelled: "A as in alpha, B, four two".

use super::number::word_value;

/// The code in upper case. With a length, only a code of that length counts.
pub fn code(text: &str, length: Option<u32>) -> Option<String> {
    let tokens: Vec<String> = text
        .split(|c: char| c.is_whitespace() || ",;:!?()\"".contains(c))
        .flat_map(|word| word.split('-'))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    let mut code = String::new();
    let mut at = 0;
    while at < tokens.len() {
        let (sign, used) = sign_at(&tokens, at);
        code.push_str(&sign);
        at += used;
    }
    let count = code.chars().count();
    let fits = length.map_or((2..=32).contains(&count), |length| count == length as usize);
    fits.then_some(code)
}

/// What a word adds to the code, and how many words that takes.
fn sign_at(tokens: &[String], at: usize) -> (String, usize) {
    let raw = tokens[at].as_str();
    let word = raw.to_lowercase();
    let next = |ahead: usize| tokens.get(at + ahead).map(|t| t.to_lowercase()).unwrap_or_default();
    if let Some(times) = [("double", 2), ("triple", 3)].into_iter().find(|(name, _)| *name == word).map(|(_, n)| n) {
        if next(1) == "u" && times == 2 {
            return ("W".to_owned(), 2);
        }
        if let Some(sign) = tokens.get(at + 1).and_then(|t| single(t)) {
            return (sign.repeat(times), 2);
        }
    }
    if raw.len() == 1 && raw.chars().all(|c| c.is_ascii_alphabetic()) {
        if next(1) == "as" && next(2) == "in" {
            return (raw.to_uppercase(), 4);
        }
        let explained = matches!(next(1).as_str(), "for" | "like") && next(2).starts_with(&word);
        // "A" before a longer word is an article.
        let article = word == "a" && raw == "a" && next(1).len() > 1 && single(&next(1)).is_none();
        return if article { (String::new(), 1) } else { (raw.to_uppercase(), if explained { 3 } else { 1 }) };
    }
    (single(raw).unwrap_or_default(), 1)
}

fn single(raw: &str) -> Option<String> {
    let word = raw.to_lowercase();
    let mixed = raw.chars().any(|c| c.is_ascii_digit()) && raw.chars().all(|c| c.is_ascii_alphanumeric());
    let capitals = raw.len() <= 5 && raw.chars().all(|c| c.is_ascii_uppercase());
    if mixed || (capitals && raw != "I") || (word.len() == 1 && word.chars().all(|c| c.is_ascii_alphabetic())) {
        return Some(raw.to_uppercase());
    }
    if let Some(value) = word_value(&word) {
        return Some(value.to_string());
    }
    match word.as_str() {
        "oh" => Some("0".to_owned()),
        "zee" | "zed" => Some("Z".to_owned()),
        _ => ALPHABET.iter().find(|name| **name == word).and_then(|name| name.get(..1)).map(str::to_uppercase),
    }
}

/// The spelling alphabet of ICAO, in the spellings that occur.
const ALPHABET: [&str; 29] = [
    "alpha", "alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "juliett",
    "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor",
    "whiskey", "whisky", "xray", "yankee", "zulu",
];

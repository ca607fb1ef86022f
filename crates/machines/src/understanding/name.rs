//! A person's name.

use super::rules::is_question;

/// The name in an answer, each word with a capital.
pub fn name(text: &str) -> Option<String> {
    if is_question(text) {
        return None;
    }
    let cleaned: String =
        text.chars().map(|c| if c.is_alphanumeric() || "'-\u{2019}".contains(c) { c } else { ' ' }).collect();
    let all: Vec<&str> = cleaned.split_whitespace().collect();
    let lower: Vec<String> = all.iter().map(|w| w.to_lowercase().replace('\u{2019}', "'")).collect();
    let from = (0..lower.len()).rev().find(|at| LEADS.contains(&lower[*at].as_str())).map_or(0, |at| at + 1);
    let end = (from..lower.len()).find(|at| ENDS.contains(&lower[*at].as_str())).unwrap_or(lower.len());
    let words: Vec<String> = all.get(from..end)?.iter().map(|word| capital(word)).collect();
    let letters = words.iter().all(|word| word.chars().all(|c| c.is_alphabetic() || "'-\u{2019}".contains(c)));
    ((1..=4).contains(&words.len()) && letters).then(|| words.join(" "))
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + chars.as_str()
}

/// Words before a name.
const LEADS: [&str; 22] = [
    "is", "am", "i'm", "it's", "this", "me", "name's", "name", "yes", "yeah", "sure", "okay", "ok", "um", "uh", "well",
    "oh", "hi", "hello", "mister", "my", "that's",
];

/// Words after a name.
const ENDS: [&str; 6] = ["speaking", "here", "spelled", "thanks", "please", "and"];

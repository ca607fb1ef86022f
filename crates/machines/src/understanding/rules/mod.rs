//! What can be said at any time, by rules: leave me alone, who is this, once more, not now.
//!
//! Law: a wish not to be called is found in whatever words it comes and is not read into others: "don't call me
//! before nine" is no such wish. Rules know negation; recognition by meaning does not.

use domain::agent_definition::flow::Intent;

use super::words::{normal, words};

mod opt_out;
mod pattern;
mod phrases;

pub use opt_out::opt_out;
use pattern::holds;
use phrases::{ANYWHERE, BARE};

/// The built-in intent that the words (normal form) express.
pub fn global(normal: &str) -> Option<&'static str> {
    let tokens: Vec<&str> = normal.split(' ').filter(|word| !POLITE.contains(word)).collect();
    let whole = tokens.join(" ");
    if let Some((name, _)) = BARE.iter().find(|(_, phrases)| phrases.contains(&whole.as_str())) {
        return Some(name);
    }
    ANYWHERE.iter().find(|(_, patterns)| patterns.iter().any(|p| holds(&tokens, p))).map(|(name, _)| *name)
}

/// How many words of the intent's phrases or keywords stand in the words (normal form); `None` when none do.
pub fn intent(text: &str, intent: &Intent) -> Option<usize> {
    phrases(text, &intent.phrases).max(phrases_of(text, &intent.keywords, 1))
}

/// As `intent`, for phrases alone. A phrase of one word counts only when nothing else was said.
pub fn phrases(text: &str, phrases: &[String]) -> Option<usize> {
    phrases_of(text, phrases, 2)
}

fn phrases_of(text: &str, phrases: &[String], least_words: usize) -> Option<usize> {
    let tokens: Vec<&str> = text.split(' ').collect();
    let lengths = phrases.iter().filter_map(|phrase| {
        let phrase = normal(phrase);
        let wanted: Vec<&str> = phrase.split(' ').filter(|w| !w.is_empty()).collect();
        let enough = wanted.len() >= least_words || text == phrase;
        (enough && stands(&tokens, &wanted)).then_some(wanted.len())
    });
    lengths.max()
}

/// Whether the phrase stands in the words and is not denied right before.
fn stands(tokens: &[&str], wanted: &[&str]) -> bool {
    if wanted.is_empty() {
        return false;
    }
    let denied = |at: usize| (1..=3).any(|back| at >= back && matches!(tokens[at - back], "not" | "never" | "without"));
    tokens.windows(wanted.len()).enumerate().any(|(at, window)| window == wanted && !denied(at))
}

/// Whether the words ask something.
pub fn is_question(text: &str) -> bool {
    if text.trim_end().ends_with('?') {
        return true;
    }
    let all = words(text);
    let first = all.iter().map(String::as_str).find(|w| !POLITE.contains(w) && !matches!(*w, "but" | "and" | "so"));
    let second = all.get(1).map_or("", String::as_str);
    first.is_some_and(|first| {
        QUESTION_WORDS.contains(&first)
            || (matches!(first, "do" | "does" | "did" | "can" | "could" | "will" | "would" | "are" | "is" | "have")
                && matches!(second, "you" | "i" | "it" | "there" | "they" | "we" | "this" | "that" | "the" | "your"))
    })
}

/// Whether the words only show that somebody listens: "uh-huh", "okay", "right".
pub fn is_noise(normal: &str) -> bool {
    normal.split(' ').all(|word| NOISE.contains(&word))
}

/// "Hello?" in the middle of a call: the callee has not heard us.
pub fn is_hello(normal: &str) -> bool {
    let words: Vec<&str> = normal.split(' ').collect();
    words
        .iter()
        .all(|word| matches!(*word, "hello" | "hi" | "hey" | "anybody" | "anyone" | "there" | "are" | "you" | "still"))
        && (words.contains(&"hello") || words.contains(&"hi") || words.ends_with(&["you", "there"]))
}

/// After "hold on": the callee listens again and has not answered yet.
pub fn is_back(normal: &str) -> bool {
    let only =
        ["okay", "alright", "hello", "hi", "go ahead", "okay go ahead", "sorry", "sorry about that", "okay sorry"];
    only.contains(&normal)
        || ["i am back", "i am here", "thanks for waiting", "thank you for waiting", "i am ready", "still there"]
            .iter()
            .any(|phrase| super::words::contains_phrase(normal, phrase))
}

/// "Any time", "whenever suits you".
pub fn is_any(normal: &str) -> bool {
    [
        "any time",
        "anytime",
        "whenever",
        "does not matter",
        "you choose",
        "up to you",
        "you pick",
        "whatever",
        "do not mind",
    ]
    .iter()
    .any(|phrase| super::words::contains_phrase(normal, phrase))
}

const POLITE: [&str; 16] = [
    "um", "uh", "er", "oh", "well", "please", "sir", "maam", "ma'am", "hello", "hi", "hey", "okay", "yeah", "thanks",
    "ah",
];

const NOISE: [&str; 20] = [
    "okay", "uhhuh", "mmhmm", "mm", "hm", "hmm", "right", "uh", "um", "ah", "oh", "i", "see", "alright", "got", "it",
    "huh", "mhm", "aha", "yeah",
];

const QUESTION_WORDS: [&str; 9] = ["what", "how", "why", "when", "where", "which", "who", "whose", "whats"];

#[cfg(test)]
mod tests;

//! One of several: the value that the words name.

use std::collections::BTreeMap;

use super::words::{normal, words};

/// The value that was named, and whether another was named too. The longest synonym wins; what is denied ("not the
/// red one") does not count.
pub fn choice(text: &str, choices: &BTreeMap<String, Vec<String>>) -> Option<(String, bool)> {
    let tokens = words(text);
    let mut named: Vec<(usize, usize, &String)> = Vec::new();
    for (value, synonyms) in choices {
        let own = value.replace('_', " ");
        let phrases = synonyms.iter().map(|s| normal(s)).chain([normal(&own)]);
        let places = phrases.filter_map(|phrase| place(&tokens, &phrase));
        if let Some((length, at)) = places.max() {
            named.push((length, at, value));
        }
    }
    let longest = named.iter().map(|(length, ..)| *length).max()?;
    named.retain(|(length, ..)| *length == longest);
    let corrected = tokens.iter().rposition(|t| matches!(t.as_str(), "no" | "actually" | "mean" | "sorry"));
    if let Some(marker) = corrected
        && named.iter().any(|(_, at, _)| *at > marker)
    {
        named.retain(|(_, at, _)| *at > marker);
    }
    named.sort_by_key(|(_, at, _)| *at);
    named.first().map(|(_, _, value)| ((*value).clone(), named.len() > 1))
}

/// Length in words and place of a phrase that is not denied.
fn place(tokens: &[String], phrase: &str) -> Option<(usize, usize)> {
    let wanted: Vec<&str> = phrase.split(' ').filter(|w| !w.is_empty()).collect();
    if wanted.is_empty() {
        return None;
    }
    let found = tokens.windows(wanted.len()).enumerate().filter(|(_, window)| *window == wanted.as_slice());
    let denied = |at: usize| (1..=2).any(|back| at >= back && matches!(tokens[at - back].as_str(), "not" | "except"));
    found.map(|(at, _)| at).find(|at| !denied(*at)).map(|at| (wanted.len(), at))
}

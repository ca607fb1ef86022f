//! What differs from run to run, out of the text of an exchange.

use std::collections::HashMap;

use domain::agent_names::AgentNames;
use regex::{Captures, Regex};

/// The text with names for what is known, letters for moments, and numbers by order of appearance for ids.
pub(super) fn masked(text: &str, known: &[(&str, &str)], names: &AgentNames) -> String {
    let mut text = text.to_owned();
    let agents = [&names.voicing.to_string(), &names.klen, &names.voxpria, &names.vonage];
    for (value, name) in known.iter().copied().chain(agents.map(|value| (value.as_str(), "<agent>"))) {
        text = text.replace(value, name);
    }
    text = every(r"(x-ratelimit-(?:reset|remaining): )\d+", &text, |found| format!("{}<number>", &found[1]));
    text = every(r"whsec_[A-Za-z0-9+/=_-]+", &text, |_| "whsec_<secret>".to_owned());
    text = every(r"/recordings/[A-Za-z0-9._-]+", &text, |_| "/recordings/<token>".to_owned());
    text = every(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?", &text, |found| {
        let fraction = found.get(2).map_or(0, |digits| digits.len() - 1);
        let dot = if fraction == 0 { "" } else { "." };
        format!("YYYY-MM-DDThh:mm:ss{dot}{}", "f".repeat(fraction))
    });
    let mut ids: HashMap<String, usize> = HashMap::new();
    every(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}", &text, |found| {
        // Longer ones are signatures, and an id that begins with zeros is nobody's: both are the same in every run.
        if found[0].len() > 36 || found[0].starts_with("00000000") {
            return found[0].to_owned();
        }
        let next = ids.len() + 1;
        let number = *ids.entry(found[0].replace('-', "")).or_insert(next);
        // Both ways of writing an id are part of what clients read.
        format!("<{} {number}>", if found[0].contains('-') { "uuid" } else { "hex" })
    })
}

fn every(pattern: &str, text: &str, mut by: impl FnMut(&Captures<'_>) -> String) -> String {
    Regex::new(pattern).unwrap().replace_all(text, |found: &Captures<'_>| by(found)).into_owned()
}

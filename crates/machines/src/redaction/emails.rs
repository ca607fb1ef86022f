//! E-mail addresses, written and spoken.
//!
//! Spoken: `maria at example dot com`, `maria dot lopez at example dot co dot uk`, `m a r i a at g mail dot com`. The last
//! word must be a known ending, so that "meet me at noon dot" stays as it is.

use std::ops::Range;

use super::EMAIL;

/// Endings that are spoken; a written address may have any.
const ENDINGS: &[&str] = &[
    "com", "net", "org", "edu", "gov", "mil", "info", "biz", "io", "co", "dev", "app", "ai", "me", "tv", "cloud",
    "online", "us", "uk", "eu", "de", "fr", "es", "it", "nl", "be", "ch", "at", "se", "no", "dk", "fi", "pl", "pt",
    "cz", "ie", "ca", "au", "nz", "br", "mx", "ar", "cl", "in", "il", "jp", "kr", "cn", "za",
];
/// Words that join the parts of an address.
const JOINTS: &[&str] = &["dot", "point", "underscore", "dash", "hyphen", "minus", "plus"];
/// Most words of a domain's name in front of its first dot.
const NAME_WORDS: usize = 3;

/// The text without addresses.
pub(super) fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for range in written(text).into_iter().chain(spoken(text)).collect::<Sorted>().0 {
        if range.start >= at {
            masked.push_str(&text[at..range.start]);
            masked.push_str(EMAIL);
        }
        at = at.max(range.end);
    }
    masked.push_str(&text[at..]);
    masked
}

struct Sorted(Vec<Range<usize>>);

impl FromIterator<Range<usize>> for Sorted {
    fn from_iter<I: IntoIterator<Item = Range<usize>>>(ranges: I) -> Self {
        let mut ranges: Vec<_> = ranges.into_iter().collect();
        ranges.sort_by_key(|range| (range.start, range.end));
        Self(ranges)
    }
}

/// Around every `@`: as much as may stand in an address (RFC 5322, 3.4.1, and RFC 6531 for letters beyond ASCII).
fn written(text: &str) -> Vec<Range<usize>> {
    let local = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let domain = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    let around = |(at, _): (usize, &str)| {
        let start = text[..at].char_indices().rev().take_while(|(_, c)| local(*c)).last().map(|(n, _)| n)?;
        let tail = &text[at + 1..];
        let length: usize = tail.chars().take_while(|c| domain(*c)).map(char::len_utf8).sum();
        let name = tail[..length].trim_end_matches(['.', '-']);
        (!name.is_empty()).then(|| start..at + 1 + name.len())
    };
    text.match_indices('@').filter_map(around).collect()
}

fn spoken(text: &str) -> Vec<Range<usize>> {
    let words = words(text);
    let is = |n: usize, list: &[&str]| words.get(n).is_some_and(|(_, word)| list.contains(&word.as_str()));
    let mut found = Vec::new();
    for at in (1..words.len()).filter(|n| is(*n, &["at"])) {
        let Some(end) = domain_end(&words, at + 1) else { continue };
        let mut start = at - 1;
        loop {
            let joined = start >= 2 && is(start - 1, JOINTS);
            let short = |n: usize| words.get(n).is_some_and(|(_, word)| word.chars().count() == 1);
            match (joined, start >= 1 && short(start) && short(start - 1)) {
                (true, _) => start -= 2,
                (false, true) => start -= 1,
                (false, false) => break,
            }
        }
        found.push(words[start].0.start..words[end].0.end);
    }
    found
}

/// The last word of a spoken domain that begins at `from`.
fn domain_end(words: &[(Range<usize>, String)], from: usize) -> Option<usize> {
    let word = |n: usize| words.get(n).map(|(_, word)| word.as_str());
    let mut end = None;
    let mut dot = (from + 1..=from + NAME_WORDS).find(|n| matches!(word(*n), Some("dot" | "point")))?;
    while matches!(word(dot), Some("dot" | "point")) {
        if word(dot + 1).is_some_and(|ending| ENDINGS.contains(&ending)) {
            end = Some(dot + 1);
        }
        dot += 2;
    }
    end
}

fn words(text: &str) -> Vec<(Range<usize>, String)> {
    let mut words: Vec<(Range<usize>, String)> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
        match words.last_mut() {
            Some((range, word)) if range.end == at => {
                range.end += c.len_utf8();
                word.extend(c.to_lowercase());
            }
            _ => words.push((at..at + c.len_utf8(), c.to_lowercase().collect())),
        }
    }
    words
}

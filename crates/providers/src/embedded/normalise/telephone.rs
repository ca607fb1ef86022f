//! Telephone numbers, digit by digit in their groups.

use super::codes::in_groups;
use super::numbers::digits;
use super::{Words, is_digits};

pub(super) fn recognise(words: &Words<'_>) -> Option<(usize, String)> {
    let (count, groups, plus) = collect(words)?;
    let mut spoken: Vec<String> = Vec::new();
    let toll_free = |group: &str| matches!(group, "800" | "888" | "877" | "866");
    for (index, group) in groups.iter().enumerate() {
        let country = index == 0 && (plus || *group == "1");
        let words = match group.as_str() {
            "800" if index <= 1 => "eight hundred".to_owned(),
            _ if country && plus => format!("plus {}", digits(group)),
            group if group.len() > 4 => in_groups(group),
            group if toll_free(group) => digits(group),
            group => digits(group),
        };
        spoken.push(words);
    }
    let mut count = count;
    let mut text = spoken.join(", ");
    if let Some(extension) = extension(words, count) {
        text.push_str(&format!(", extension {}", digits(words.at(count + 1))));
        count += extension;
    }
    Some((count, text))
}

fn extension(words: &Words<'_>, at: usize) -> Option<usize> {
    let named = matches!(words.at(at).to_lowercase().as_str(), "ext" | "extension" | "x");
    (named && is_digits(words.at(at + 1))).then_some(2)
}

/// Groups of digits of a number that may run over several words: `+1 (617) 555-0142`. Says how many words.
fn collect(words: &Words<'_>) -> Option<(usize, Vec<String>, bool)> {
    let mut groups: Vec<String> = Vec::new();
    let mut plus = false;
    let mut count = 0;
    for i in 0..6 {
        let Some(word) = words.cores.get(i) else { break };
        let core = word.core;
        let in_word: Vec<&str> = core.trim_start_matches('+').split(['-', '.', '(', ')', '/']).collect();
        let fits = in_word.iter().all(|group| group.is_empty() || is_digits(group))
            && core.bytes().any(|b| b.is_ascii_digit());
        if !fits || (core.starts_with('+') && i > 0) {
            break;
        }
        plus |= core.starts_with('+');
        groups.extend(in_word.into_iter().filter(|group| !group.is_empty()).map(str::to_owned));
        count = i + 1;
        // A bracket closes an area code; any other mark ends the number.
        if !word.closing.is_empty() && word.closing != ")" {
            break;
        }
    }
    let total: usize = groups.iter().map(String::len).sum();
    let sizes: Vec<usize> = groups.iter().map(String::len).collect();
    let national = matches!(sizes.as_slice(), [3, 4] | [3, 3, 4] | [1, 3, 3, 4] | [3, 7]);
    let international = plus && (8..=15).contains(&total) && groups.len() > 1;
    let undivided = groups.len() == 1 && (total == 10 || (plus && (8..=15).contains(&total)));
    if national || international {
        return Some((count, groups, plus));
    }
    undivided.then(|| (count, divide(&groups[0], plus), plus))
}

/// Groups of an undivided number: country code 1 and the American grouping, or country code of two and threes.
fn divide(number: &str, plus: bool) -> Vec<String> {
    let sizes: &[usize] = match (plus, number.len()) {
        (false, _) => &[3, 3, 4],
        (true, 11) if number.starts_with('1') => &[1, 3, 3, 4],
        (true, _) => &[2, 3, 3, 3, 4],
    };
    let mut rest = number;
    let mut groups = Vec::new();
    for &size in sizes {
        if rest.is_empty() {
            break;
        }
        let (group, after) = rest.split_at(size.min(rest.len()));
        groups.push(group.to_owned());
        rest = after;
    }
    groups
}

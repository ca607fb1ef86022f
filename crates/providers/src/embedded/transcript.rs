//! Evens out known quirks of the recogniser's English. Conservative: a word is only replaced by the same word in
//! today's spelling, and only a tail that the model is known to invent is cut.

/// Spellings of the old books that the model was trained on.
const SPELLINGS: &[(&str, &str)] = &[
    ("to-morrow", "tomorrow"),
    ("to-day", "today"),
    ("to-night", "tonight"),
    ("good-by", "goodbye"),
    ("good-bye", "goodbye"),
    ("re-schedule", "reschedule"),
];
/// Ends that very short, clipped replies are given.
const INVENTED_TAILS: &[&str] = &[", eh?", ", huh?", " eh?"];

/// The text as the caller should see it.
pub(crate) fn tidy(text: &str) -> String {
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (old, new) in SPELLINGS {
        text = replace_word(&text, old, new);
    }
    for tail in INVENTED_TAILS {
        if let Some(kept) = text.strip_suffix(tail) {
            text = format!("{kept}.");
        }
    }
    if text.chars().any(char::is_alphanumeric) { text } else { String::new() }
}

/// Replaces whole words without regard to case, and keeps a capital at the beginning.
fn replace_word(text: &str, old: &str, new: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut result = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in lower.match_indices(old) {
        let end = at + old.len();
        let inside_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-');
        if at < from || inside_word(text[..at].chars().next_back()) || inside_word(text[end..].chars().next()) {
            continue;
        }
        result.push_str(&text[from..at]);
        let capital = text[at..].starts_with(char::is_uppercase);
        let mut letters = new.chars();
        match letters.next() {
            Some(first) if capital => result.extend(first.to_uppercase().chain(letters)),
            _ => result.push_str(new),
        }
        from = end;
    }
    result.push_str(&text[from..]);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_spellings_become_todays() {
        let table = [
            ("To-morrow at three, good-by.", "Tomorrow at three, goodbye."),
            ("Call me to-day  or to-night.", "Call me today or tonight."),
            ("Not interested, eh?", "Not interested."),
            ("A how-to-day book", "A how-to-day book"),
            ("Good-byes are hard.", "Good-byes are hard."),
            ("...", ""),
            ("Canada, eh? Yes.", "Canada, eh? Yes."),
        ];
        for (heard, wanted) in table {
            assert_eq!(tidy(heard), wanted, "{heard}");
        }
    }
}

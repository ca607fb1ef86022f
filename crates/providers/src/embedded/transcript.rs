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
    text = half_of_day(&text);
    if text.chars().any(char::is_alphanumeric) { text } else { String::new() }
}

/// "three thirty p M.." is how the model writes a spelled half of the day.
fn half_of_day(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let mut result: Vec<String> = Vec::with_capacity(words.len());
    for (i, word) in words.iter().enumerate() {
        let half = match result.last().map(String::as_str) {
            Some("p" | "P") if i > 1 => "PM",
            Some("a" | "A") if i > 1 => "AM",
            _ => "",
        };
        match word.strip_prefix(['m', 'M']) {
            Some(rest) if !half.is_empty() && !rest.contains(char::is_alphanumeric) => {
                result.pop();
                result.push(format!("{half}{}", rest.replace("..", ".")));
            }
            _ => result.push((*word).to_owned()),
        }
    }
    result.join(" ")
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
            ("At three thirty p M..", "At three thirty PM."),
            ("From nine a m to five p m.", "From nine AM to five PM."),
            ("A man", "A man"),
            ("Canada, eh? Yes.", "Canada, eh? Yes."),
        ];
        for (heard, wanted) in table {
            assert_eq!(tidy(heard), wanted, "{heard}");
        }
    }
}

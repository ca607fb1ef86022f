//! Telephone numbers, dictated.
//!
//! Law: seven to fifteen digits (E.164) in one run, or nothing. Half a number is worse than none.

use super::number::word_value;
use super::words::words;

/// Digits of a telephone number, with a leading `+` if one was said.
pub fn phone(text: &str) -> Option<String> {
    runs(text).into_iter().filter(|run| (7..=15).contains(&digit_count(run))).max_by_key(String::len)
}

/// Stretches of digits in the words, each with groups joined.
pub(super) fn runs(text: &str) -> Vec<String> {
    let pieces: Vec<String> = words(text)
        .iter()
        .flat_map(|word| word.split(['-', '.', '/']).map(str::to_owned).collect::<Vec<_>>())
        .filter(|piece| !piece.is_empty())
        .collect();
    let mut runs = vec![String::new()];
    let mut times = 1;
    for (at, piece) in pieces.iter().enumerate() {
        if let Some(repeat) = repeat(piece) {
            times = repeat;
            continue;
        }
        let digits = digits(&pieces, at);
        let Some(run) = runs.last_mut() else { continue };
        match digits {
            Some(digits) => (0..times).for_each(|_| push(run, &digits)),
            None if FILLERS.contains(&piece.as_str()) && !run.is_empty() => continue,
            None => runs.push(String::new()),
        }
        times = 1;
    }
    runs.iter_mut().for_each(|run| run.retain(|c| c != TENS_MARK));
    runs.retain(|run| !run.is_empty());
    runs
}

/// "Hundred" and "thousand" lengthen what stands before them; "twenty two" is 22, not 202.
fn push(run: &mut String, digits: &str) {
    let completes_tens = digits.len() == 1 && digits != "0" && run.ends_with(TENS_MARK);
    if run.ends_with(TENS_MARK) {
        run.pop();
        if completes_tens {
            run.pop();
        }
    }
    run.push_str(digits);
}

/// Stands after a spoken "twenty" until the next word tells whether it was "twenty two".
const TENS_MARK: char = '\u{1}';

fn digits(pieces: &[String], at: usize) -> Option<String> {
    let piece = pieces[at].as_str();
    let neighbour = |at: Option<usize>| at.and_then(|at| pieces.get(at)).is_some_and(|p| plain(p).is_some());
    let between = || neighbour(at.checked_sub(1)) && neighbour(Some(at + 1));
    match piece {
        // Speech to text writes the digit as the word it sounds like.
        "to" | "too" if between() => Some("2".to_owned()),
        "for" if between() => Some("4".to_owned()),
        "ate" if between() => Some("8".to_owned()),
        _ => plain(piece),
    }
}

fn plain(piece: &str) -> Option<String> {
    let is_number = piece.strip_prefix('+').unwrap_or(piece).chars().all(|c| c.is_ascii_digit());
    if is_number && piece.len() < 17 {
        return Some(piece.to_owned()).filter(|piece| !piece.is_empty());
    }
    match piece {
        "oh" | "o" => Some("0".to_owned()),
        "plus" => Some("+".to_owned()),
        "hundred" => Some("00".to_owned()),
        "thousand" => Some("000".to_owned()),
        word => word_value(word).map(|value| match value {
            20.. if value % 10 == 0 => format!("{value}{TENS_MARK}"),
            _ => value.to_string(),
        }),
    }
}

fn repeat(piece: &str) -> Option<usize> {
    match piece {
        "double" => Some(2),
        "triple" | "treble" => Some(3),
        _ => None,
    }
}

fn digit_count(run: &str) -> usize {
    run.chars().filter(char::is_ascii_digit).count()
}

const FILLERS: [&str; 13] =
    ["and", "then", "dash", "hyphen", "dot", "um", "uh", "area", "code", "space", "again", "period", "okay"];

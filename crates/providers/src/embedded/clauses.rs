//! Cuts a text into clauses, so that the first can be heard while the next is made.
//!
//! Law: a clause ends where a speaker would pause anyway. Whole sentences sound best and take a few ten milliseconds,
//! so only long sentences are cut inside.

use super::normalise::Reading;

/// From this many spoken words on, a comma is taken as an end.
const LONG_CLAUSE: usize = 9;
/// No fewer words than this are left over for a clause of their own.
const SHORT_REST: usize = 3;
/// Where no mark comes, a clause ends here: the model has not seen longer ones.
const LONGEST_CLAUSE: usize = 40;

/// How long to wait after a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// Inside a sentence.
    Short,
    /// Between sentences.
    Long,
}

/// A stretch of readings that is synthesised at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clause {
    pub(crate) readings: Vec<Reading>,
    pub(crate) pause: Pause,
}

/// Cuts readings into clauses; each has at least one spoken word, unless the whole text has none.
pub(crate) fn split(readings: Vec<Reading>) -> Vec<Clause> {
    let mut left: usize = readings.iter().map(|reading| reading.spoken.len()).sum();
    let mut clauses = Vec::new();
    let mut current: Vec<Reading> = Vec::new();
    let mut length = 0;
    for reading in readings {
        length += reading.spoken.len();
        left -= reading.spoken.len();
        let mark = reading.spoken.last().and_then(|word| word.trim_end_matches(['"', '”', ')']).chars().last());
        current.push(reading);
        let end = match mark {
            Some('.' | '!' | '?' | '…') => Some(Pause::Long),
            Some(',' | ';' | ':' | '—') if length >= LONG_CLAUSE && left >= SHORT_REST => Some(Pause::Short),
            _ if length >= LONGEST_CLAUSE => Some(Pause::Short),
            _ => None,
        };
        if let Some(pause) = end
            && left > 0
        {
            clauses.push(Clause { readings: std::mem::take(&mut current), pause });
            length = 0;
        }
    }
    if !current.is_empty() {
        clauses.push(Clause { readings: current, pause: Pause::Long });
    }
    clauses
}

#[cfg(test)]
mod tests {
    use super::super::normalise::read;
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let written = |clause: Clause| clause.readings.into_iter().map(|r| r.written).collect::<Vec<_>>().join(" ");
        split(read(text)).into_iter().map(written).collect()
    }

    #[test]
    fn sentences_are_clauses_and_only_long_ones_are_cut_inside() {
        assert_eq!(cut("Hello, this is Ava. How are you?"), ["Hello, this is Ava.", "How are you?"]);
        assert_eq!(
            cut("I am calling about the appointment you made last week, because the doctor is away."),
            ["I am calling about the appointment you made last week,", "because the doctor is away."]
        );
        assert_eq!(cut("Dr. Lee said no"), ["Dr. Lee said no"]);
        assert_eq!(cut("..."), ["..."]);
        assert!(cut("").is_empty());
    }

    #[test]
    fn a_text_without_marks_is_cut_at_the_longest_clause() {
        let clauses = cut(&"word ".repeat(100));
        assert_eq!(clauses.len(), 3);
    }
}

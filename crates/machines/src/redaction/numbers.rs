//! Digits in a text, whether written or spoken, and which of them make a card number.
//!
//! A run is what one breath of digits is: `4111-1111`, `four one one one`, `double five`, `forty one eleven`, with nothing
//! but spaces, dashes, commas, full stops and fillers between. A colon, a slash, a currency sign or any other word ends it.

use std::ops::Range;

/// Digits that stand together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    pieces: Vec<Piece>,
    /// Nothing but fillers stands before it.
    pub(super) leads: bool,
    /// Nothing but fillers stands behind it.
    pub(super) trails: bool,
    plain: bool,
}

/// One word of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    range: Range<usize>,
    digits: String,
    repeated: bool,
}

/// Shortest and longest card number (ISO/IEC 7812-1).
const CARD: std::ops::RangeInclusive<usize> = 13..=19;
/// A written number of so many digits is dictated, not counted.
const LONG: usize = 5;
/// Words and hesitations within a number.
const FILLERS: &[&str] = &[
    "and", "uh", "um", "er", "erm", "ah", "hm", "mhm", "then", "dash", "hyphen", "space", "point", "ok", "okay", "yes",
    "so",
];

const UNITS: &[(&str, &str)] = &[
    ("zero", "0"),
    ("oh", "0"),
    ("o", "0"),
    ("nought", "0"),
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("niner", "9"),
];
const TEENS: &[(&str, &str)] = &[
    ("ten", "10"),
    ("eleven", "11"),
    ("twelve", "12"),
    ("thirteen", "13"),
    ("fourteen", "14"),
    ("fifteen", "15"),
    ("sixteen", "16"),
    ("seventeen", "17"),
    ("eighteen", "18"),
    ("nineteen", "19"),
];
const TENS: &[(&str, &str)] = &[
    ("twenty", "2"),
    ("thirty", "3"),
    ("forty", "4"),
    ("fifty", "5"),
    ("sixty", "6"),
    ("seventy", "7"),
    ("eighty", "8"),
    ("ninety", "9"),
];
const REPEATS: &[(&str, usize)] = &[("double", 2), ("triple", 3), ("treble", 3), ("quadruple", 4)];

impl Run {
    /// All digits in order.
    pub(super) fn digits(&self) -> String {
        self.pieces.iter().map(|piece| piece.digits.as_str()).collect()
    }

    /// From the first word to the last.
    pub(super) fn whole(&self) -> Range<usize> {
        let start = self.pieces.first().map_or(0, |piece| piece.range.start);
        start..self.pieces.last().map_or(0, |piece| piece.range.end)
    }

    /// A date in numbers (ISO 8601) or an amount with its signs, which are not dictated.
    pub(super) fn is_plain(&self) -> bool {
        self.plain
    }

    /// Said digit by digit or group by group, as nobody says an amount or a year.
    pub(super) fn is_dictated(&self) -> bool {
        self.pieces.len() >= 3 || self.pieces.iter().any(|piece| piece.repeated || piece.digits.len() >= LONG)
    }

    /// The words that hold a number of a card's length whose check digit is right (Luhn, ISO/IEC 7812-1 annex B), where
    /// `before` are the digits of the turn before. Several such numbers are masked in one.
    pub(super) fn card(&self, before: &str) -> Option<Range<usize>> {
        let all = format!("{before}{}", self.digits());
        let mut hit: Option<Range<usize>> = None;
        for start in 0..all.len() {
            for length in CARD {
                if all.get(start..start + length).is_some_and(passes_luhn) {
                    let end = start + length;
                    hit = Some(hit.map_or(start..end, |hit| hit.start.min(start)..hit.end.max(end)));
                }
            }
        }
        let hit = hit?;
        let mut at = before.len();
        let mut words: Option<Range<usize>> = None;
        for piece in &self.pieces {
            let end = at + piece.digits.len();
            if at < hit.end && end > hit.start {
                words = Some(words.map_or(piece.range.clone(), |words| words.start..piece.range.end));
            }
            at = end;
        }
        words
    }
}

/// Whether the check digit at the end is right.
pub(super) fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(n, byte)| {
            let digit = u32::from(byte - b'0');
            match (n % 2, digit * 2) {
                (0, _) => digit,
                (_, doubled) if doubled > 9 => doubled - 9,
                (_, doubled) => doubled,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether nothing but hesitation is in a text.
pub(super) fn only_fillers(text: &str) -> bool {
    tokens(text).iter().all(|token| matches!(token.kind, Kind::Link))
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    range: Range<usize>,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// Written digits.
    Written(String),
    /// One spoken digit.
    Unit(&'static str),
    /// `ten` to `nineteen`.
    Teen(&'static str),
    /// `twenty` to `ninety`: the digit in front.
    Tens(&'static str),
    /// `double` and the like.
    Repeat(usize),
    /// A word or sign that does not end a number.
    Link,
    /// Anything else.
    Break,
}

/// All runs of a text in order.
pub(super) fn runs(text: &str) -> Vec<Run> {
    let tokens = tokens(text);
    let (mut runs, mut current, mut broken) = (Vec::new(), Run { leads: true, ..Run::default() }, false);
    let mut n = 0;
    while let Some(token) = tokens.get(n) {
        let (piece, used) = piece(&tokens[n..]);
        match piece {
            Some(piece) => current.pieces.push(piece),
            None if token.kind == Kind::Link => {}
            None => {
                finish(&mut runs, &mut current, text);
                broken = true;
            }
        }
        current.leads = current.leads && !broken;
        n += used;
    }
    current.trails = true;
    finish(&mut runs, &mut current, text);
    runs
}

fn finish(runs: &mut Vec<Run>, current: &mut Run, text: &str) {
    let mut run = std::mem::take(current);
    if !run.pieces.is_empty() {
        let text = &text[run.whole()];
        run.plain = is_iso_date(text) || is_amount(text);
        runs.push(run);
    }
}

fn is_iso_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    matches!(parts[..], [year, month, day]
        if number(year, 4) && number(month, 2) && number(day, 2) && month <= "12" && day <= "31")
}

/// `1,250.50`, `1.250.000`, `12.5`: groups of three behind the first, then at most a fraction.
fn is_amount(text: &str) -> bool {
    let mut parts = text.split([',', '.']);
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let first = parts.next().is_some_and(|part| number(part) && part.len() <= 3);
    let rest: Vec<&str> = parts.collect();
    let Some((last, groups)) = rest.split_last() else { return false };
    first && groups.iter().all(|part| number(part) && part.len() == 3) && number(last) && last.len() <= 3
}

/// The piece that begins with the first token, and how many tokens it takes.
fn piece(tokens: &[Token]) -> (Option<Piece>, usize) {
    let Some(first) = tokens.first() else { return (None, 1) };
    let one =
        |digits: &str| (Some(Piece { range: first.range.clone(), digits: digits.to_owned(), repeated: false }), 1);
    match &first.kind {
        Kind::Written(digits) => one(digits),
        Kind::Unit(digit) | Kind::Teen(digit) => one(digit),
        Kind::Tens(digit) => match next_word(tokens, 1) {
            // "forty one" is 41; "forty" alone is 40. "forty oh" are two numbers.
            Some((n, Kind::Unit(unit))) if *unit != "0" => {
                let range = first.range.start..tokens[n].range.end;
                (Some(Piece { range, digits: format!("{digit}{unit}"), repeated: false }), n + 1)
            }
            _ => one(&format!("{digit}0")),
        },
        Kind::Repeat(times) => match next_word(tokens, 1) {
            Some((n, kind)) => {
                let digit = match kind {
                    Kind::Unit(digit) => (*digit).to_owned(),
                    Kind::Written(digits) if digits.len() == 1 => digits.clone(),
                    _ => return (None, 1),
                };
                let range = first.range.start..tokens[n].range.end;
                (Some(Piece { range, digits: digit.repeat(*times), repeated: true }), n + 1)
            }
            None => (None, 1),
        },
        Kind::Link | Kind::Break => (None, 1),
    }
}

/// The next token that is neither space nor dash, with its place.
fn next_word(tokens: &[Token], from: usize) -> Option<(usize, &Kind)> {
    tokens.iter().enumerate().skip(from).map(|(n, token)| (n, &token.kind)).find(|(_, kind)| **kind != Kind::Link)
}

/// Words, written digits and the signs between them.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        let class = |c: char| (c.is_ascii_digit(), c.is_alphabetic() || c == '\'');
        let mut end = start + first.len_utf8();
        while let Some((at, next)) = rest.peek().copied()
            && class(next) == class(first)
            && class(first) != (false, false)
        {
            end = at + next.len_utf8();
            rest.next();
        }
        tokens.push(Token { range: start..end, kind: kind(&text[start..end], first) });
    }
    tokens
}

fn kind(word: &str, first: char) -> Kind {
    if first.is_ascii_digit() {
        return Kind::Written(word.to_owned());
    }
    if !first.is_alphabetic() {
        let ends = matches!(first, ':' | '/' | '$' | '€' | '£' | '¥' | '%' | '@' | '#' | '?' | '!' | '(' | '[');
        return if ends { Kind::Break } else { Kind::Link };
    }
    let word = word.to_lowercase();
    let find = |list: &'static [(&'static str, &'static str)]| list.iter().find(|(w, _)| *w == word).map(|(_, d)| *d);
    if let Some(digit) = find(UNITS) {
        return Kind::Unit(digit);
    }
    if let Some(digits) = find(TEENS) {
        return Kind::Teen(digits);
    }
    if let Some(digit) = find(TENS) {
        return Kind::Tens(digit);
    }
    if let Some((_, times)) = REPEATS.iter().find(|(w, _)| *w == word) {
        return Kind::Repeat(*times);
    }
    if FILLERS.contains(&word.as_str()) { Kind::Link } else { Kind::Break }
}

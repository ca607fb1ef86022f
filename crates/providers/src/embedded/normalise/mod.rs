//! Written text to the words that are spoken on the telephone: numbers, telephone numbers, times, dates, money,
//! addresses of mail and web, codes, units, abbreviations.
//!
//! Law: every written word comes out once and in order, with the words spoken for it, so that what was heard can be
//! told in the written words. Nothing here is an error: what is not recognised is read as it stands.
//! First step of speech synthesis; misaki's own number reading is only a safety net behind it.

mod abbreviations;
mod addresses;
mod calendar;
mod clock;
mod codes;
mod measures;
mod money;
mod numbers;
mod telephone;

#[cfg(test)]
mod tests;

/// One or more written words that are read together, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// As it stands in the text, with its punctuation; several words are separated by a space.
    pub(crate) written: String,
    /// The words to speak; the last one carries the punctuation that shapes the sentence. May be empty.
    pub(crate) spoken: Vec<String>,
}

/// Behind what a recogniser speaks: a full stop that follows belongs to the abbreviation, unless a sentence begins
/// after it. Twice: it belongs to it even then.
const STOP_IS_NOT_AN_END: &str = "\u{2060}";

/// A recogniser looks at the words from here on and says how many it takes and how they are spoken.
type Recogniser = fn(&Words<'_>) -> Option<(usize, String)>;

/// THE LIST, in order of precedence: the first that recognises something wins.
const RECOGNISERS: &[Recogniser] = &[
    addresses::recognise,
    codes::after_a_naming_word,
    telephone::recognise,
    calendar::recognise,
    clock::recognise,
    money::recognise,
    measures::recognise,
    abbreviations::recognise,
    codes::recognise,
    numbers::recognise,
];

/// The words of a text from some place on.
pub(crate) struct Words<'a> {
    /// Stripped of punctuation around them; never empty.
    cores: &'a [Core<'a>],
    /// Lower-case core of the word before, if any.
    before: String,
    /// The word before, as written.
    before_written: &'a str,
}

/// A written word taken apart.
#[derive(Clone, Copy, Debug)]
struct Core<'a> {
    written: &'a str,
    opening: &'a str,
    core: &'a str,
    closing: &'a str,
}

impl<'a> Words<'a> {
    /// Core of the `i`-th word from here, empty beyond the end.
    fn at(&self, i: usize) -> &'a str {
        self.cores.get(i).map_or("", |word| word.core)
    }

    /// Core of the `i`-th word, unless punctuation separates it from the word before it.
    fn joined(&self, i: usize) -> &'a str {
        let open = self.cores.get(..i).is_some_and(|before| before.iter().all(|word| word.closing.is_empty()));
        if open { self.at(i) } else { "" }
    }
}

/// Reads a whole text.
pub(crate) fn read(text: &str) -> Vec<Reading> {
    let text = plain(text);
    let words: Vec<Core<'_>> = text.split_whitespace().map(take_apart).collect();
    let mut readings = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let previous = at.checked_sub(1).map(|i| words[i]);
        let here = Words {
            cores: &words[at..],
            before: previous.map_or(String::new(), |word| word.core.to_lowercase()),
            before_written: previous.map_or("", |word| word.written),
        };
        let found = RECOGNISERS.iter().find_map(|recognise| recognise(&here));
        let (count, spoken) = found.unwrap_or_else(|| (1, as_it_stands(words[at].core)));
        let group = &words[at..at + count];
        readings.push(reading(group, &spoken, words.get(at + count)));
        at += count;
    }
    readings
}

/// Puts the sentence's punctuation back on the words spoken for `group`; `next` is the word behind it.
fn reading(group: &[Core<'_>], spoken: &str, next: Option<&Core<'_>>) -> Reading {
    let written = group.iter().map(|word| word.written).collect::<Vec<_>>().join(" ");
    let mut spoken: Vec<String> = spoken.split_whitespace().map(str::to_owned).collect();
    let closing = group.last().map_or("", |word| word.closing);
    let opening = group.first().map_or("", |word| word.opening);
    if let Some(first) = spoken.first_mut() {
        first.insert_str(0, &opening.replace(|c: char| !"\"“".contains(c), ""));
    }
    if let Some(last) = spoken.last_mut() {
        let marks: String = closing.chars().filter(|c| ".,;:!?…—\"”".contains(*c)).collect();
        let inner = last.trim_end_matches(STOP_IS_NOT_AN_END).len();
        let abbreviation = (last.len() - inner) / STOP_IS_NOT_AN_END.len();
        last.truncate(inner);
        let new_sentence = next.is_none_or(|next| abbreviation < 2 && next.core.starts_with(char::is_uppercase));
        let dropped = usize::from(abbreviation > 0 && marks.starts_with('.') && (!new_sentence || marks.len() > 1));
        last.push_str(&marks[dropped..]);
    }
    Reading { written, spoken }
}

/// Without mark-up, control characters and the characters that are links to the phoneme front end.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '*' | '`' | '~' | '[' | ']' | '{' | '}' | '<' | '>' | '|' | '\\' | '\u{2060}' => plain.push(' '),
            '\u{2018}' | '\u{2019}' => plain.push('\''),
            '–' | '\u{2212}' => plain.push('-'),
            '—' => plain.push_str(" — "),
            '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{fe0f}' => {}
            c if c.is_control() => plain.push(' '),
            c if ('\u{2600}'..='\u{27bf}').contains(&c) || c >= '\u{1f000}' => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}

fn take_apart(written: &str) -> Core<'_> {
    let opens = |c: char| "\"'“(".contains(c);
    let closes = |c: char| ".,;:!?…\"'”)".contains(c);
    let rest = written.trim_start_matches(opens);
    let opening = &written[..written.len() - rest.len()];
    let core = rest.trim_end_matches(closes);
    Core { written, opening, core, closing: &rest[core.len()..] }
}

/// A word that no recogniser wanted: signs are named, the rest stays.
fn as_it_stands(core: &str) -> String {
    match core {
        "&" | "+" => "and".to_owned(),
        "@" => "at".to_owned(),
        "=" => "equals".to_owned(),
        "-" | "—" => "—".to_owned(),
        "/" => "or".to_owned(),
        _ => {
            let spaced = core.replace('&', " and ").replace(['_', '^', '#'], " ");
            match spaced.split_once('/') {
                Some((a, b)) if !a.is_empty() && !b.is_empty() => spaced.replace('/', " "),
                _ => spaced,
            }
        }
    }
}

/// A letter by its name. "A" alone would be read as the article.
fn letter(c: char) -> String {
    match c.to_ascii_uppercase() {
        'A' => "[A](/ˈA/)".to_owned(),
        upper => upper.to_string(),
    }
}

/// Whether a word is a plain number without sign or separators.
fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

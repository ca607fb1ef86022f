//! Text of a speech recogniser as words that rules can count on.
//!
//! Law: nothing is lost that a number, time or address needs; only case, typography and old spellings go.

/// Lower-case words without outer punctuation, contractions opened ("don't" is "do not"), old spellings made new
/// (Moonshine writes "to-morrow" and "good-by").
pub fn words(text: &str) -> Vec<String> {
    let plain: String = text.chars().map(plain_char).collect();
    let lower = plain.to_lowercase();
    let mut all = Vec::new();
    for raw in lower.split(|c: char| c.is_whitespace() || c == '\u{2014}' || c == '\u{2013}') {
        let word = raw.trim_matches(|c: char| !c.is_alphanumeric() && !"+@#*$%".contains(c));
        if !word.is_empty() {
            push_opened(word, &mut all);
        }
    }
    all
}

/// The words joined by single spaces.
pub fn normal(text: &str) -> String {
    words(text).join(" ")
}

/// Whether `phrase` (normal words) stands in `text` (normal words) as whole words.
pub fn contains_phrase(text: &str, phrase: &str) -> bool {
    !phrase.is_empty() && format!(" {text} ").contains(&format!(" {phrase} "))
}

fn plain_char(c: char) -> char {
    match c {
        '\u{2019}' | '\u{2018}' | '`' => '\'',
        '\u{201c}' | '\u{201d}' | '"' => ' ',
        ',' | ';' | '!' | '?' | '(' | ')' => ' ',
        _ => c,
    }
}

const OPENED: [(&str, &str); 44] = [
    ("to-morrow", "tomorrow"),
    ("to-day", "today"),
    ("to-night", "tonight"),
    ("good-by", "goodbye"),
    ("good-bye", "goodbye"),
    ("bye-bye", "bye bye"),
    ("re-schedule", "reschedule"),
    ("uh-huh", "uhhuh"),
    ("mm-hmm", "mmhmm"),
    ("mm-hm", "mmhmm"),
    ("uh-uh", "uhuh"),
    ("nuh-uh", "nuhuh"),
    ("can't", "can not"),
    ("cannot", "can not"),
    ("won't", "will not"),
    ("ain't", "is not"),
    ("let's", "let us"),
    ("i'm", "i am"),
    ("it's", "it is"),
    ("that's", "that is"),
    ("there's", "there is"),
    ("here's", "here is"),
    ("who's", "who is"),
    ("what's", "what is"),
    ("where's", "where is"),
    ("how's", "how is"),
    ("he's", "he is"),
    ("she's", "she is"),
    ("o'clock", "oclock"),
    ("y'all", "you all"),
    ("gonna", "going to"),
    ("wanna", "want to"),
    ("gotta", "got to"),
    ("lemme", "let me"),
    ("gimme", "give me"),
    ("dont", "do not"),
    ("cant", "can not"),
    ("wont", "will not"),
    ("doesnt", "does not"),
    ("im", "i am"),
    ("e-mail", "email"),
    ("o.k", "okay"),
    ("ok", "okay"),
    ("mister", "mr"),
];

const ENDINGS: [(&str, &str); 6] =
    [("n't", "not"), ("'re", "are"), ("'ve", "have"), ("'ll", "will"), ("'d", "would"), ("'s", "")];

fn push_opened(word: &str, all: &mut Vec<String>) {
    if let Some((_, opened)) = OPENED.iter().find(|(closed, _)| *closed == word) {
        return all.extend(opened.split(' ').map(str::to_owned));
    }
    for (ending, opened) in ENDINGS {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| !stem.is_empty()) {
            all.push(stem.to_owned());
            if !opened.is_empty() {
                all.push(opened.to_owned());
            }
            return;
        }
    }
    all.push(word.to_owned());
}

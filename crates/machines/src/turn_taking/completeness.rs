//! What a text says about the turn: whether it sounds complete, and whether it wants the floor at all.
//!
//! Law: only a hint on how long to wait, never whether to answer. Word lists are English; a text in another language
//! finds none of the words and counts as complete.

/// Words after which an English sentence goes on.
const OPEN_ENDINGS: &[&str] = &[
    "a", "about", "after", "also", "although", "am", "an", "and", "any", "are", "as", "at", "because", "before", "but",
    "by", "can", "cause", "could", "did", "do", "does", "er", "every", "for", "from", "gonna", "had", "has", "have",
    "how's", "i", "i'd", "i'll", "i'm", "i've", "if", "in", "into", "is", "it's", "its", "just", "let", "let's",
    "like", "my", "of", "on", "or", "our", "she's", "he's", "should", "since", "so", "than", "that's", "the", "their",
    "then", "there's", "these", "they're", "to", "uh", "um", "until", "very", "wanna", "was", "we", "we're", "well",
    "were", "what's", "when", "where", "whether", "which", "while", "will", "with", "would", "your", "number",
];

/// Endings in one of those words that are an end all the same.
const CLOSED_ENDINGS: &[&str] = &[
    "hold on",
    "hang on",
    "go on",
    "come on",
    "carry on",
    "later on",
    "come in",
    "i'm in",
    "me in",
    "think so",
    "hope so",
    "guess so",
    "wrong number",
    "this number",
    "that number",
    "same number",
    "love to",
];

/// Sounds that say "go on" or nothing, and never take the floor.
const BACKCHANNELS: &[&str] = &[
    "ah", "aha", "eh", "er", "erm", "hm", "hmm", "huh", "mhm", "mm", "mmhm", "mmhmm", "mmm", "oh", "uh", "uhhuh",
    "uhuh", "um",
];

/// What people say as they pick up.
const GREETINGS: &[&str] =
    &["good", "hello", "hey", "hi", "morning", "afternoon", "evening", "yes", "yeah", "speaking"];

/// Whether the callee seems to be done. Trailing conjunctions, prepositions, articles, auxiliaries and fillers are not
/// an end, nor are a trailing comma, dash or ellipsis.
pub fn looks_complete(text: &str) -> bool {
    let text = text.trim();
    if text.ends_with([',', '-', '–', '—', '…', ':']) || text.ends_with("...") {
        return false;
    }
    if text.ends_with('?') {
        return true;
    }
    match words(text).last() {
        Some(last) if is_short_answer(text) => !matches!(last.as_str(), "um" | "uh" | "er"),
        Some(last) if OPEN_ENDINGS.contains(&last.as_str()) => is_closed_ending(text),
        Some(_) => !ends_in_unfinished_number(text),
        None => true,
    }
}

/// A bare refusal or apology: complete, but people mostly go on after it ("No. Can we move it?").
pub fn often_goes_on(text: &str) -> bool {
    let mut any = false;
    words(text).all(|w| {
        any = true;
        matches!(w.as_str(), "no" | "nope" | "nah" | "sorry" | "actually" | "sure" | "hm" | "oh" | "uh" | "um")
    }) && any
}

fn is_closed_ending(text: &str) -> bool {
    let words: Vec<String> = words(text).collect();
    let [.., before, last] = words.as_slice() else { return false };
    CLOSED_ENDINGS.contains(&format!("{before} {last}").as_str())
}

/// "I am.", "we have", "she will": complete answers although they end in an auxiliary.
fn is_short_answer(text: &str) -> bool {
    let words: Vec<String> = words(text).collect();
    let subject = |w: &str| matches!(w, "i" | "you" | "he" | "she" | "it" | "we" | "they");
    let yes_no = |w: &str| matches!(w, "yes" | "no" | "yeah" | "nope");
    let rest = match words.first() {
        Some(first) if yes_no(first) => &words[1..],
        _ => &words[..],
    };
    matches!(rest, [first, verb] if subject(first) && !matches!(verb.as_str(), "and" | "just" | "um" | "uh"))
}

/// Digits said in groups: a group of fewer than four at the end of a longer row is taken to go on.
fn ends_in_unfinished_number(text: &str) -> bool {
    let groups: Vec<&str> = text.split_whitespace().collect();
    let digits = |g: &&str| g.chars().filter(char::is_ascii_digit).count();
    match groups.as_slice() {
        [.., before, last] => digits(before) >= 2 && (1..4).contains(&digits(last)),
        _ => false,
    }
}

/// Whether all of it is "uh-huh" and the like.
pub fn is_backchannel(text: &str) -> bool {
    let mut any = false;
    words(text).all(|w| {
        any = true;
        BACKCHANNELS.contains(&w.as_str())
    }) && any
}

/// Whether a backchannel means yes when it stands alone.
pub fn is_affirmative_sound(text: &str) -> bool {
    words(text).all(|w| matches!(w.as_str(), "aha" | "mhm" | "mmhm" | "mmhmm" | "uhhuh"))
}

/// Whether all of it is what people say as they pick up: "Hello?", "Yes, hello".
pub fn is_greeting(text: &str) -> bool {
    let mut any = false;
    words(text).all(|w| {
        any = true;
        GREETINGS.contains(&w.as_str()) || BACKCHANNELS.contains(&w.as_str())
    }) && any
}

/// Whether there is a word in it at all.
pub fn has_words(text: &str) -> bool {
    words(text).next().is_some()
}

/// Lower-case words without punctuation; "uh-huh" is one word.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split_whitespace()
        .map(|w| {
            w.chars()
                .filter_map(|c| match c {
                    '’' => Some('\''),
                    c if c.is_alphanumeric() || c == '\'' => Some(c.to_ascii_lowercase()),
                    _ => None,
                })
                .collect::<String>()
        })
        .filter(|w| !w.is_empty())
}

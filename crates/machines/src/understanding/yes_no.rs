//! Yes or no.
//!
//! Law: the leading word tells, unless what follows takes it back ("okay, no thanks", "no, that's right"); "I don't
//! know" is neither.

use super::words::words;

/// An answer to a yes-or-no question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polar {
    /// True for yes.
    pub answer: bool,
    /// Whether nothing else was said.
    pub bare: bool,
}

/// Yes or no, if the words say either.
pub fn yes_no(text: &str) -> Option<Polar> {
    let all = words(text);
    let tokens: Vec<&str> = all.iter().map(String::as_str).filter(|word| !FILLERS.contains(word)).collect();
    if tokens.is_empty() || NEITHER.iter().any(|phrase| holds(&tokens, phrase)) {
        return None;
    }
    let mut at = usize::from(tokens[0] == "so");
    let mut answer = None;
    while let Some((polar, length)) = polar_at(&tokens[at..]) {
        answer = Some(combined(answer, polar, &tokens[at..at + length]));
        at += length;
    }
    match answer {
        Some(answer) => {
            let rest = &tokens[at..];
            let taken_back = answer && rest.first().is_some_and(|word| *word == "not");
            Some(Polar { answer: answer && !taken_back, bare: rest.is_empty() })
        }
        None => somewhere(&tokens).map(|answer| Polar { answer, bare: false }),
    }
}

/// "Yeah, no" is no; "no, that's right" is yes; "no, sure" is yes; "okay, no thanks" is no.
fn combined(before: Option<bool>, polar: bool, words: &[&str]) -> bool {
    match before {
        Some(false) if polar => words.len() > 1 || matches!(words, ["sure" | "yes" | "yeah"]),
        _ => polar,
    }
}

/// Phrases that tell wherever they stand; those of no first, since they hold some of yes.
fn somewhere(tokens: &[&str]) -> Option<bool> {
    if NO_ANYWHERE.iter().any(|phrase| holds(tokens, phrase)) {
        return Some(false);
    }
    YES_ANYWHERE.iter().any(|phrase| holds(tokens, phrase)).then_some(true)
}

fn polar_at(tokens: &[&str]) -> Option<(bool, usize)> {
    let longest = |phrases: &[&str]| {
        phrases.iter().filter(|phrase| begins(tokens, phrase)).map(|phrase| phrase.split(' ').count()).max()
    };
    if NOT_POLAR.iter().any(|phrase| begins(tokens, phrase)) {
        return None;
    }
    match (longest(&YES), longest(&NO)) {
        (Some(yes), no) if no.is_none_or(|no| yes > no) => Some((true, yes)),
        (_, Some(no)) => Some((false, no)),
        _ => None,
    }
}

fn begins(tokens: &[&str], phrase: &str) -> bool {
    let mut rest = tokens.iter();
    phrase.split(' ').all(|word| rest.next() == Some(&word))
}

fn holds(tokens: &[&str], phrase: &str) -> bool {
    (0..tokens.len()).any(|at| begins(&tokens[at..], phrase))
}

const FILLERS: [&str; 21] = [
    "um", "uh", "er", "erm", "hmm", "hm", "well", "oh", "ah", "please", "thanks", "sir", "maam", "ma'am", "hi",
    "hello", "hey", "just", "actually", "eh", "and",
];

const NEITHER: [&str; 14] = [
    "do not know",
    "not sure",
    "no idea",
    "maybe",
    "not certain",
    "depends",
    "do not understand",
    "do not care",
    "no clue",
    "have to think",
    "let me think",
    "might",
    "possibly",
    "perhaps",
];

/// Beginnings that hold a yes or no word and mean something else.
const NOT_POLAR: [&str; 12] = [
    "right now",
    "right after",
    "good morning",
    "good afternoon",
    "good evening",
    "fine print",
    "no one",
    "no longer",
    "great question",
    "good question",
    "okay wait",
    "wrong number",
];

const YES: [&str; 76] = [
    "yes",
    "yeah",
    "yep",
    "yup",
    "yea",
    "ya",
    "yah",
    "uhhuh",
    "mmhmm",
    "sure",
    "sure thing",
    "okay",
    "of course",
    "absolutely",
    "definitely",
    "certainly",
    "correct",
    "right",
    "exactly",
    "indeed",
    "true",
    "that is right",
    "that is correct",
    "it is right",
    "it is correct",
    "that is it",
    "that is me",
    "that is fine",
    "that is good",
    "that is great",
    "that is okay",
    "that is perfect",
    "that would be great",
    "that would be good",
    "that would be fine",
    "that is true",
    "it is",
    "it is fine",
    "it is okay",
    "sounds good",
    "sounds great",
    "sounds fine",
    "sounds right",
    "that works",
    "works for me",
    "that works for me",
    "fine",
    "fine with me",
    "fine by me",
    "go ahead",
    "please do",
    "i do",
    "i am",
    "i can",
    "i will",
    "i would love to",
    "i would like to",
    "i would like that",
    "you can",
    "why not",
    "affirmative",
    "alright",
    "all right",
    "all good",
    "perfect",
    "great",
    "good",
    "you bet",
    "no problem",
    "not a problem",
    "no worries",
    "i guess so",
    "i think so",
    "i suppose so",
    "speaking",
    "this is he",
];

const NO: [&str; 51] = [
    "no",
    "nope",
    "nah",
    "na",
    "no thanks",
    "no thank you",
    "no way",
    "no sir",
    "no i am good",
    "nah i am good",
    "no i am fine",
    "no i am okay",
    "no i am all set",
    "not really",
    "not yet",
    "not today",
    "not now",
    "not right now",
    "not at all",
    "not interested",
    "i am not",
    "i am not interested",
    "i do not",
    "i do not want to",
    "i do not think so",
    "i did not",
    "i can not",
    "i will not",
    "i would not",
    "i have not",
    "we do not",
    "it is not",
    "that is not right",
    "that is not correct",
    "that is not it",
    "that is wrong",
    "it is wrong",
    "that is incorrect",
    "of course not",
    "absolutely not",
    "definitely not",
    "certainly not",
    "never",
    "negative",
    "wrong",
    "incorrect",
    "not correct",
    "not right",
    "uhuh",
    "nuhuh",
    "i am afraid not",
];

const YES_ANYWHERE: [&str; 22] = [
    "that works",
    "works for me",
    "sounds good",
    "sounds great",
    "that is right",
    "that is correct",
    "can make it",
    "will be there",
    "is fine",
    "is good",
    "is great",
    "is perfect",
    "would be great",
    "would be fine",
    "would be good",
    "love to",
    "happy to",
    "is okay",
    "go ahead",
    "i am interested",
    "yes",
    "this is she",
];

const NO_ANYWHERE: [&str; 24] = [
    "does not work",
    "will not work",
    "can not make",
    "not able to",
    "not going to",
    "not be able",
    "not interested",
    "not correct",
    "not right",
    "not fine",
    "not good",
    "not okay",
    "do not want",
    "do not need",
    "rather not",
    "would not",
    "is wrong",
    "is incorrect",
    "do not think",
    "will pass",
    "no thanks",
    "no thank you",
    "is not",
    "can not do",
];

//! The wish not to be called again (47 CFR 64.1200(d): to be honoured when it is made, in any reasonable words).

use super::super::words::words;
use super::pattern::{holds, places};

/// Whether the words ask for no more calls.
pub fn opt_out(text: &str) -> bool {
    let all = words(text);
    let tokens: Vec<&str> = all.iter().map(String::as_str).filter(|word| !FILLERS.contains(word)).collect();
    let wished = WISHES.iter().any(|pattern| places(&tokens, pattern).into_iter().any(|at| !denied(&tokens, at)));
    let refused = REFUSALS.iter().any(|pattern| places(&tokens, pattern).into_iter().any(|at| is_asked(&tokens, at)));
    (wished || refused) && !UNLESS.iter().any(|pattern| holds(&tokens, pattern))
}

/// "Don't take me off the list."
fn denied(tokens: &[&str], at: usize) -> bool {
    at > 0 && matches!(tokens[at - 1], "not" | "never")
}

/// "You did not call me" tells; "do not call me" asks.
fn is_asked(tokens: &[&str], at: usize) -> bool {
    let before = |back: usize| if at >= back { tokens[at - back] } else { "" };
    let told = |word: &str| matches!(word, "did" | "have" | "has" | "had" | "does" | "why");
    let subject = matches!(before(1), "you" | "they" | "i");
    !(told(before(1)) || subject && told(before(2)))
}

const FILLERS: [&str; 9] = ["please", "um", "uh", "just", "sir", "ever", "even", "fucking", "really"];

const WISHES: [&str; 41] = [
    "take|taken|taking|remove|removed|delete|get|pull|scratch|strike|drop|erase … off|from … list|lists|database|system|records|file|files",
    "take|taken|taking|remove|get|pull me|us off",
    "take|remove|delete|lose|forget|erase my|this|our|the number|details|contact|phone",
    "take|remove|delete … number off|from",
    "remove me|us",
    "stop|quit calling|phoning|ringing|bothering|harassing|contacting|texting|dialing|pestering",
    "stop|quit … calls",
    "stop|quit with these|the calls",
    "no more calls",
    "no more phone|of calls|these|your",
    "not want|need any|more|these|your|further … calls|call",
    "not want|need to be called|contacted|phoned",
    "not want|like you to call|calling|phone|contact|ring",
    "not want|like you calling|phoning|contacting",
    "not want you|anyone|anybody|them calling|phoning|contacting",
    "not want … calls|call|calling … again|anymore",
    "never … call|phone|ring|contact|dial … again|me|us|here|this",
    "do not call list|registry|register|lists",
    "no call list",
    "unsubscribe",
    "opt me|us out",
    "opt out $",
    "opt out from|now",
    "opt out of calls|these|this|your|all|everything|further|the",
    "leave me|us alone",
    "cease and desist",
    "revoke|withdraw my|our|any consent|permission",
    "not consent to",
    "lose my|this number",
    "do not contact list",
    "put me|us|this|my … do not call",
    "not wish to be called|contacted",
    "not wish to receive",
    "not want to receive",
    "not want to hear from you",
    "not want to get|have … calls",
    "want|like to be removed",
    "want|like to be taken off",
    "want off … list",
    "cross me|us|my|this … off|out",
    "blacklist|block me|my|this",
];

const REFUSALS: [&str; 10] = [
    "not call|phone|ring|contact|bother|dial|disturb|text … again|anymore",
    "not call|phone|ring|contact|bother|dial … any more",
    "not call|phone|ring|contact|bother|disturb|dial me|us|here|back $",
    "not call|phone|ring|contact|dial this|my|our number|phone|house|line $",
    "not call|phone|ring|contact me|us back $",
    "not bother|disturb me|us",
    "not keep calling|phoning",
    "no longer call|contact|phone",
    "not be calling|contacting me|us|here|this",
    "not call me|us thank|thanks|bye|goodbye",
];

/// Words that make it a wish for another time or about something else.
const UNLESS: [&str; 8] = [
    "not call … before|until|till|after|at|during|today|tonight|now|while|on",
    "not call … later|tomorrow",
    "call me back later|tomorrow",
    "stop calling him|her|them|it",
    "not … stop calling",
    "not want to be removed|taken",
    "take me off hold|mute|speaker",
    "why … stop calling",
];

//! What machines, call screens and menus say, and what people say that sounds like it.
//!
//! Law: a phrase tells only as a whole; single words such as "voicemail" are said by people too. English only.

/// What a phrase speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    /// An answering machine, for sure.
    Machine,
    /// A machine or somebody who answers for another person.
    MachinePerhaps,
    /// An assistant that asks who is calling.
    CallScreen,
    /// A menu.
    Ivr,
    /// A person who works the telephone.
    Human,
}

const PHRASES: &[(Speaks, &[&str])] = &[
    (
        Speaks::Human,
        &[
            "would you like to leave",
            "do you want to leave",
            "can i take a message",
            "may i take a message",
            "shall i take a message",
            "want me to take a message",
            "how can i help",
            "how may i help",
            "what can i do for you",
            "can i help you",
            "who is this",
            "who's this",
            "may i ask who",
            "can i ask who",
            "who's calling please",
            "who is calling please",
            "who am i speaking",
        ],
    ),
    (
        Speaks::CallScreen,
        &[
            "state your name",
            "say your name",
            "record your name and reason",
            "record your name and the reason",
            "using a screening service",
            "screening service",
            "call screening",
            "call assist",
            "reason for calling",
            "reason for your call",
            "why you're calling",
            "why you are calling",
            "see if this person is available",
            "see if they are available",
            "i'll see if",
            "the person you're calling is using",
            "the person you are calling is using",
        ],
    ),
    (
        Speaks::Ivr,
        &[
            "press one",
            "press 1",
            "press two",
            "press 2",
            "press zero",
            "press 0",
            "press star",
            "press pound",
            "press the pound",
            "main menu",
            "menu options",
            "for english",
            "para español",
            "para espanol",
            "listen carefully",
            "extension number",
            "dial by name",
            "your call is important",
            "next available",
            "remain on the line",
            "all of our",
            "office hours are",
            "hours of operation",
        ],
    ),
    (
        Speaks::Machine,
        &[
            "leave a message",
            "leave me a message",
            "leave us a message",
            "leave your message",
            "leave a brief",
            "leave a detailed",
            "leave your name",
            "leave me your name",
            "leave a voicemail",
            "record your message",
            "after the tone",
            "after the beep",
            "at the tone",
            "at the beep",
            "at the sound of",
            "hear the beep",
            "hear the tone",
            "reached the voicemail",
            "reached the voice mail",
            "voicemail box",
            "voice mailbox",
            "voicemail of",
            "voice mail of",
            "voicemail for",
            "mailbox of",
            "mailbox is full",
            "mailbox has not been",
            "mailbox that has not",
            "automatic voice message",
            "automated voice messaging",
            "automated voice message",
            "forwarded to voicemail",
            "forwarded to voice mail",
            "forwarded to an auto",
            "person you are trying to reach",
            "person you're trying to reach",
            "party you are trying to reach",
            "not accepting messages",
            "when you have finished recording",
            "when you are finished recording",
            "google voice subscriber",
            "no one is available to take your call",
        ],
    ),
    (
        Speaks::MachinePerhaps,
        &[
            "not available",
            "can't come to the phone",
            "cannot come to the phone",
            "can't take your call",
            "cannot take your call",
            "unable to take your call",
            "unable to answer",
            "unable to come to the phone",
            "missed your call",
            "you've reached",
            "you have reached",
            "get back to you",
            "call you back",
            "return your call",
            "as soon as possible",
            "as soon as i can",
            "away from my phone",
            "away from my desk",
            "at the moment",
            "right now i'm",
            "sorry i missed",
        ],
    ),
];

/// Every telling phrase in a text.
pub(super) fn find(text: &str) -> impl Iterator<Item = (Speaks, &'static str)> {
    let text = normal(text);
    PHRASES.iter().flat_map(|(speaks, phrases)| phrases.iter().map(|phrase| (*speaks, *phrase))).filter(
        move |(_, phrase)| {
            text.match_indices(*phrase).any(|(at, found)| {
                // The text is padded with blanks, so both neighbours exist.
                text[..at].ends_with(' ') && text[at + found.len()..].starts_with(' ')
            })
        },
    )
}

/// Lower-case words, one blank before, between and after.
fn normal(text: &str) -> String {
    let mut normal = String::from(" ");
    for word in crate::turn_taking::completeness::words(text) {
        normal.push_str(&word);
        normal.push(' ');
    }
    normal
}

//! What every agent understands at any time, without being told: to be left alone, who is calling, once more please.
//!
//! Law: a flow may say other words or lead elsewhere, but a wish not to be called again always counts.

use domain::agent_definition::AgentDefinition;
use domain::agent_definition::flow::{Flow, HANG_UP, LISTEN, RESUME};

use crate::understanding::meaning::Exemplar;

/// One built-in intent.
pub(super) struct BuiltIn {
    /// Its name in `flow.globals` and `on`.
    pub(super) name: &'static str,
    /// What is said when the flow says nothing else.
    pub(super) text: &'static str,
    /// What happens then when the flow says nothing else.
    pub(super) then: &'static str,
    /// Outcome of the call from there on; empty for none.
    pub(super) outcome: &'static str,
    /// Ways of saying it, for recognition by meaning.
    phrases: &'static [&'static str],
}

/// Outcomes that come from built-in behaviour; a flow need not declare them.
pub const BUILT_IN_OUTCOMES: [&str; 8] = [
    "opted_out",
    "wrong_number",
    "call_later",
    "human_requested",
    "no_response",
    "not_understood",
    "voicemail",
    "transfer_failed",
];

pub(super) const BUILT_INS: [BuiltIn; 9] = [
    BuiltIn {
        name: "opt_out",
        text: "Understood. I've taken this number off our list. We won't call again. Goodbye.",
        then: HANG_UP,
        outcome: "opted_out",
        phrases: &[
            "please take me off your list",
            "stop calling me",
            "do not call this number again",
            "remove my number from your database",
            "I don't want any more calls from you",
            "never call me again",
        ],
    },
    BuiltIn {
        name: "who_is_this",
        text: "I'm an automated assistant, calling on behalf of the company.",
        then: RESUME,
        outcome: "",
        phrases: &[
            "who is this",
            "who's calling please",
            "who am I speaking with",
            "where are you calling from",
            "what company are you with",
            "what is this call about",
        ],
    },
    BuiltIn {
        name: "repeat",
        text: "",
        then: RESUME,
        outcome: "",
        phrases: &[
            "can you repeat that",
            "sorry, what did you say",
            "say that again please",
            "I didn't catch that",
            "I couldn't hear you",
            "come again",
        ],
    },
    BuiltIn {
        name: "call_later",
        text: "No problem, we'll try you another time. Goodbye.",
        then: HANG_UP,
        outcome: "call_later",
        phrases: &[
            "I'm busy right now",
            "can you call me back later",
            "this is not a good time",
            "I'm driving at the moment",
            "I'm in a meeting",
            "I can't talk right now",
        ],
    },
    BuiltIn {
        name: "are_you_a_robot",
        text: "Yes, I'm an automated assistant.",
        then: RESUME,
        outcome: "",
        phrases: &[
            "are you a robot",
            "am I talking to a machine",
            "is this a real person",
            "is this a recording",
            "are you an AI",
            "you sound like a computer",
        ],
    },
    BuiltIn {
        name: "wait",
        text: "Of course, take your time.",
        then: LISTEN,
        outcome: "",
        phrases: &["hold on a second", "wait a minute please", "one moment", "give me a second", "hang on"],
    },
    BuiltIn {
        name: "wrong_number",
        text: "I'm sorry, I must have the wrong number. Sorry for the trouble. Goodbye.",
        then: HANG_UP,
        outcome: "wrong_number",
        phrases: &[
            "you have the wrong number",
            "there's nobody here by that name",
            "I don't know who that is",
            "that's not me, you've got the wrong person",
            "he doesn't live here anymore",
        ],
    },
    BuiltIn {
        name: "goodbye",
        text: "Thank you for your time. Goodbye.",
        then: HANG_UP,
        outcome: "",
        phrases: &["goodbye", "bye bye", "I have to go now, bye", "I'm going to hang up now"],
    },
    BuiltIn {
        name: "human",
        text: "I can't connect you right now, but I'll ask a colleague to call you back. Goodbye.",
        then: HANG_UP,
        outcome: "human_requested",
        phrases: &[
            "can I talk to a real person",
            "let me speak to a human",
            "transfer me to an agent",
            "I want to talk to your manager",
            "operator please",
            "connect me to someone",
        ],
    },
];

/// The built-in intent of that name.
pub(super) fn built_in(name: &str) -> Option<&'static BuiltIn> {
    BUILT_INS.iter().find(|b| b.name == name)
}

/// Whether an intent that counts at any time is switched on. A wish not to be called always is.
pub(super) fn is_enabled(flow: &Flow, name: &str) -> bool {
    name == "opt_out" || !flow.globals.get(name).is_some_and(|global| global.disabled)
}

/// What the built-in intent of that name says.
pub(super) fn text_of(name: &str) -> &'static str {
    built_in(name).map_or("", |b| b.text)
}

/// Every phrase that recognition by meaning compares utterances with. The caller embeds the texts once per agent
/// version and builds an `IntentIndex` of them.
pub fn exemplars(definition: &AgentDefinition) -> Vec<Exemplar> {
    let Some(flow) = &definition.flow else { return Vec::new() };
    let exemplar = |intent: &str, text: &str| Exemplar { intent: intent.to_owned(), text: text.to_owned() };
    let mut all = Vec::new();
    for built_in in BUILT_INS.iter().filter(|b| is_enabled(flow, b.name)) {
        all.extend(built_in.phrases.iter().map(|text| exemplar(built_in.name, text)));
    }
    for (name, intent) in &flow.intents {
        all.extend(intent.phrases.iter().map(|text| exemplar(name, text)));
    }
    for (name, global) in &flow.globals {
        all.extend(global.phrases.iter().map(|text| exemplar(name, text)));
    }
    all
}

//! Personas that are always there, each under a name and a telephone number, so that a demo needs no file.

use super::document::Persona;

/// A persona that is always there.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// Name, which is also a user part that reaches it.
    pub name: &'static str,
    /// Number that reaches it.
    pub number: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    yaml: &'static str,
}

/// All of them.
pub const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        name: "talks",
        number: "+15550100001",
        about: "picks up and answers ordinary questions",
        yaml: include_str!("builtin/talks.yaml"),
    },
    BuiltIn {
        name: "interrupts",
        number: "+15550100002",
        about: "talks over the agent's first words, then answers",
        yaml: include_str!("builtin/interrupts.yaml"),
    },
    BuiltIn {
        name: "voicemail",
        number: "+15550100003",
        about: "greeting, beep, records, hangs up after silence",
        yaml: include_str!("builtin/voicemail.yaml"),
    },
    BuiltIn {
        name: "busy",
        number: "+15550100004",
        about: "486",
        yaml: "name: busy\npick_up: { ring_after_ms: null, answer_after_ms: 200, refuse: 486 }\n",
    },
    BuiltIn {
        name: "rejects",
        number: "+15550100005",
        about: "rings, then 603",
        yaml: "name: rejects\npick_up: { answer_after_ms: 1200, refuse: 603 }\n",
    },
    BuiltIn {
        name: "never_answers",
        number: "+15550100006",
        about: "rings until the caller gives up",
        yaml: "name: never_answers\npick_up: { never: true }\n",
    },
    BuiltIn {
        name: "hangs_up_early",
        number: "+15550100007",
        about: "hangs up two seconds after picking up",
        yaml: "name: hangs_up_early\nhang_up: { after_s: 2 }\n",
    },
    BuiltIn { name: "silent", number: "+15550100008", about: "picks up and never says a word", yaml: "name: silent\n" },
    BuiltIn {
        name: "hold_music",
        number: "+15550100009",
        about: "plays music without end",
        yaml: "name: hold_music\nopening: [{ say: 'Please hold. Someone will be with you shortly.' }]\nopening_over_agent: true\nline: { hold_music: true }\n",
    },
    BuiltIn {
        name: "echo",
        number: "+15550100010",
        about: "sends every packet back",
        yaml: "name: echo\npick_up: { ring_after_ms: 20, answer_after_ms: 50 }\nline: { echo: true }\nhang_up: { after_s: 3600 }\n",
    },
    BuiltIn {
        name: "fax",
        number: "+15550100011",
        about: "answers with a fax tone",
        yaml: "name: fax\nopening_after_ms: 500\nopening_over_agent: true\nopening: [{ tone: { hz: 2100, ms: 3000 } }]\nrepeat_opening_after_s: 2\nhang_up: { after_s: 40 }\n",
    },
    BuiltIn {
        name: "ivr",
        number: "+15550100012",
        about: "a menu: 1 reaches a person, 2 hangs up",
        yaml: include_str!("builtin/ivr.yaml"),
    },
    BuiltIn {
        name: "call_screen",
        number: "+15550100013",
        about: "asks who is calling, then the person picks up",
        yaml: include_str!("builtin/call_screen.yaml"),
    },
];

/// A built-in persona by name.
pub fn built_in(name: &str) -> Option<Persona> {
    BUILT_IN.iter().find(|b| b.name == name).map(BuiltIn::persona)
}

/// The built-in persona that a called user part reaches, by name or number.
pub fn for_number(user: &str) -> Option<Persona> {
    let digits = user.strip_prefix('+').unwrap_or(user);
    BUILT_IN.iter().find(|b| b.name == user || &b.number[1..] == digits).map(BuiltIn::persona)
}

impl BuiltIn {
    /// The document.
    pub fn persona(&self) -> Persona {
        Persona::parse(self.yaml).expect("a test reads every built-in persona")
    }
}

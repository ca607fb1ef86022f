//! What goes into the machine and what comes out.

use domain::time::Mono;

/// What happens to the persona.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The time of `deadline` has come.
    Tick,
    /// The call is over, whoever ended it.
    Over,
    /// The agent began to speak.
    AgentSpeaks,
    /// The agent has been silent for a while. A `Text` follows, however late.
    AgentSilent {
        /// The last sound.
        since: Mono,
    },
    /// What is understood of the speech that is going on.
    Interim(String),
    /// What was understood of a stretch of speech; may be empty.
    Text(String),
    /// The agent pressed a key.
    Digit(char),
    /// A sound that was asked for has been played.
    Played(u32),
}

/// What the persona does.
#[derive(Clone, Debug, PartialEq)]
pub enum Do {
    /// 180, or 183 with a description.
    Ring {
        /// Whether sounds come before the answer.
        early_media: bool,
    },
    /// 200.
    Answer,
    /// Any other final response.
    Refuse(u16),
    /// Play this; `Input::Played` with the same number is to follow.
    Play(u32, Sound),
    /// BYE.
    HangUp,
}

/// A sound.
#[derive(Clone, Debug, PartialEq)]
pub enum Sound {
    /// Speech.
    Words(String),
    /// One or two frequencies.
    Tone {
        /// Frequency.
        hz: f32,
        /// A second one.
        and_hz: Option<f32>,
        /// Length in milliseconds.
        ms: u64,
    },
    /// Music for so many milliseconds.
    Melody(u64),
    /// Keys.
    Digits(String),
    /// A WAV file.
    Recording(String),
}

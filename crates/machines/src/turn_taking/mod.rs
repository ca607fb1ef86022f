//! Who holds the floor: when the callee's turn is over, when the agent must stop, when silence has lasted too long.
//!
//! A stretch of the callee is a *segment*; its audio goes to speech recognition under its number. 200 ms into a silence
//! its text is asked for (speculatively); how long the silence must last before the turn is over depends on that text.
//!
//! Law: the callee's words are never dropped, only held back while the agent may not be interrupted; the agent's voice
//! is stopped here and nowhere else; every wait (for text, reply, speech) has a deadline.
//!
//! On a call's way: between the leg's speech marks and the flow.

use std::time::Duration;

use domain::agent_definition as definition;
use domain::time::CallMs;

pub mod completeness;
mod deadlines;
mod deciding;
mod machine;
mod segment;
#[cfg(test)]
mod tests;

pub use machine::TurnTaking;

/// What can happen on the floor.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The call was answered; the conversation begins.
    Answered,
    /// The agent's voice is on the line: first frame of the first utterance of a reply.
    AgentStarted {
        /// On the call's clock.
        at: CallMs,
    },
    /// Everything that was queued has been said: last frame of the last utterance.
    AgentFinished {
        /// On the call's clock.
        at: CallMs,
    },
    /// The flush after `StopAgent` took effect.
    AgentCut {
        /// On the call's clock.
        at: CallMs,
    },
    /// The agent has nothing to say to the last turn; the floor is the callee's.
    NoReply,
    /// The callee began to speak.
    SpeechStarted {
        /// Where speech began.
        at: CallMs,
    },
    /// The callee fell silent.
    SpeechEnded {
        /// Where speech ended.
        at: CallMs,
        /// When that was noticed.
        noticed: CallMs,
    },
    /// Answer to `RequestText`; empty when nothing was understood.
    Text {
        /// Segment.
        segment: u32,
        /// The request it answers.
        request: u32,
        /// What was understood.
        text: String,
    },
    /// `RequestText` failed.
    TextFailed {
        /// Segment.
        segment: u32,
        /// The request it answers.
        request: u32,
    },
    /// Probability that the turn is over, from its sound; a soft hint.
    TurnHint {
        /// Segment.
        segment: u32,
        /// 0 to 1.
        score: f32,
    },
    /// The callee pressed a key.
    Digit,
    /// The next answer is a number, code or address said piece by piece.
    ExpectDictation(bool),
    /// Whether what the agent says now may be interrupted.
    Interruptible(bool),
    /// The callee asked for patience or was put on hold: no silence prompts for a while.
    Hold(bool),
}

/// What the machine wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Say the first words; they answer nothing.
    Open,
    /// Interim or speculative text of a segment is wanted.
    RequestText {
        /// Segment.
        segment: u32,
        /// Counts up over the call.
        request: u32,
        /// Only for showing progress; may be skipped under load.
        interim: bool,
    },
    /// The callee has the floor: flush the voice. Keep what was not said until `Resume` or `CommitTurn`.
    StopAgent {
        /// The segment that took the floor; `None` for a key, after which nothing is resumed.
        segment: Option<u32>,
    },
    /// It was nothing: say what `StopAgent` cut off.
    Resume {
        /// The segment that took the floor.
        segment: u32,
    },
    /// A turn of the callee is complete: answer it. What `StopAgent` kept can be dropped.
    CommitTurn(CommittedTurn),
    /// Said or heard beside the conversation ("uh-huh", "Hello?" into the agent's greeting): nothing to answer.
    Aside {
        /// Segment; forget its audio.
        segment: u32,
        /// What was said.
        text: String,
        /// Where speech began.
        start: CallMs,
        /// Where it ended.
        end: CallMs,
    },
    /// Noise: forget its audio.
    Discard {
        /// Segment.
        segment: u32,
    },
    /// The callee has talked for longer than a turn may last; a `CommitTurn` with what was understood follows at once.
    MaxTurn {
        /// Segment.
        segment: u32,
    },
    /// Nobody has spoken for a while: ask whether somebody is there.
    SilencePrompt {
        /// 1 for the first in a row.
        count: u32,
    },
    /// Silence prompts were of no use: say goodbye and hang up.
    SilenceTimeout,
    /// The reply to the last turn is overdue: say a fallback.
    ReplyOverdue,
}

/// A complete turn of the callee.
#[derive(Clone, Debug, PartialEq)]
pub struct CommittedTurn {
    /// Segment; forget its audio.
    pub segment: u32,
    /// What was understood; empty when somebody spoke and nothing was.
    pub text: String,
    /// Where speech began.
    pub start: CallMs,
    /// Where it ended.
    pub end: CallMs,
    /// End of speech to this decision.
    pub waited: Duration,
    /// Part of `waited` spent on the text after the endpoint had passed.
    pub waited_for_text: Duration,
    /// It cut the agent short.
    pub interrupted: bool,
    /// It goes on from the turn before, whose reply had not begun to sound; that reply is void.
    pub continues: bool,
    /// The agent has not said its first words yet.
    pub before_opening: bool,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody spoke after the answer.
    Opening,
    /// The callee has spoken long enough to take the floor.
    Interrupt,
    /// Time for text while the callee speaks.
    Interim,
    /// Time for speculative text.
    AskText,
    /// The silence is long enough.
    Endpoint,
    /// The text does not come.
    TextOverdue,
    /// The turn is too long.
    MaxTurn,
    /// The reply does not come.
    ReplyOverdue,
    /// Nobody speaks.
    Silence,
}

/// An agent's turn-taking with what the platform adds.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// From the agent's definition.
    pub turn_taking: definition::TurnTaking,
    /// Silence before `SilencePrompt`.
    pub silence_prompt: Duration,
    /// Silence prompts in a row before `SilenceTimeout`.
    pub max_silence_prompts: u32,
    /// Time between texts while the callee speaks; `None` asks only in silences.
    pub interim_every: Option<Duration>,
    /// End of speech to the speculative request for text.
    pub speculate_after: Duration,
    /// Longest wait for a requested text; then the best known one counts.
    pub text_timeout: Duration,
    /// Longest wait for the agent's voice after a turn.
    pub reply_timeout: Duration,
    /// In `ListenFirst`, silence after the answer before the agent speaks up.
    pub listen_first: Duration,
    /// Silence prompts rest for this long while on hold.
    pub hold: Duration,
}

impl Settings {
    /// An agent's settings, and the platform's own for the rest.
    pub fn new(turn_taking: &definition::TurnTaking, limits: &definition::Limits) -> Self {
        Self {
            turn_taking: turn_taking.clone(),
            silence_prompt: Duration::from_secs(limits.silence_prompt_s.max(1)),
            max_silence_prompts: limits.max_silence_prompts,
            interim_every: Some(Duration::from_millis(1_000)),
            speculate_after: Duration::from_millis(200),
            text_timeout: Duration::from_millis(2_500),
            reply_timeout: Duration::from_secs(8),
            listen_first: Duration::from_secs(2),
            hold: Duration::from_secs(120),
        }
    }
}

//! What the agent says next: a flow, or a language model, behind one interface.
//!
//! Law: the dialog asks, the engine decides. A dialog never sees packets or clocks; it gets what was heard and gives
//! acts. It runs in a task of its own, so that a slow model or tool never holds up speech; acts carry the number of
//! the input that caused them, and the conversation drops those that an interruption has overtaken.

use domain::outcome::EndReason;
use serde_json::Value;
use tokio::sync::mpsc;

pub mod flow;
pub mod prompt;
mod sentences;

/// Acts in flight; a dialog that is far ahead of the voice waits.
pub const ACTS: usize = 64;
/// Inputs in flight; more than a few unanswered means a dialog that hangs, and its deadline ends it.
pub const INPUTS: usize = 32;

/// What the conversation tells the dialog.
#[derive(Clone, Debug, PartialEq)]
pub enum DialogInput {
    /// Begin: the opening words are wanted. Comes before the INVITE leaves.
    Start,
    /// The callee's turn is over.
    Heard {
        /// What was understood.
        text: String,
    },
    /// The callee pressed keys.
    Digits(String),
    /// Nobody spoke for as long as the agent waits.
    Silence,
    /// The callee stopped the agent; this much of the utterance was heard.
    Interrupted {
        /// Words that left before the cut.
        heard: String,
    },
    /// Everything queued has been said.
    Spoken,
    /// A person had the agent say something of theirs; this much of it was heard.
    SaidForPerson {
        /// Words that left.
        heard: String,
    },
    /// A person tells the agent something for its turns to come.
    Note(String),
    /// The other party of a transfer could not be reached.
    TransferFailed {
        /// Why.
        detail: String,
    },
    /// The callee takes back what they said in their nth turn and all that followed; turns count from 1. Only a dialog
    /// that keeps its turns can go back.
    Rewind(u32),
    /// A machine answered and its message can be left now: say it and hang up.
    MachineAnswered,
}

/// What the dialog wants.
#[derive(Clone, Debug, PartialEq)]
pub enum DialogAct {
    /// Say this.
    Say {
        /// Plain text.
        text: String,
        /// Whether the callee can stop it.
        interruptible: bool,
    },
    /// Now listen.
    Listen {
        /// A number, an address or a code is expected: give the callee time.
        dictation: bool,
    },
    /// Send digits.
    SendDigits(String),
    /// Hand the callee over.
    Transfer {
        /// Number or SIP address.
        to: String,
    },
    /// The callee does not want to be called again.
    OptOut,
    /// What the callee's last words were taken for; only a dialog that keeps its turns tells.
    Intent {
        /// Name from the definition, or a built-in one.
        name: String,
    },
    /// A slot was filled.
    Slot {
        /// Name.
        name: String,
        /// Normalised value.
        value: Value,
    },
    /// A tool was called and came back.
    Tool {
        /// Name.
        name: String,
        /// HTTP status, if an answer came.
        status: Option<u16>,
        /// How long it took.
        duration_ms: u64,
        /// Why it failed.
        error: Option<String>,
    },
    /// What the conversation came to.
    Outcome {
        /// Name from the definition.
        name: String,
    },
    /// Say what is queued, then hang up.
    HangUp {
        /// Why.
        reason: EndReason,
    },
    /// Something went wrong that the call survives.
    Trouble {
        /// One sentence.
        detail: String,
    },
}

/// An act and the input that caused it.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberedAct {
    /// Counts inputs from 1.
    pub input: u64,
    /// The act.
    pub act: DialogAct,
}

/// The two ends of a dialog.
#[derive(Debug)]
pub struct DialogHandle {
    /// Numbered inputs.
    pub inputs: mpsc::Sender<(u64, DialogInput)>,
    /// Acts in order.
    pub acts: mpsc::Receiver<NumberedAct>,
}

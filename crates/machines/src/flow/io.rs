//! What the flow machine hears of and what it wants done.

use domain::agent_definition::SlotType;
use domain::agent_definition::flow::Method;
use domain::outcome::EndReason;
use serde_json::Value;

/// What happened in the call.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The agent may begin to speak.
    Start,
    /// A turn of the callee, complete. An empty text is a noise that stopped the agent: it goes on where it was.
    Heard {
        /// The words as speech to text wrote them.
        text: String,
        /// Scores of intents by meaning, from `IntentIndex::scores`; empty when there are no embeddings.
        scores: Vec<(String, f32)>,
    },
    /// Keys that the callee pressed.
    Digits(String),
    /// Neither party has spoken for the agent's `silence_prompt_s`.
    Silence,
    /// The callee cut the agent short.
    AgentInterrupted {
        /// What of the queued speech was heard, by the playout clock.
        heard_text: String,
    },
    /// Everything that was to be said has been played out.
    Spoken,
    /// A tool answered.
    ToolResult {
        /// Id of the `CallTool`.
        id: u64,
        /// Body of a 2xx answer (text bodies as a JSON string), or why there is none.
        result: Result<Value, String>,
    },
    /// The language model answered.
    ModelAnswer {
        /// Id of the `AskModel`.
        id: u64,
        /// What it said, or why there is nothing.
        result: Result<String, String>,
    },
    /// The other party of a transfer could not be reached; the callee is still there.
    TransferFailed {
        /// Why.
        detail: String,
    },
    /// The message can be left: an answering machine has beeped, or its greeting is over.
    MachineAnswered,
}

/// What is to be done. Speech is queued in order; `Transfer`, `SendDigits` and `HangUp` come only after `Spoken` or
/// `AgentInterrupted` for the speech before them, so they can be carried out at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Say this after what is already queued.
    Say {
        /// The words.
        text: String,
        /// Whether the callee can cut it short.
        interruptible: bool,
    },
    /// The callee has the floor once the queued speech is over; says what kind of answer to be ready for.
    Listen {
        /// Wait longer for the end of the turn: numbers and addresses come in groups.
        dictation: bool,
        /// What the open question asks for.
        expect: Expect,
    },
    /// Send this request and hand back the answer as `ToolResult`.
    CallTool {
        /// Counts up within the call.
        id: u64,
        /// Name of the tool.
        name: String,
        /// What to send.
        request: ToolRequest,
    },
    /// Let the definition's prompt answer these words, and hand its answer back as `ModelAnswer`.
    AskModel {
        /// Counts up within the call, together with tools.
        id: u64,
        /// What the callee said.
        heard: String,
    },
    /// Hand the call over.
    Transfer {
        /// Number (E.164) or SIP URI.
        to: String,
    },
    /// Send DTMF.
    SendDigits {
        /// `0`–`9`, `*`, `#`, `A`–`D`, `w` for half a second.
        digits: String,
    },
    /// Put the number on the do-not-call list, now.
    OptOut,
    /// A slot was filled and, where that was asked for, confirmed.
    Slot {
        /// Its name.
        name: String,
        /// Its value as data.
        value: Value,
    },
    /// What the call comes to from here on; the last one counts.
    Outcome {
        /// A name of the definition.
        name: String,
    },
    /// End the call. Terminal: nothing follows.
    HangUp {
        /// Why.
        reason: EndReason,
    },
    /// Something in the definition or a tool did not work; the conversation went on all the same.
    Trouble {
        /// What, without the callee's words.
        detail: String,
    },
}

/// What the open question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Anything.
    Open,
    /// Yes or no.
    YesNo,
    /// A value.
    Slot(SlotType),
}

/// An HTTP request of a tool, rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolRequest {
    /// HTTP method.
    pub method: Method,
    /// Address.
    pub url: String,
    /// Header fields in order.
    pub headers: Vec<(String, String)>,
    /// JSON body.
    pub body: Option<Value>,
    /// Longest wait for the answer, in milliseconds.
    pub timeout_ms: u64,
    /// For a tool that writes: value of its `Idempotency-Key`, the same for the same content within a call. Such a
    /// request is not to be dropped when the callee interrupts.
    pub idempotency_key: Option<String>,
}

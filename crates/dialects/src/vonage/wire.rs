//! Bodies of the Vonage AI Studio telephony API:
//! <https://studio.docs.ai.vonage.com/voice/get-started/telephony>.

use serde::Serialize;
use serde_json::{Map, Value};

/// Answer of `make-call`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionStarted {
    /// UUID of the session.
    pub session_id: String,
    /// UTC with microseconds and without a zone.
    pub session_start_time: String,
}

/// Body of every error. `status` is a number here and a word in the callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// The HTTP status once more.
    pub status: u16,
    /// The documented text.
    pub message: String,
}

/// What is sent to `status_url` when nobody could be reached. The first five are documented; `session_id` is ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusCallback {
    /// The agent as the client named it.
    pub agent_id: String,
    /// The number as the client wrote it: digits without `+`.
    pub to: String,
    /// `CON-` and a UUID.
    pub conversation_uuid: String,
    /// `cancelled`, `rejected`, `busy`, `timeout` or `failed`.
    pub status: &'static str,
    /// UTC with milliseconds.
    pub timestamp: String,
    /// UUID of the session, as `make-call` answered it.
    pub session_id: String,
}

/// A session as `/insights/sessions` shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Session {
    /// UUID of the session.
    pub id: String,
    /// `Telephony`.
    pub channel: &'static str,
    /// UTC with microseconds and without a zone.
    pub session_start_time: String,
    /// The same of its end.
    pub session_end_time: Option<String>,
    /// Number that was called, digits only.
    pub source: String,
    /// Number of the agent, digits only.
    pub destination: String,
    /// The agent.
    pub agent_id: String,
    /// The agent once more, as filters name it.
    pub agent_information: AgentInformation,
    /// What the line says.
    pub channel_data: ChannelData,
    /// Session parameters and what the platform knows.
    pub parameters: Map<String, Value>,
    /// What was said: objects of one name each, `{"user": …}` or `{"agent": …}`.
    pub transcription: Vec<Map<String, Value>>,
    /// Status in our words.
    pub status: &'static str,
    /// Why it ended, in our words.
    pub end_reason: Option<&'static str>,
}

/// The agent of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgentInformation {
    /// 24 hexadecimal digits.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The line of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelData {
    /// Whole seconds since the answer.
    pub duration: u64,
    /// Where the recording is; null until it is ready.
    pub audio_url: Option<String>,
    /// `CON-` and a UUID.
    pub conversation_uuid: String,
}

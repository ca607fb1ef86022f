//! Bodies of the Vonage AI Studio telephony API:
//! <https://studio.docs.ai.vonage.com/voice/get-started/telephony>.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Body of `make-call`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct MakeCallBody {
    /// 24 hexadecimal digits.
    #[schema(example = "60c09d70e6a68858f4220848")]
    pub agent_id: Option<String>,
    /// Number of the agent instead, without `+`; wins where both are given.
    pub from: Option<String>,
    /// Digits with the country code and without `+`, or `sip:user@host`.
    #[schema(example = "15550100001")]
    pub to: String,
    /// Told when nobody could be reached.
    pub status_url: Option<String>,
    /// Hang up at once when a machine answers.
    pub hangup_on_answer_machine: Option<bool>,
    /// What `$NAME` and `{{NAME}}` stand for.
    pub session_parameters: Option<Vec<SessionParameter>>,
}

/// A session parameter.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct SessionParameter {
    /// Its name, such as `CALLER_NAME`.
    pub name: String,
    /// Its value.
    #[schema(value_type = Value)]
    pub value: Value,
}

/// A page of sessions.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Sessions {
    /// How many there are in all.
    pub total: u64,
    /// From 0.
    pub page_number: u32,
    /// Sessions a page.
    pub page_size: u32,
    /// Sessions, with the fields that were asked for.
    #[schema(value_type = Vec<Session>)]
    pub sessions: Vec<Value>,
}

/// The parameters of a session.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Parameters {
    /// UUID of the session.
    pub id: String,
    /// Its parameters.
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
}

/// Answer of `make-call`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SessionStarted {
    /// UUID of the session.
    pub session_id: String,
    /// UTC with microseconds and without a zone.
    pub session_start_time: String,
}

/// Body of every error. `status` is a number here and a word in the callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Failed {
    /// The HTTP status once more.
    pub status: u16,
    /// The documented text.
    pub message: String,
}

/// What is sent to `status_url` when nobody could be reached. The first five are documented; `session_id` is ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
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
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
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
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// What was said: objects of one name each, `{"user": …}` or `{"agent": …}`.
    #[schema(value_type = Vec<Object>)]
    pub transcription: Vec<Map<String, Value>>,
    /// Status in our words.
    pub status: &'static str,
    /// Why it ended, in our words.
    pub end_reason: Option<&'static str>,
}

/// The agent of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgentInformation {
    /// 24 hexadecimal digits.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The line of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChannelData {
    /// Whole seconds since the answer.
    pub duration: u64,
    /// Where the recording is; null until it is ready.
    pub audio_url: Option<String>,
    /// `CON-` and a UUID.
    pub conversation_uuid: String,
}

//! Bodies of the Klen AI API, version 1: <https://docs.klen.ai/api-reference/calls/initiate-call> and its neighbours.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// An agent beside a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgentRef {
    /// Database id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `assistant_…`.
    pub assistant_id: String,
}

/// Answer of `POST /calls`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Initiated {
    /// Database id.
    pub id: i64,
    /// The string id.
    pub call_id: String,
    /// `queued`.
    pub status: &'static str,
    /// `outbound`.
    pub r#type: &'static str,
    /// Number that is called.
    pub phone_number: String,
    /// Agent that calls.
    pub agent: AgentRef,
    /// When it was accepted.
    pub created_at: String,
    /// When it is expected to be dialed.
    pub estimated_start: String,
}

/// Answer of `GET /calls`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CallList {
    /// Rows in all.
    pub count: u64,
    /// From 1.
    pub page: u32,
    /// Rows a page.
    pub limit: u32,
    /// Pages in all.
    pub pages: u64,
    /// One page, newest first.
    pub calls: Vec<CallItem>,
}

/// A call in a list: here `id` is the string id and `agent_id` the assistant's.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CallItem {
    /// The string id.
    pub id: String,
    /// `assistant_…`.
    pub agent_id: String,
    /// Its name.
    pub agent_name: String,
    /// `queued`, `in-progress`, `completed` or `failed`.
    pub status: &'static str,
    /// `outbound`.
    pub r#type: &'static str,
    /// Number that was called.
    pub phone_number: String,
    /// When it was answered.
    pub started_at: Option<String>,
    /// When it ended.
    pub ended_at: Option<String>,
    /// Whole seconds since the answer.
    pub duration_seconds: u64,
    /// What came of it, in a line.
    pub summary: Option<String>,
    /// Where the recording is.
    pub recording_url: Option<String>,
    /// Person that was called.
    pub contact: Option<ContactRef>,
}

/// Answer of `GET /calls/{call_id}`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CallDetail {
    /// Database id.
    pub id: i64,
    /// Agent that called.
    pub agent: AgentRef,
    /// The string id.
    pub call_id: String,
    /// `queued`, `in-progress`, `completed` or `failed`.
    pub status: &'static str,
    /// `outbound`.
    pub r#type: &'static str,
    /// Number that was called.
    pub phone_number: String,
    /// When it was answered.
    pub started_at: Option<String>,
    /// When it ended.
    pub ended_at: Option<String>,
    /// Whole seconds since the answer.
    pub duration_seconds: u64,
    /// What came of it, in a line.
    pub summary: Option<String>,
    /// What was said, line by line.
    pub transcript: Option<String>,
    /// Where the recording is.
    pub recording_url: Option<String>,
    /// Person that was called.
    pub contact: Option<ContactRef>,
    /// Team of the agent; there are none here.
    pub team: Option<Value>,
    /// What it cost.
    pub billing: Option<Billing>,
    /// Values that the call was given.
    pub variables: Map<String, Value>,
}

/// A person beside a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContactRef {
    /// Database id.
    pub id: i64,
    /// Whole name.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Company.
    pub company: Option<String>,
}

/// What a call cost: a hold at its start, settled at its end.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Billing {
    /// `pending` or `billed`.
    pub status: &'static str,
    /// What was held back.
    pub initial_charge: f64,
    /// What was added at the end.
    pub final_charge: f64,
    /// What it cost in all.
    pub total_charge: f64,
}

/// An agent in a list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AgentItem {
    /// Database id.
    pub id: i64,
    /// `assistant_…`.
    pub assistant_id: String,
    /// Its name.
    pub name: String,
    /// `outbound agent`.
    pub role: &'static str,
    /// Number that it calls from.
    pub phone_number: Option<String>,
    /// Minutes of talk.
    pub minutes_used: u64,
    /// Calls of it.
    pub total_calls: u64,
    /// Language model.
    pub model: Option<String>,
    /// Voice.
    pub voice_id: Option<String>,
    /// Whether it has a number.
    pub can_make_calls: bool,
    /// Team of the agent; there are none here.
    pub team_id: Option<i64>,
}

/// What `POST /calls` takes.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "documents the body, which is read field by field for the vendor's own errors")]
pub(super) struct InitiateBody {
    /// E.164.
    #[schema(example = "+15551234567")]
    phone_number: String,
    /// Database id or `assistant_…`.
    agent_id: Value,
    /// A contact that is on record.
    contact_id: Option<i64>,
    /// Values for the instructions' `{{name}}`; may be nested.
    variables: Option<Map<String, Value>>,
}

/// Body of every error; 402 has the balance and the required rate besides.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "documents what errors.rs writes")]
pub(super) struct Failed {
    /// The documented code.
    error: String,
    /// One sentence.
    message: String,
}

/// A webhook to be made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct WebhookBody {
    /// What people call it.
    #[schema(example = "CRM")]
    pub name: String,
    /// Where to.
    #[schema(example = "https://example.com/klen")]
    pub url: String,
    /// `call.started`, `call.ended`, `call.failed`, `call.transcript`, `call.recording`, `call.summary`.
    #[schema(example = json!(["call.ended"]))]
    pub subscribed_events: Vec<String>,
}

/// A webhook that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WebhookRecord {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where to.
    pub url: String,
    /// What it asked for.
    pub subscribed_events: Vec<String>,
    /// Key of the signature; shown once.
    pub secret: String,
    /// Whether anything is sent.
    pub is_active: bool,
    /// When it was made.
    pub created_at: String,
}

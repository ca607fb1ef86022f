//! Bodies of the Voxpria API, version 1: <https://voxpria.com/docs/calls-api> and its neighbours. Three families of
//! documents disagree; these are the union.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Frame of every answer that is no error.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Success<T> {
    /// Always true.
    pub success: bool,
    /// What was asked for.
    pub data: T,
    /// Of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pagination: Option<Pagination>,
}

impl<T> Success<T> {
    /// An answer without pages.
    pub fn of(data: T) -> Self {
        Self { success: true, data, pagination: None }
    }
}

/// Where a list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// From 1.
    pub page: u32,
    /// Rows a page.
    pub limit: u32,
    /// Rows in all.
    pub total: u64,
    /// Pages in all.
    pub total_pages: u64,
}

/// Answer of `POST /calls`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Triggered {
    /// `call_…`.
    pub call_id: String,
    /// `queued`.
    pub status: &'static str,
    /// Number that is called.
    pub to_number: String,
    /// The agent as the client named it.
    pub agent_id: String,
    /// When it was accepted.
    pub created_at: String,
}

/// A call. The documents show the first eight; the others are ours.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallRecord {
    /// `call_…`.
    pub call_id: String,
    /// One of seven words.
    pub status: &'static str,
    /// Whole seconds since the answer.
    pub duration: u64,
    /// Where the recording is.
    pub recording: Option<String>,
    /// What was said, line by line.
    pub transcript: Option<String>,
    /// `successful`, `unsuccessful`, `voicemail`, `transferred`, `no_answer` or `failed`; null before the end.
    pub outcome: Option<&'static str>,
    /// When it was answered, else when it was accepted.
    pub started_at: String,
    /// When it ended.
    pub completed_at: Option<String>,
    /// Number that was called.
    pub to_number: String,
    /// `agent_…`.
    pub agent_id: String,
    /// What the client sent.
    pub variables: Map<String, Value>,
    /// What came of it, in a line.
    pub summary: Option<String>,
    /// Why it ended, in our words.
    pub end_reason: Option<&'static str>,
    /// When it was accepted.
    pub created_at: String,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentRecord {
    /// `agent_…`.
    pub agent_id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// BCP 47.
    pub language: String,
    /// Voice.
    pub voice: String,
    /// `active`, `draft` or `inactive`.
    pub status: &'static str,
    /// When it was made.
    pub created_at: String,
}

/// Body of every error: a superset of Klen's, so that both kinds of client can read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Failed {
    /// Always false.
    pub success: bool,
    /// Code.
    pub error: &'static str,
    /// One sentence.
    pub message: String,
}

/// What `POST /calls` takes.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "documents the body, which is read field by field for the vendor's own errors")]
#[schema(rename_all = "camelCase")]
pub(super) struct TriggerBody {
    /// `agent_…`.
    agent_id: String,
    /// E.164.
    #[schema(example = "+14155551234")]
    to_number: String,
    /// Values for `{{name}}`.
    variables: Option<Map<String, Value>>,
}

/// A webhook to be made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct WebhookBody {
    /// Where to.
    #[schema(example = "https://example.com/voxpria")]
    pub url: String,
    /// `call.started`, `call.completed`, `call.failed`, `credit.low`.
    #[schema(example = json!(["call.completed"]))]
    pub events: Vec<String>,
    /// Whether anything is sent; yes where it is missing.
    pub active: Option<bool>,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookRecord {
    /// Its id.
    pub webhook_id: String,
    /// Where to.
    pub url: String,
    /// What it asked for.
    pub events: Vec<String>,
    /// Key of the signatures; shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Whether anything is sent.
    pub active: bool,
}

/// What is in the wallet.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Credits {
    /// What calls may still cost; null where calls are not billed.
    pub balance: Option<f64>,
    /// `credits`, or what the wallet is kept in.
    pub currency: String,
    /// When it last changed.
    pub last_updated: Option<String>,
}

/// What was used.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CreditsUsed {
    /// Days on which there were calls, oldest first.
    pub usage: Vec<DayUsed>,
    /// All of them together.
    pub total: Used,
}

/// What was used on a day.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DayUsed {
    /// The day (UTC): `2025-02-09`.
    pub date: String,
    /// What was used.
    #[serde(flatten)]
    pub used: Used,
}

/// Calls and what they cost.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Used {
    /// Calls.
    pub calls: u64,
    /// What they cost.
    pub credits_used: f64,
    /// The same as text, with its currency.
    pub cost: String,
}

//! Bodies of the Voicing AI calls API, as documented in its "API Flow" guide:
//! <https://docs.voicing.ai/docs/platform-tabs/api_flow/api_flow_guide>.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Answer of `publish-outbound-call`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Published {
    /// `success`.
    pub status: &'static str,
    /// `Outbound call started successfully`.
    pub message: &'static str,
    /// UUID of the call.
    pub call_id: String,
}

/// One call read by its id: flat, without a `data` wrapper.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Details {
    /// Always true.
    pub success: bool,
    /// The call.
    #[serde(flatten)]
    pub call: CallRecord,
}

/// Many calls.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Listed {
    /// Always true.
    pub success: bool,
    /// One page, newest first.
    pub data: Vec<CallRecord>,
    /// From 1.
    pub page: u32,
    /// Rows a page.
    pub limit: u32,
    /// Rows in all.
    pub total: u64,
    /// Pages in all.
    pub total_pages: u64,
}

/// Answer of `get-call-details`: with `call_id` that call, without it a page.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "documents the two answers of one path")]
pub(super) enum CallsAsked {
    /// The call that `call_id` names.
    One(Box<Details>),
    /// A page of calls.
    Many(Listed),
}

/// Calls asked for by their ids.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Found {
    /// Always true.
    pub success: bool,
    /// Those that are known, in the order asked for.
    pub data: Vec<CallRecord>,
    /// Those that are not (ours).
    pub not_found: Vec<String>,
}

/// A call. The first five names are documented; the others are ours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct CallRecord {
    /// UUID of the call, or the name that it was asked for by.
    pub call_id: String,
    /// `initiated`, `ringing`, `in-progress`, `completed`, `failed`.
    pub status: &'static str,
    /// Whole seconds since the answer; of a live call, so far.
    pub duration: u64,
    /// When it was answered, else when it was accepted.
    pub started_at: Option<String>,
    /// When it ended.
    pub ended_at: Option<String>,
    /// UUID of the assistant.
    pub assistant_id: String,
    /// Number that was called.
    pub phone_number: String,
    /// What the client sent.
    pub input_variables: Map<String, Value>,
    /// Why it ended, in our words.
    pub end_reason: Option<&'static str>,
    /// Name of the outcome, as the agent's definition has it.
    pub outcome: Option<String>,
    /// What was said, line by line; in single reads only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    /// Where the recording is; in single reads only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording_url: Option<String>,
}

/// Body of every error.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Failed {
    /// One sentence.
    pub detail: String,
}

/// What `publish-outbound-call` takes.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "documents the body, which is read field by field for the vendor's own errors")]
pub(super) struct PublishBody {
    /// UUID of the assistant.
    assistant_id: String,
    /// E.164, or national in the organization's default region.
    phone_number: String,
    /// Values for the prompt's `{{name}}`.
    input_variables: Option<Map<String, Value>>,
    /// `default`.
    telephony_provider: String,
}

/// What `bulk-by-ids` takes.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "documents the body")]
pub(super) struct BulkBody {
    /// At most 100.
    call_ids: Vec<String>,
}

//! Hearing a live call on the wire: the texts among the frames of `GET /v1/calls/{call}/audio`.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A text from a call that is heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromCall {
    /// Comes first: how to read the binary frames.
    Format {
        /// Samples of each channel a second.
        #[schema(example = 8000)]
        rate_hz: u32,
        /// Whose the channels are, in their order.
        #[schema(example = json!(["callee", "agent"]))]
        channels: Vec<String>,
    },
    /// Comes last.
    End {
        /// `call_ended`, `server_stops`, or `connection_lost` where the call's node is out of reach.
        reason: String,
    },
}

impl FromCall {
    /// The one format there is.
    pub fn format() -> Self {
        Self::Format { rate_hz: 8_000, channels: vec!["callee".to_owned(), "agent".to_owned()] }
    }

    /// The message as JSON.
    pub fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

//! What people who follow a call ask of it, on the wire.

use serde::Deserialize;
use utoipa::ToSchema;

/// What the agent shall say.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SayInCall {
    /// At most 2,000 characters.
    #[schema(example = "I can offer you ten percent off.")]
    pub text: String,
    /// Whether the agent stops for it what it is saying.
    #[serde(default)]
    pub interrupt: bool,
}

/// What the agent shall know.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteInCall {
    /// At most 2,000 characters.
    #[schema(example = "She is a customer since 2019; offer ten percent.")]
    pub text: String,
}

/// Who takes over.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferCall {
    /// Number, E.164 or national in the organization's region, or a SIP address.
    #[schema(example = "+15550102222")]
    pub to: String,
}

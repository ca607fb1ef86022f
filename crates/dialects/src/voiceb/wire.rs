//! Bodies of the VoiceB click-to-call API, as documented: <https://docs.voiceb.ai/api-click-to-call>.

use serde::Serialize;
use utoipa::ToSchema;

/// Answer to a call that was accepted. The documents show none; samples print it as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// Always true.
    pub success: bool,
    /// `Call initiated`.
    pub message: &'static str,
    /// Our id of the call.
    pub call_id: String,
}

/// Body of every error: the three columns of the documented table.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Failed {
    /// `ctc:001` and so on.
    pub code: &'static str,
    /// The documented text.
    pub message: &'static str,
    /// The HTTP status once more.
    pub status: u16,
}

/// What is asked for.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "documents the body; it is read from the raw bytes, which are signed")]
pub(super) struct Click {
    /// The number to call, E.164.
    #[schema(example = "+34612345678")]
    phone: String,
    /// Values for the script's `{{name}}`; names beginning with `voiceb` or `system` are reserved.
    #[schema(example = json!({ "name": "John", "product": "VoiceB AI" }))]
    variables: Option<std::collections::BTreeMap<String, String>>,
}

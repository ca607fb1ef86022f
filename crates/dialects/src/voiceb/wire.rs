//! Bodies of the VoiceB click-to-call API, as documented: <https://docs.voiceb.ai/api-click-to-call>.

use serde::Serialize;

/// Answer to a call that was accepted. The documents show none; samples print it as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failed {
    /// `ctc:001` and so on.
    pub code: &'static str,
    /// The documented text.
    pub message: &'static str,
    /// The HTTP status once more.
    pub status: u16,
}

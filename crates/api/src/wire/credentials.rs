//! How the vendors' clients reach an agent: its credentials for click-to-call, and its names in their APIs.

use domain::agent_names::AgentNames;
use domain::click_to_call::ClickToCall;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What VoiceB's clients send, and the names that the other vendors' clients call the agent by.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Credentials {
    /// Goes into the header `api-key` of `POST /api/click-to-call`.
    #[schema(example = "tok_5n4h2kq8")]
    pub token: String,
    /// Key of the HMAC-SHA256 over the body, in hexadecimal digits in the header `signature`.
    pub secret: String,
    /// Whether a signature is asked for; off for senders that cannot sign.
    pub verify_signature: bool,
    /// Names in the vendors' APIs.
    pub names: Names,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("names", &self.names).finish_non_exhaustive()
    }
}

/// Names of an agent in the vendors' APIs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Names {
    /// Klen's integer id.
    pub integer: i64,
    /// Klen's `assistant_id`.
    #[schema(example = "assistant_85f149f21342f947")]
    pub klen: String,
    /// Voicing AI's `assistant_id`.
    #[schema(example = "019addcc-b878-7b10-85f1-49f21342f947")]
    pub voicing: String,
    /// Vonage AI Studio's `agent_id`.
    #[schema(example = "b8787b1085f149f21342f947")]
    pub vonage: String,
    /// Voxpria's `agentId`.
    #[schema(example = "agent_019addccb8787b1085f149f21342f947")]
    pub voxpria: String,
}

impl Credentials {
    /// As they are shown.
    pub fn of(credentials: ClickToCall, names: AgentNames) -> Self {
        let ClickToCall { token, secret, verify_signature, .. } = credentials;
        let AgentNames { integer, voicing, klen, vonage, voxpria } = names;
        let names = Names { integer, klen, voicing: voicing.to_string(), vonage, voxpria };
        Self { token, secret, verify_signature, names }
    }
}

/// What to change of an agent's credentials; what is absent stays.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateCredentials {
    /// A token of your own choice, such as one that clients have already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// A secret of your own choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Whether a signature is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_signature: Option<bool>,
}

impl std::fmt::Debug for UpdateCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UpdateCredentials(hidden)")
    }
}

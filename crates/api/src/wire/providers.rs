//! Providers, voices and trials of them on the wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::words::ProviderKind;

/// A provider, for one purpose.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Provider {
    /// What for.
    pub kind: ProviderKind,
    /// Name in the configuration and in agent definitions.
    pub name: String,
    /// Whether it computes on this server.
    pub local: bool,
    /// Whether calls can use it.
    pub configured: bool,
    /// What it runs on, where it is, or how to set it up.
    pub detail: String,
}

/// What to try of a provider.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestProvider {
    /// For this purpose only; all that it serves where nothing is said.
    pub kind: Option<ProviderKind>,
}

/// How a provider did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProviderTest {
    /// Whether it answered.
    pub ok: bool,
    /// From request to answer.
    pub took_ms: u64,
    /// What went wrong.
    pub error: Option<String>,
}

/// A voice that agents can speak with.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SpeakingVoice {
    /// `provider:name`.
    #[schema(example = "embedded:heart")]
    pub id: String,
    /// Provider, as in agent definitions.
    pub provider: String,
    /// Name at the provider, as in agent definitions.
    pub name: String,
    /// BCP 47.
    pub language: String,
}

/// What a voice is to say.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleVoice {
    /// At most 200 characters.
    #[schema(example = "Hello, this is how I sound on the telephone.")]
    pub text: String,
}

/// What to run a tool with.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestTool {
    /// An object: values that the tool's texts ask for, as `{{x}}` or as `{{arguments.x}}`. The draft's sample values stand
    /// where it does not say.
    #[serde(default = "nothing")]
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub arguments: Value,
}

fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

/// How a tool did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ToolTest {
    /// Whether an answer below 400 came.
    pub ok: bool,
    /// HTTP status, if an answer came.
    pub status: Option<u16>,
    /// The answer, JSON or text.
    pub result: Value,
    /// What went wrong.
    pub error: Option<String>,
    /// From request to answer.
    pub took_ms: u64,
}

impl From<app::ports::providers::Provider> for Provider {
    fn from(provider: app::ports::providers::Provider) -> Self {
        let app::ports::providers::Provider { kind, name, local, configured, detail } = provider;
        Self { kind: kind.into(), name, local, configured, detail }
    }
}

//! The providers of a node, for those who look after them and those who choose among their voices.

use async_trait::async_trait;

use super::ProviderError;

/// What calls on this node hear, speak, understand and think with.
#[async_trait]
pub trait Providers: Send + Sync {
    /// All that there are.
    fn all(&self) -> Vec<Provider>;
    /// All voices that agents can speak with.
    fn voices(&self) -> Vec<Voice>;
    /// A small real request, the way calls make it; a language model is asked as `model`.
    async fn test(&self, provider: &Provider, model: Option<String>) -> Result<(), ProviderError>;
    /// Says a text; mono samples, 8,000 a second.
    async fn say(&self, voice: &Voice, text: String) -> Result<Vec<i16>, ProviderError>;
}

/// What a provider is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    /// Recognition.
    SpeechToText,
    /// Synthesis.
    TextToSpeech,
    /// Chat completion.
    LanguageModel,
    /// Sentence embeddings.
    Embedder,
    /// End-of-turn scores.
    TurnDetector,
}

impl ProviderKind {
    /// All, with their words in the API.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::SpeechToText, "speech_to_text"),
        (Self::TextToSpeech, "text_to_speech"),
        (Self::LanguageModel, "language_model"),
        (Self::Embedder, "embedder"),
        (Self::TurnDetector, "turn_detector"),
    ];

    /// Text form.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, text)| text)
    }

    /// Reads the text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == text).map(|(kind, _)| *kind)
    }
}

/// A provider, for one purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// What for.
    pub kind: ProviderKind,
    /// Name in configuration and agent definitions.
    pub name: String,
    /// Whether it computes in this process.
    pub local: bool,
    /// Whether calls can use it.
    pub configured: bool,
    /// Where it is or what it runs on, without secrets.
    pub detail: String,
}

/// A voice that an agent can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Provider.
    pub provider: String,
    /// Name at the provider, as in agent definitions.
    pub name: String,
    /// BCP 47.
    pub language: String,
}

//! What calls hear, understand and say with: speech recognition, speech synthesis, embeddings, language models.
//!
//! Law: a provider is one folder and one line in this list; its vendor's words stay inside its folder. Every wait has
//! a deadline, every error says whether to retry, and no error or log message holds speech, prompts or keys.
//! On a call's way this crate stands behind the ports that the session talks to.

pub mod embedded;
pub mod openai_compatible;

pub use embedded::{Embedded, EmbeddedOptions, LoadError, ModelDirectory};
pub use openai_compatible::{OpenAiCompatible, OpenAiSettings};

/// What a provider offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderInfo {
    /// Name in configuration and agent definitions.
    pub name: &'static str,
    /// Speech recognition.
    pub speech_to_text: bool,
    /// Speech synthesis.
    pub text_to_speech: bool,
    /// Chat completion.
    pub language_model: bool,
    /// Sentence embeddings.
    pub embedder: bool,
    /// End-of-turn scores.
    pub turn_detector: bool,
}

/// THE LIST.
pub const PROVIDERS: &[ProviderInfo] = &[
    ProviderInfo {
        name: embedded::NAME,
        speech_to_text: true,
        text_to_speech: true,
        language_model: false,
        embedder: true,
        turn_detector: true,
    },
    ProviderInfo {
        name: openai_compatible::NAME,
        speech_to_text: false,
        text_to_speech: false,
        language_model: true,
        embedder: false,
        turn_detector: false,
    },
];

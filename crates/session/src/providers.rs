//! Tries this node's providers the way calls use them.

use std::sync::Arc;

use app::ports::language_model::{ChatMessage, ChatRequest};
use app::ports::provider_error::ProviderErrorKind;
use app::ports::providers::{Provider, ProviderKind, Providers, Voice};
use app::ports::speech_to_text::{SttInput, SttOutput, SttSettings};
use app::ports::text_to_speech::SpeechRequest;
use app::ports::{LanguageModel, ProviderError};
use async_trait::async_trait;

use crate::SessionContext;

const SAMPLE_RATE: u32 = 8_000;
/// Half a second without speech.
const QUIET: [i16; 4_000] = [0; 4_000];
/// Said to ears on trial; silence would cost them no work.
const WORDS: &str = "One, two, three, ready.";

/// The providers that a session is given, and what they are called.
pub struct NodeProviders {
    /// How calls reach them.
    pub context: Arc<SessionContext>,
    /// Their list.
    pub list: Vec<Provider>,
    /// Their voices.
    pub voices: Vec<Voice>,
}

#[async_trait]
impl Providers for NodeProviders {
    fn all(&self) -> Vec<Provider> {
        self.list.clone()
    }

    fn voices(&self) -> Vec<Voice> {
        self.voices.clone()
    }

    async fn test(&self, provider: &Provider, model: Option<String>) -> Result<(), ProviderError> {
        let speech = &self.context.speech;
        match provider.kind {
            ProviderKind::SpeechToText => self.hear().await,
            ProviderKind::TextToSpeech => {
                let voice = self.voices.iter().find(|voice| voice.provider == provider.name);
                let voice = voice.ok_or_else(|| broken("it has no voice"))?;
                self.say(voice, "Ready.".into()).await.map(drop)
            }
            ProviderKind::Embedder => speech.embedder.embed(vec!["ready".into()]).await.map(drop),
            ProviderKind::TurnDetector => match &speech.turn_detector {
                Some(detector) => detector.score(QUIET.into()).await.map(drop),
                None => Err(broken("it is not set up")),
            },
            ProviderKind::LanguageModel => {
                let found = self.context.language_models.get(&provider.name);
                let found = found.ok_or_else(|| broken("it is not set up"))?;
                match model {
                    Some(model) => first_word(found.as_ref(), model).await,
                    None => found.models().await.map(drop),
                }
            }
        }
    }

    async fn say(&self, voice: &Voice, text: String) -> Result<Vec<i16>, ProviderError> {
        let request = SpeechRequest {
            text,
            voice: voice.name.clone(),
            speed: 1.0,
            sample_rate: SAMPLE_RATE,
            pronunciations: Arc::default(),
        };
        let mut chunks = self.context.speech.tts.speak(request).await?;
        let mut samples = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            samples.extend_from_slice(&chunk?.samples);
        }
        if samples.is_empty() { Err(broken("there was no sound")) } else { Ok(samples) }
    }
}

impl NodeProviders {
    async fn hear(&self) -> Result<(), ProviderError> {
        let settings = SttSettings { language: "en".into(), sample_rate: SAMPLE_RATE };
        let mut stream = self.context.speech.stt.open(settings).await?;
        let (segment, request) = (1, 1);
        let said = match self.voices.first() {
            Some(voice) => self.say(voice, WORDS.into()).await.unwrap_or_else(|_| QUIET.into()),
            None => QUIET.into(),
        };
        let inputs =
            [SttInput::Audio { segment, samples: said.into() }, SttInput::Text { segment, request, interim: false }];
        for input in inputs {
            stream.input.send(input).await.map_err(|_| broken("the stream closed"))?;
        }
        match stream.output.recv().await {
            Some(SttOutput::Text { .. }) => Ok(()),
            Some(SttOutput::Failed { error, .. }) => Err(error),
            None => Err(broken("the stream closed")),
        }
    }
}

/// Asks for a reply and hears the first of it.
async fn first_word(model: &dyn LanguageModel, name: String) -> Result<(), ProviderError> {
    let messages = vec![ChatMessage::User("Answer with the word ready.".into())];
    let request = ChatRequest { model: name, messages, tools: Vec::new() };
    let mut deltas = model.reply(request).await?;
    match deltas.recv().await {
        Some(delta) => delta.map(drop),
        None => Err(broken("the reply was empty")),
    }
}

fn broken(detail: &str) -> ProviderError {
    ProviderError { provider: "trial", kind: ProviderErrorKind::Unavailable, detail: detail.into() }
}

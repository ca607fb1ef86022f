//! What the outside must give us: one trait per file. The shells of shelf 2 implement them and meet only here.

pub mod chats;
pub mod clock;
pub mod embedder;
pub mod language_model;
pub mod live;
pub mod outbound_http;
pub mod provider_error;
pub mod providers;
pub mod socket_line;
pub mod speech_to_text;
pub mod spoken_talks;
pub mod store;
pub mod telephone;
pub mod text_to_speech;
pub mod turn_detector;
pub mod webhook_payloads;

pub use clock::Clock;
pub use embedder::Embedder;
pub use language_model::LanguageModel;
pub use live::{CallControl, LiveBus, SessionRegistry};
pub use outbound_http::OutboundHttp;
pub use provider_error::ProviderError;
pub use speech_to_text::SpeechToText;
pub use telephone::Telephone;
pub use text_to_speech::TextToSpeech;
pub use turn_detector::TurnDetector;
pub use webhook_payloads::WebhookPayloads;

//! One live call, from claim to terminal fact: signalling, conversation, recording, journal.
//!
//! Law: a session is one structured scope. Whatever happens inside (a provider that fails, a panic in the
//! conversation, a database that stands still), it ends in exactly one terminal fact, or in none when the lease was
//! lost and another node has the word.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::ports::store::Store;
use app::ports::{
    Clock, Embedder, LanguageModel, LiveBus, OutboundHttp, SessionRegistry, SpeechToText, Telephone, TextToSpeech,
    TurnDetector,
};

mod chat;
mod commit;
mod conversation;
pub mod dialog;
mod journal;
mod kept_trace;
mod lease_hold;
mod leg;
mod listening_in;
mod providers;
mod recording;
mod run;
mod spoken;
mod voice;
mod warm;

pub use chat::TextChats;
pub use lease_hold::LeaseHold;
pub use providers::NodeProviders;
pub use recording::{FinishedRecording, Recorder, Recording, RecordingError};
pub use run::run;
pub use spoken::VoiceTalks;
pub use warm::WarmAgents;

/// What every session of a process shares.
pub struct SessionContext {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Live events.
    pub bus: Arc<dyn LiveBus>,
    /// Where sessions make themselves known.
    pub registry: Arc<dyn SessionRegistry>,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// Ways out to the telephone network.
    pub telephone: Arc<dyn Telephone>,
    /// The guarded HTTP client for tools.
    pub http: Arc<dyn OutboundHttp>,
    /// Speech providers.
    pub speech: Speech,
    /// Language models by provider name.
    pub language_models: BTreeMap<String, Arc<dyn LanguageModel>>,
    /// Writer of all recordings.
    pub recorder: Recorder,
    /// Agents that were used before are warm already.
    pub warm: WarmAgents,
    /// What the dialer knows of this node's leases.
    pub leases: LeaseHold,
}

/// The speech providers that calls run on.
pub struct Speech {
    /// Ears.
    pub stt: Arc<dyn SpeechToText>,
    /// Voice.
    pub tts: Arc<dyn TextToSpeech>,
    /// Meaning.
    pub embedder: Arc<dyn Embedder>,
    /// Hint whether a turn is over.
    pub turn_detector: Option<Arc<dyn TurnDetector>>,
}

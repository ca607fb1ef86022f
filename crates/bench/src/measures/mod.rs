//! The figures, one file each, in the order of `docs/benchmarks.md`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use providers::{Embedded, EmbeddedOptions, ModelDirectory};

use crate::far_end::{Behaviour, Clip};

pub(crate) mod claims;
pub(crate) mod create_to_invite;
pub(crate) mod creates;
pub(crate) mod dialects;
pub(crate) mod floor;
pub(crate) mod listing;
pub(crate) mod load;
pub(crate) mod queued;
pub(crate) mod start;
pub(crate) mod turns;
pub(crate) mod voice_to_voice;

/// What every measure is told.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Fewer calls and shorter windows: for a look, not for the record.
    pub(crate) quick: bool,
    /// Passes whose median counts.
    pub(crate) passes: usize,
    /// Folder of the embedded models.
    pub(crate) models: PathBuf,
    /// The agent of the voice-to-voice figure.
    pub(crate) agent: PathBuf,
}

impl Settings {
    /// Speech of the far end, one clip a text. The models are loaded for it and dropped again.
    async fn clips(&self, texts: &[&str]) -> Result<Arc<[Clip]>> {
        let (models, options) = (self.models.clone(), EmbeddedOptions::default());
        let embedded =
            tokio::task::spawn_blocking(move || Embedded::load(&ModelDirectory::new(models), &options)).await??;
        let tts = embedded.text_to_speech();
        let mut clips = Vec::new();
        for text in texts {
            clips.push(Clip::render(tts.as_ref(), text).await?);
        }
        Ok(clips.into())
    }
}

/// Answers, says the clips and hears the replies.
fn talks(clips: Arc<[Clip]>, repeats: bool) -> Behaviour {
    Behaviour {
        busy: false,
        answer_after: Duration::from_millis(600),
        clips,
        repeats,
        agent_done: Duration::from_millis(500),
        detector: false,
    }
}

/// The n-th number to call.
fn number(n: usize) -> String {
    format!("+1555{:07}", 2_000_000 + n)
}

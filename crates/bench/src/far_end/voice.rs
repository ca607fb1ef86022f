//! What the far end says: clips of speech whose last sample is speech, so that "end of speech" is one moment.

use std::sync::Arc;

use anyhow::{Context, Result};
use app::ports::TextToSpeech;
use app::ports::text_to_speech::SpeechRequest;
use media::FRAME_SAMPLES;
use media::g711::{decode_ulaw, encode_ulaw};

/// Samples below this are silence around a clip (-36 dBFS).
const QUIET: i16 = 520;
/// A packet with a sample above this holds voice (-40 dBFS).
const VOICE: i16 = 328;

/// Speech in frames of 160 bytes of G.711 µ-law; begins and ends with speech.
#[derive(Clone, Debug)]
pub(crate) struct Clip(Arc<[[u8; FRAME_SAMPLES]]>);

impl Clip {
    /// Renders `text` with one of the embedded voices.
    pub(crate) async fn render(tts: &dyn TextToSpeech, text: &str) -> Result<Self> {
        let request = SpeechRequest {
            text: text.to_owned(),
            voice: "heart-low".to_owned(),
            speed: 1.0,
            sample_rate: media::SAMPLE_RATE,
            pronunciations: Arc::default(),
        };
        let mut chunks = tts.speak(request).await?;
        let mut samples = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            samples.extend_from_slice(&chunk?.samples);
        }
        Self::cut(&samples).context("a clip holds no speech")
    }

    /// Whole frames from the first loud sample to the last.
    fn cut(samples: &[i16]) -> Option<Self> {
        let loud = |sample: &i16| sample.unsigned_abs() > QUIET.unsigned_abs();
        let first = samples.iter().position(loud)?;
        let last = samples.iter().rposition(loud)?;
        let frames = samples[first..=last].chunks_exact(FRAME_SAMPLES);
        let frames: Arc<[_]> = frames.map(|frame| std::array::from_fn(|at| encode_ulaw(frame[at]))).collect();
        (!frames.is_empty()).then_some(Self(frames))
    }

    pub(super) fn frame(&self, at: usize) -> Option<&[u8; FRAME_SAMPLES]> {
        self.0.get(at)
    }

    /// Length in milliseconds.
    pub(crate) fn milliseconds(&self) -> u64 {
        20 * self.0.len() as u64
    }
}

/// Whether a payload of µ-law holds anything but silence.
pub(super) fn is_voice(payload: &[u8]) -> bool {
    payload.iter().any(|code| decode_ulaw(*code).unsigned_abs() > VOICE.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_begins_and_ends_with_speech() {
        let silence = [0_i16; 1000];
        let speech = [4000_i16; 500];
        let clip = Clip::cut(&[&silence[..], &speech, &silence].concat()).unwrap();
        assert_eq!(clip.milliseconds(), 60);
        assert!(clip.0.iter().all(|frame| is_voice(frame)));
        assert!(Clip::cut(&silence).is_none());
        assert!(!is_voice(&[encode_ulaw(0); 160]));
    }
}

//! Listening to the callee: when there is speech, and the beep after which a machine records.
//!
//! Law: every frame of the receive clock passes here once, silence and concealed loss too; positions come out on the
//! media clock. Stands behind the decoder; its marks drive turn taking and answer detection.

use app::ports::telephone::MediaEvent;
use media::Frame;
use media::beep_detector::BeepDetector;
use media::vad::{Vad, VadConfig, VadTransition};

use super::outbox::Outbox;
use super::speech::SpeechChunks;

pub(crate) struct Listener {
    vad: Vad,
    beeps: BeepDetector,
    speech: SpeechChunks,
    /// Samples heard so far; the detectors count in them.
    heard: u64,
}

impl Listener {
    pub(crate) fn new() -> Self {
        Self {
            vad: Vad::new(VadConfig::default()),
            beeps: BeepDetector::default(),
            speech: SpeechChunks::new(),
            heard: 0,
        }
    }

    /// Hears one frame that ends at `end_ms` on the media clock.
    pub(crate) fn hear(&mut self, frame: &Frame, end_ms: u64, outbox: &mut Outbox) {
        self.heard += frame.len() as u64;
        let heard = self.heard;
        let on_media_clock = |sample: u64| end_ms.saturating_sub(heard.saturating_sub(sample) / 8);
        self.speech.frame(frame, end_ms, outbox);
        self.vad.push(frame);
        while let Some(transition) = self.vad.poll() {
            match transition {
                VadTransition::SpeechStarted { at_sample } => {
                    outbox.mark(MediaEvent::SpeechStarted { at_ms: on_media_clock(at_sample) });
                    self.speech.start(end_ms, outbox);
                }
                VadTransition::SpeechEnded { at_sample } => {
                    self.speech.end(end_ms, outbox);
                    let at_ms = on_media_clock(at_sample);
                    outbox.mark(MediaEvent::SpeechEnded { at_ms, noticed_ms: end_ms });
                }
            }
        }
        self.beeps.push(frame);
        while let Some(beep) = self.beeps.poll() {
            let at_ms = on_media_clock(beep.to_sample);
            let duration_ms = beep.to_sample.saturating_sub(beep.from_sample) / 8;
            outbox.mark(MediaEvent::Beep { at_ms, hertz: beep.frequency, duration_ms });
        }
    }
}

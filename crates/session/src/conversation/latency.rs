//! Where the time between the callee's last word and the agent's first sound goes.

use std::time::Instant;

use domain::transcript::TurnLatency;
use machines::turn_taking::CommittedTurn;

/// The reply that is on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReplyTiming {
    endpoint_ms: f32,
    stt_ms: f32,
    committed: Instant,
    said: Option<Instant>,
    sounded: Option<Instant>,
    left: Option<Instant>,
}

impl ReplyTiming {
    /// A turn was committed just now.
    pub(super) fn begin(turn: &CommittedTurn, now: Instant) -> Self {
        let stt = turn.waited_for_text;
        Self {
            endpoint_ms: millis(turn.waited.saturating_sub(stt)),
            stt_ms: millis(stt),
            committed: now,
            said: None,
            sounded: None,
            left: None,
        }
    }

    /// The dialog has its first words.
    pub(super) fn said(&mut self, now: Instant) {
        self.said.get_or_insert(now);
    }

    /// The voice has its first sound.
    pub(super) fn sounded(&mut self, now: Instant) {
        self.sounded.get_or_insert(now);
    }

    /// The first packet left.
    pub(super) fn left(&mut self, now: Instant) {
        self.left.get_or_insert(now);
    }

    /// The waterfall, once the reply is on the line.
    pub(super) fn latency(self) -> Option<TurnLatency> {
        let left = self.left?;
        let said = self.said.unwrap_or(self.committed);
        let sounded = self.sounded.unwrap_or(said);
        let stage = |from: Instant, to: Instant| millis(to.saturating_duration_since(from));
        let latency = TurnLatency {
            endpoint_ms: self.endpoint_ms,
            stt_ms: self.stt_ms,
            dialog_ms: stage(self.committed, said),
            tts_ms: stage(said, sounded),
            egress_ms: stage(sounded, left),
            total_ms: 0.0,
        };
        let total_ms = latency.endpoint_ms + latency.stt_ms + latency.dialog_ms + latency.tts_ms + latency.egress_ms;
        Some(TurnLatency { total_ms, ..latency })
    }
}

fn millis(duration: std::time::Duration) -> f32 {
    duration.as_secs_f32() * 1_000.0
}

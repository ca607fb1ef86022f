//! One stretch of the callee, from the first sound to the decision what it was.

use std::time::Duration;

use domain::agent_definition as definition;
use domain::time::{CallMs, Mono};

use super::completeness::{looks_complete, often_goes_on};

/// A segment that is not decided yet.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) id: u32,
    /// First sound.
    pub(super) started: Mono,
    pub(super) start: CallMs,
    /// First sound since the last pause.
    pub(super) burst: Mono,
    /// Last sound, while silent.
    pub(super) ended: Option<Mono>,
    pub(super) end: CallMs,
    /// Latest text request since the last sound.
    pub(super) asked: Option<Asked>,
    /// Best text so far.
    pub(super) text: String,
    /// When the text came that covers everything said.
    pub(super) known: Option<Mono>,
    pub(super) failed: bool,
    pub(super) hint: Option<f32>,
    /// It stopped the agent: what the agent was doing then.
    pub(super) stopped: Option<Stopped>,
    /// It goes on from a turn whose reply had not begun.
    pub(super) continues: bool,
    /// Too long; decided as soon as its text is known.
    pub(super) forced: bool,
    /// Sound that went on when the turn before was taken away; cannot interrupt by its length.
    pub(super) carried_over: bool,
    pub(super) next_interim: Option<Mono>,
}

/// An open request for text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) request: u32,
    pub(super) at: Mono,
}

/// What the agent was doing when it was stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stopped {
    /// It was speaking.
    Speaking,
    /// Its reply was on the way.
    Replying,
}

impl Segment {
    pub(super) fn new(id: u32, started: Mono, start: CallMs) -> Self {
        Self {
            id,
            started,
            start,
            burst: started,
            ended: None,
            end: start,
            asked: None,
            text: String::new(),
            known: None,
            failed: false,
            hint: None,
            stopped: None,
            continues: false,
            forced: false,
            carried_over: false,
            next_interim: None,
        }
    }

    pub(super) fn is_speaking(&self) -> bool {
        self.ended.is_none()
    }

    /// Speech goes on after a pause: what is known of it is no longer all of it.
    pub(super) fn resume(&mut self, burst: Mono) {
        self.ended = None;
        self.burst = burst;
        self.carried_over = false;
        if self.forced {
            return;
        }
        self.asked = None;
        self.known = None;
        self.failed = false;
        self.hint = None;
    }

    /// Silence after which this turn is over.
    pub(super) fn endpoint(&self, profile: &definition::TurnTaking, dictation: bool) -> Duration {
        let ms = if dictation {
            profile.dictation_endpoint_ms
        } else {
            let max = profile.endpoint_max_ms.max(profile.endpoint_ms);
            // The detector is unstable near the middle (facts/speech.md): only clear scores count.
            match (looks_complete(&self.text), self.hint) {
                (true, Some(score)) if score < 0.25 => max,
                (true, _) if often_goes_on(&self.text) => profile.endpoint_ms.midpoint(max),
                (true, _) => profile.endpoint_ms,
                (false, Some(score)) if score > 0.9 => profile.endpoint_ms.midpoint(max),
                (false, _) => max,
            }
        };
        Duration::from_millis(ms)
    }

    /// Length from first to last sound.
    pub(super) fn length(&self) -> Duration {
        Duration::from_millis(self.end.0.saturating_sub(self.start.0))
    }
}

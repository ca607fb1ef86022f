//! When the machine wants to be woken. Every wait of turn taking is a row in here.

use std::time::Duration;

use domain::time::{Mono, soonest};

use super::Why;
use super::machine::{Agent, TurnTaking};
use super::segment::Segment;

/// A "Hello?" takes the floor only when it grows longer than this; people say it in well under a second.
const PICK_UP_INTERRUPT: Duration = Duration::from_millis(1_200);
/// Shortest maximum turn; a definition with less would take the floor from everybody.
const MIN_MAX_TURN: Duration = Duration::from_secs(1);

impl TurnTaking {
    /// Time that speech needs to stop the agent by its length alone.
    pub(super) fn interrupt_after(&self, segment: &Segment) -> Duration {
        let usual = Duration::from_millis(self.settings.turn_taking.interrupt_after_ms);
        if self.is_pick_up(segment) { usual.max(PICK_UP_INTERRUPT) } else { usual }
    }

    pub(super) fn segment_deadline(&self, segment: &Segment) -> Option<(Mono, Why)> {
        let settings = &self.settings;
        let profile = &settings.turn_taking;
        let over_agent = self.is_over_agent(segment);
        let mut due = None;
        let mut row = |at: Mono, why: Why| due = soonest(due, Some((at, why)));
        if let (Some(asked), None) = (segment.asked, segment.known) {
            row(asked.at + settings.text_timeout, Why::TextOverdue);
        }
        if segment.is_speaking() {
            if over_agent && self.interruptible && !segment.carried_over {
                row(segment.burst + self.interrupt_after(segment), Why::Interrupt);
            }
            if !segment.forced {
                let max_turn = Duration::from_millis(profile.max_turn_ms).max(MIN_MAX_TURN);
                row(segment.started + max_turn, Why::MaxTurn);
                if let Some(at) = segment.next_interim {
                    row(at, Why::Interim);
                }
            }
        }
        match (segment.ended, segment.known) {
            (_, Some(known)) if segment.forced && !over_agent => row(known, Why::Endpoint),
            (Some(ended), Some(_)) if !over_agent => {
                row(ended + segment.endpoint(profile, self.dictation), Why::Endpoint);
            }
            (Some(ended), None) if segment.asked.is_none() => {
                let endpoint = Duration::from_millis(profile.endpoint_ms);
                row(ended + settings.speculate_after.min(endpoint), Why::AskText);
            }
            _ => {}
        }
        due
    }

    pub(super) fn floor_deadline(&self) -> Option<(Mono, Why)> {
        if self.gave_up || self.segment.is_some() {
            return None;
        }
        let answered = self.answered?;
        if !self.opened {
            return Some((answered + self.settings.listen_first, Why::Opening));
        }
        let silent = self.quiet_since + self.settings.silence_prompt;
        (self.agent == Agent::Quiet).then(|| (self.hold_until.map_or(silent, |hold| hold.max(silent)), Why::Silence))
    }
}

//! How the conversation brings a call to its end without clipping what is being said.
//!
//! Law: hanging up is terminal and idempotent. What is queued is said first, then the line stays open for a moment, so
//! that the last word leaves the far end's buffer before the BYE.

use std::time::Duration;

use domain::outcome::EndReason;
use domain::time::Mono;

/// Time for the last frames to cross the network and the far end's playout buffer.
const LINGER: Duration = Duration::from_millis(240);
/// Longest goodbye; a voice that never finishes does not keep the line open.
const LONGEST_GOODBYE: Duration = Duration::from_secs(30);

/// The end that was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Ending {
    /// Nobody asked.
    #[default]
    Open,
    /// As soon as the voice is idle.
    WhenSpoken { reason: EndReason, at_most: Mono },
    /// The voice is idle; the line is held for a moment.
    Lingering { reason: EndReason, until: Mono },
    /// The call's task was told.
    Told,
}

impl Ending {
    /// Hang up once everything is said. Only the first request counts.
    pub(super) fn ask(&mut self, reason: EndReason, now: Mono) {
        if *self == Self::Open {
            *self = Self::WhenSpoken { reason, at_most: now + LONGEST_GOODBYE };
        }
    }

    /// Whether the end was asked for.
    pub(super) fn is_asked(self) -> bool {
        self != Self::Open
    }

    /// The voice has nothing more to say.
    pub(super) fn spoken(&mut self, now: Mono) {
        if let Self::WhenSpoken { reason, .. } = *self {
            *self = Self::Lingering { reason, until: now + LINGER };
        }
    }

    pub(super) fn deadline(self) -> Option<Mono> {
        match self {
            Self::WhenSpoken { at_most, .. } => Some(at_most),
            Self::Lingering { until, .. } => Some(until),
            Self::Open | Self::Told => None,
        }
    }

    /// The reason, once, when it is time.
    pub(super) fn due(&mut self, now: Mono) -> Option<EndReason> {
        let (reason, at) = match *self {
            Self::WhenSpoken { reason, at_most } => (reason, at_most),
            Self::Lingering { reason, until } => (reason, until),
            Self::Open | Self::Told => return None,
        };
        (at <= now).then(|| {
            *self = Self::Told;
            reason
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_goodbye_is_said_and_the_line_held_before_the_end_comes_once() {
        let mut ending = Ending::default();
        ending.ask(EndReason::AgentHangup, Mono::ZERO);
        ending.ask(EndReason::SilenceTimeout, Mono::ZERO);
        assert_eq!(ending.due(Mono::from_millis(2_000)), None);
        ending.spoken(Mono::from_millis(2_000));
        assert_eq!(ending.due(Mono::from_millis(2_239)), None);
        assert_eq!(ending.due(Mono::from_millis(2_240)), Some(EndReason::AgentHangup));
        assert_eq!((ending.due(Mono::from_millis(9_000)), ending.is_asked()), (None, true));
    }

    #[test]
    fn a_voice_that_never_finishes_does_not_keep_the_line() {
        let mut ending = Ending::default();
        ending.ask(EndReason::AgentHangup, Mono::ZERO);
        assert_eq!(ending.due(Mono::from_millis(30_000)), Some(EndReason::AgentHangup));
    }
}

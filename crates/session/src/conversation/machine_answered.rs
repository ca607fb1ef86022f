//! What to do when a machine answered: hang up, or wait for the beep and leave the message.
//!
//! Law: the message is said once, after the beep, or after the greeting when no beep comes; nobody can interrupt it.

use std::time::Duration;

use domain::agent_definition::{MachineAction, MachineBehaviour};
use domain::time::Mono;

/// Silence after the greeting that stands for a beep we did not hear.
const GREETING_OVER: Duration = Duration::from_millis(2_500);
/// Pause between the beep and the message: recorders cut the first moment.
const AFTER_BEEP: Duration = Duration::from_millis(300);

/// Where we are with the machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// A person, as far as we know.
    Talking,
    /// Waiting for the beep; `quiet_since` while the greeting pauses.
    AwaitingBeep { since: Mono, quiet_since: Option<Mono> },
    /// The beep was heard; the message follows at `at`.
    Beeped { at: Mono },
    /// The message is being said.
    Leaving,
    /// The machine is left alone: we hang up.
    GivingUp,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Todo {
    /// Nothing.
    Nothing,
    /// Stop talking and listen.
    FallSilent,
    /// Stop talking and hang up.
    HangUp,
    /// Say the message.
    LeaveMessage,
}

/// Follows the machine's greeting.
#[derive(Debug)]
pub(super) struct MachineAnswered {
    behaviour: MachineBehaviour,
    step: Step,
}

impl MachineAnswered {
    pub(super) fn new(behaviour: MachineBehaviour) -> Self {
        Self { behaviour, step: Step::Talking }
    }

    /// Whether the dialog with a person goes on.
    pub(super) fn is_talking(&self) -> bool {
        self.step == Step::Talking
    }

    /// Whether the message is being left.
    pub(super) fn is_leaving(&self) -> bool {
        self.step == Step::Leaving
    }

    /// Answer detection says machine.
    pub(super) fn recognised(&mut self, now: Mono, callee_speaks: bool) -> Todo {
        if self.step != Step::Talking {
            return Todo::Nothing;
        }
        match self.behaviour.action {
            MachineAction::Continue => Todo::Nothing,
            MachineAction::HangUp => {
                self.step = Step::GivingUp;
                Todo::HangUp
            }
            MachineAction::LeaveMessage => {
                self.step = Step::AwaitingBeep { since: now, quiet_since: (!callee_speaks).then_some(now) };
                Todo::FallSilent
            }
        }
    }

    /// Answer detection changed its mind: a person after all. True when the dialog takes up again.
    pub(super) fn human_after_all(&mut self) -> bool {
        let waiting = matches!(self.step, Step::AwaitingBeep { .. } | Step::Beeped { .. });
        if waiting {
            self.step = Step::Talking;
        }
        waiting
    }

    /// A beep ended.
    pub(super) fn beep(&mut self, now: Mono) {
        if matches!(self.step, Step::AwaitingBeep { .. }) {
            self.step = Step::Beeped { at: now + AFTER_BEEP };
        }
    }

    /// The machine speaks (true) or pauses.
    pub(super) fn speech(&mut self, now: Mono, speaks: bool) {
        if let Step::AwaitingBeep { quiet_since, .. } = &mut self.step {
            *quiet_since = (!speaks).then_some(now);
        }
    }

    pub(super) fn deadline(&self) -> Option<Mono> {
        match self.step {
            Step::AwaitingBeep { since, quiet_since } => {
                let patience = since + Duration::from_millis(self.behaviour.beep_timeout_ms);
                Some(quiet_since.map_or(patience, |quiet| patience.min(quiet + GREETING_OVER)))
            }
            Step::Beeped { at } => Some(at),
            Step::Talking | Step::Leaving | Step::GivingUp => None,
        }
    }

    pub(super) fn on_deadline(&mut self, now: Mono) -> Todo {
        if self.deadline().is_some_and(|at| at <= now) {
            self.step = Step::Leaving;
            return Todo::LeaveMessage;
        }
        Todo::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(action: MachineAction) -> MachineAnswered {
        MachineAnswered::new(MachineBehaviour { action, message: Some("Hi.".into()), beep_timeout_ms: 25_000 })
    }

    #[test]
    fn the_message_follows_the_beep() {
        let mut machine = machine(MachineAction::LeaveMessage);
        assert_eq!(machine.recognised(Mono::from_millis(4_000), true), Todo::FallSilent);
        machine.beep(Mono::from_millis(9_000));
        assert_eq!(machine.on_deadline(Mono::from_millis(9_299)), Todo::Nothing);
        assert_eq!(machine.on_deadline(Mono::from_millis(9_300)), Todo::LeaveMessage);
        assert_eq!(machine.deadline(), None);
    }

    #[test]
    fn without_a_beep_the_end_of_the_greeting_counts_and_a_pause_in_it_does_not() {
        let mut machine = machine(MachineAction::LeaveMessage);
        machine.recognised(Mono::from_millis(4_000), true);
        machine.speech(Mono::from_millis(5_000), false);
        machine.speech(Mono::from_millis(6_000), true);
        machine.speech(Mono::from_millis(8_000), false);
        assert_eq!(machine.deadline(), Some(Mono::from_millis(10_500)));
    }

    #[test]
    fn an_endless_greeting_is_talked_over_at_last() {
        let mut machine = machine(MachineAction::LeaveMessage);
        machine.recognised(Mono::from_millis(4_000), true);
        assert_eq!(machine.deadline(), Some(Mono::from_millis(29_000)));
    }

    #[test]
    fn hang_up_and_continue_do_as_they_say() {
        assert_eq!(machine(MachineAction::HangUp).recognised(Mono::ZERO, true), Todo::HangUp);
        let mut stays = machine(MachineAction::Continue);
        assert_eq!(stays.recognised(Mono::ZERO, true), Todo::Nothing);
        assert!(stays.is_talking());
    }
}

//! Talking while the agent does: interruptions, and noises of attention.

use domain::time::Mono;

use super::super::document::Act;
use super::{Machine, ms_of};

impl Machine {
    pub(super) fn interrupt_by_time(&mut self, now: Mono) {
        let Some(began) = self.turn.began.filter(|_| self.turn.speaking && self.playing.is_none()) else { return };
        let due = |n: &usize| {
            let after = self.persona().interruptions[*n].after_ms;
            self.may_interrupt(*n) && after.is_some_and(|ms| now >= began + ms_of(ms))
        };
        if let Some(n) = (0..self.interrupted.len()).find(due) {
            self.interrupt(now, n);
        }
    }

    pub(super) fn interrupt_at_words(&mut self, now: Mono, text: &str) {
        if !self.turn.speaking || self.playing.is_some() {
            return;
        }
        let due = |n: &usize| {
            self.may_interrupt(*n) && self.script.interruptions[*n].iter().any(|pattern| pattern.found_in(text))
        };
        if let Some(n) = (0..self.interrupted.len()).find(due) {
            self.interrupt(now, n);
        }
    }

    fn may_interrupt(&self, n: usize) -> bool {
        let in_turn = self.persona().interruptions[n].in_turn;
        !self.interrupted[n] && in_turn.is_none_or(|turn| turn == self.turns + 1)
    }

    fn interrupt(&mut self, now: Mono, n: usize) {
        self.interrupted[n] = true;
        self.turn.talked_over = true;
        let interruption = self.persona().interruptions[n].clone();
        self.queue.clear();
        self.pause_until = None;
        self.enqueue(vec![Act::Say(interruption.say)], now, false);
        self.enqueue(interruption.then, now, true);
    }

    pub(super) fn backchannel(&mut self, now: Mono) {
        let due = self.talk_backchannel_at().is_some_and(|at| now >= at);
        let Some(noise) = self.persona().backchannel.clone().filter(|_| due) else { return };
        self.backchannels += 1;
        self.backchannel_at = Some(now + ms_of(noise.every_ms));
        self.enqueue(vec![Act::Say(noise.say)], now, false);
    }

    fn talk_backchannel_at(&self) -> Option<Mono> {
        let noise = self.persona().backchannel.as_ref()?;
        let free = self.turn.speaking && self.playing.is_none() && self.queue.is_empty();
        self.backchannel_at.filter(|_| free && self.backchannels < noise.at_most)
    }

    /// The next moment at which the agent is talked over.
    pub(super) fn talk_deadline(&self) -> Option<Mono> {
        let began = self.turn.began.filter(|_| self.turn.speaking && self.playing.is_none())?;
        let interruptions = self.persona().interruptions.iter().enumerate();
        let timed = interruptions.filter(|(n, _)| self.may_interrupt(*n)).filter_map(|(_, i)| i.after_ms);
        let timed = timed.map(|ms| began + ms_of(ms)).min();
        [timed, self.talk_backchannel_at()].into_iter().flatten().min()
    }
}

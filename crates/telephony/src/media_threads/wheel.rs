//! Which call sends when: 20 slots of 1 ms, so that the calls of a thread do not all send at once, and the pacing
//! of one call within them.
//!
//! Law: a call sends one frame every 20 ms, no more and no less over time. Only the first frame of an utterance
//! may leave early; what it gained is paid back by leaving out one silent frame when it comes to a whole one.

/// Slots of the wheel, and ms of a frame.
pub(crate) const SLOTS: usize = 20;

/// The most that head starts may come to, in ms: what any far end's jitter buffer takes.
const MOST_AHEAD: u64 = 40;

/// The calls of a thread by the slot they send in.
#[derive(Debug, Default)]
pub(crate) struct Wheel {
    slots: [Vec<u32>; SLOTS],
}

impl Wheel {
    /// Puts a call into the emptiest slot, the next one first, and gives the slot.
    pub(crate) fn add(&mut self, call: u32, tick: u64) -> usize {
        let slot = (1..=SLOTS)
            .map(|ahead| slot_of(tick + ahead as u64))
            .min_by_key(|slot| self.slots[*slot].len())
            .unwrap_or_default();
        self.slots[slot].push(call);
        slot
    }

    pub(crate) fn remove(&mut self, call: u32, slot: usize) {
        self.slots[slot].retain(|member| *member != call);
    }

    /// Moves a call to the slot of `tick`.
    pub(crate) fn rephase(&mut self, call: u32, slot: usize, tick: u64) -> usize {
        self.remove(call, slot);
        let slot = slot_of(tick);
        self.slots[slot].push(call);
        slot
    }

    /// The calls due at `tick`.
    pub(crate) fn due(&self, tick: u64) -> &[u32] {
        &self.slots[slot_of(tick)]
    }
}

fn slot_of(tick: u64) -> usize {
    // The remainder is below 20, so nothing is lost.
    (tick % SLOTS as u64) as usize
}

/// When one call sends.
#[derive(Debug)]
pub(crate) struct Pacing {
    /// The tick of the next frame.
    due: u64,
    /// Head starts taken and not paid back, in ms.
    ahead: u64,
}

impl Pacing {
    pub(crate) fn new(first: u64) -> Self {
        Self { due: first, ahead: 0 }
    }

    /// Whether the call's turn in its slot is really due: after a head start the new slot may come round early.
    pub(crate) fn is_due(&self, tick: u64) -> bool {
        tick >= self.due
    }

    /// A frame leaves at `tick`, its regular time.
    pub(crate) fn sent(&mut self) {
        self.due += SLOTS as u64;
    }

    /// An utterance starts after silence: its first frame leaves at `tick` instead of its regular time. Refused when
    /// too many head starts are not paid back yet: voice that comes in drops would otherwise run away from the clock.
    pub(crate) fn head_start(&mut self, tick: u64) -> bool {
        let gain = self.due.saturating_sub(tick);
        if self.ahead + gain >= MOST_AHEAD {
            return false;
        }
        self.ahead += gain;
        self.due = tick;
        true
    }

    /// Whether this silent frame is to be left out to pay head starts back.
    pub(crate) fn pay_back(&mut self) -> bool {
        if self.ahead < SLOTS as u64 {
            return false;
        }
        self.ahead -= SLOTS as u64;
        self.due += SLOTS as u64;
        true
    }

    /// The thread was suspended: the frames that did not leave are not sent in a burst.
    pub(crate) fn skip_to(&mut self, tick: u64) {
        while self.due < tick {
            self.due += SLOTS as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_spread_evenly() {
        let mut wheel = Wheel::default();
        let mut slots = [0; SLOTS];
        for call in 0..40 {
            slots[wheel.add(call, 7)] += 1;
        }
        assert_eq!(slots, [2; SLOTS]);
        wheel.remove(0, 8);
        assert_eq!(wheel.due(8).len(), 1);
        assert_eq!(wheel.add(99, 3), 8);
    }

    #[test]
    fn a_call_moves_to_the_slot_of_its_utterance() {
        let mut wheel = Wheel::default();
        let slot = wheel.add(5, 0);
        assert_eq!(wheel.rephase(5, slot, 33), 13);
        assert_eq!((wheel.due(slot as u64).len(), wheel.due(13), wheel.due(33)), (0, &[5][..], &[5][..]));
    }

    #[test]
    fn head_starts_are_paid_back_and_never_drift() {
        let mut pacing = Pacing::new(1000);
        let mut frames = 0;
        // Every utterance starts 13 ms before its regular time, ten times; two silent slots follow each.
        for _ in 0..10 {
            assert!(pacing.head_start(pacing.due - 13));
            pacing.sent();
            frames += 1;
            for _ in 0..2 {
                if !pacing.pay_back() {
                    pacing.sent();
                    frames += 1;
                }
            }
            assert!(pacing.ahead < 2 * SLOTS as u64);
        }
        assert_eq!((pacing.due + pacing.ahead, frames), (1000 + 20 * frames, 24));
    }

    #[test]
    fn voice_that_comes_in_drops_does_not_run_away() {
        let mut pacing = Pacing::new(1000);
        let mut taken = 0;
        for _ in 0..10 {
            taken += usize::from(pacing.head_start(pacing.due - 15));
            pacing.sent();
        }
        assert_eq!(taken, 2);
    }

    #[test]
    fn a_suspended_thread_sends_no_burst_and_keeps_its_slot() {
        let mut pacing = Pacing::new(5);
        pacing.skip_to(1000);
        assert!(!pacing.is_due(1004) && pacing.is_due(1005));
    }
}

//! The callee's channel of a recording: sound comes in when packets do, and leaves in slots.
//!
//! Law: the recording has one clock, that of the slots; what the network brings early waits, what it brings late
//! leaves a gap. The delay kept is what jitter needs, and a clock that runs away is brought back.

use media::{Frame, SILENCE};

/// Frames that may wait: 200 ms. Beyond it the far end's clock runs fast, or a burst came after a stall.
const MAX_FRAMES: usize = 10;
/// Frames gathered before the first leaves, and after each gap: 40 ms.
const LEAD: usize = 2;

/// A few frames of the callee between the two clocks.
pub(crate) struct CalleeTrack {
    frames: [Frame; MAX_FRAMES],
    first: usize,
    count: usize,
    gathering: bool,
}

impl Default for CalleeTrack {
    fn default() -> Self {
        Self { frames: [SILENCE; MAX_FRAMES], first: 0, count: 0, gathering: true }
    }
}

impl CalleeTrack {
    pub(crate) fn put(&mut self, frame: &Frame) {
        if self.count == MAX_FRAMES {
            // Down to the lead at once: one short cut is heard less than many.
            self.first = (self.first + MAX_FRAMES - LEAD) % MAX_FRAMES;
            self.count = LEAD;
        }
        self.frames[(self.first + self.count) % MAX_FRAMES] = *frame;
        self.count += 1;
    }

    pub(crate) fn take(&mut self) -> Frame {
        if self.gathering && self.count < LEAD {
            return SILENCE;
        }
        self.gathering = self.count == 0;
        if self.gathering {
            return SILENCE;
        }
        let frame = self.frames[self.first];
        self.first = (self.first + 1) % MAX_FRAMES;
        self.count -= 1;
        frame
    }
}

#[cfg(test)]
mod tests {
    use media::FRAME_SAMPLES;

    use super::*;

    fn frame(value: i16) -> Frame {
        [value; FRAME_SAMPLES]
    }

    #[test]
    fn jitter_within_the_lead_leaves_no_gap() {
        let mut track = CalleeTrack::default();
        assert_eq!(track.take()[0], 0);
        let mut heard = Vec::new();
        // Two frames, then nothing, then two: as unsteady as 20 ms of jitter make it.
        for value in (1..20).step_by(2) {
            track.put(&frame(value));
            track.put(&frame(value + 1));
            heard.push(track.take()[0]);
            heard.push(track.take()[0]);
        }
        assert_eq!(heard, (1..=20).collect::<Vec<_>>());
    }

    #[test]
    fn a_stall_leaves_silence_and_a_burst_is_cut_to_the_lead() {
        let mut track = CalleeTrack::default();
        track.put(&frame(1));
        track.put(&frame(2));
        assert_eq!([track.take()[0], track.take()[0], track.take()[0]], [1, 2, 0]);
        for value in 3..=15 {
            track.put(&frame(value));
        }
        assert_eq!(track.take()[0], 11);
    }
}

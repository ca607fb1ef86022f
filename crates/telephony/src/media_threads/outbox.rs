//! The way from a media thread to one conversation. Law: it never blocks; audio that finds no room is dropped and
//! counted, marks wait in line and are never lost.

use std::collections::VecDeque;

use app::ports::telephone::MediaEvent;
use tokio::sync::mpsc;

/// Places that audio leaves to the marks.
const RESERVED: usize = 32;
/// Marks kept for a conversation that does not read at all; it has lost interest long before.
const MAX_WAITING: usize = 4096;

pub(crate) struct Outbox {
    events: mpsc::Sender<MediaEvent>,
    waiting: VecDeque<MediaEvent>,
    dropped: u64,
}

impl Outbox {
    pub(crate) fn new(events: mpsc::Sender<MediaEvent>) -> Self {
        Self { events, waiting: VecDeque::new(), dropped: 0 }
    }

    /// Events that found no room.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Gives a mark.
    pub(crate) fn mark(&mut self, event: MediaEvent) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back(event);
        } else {
            self.dropped += 1;
        }
        self.flush();
    }

    /// Whether there is room for audio; asked first, so that audio without room is not even copied.
    pub(crate) fn takes_audio(&mut self) -> bool {
        self.flush();
        let takes = self.waiting.is_empty() && self.events.capacity() > RESERVED;
        if !takes {
            self.dropped += 1;
        }
        takes
    }

    /// Gives audio, after [`Self::takes_audio`].
    pub(crate) fn audio(&mut self, event: MediaEvent) {
        if self.events.try_send(event).is_err() {
            self.dropped += 1;
        }
    }

    /// Gives what waits, as far as there is room.
    pub(crate) fn flush(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    return;
                }
                // Nobody listens any more; the leg ends soon.
                Err(mpsc::error::TrySendError::Closed(_)) => {
                    self.waiting.clear();
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(at_ms: u64) -> MediaEvent {
        MediaEvent::Inactive { at_ms }
    }

    #[test]
    fn audio_leaves_room_and_marks_are_kept_in_order() {
        let (events, mut received) = mpsc::channel(RESERVED + 2);
        let mut outbox = Outbox::new(events);
        for at_ms in 0..2 {
            assert!(outbox.takes_audio());
            outbox.audio(MediaEvent::Audio { at_ms, samples: [0; 3].into() });
        }
        assert!(!outbox.takes_audio());
        assert_eq!(outbox.dropped, 1);
        for at_ms in 0..100 {
            outbox.mark(mark(at_ms));
        }
        assert!(!outbox.takes_audio());
        let mut marks = Vec::new();
        while let Ok(event) = received.try_recv() {
            outbox.flush();
            if let MediaEvent::Inactive { at_ms } = event {
                marks.push(at_ms);
            }
        }
        assert_eq!(marks, (0..100).collect::<Vec<_>>());
        assert!(outbox.takes_audio());
    }
}

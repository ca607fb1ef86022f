//! DTMF as telephone events (RFC 4733): reading the callee's key presses, sending the agent's.
//!
//! Law: one press is one digit, however its packets are lost, doubled or reordered: a press is told apart by its
//! RTP timestamp alone. A digit is reported at the first packet of its press that arrives.
//!
//! On the call's way: the reader takes the events that [`crate::jitter_buffer`] releases; the sender replaces the
//! voice frames of the slots in which it has something to say.

use std::collections::VecDeque;

use crate::FRAME_SAMPLES;
use crate::rtp::timestamp_distance;

#[cfg(test)]
mod tests;

/// The keys in the order of their event codes, 0 to 15.
pub const KEYS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

/// Digits that may wait to be sent; the longest IVR entries are card numbers.
const MAX_QUEUED: usize = 64;

/// RFC 4733, 2.5.1.4: the end is sent three times.
const END_PACKETS: u8 = 3;

/// How far back an event packet may reach and still be an earlier press: two seconds.
const STRAGGLER_TICKS: i32 = 16_000;

/// The event code of a key.
#[must_use]
pub fn event_of(key: char) -> Option<u8> {
    KEYS.iter().position(|known| known.eq_ignore_ascii_case(&key)).and_then(|code| u8::try_from(code).ok())
}

/// The key of an event code.
#[must_use]
pub fn key_of(event: u8) -> Option<char> {
    KEYS.get(usize::from(event)).copied()
}

/// The four bytes of a telephone event (RFC 4733, section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// The event code; 0 to 15 are keys.
    pub event: u8,
    /// Whether the press is over.
    pub end: bool,
    /// Level in -dBm0, 0 to 63.
    pub volume: u8,
    /// How long the press has lasted, in timestamp ticks.
    pub duration: u16,
}

impl TelephoneEvent {
    /// Reads a payload; `None` if it is too short. Further events of a longer payload are ignored.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let &[event, flags, d0, d1] = payload.first_chunk::<4>()?;
        Some(Self { event, end: flags & 0x80 != 0, volume: flags & 0x3f, duration: u16::from_be_bytes([d0, d1]) })
    }

    /// The payload.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 4] {
        let [d0, d1] = self.duration.to_be_bytes();
        [self.event, u8::from(self.end) << 7 | self.volume & 0x3f, d0, d1]
    }
}

/// Turns received events into digits.
#[derive(Debug, Clone, Default)]
pub struct DtmfReceiver {
    latest: Option<(u32, u8)>,
}

impl DtmfReceiver {
    /// Takes one event packet; returns the key if this is the first sign of its press. A press of which only end
    /// packets arrive counts too.
    pub fn on_event(&mut self, timestamp: u32, payload: &[u8]) -> Option<char> {
        let event = TelephoneEvent::parse(payload)?;
        let key = key_of(event.event)?;
        if let Some((latest, code)) = self.latest {
            let ahead = timestamp_distance(latest, timestamp);
            if ahead == 0 && code == event.event {
                return None;
            }
            // A straggler of an earlier press, which was reported then. Further back the clock itself has jumped.
            if (-STRAGGLER_TICKS..0).contains(&ahead) {
                return None;
            }
            // A press longer than 65535 ticks goes on as a new segment without a pause (RFC 4733, 2.5.1.3).
            if code == event.event && ahead == i32::from(u16::MAX) {
                self.latest = Some((timestamp, code));
                return None;
            }
        }
        self.latest = Some((timestamp, event.event));
        Some(key)
    }

    /// Forgets the latest press; call it when the stream restarts, because timestamps begin anew.
    pub fn reset(&mut self) {
        self.latest = None;
    }
}

/// How digits are sent. All times are in 20 ms slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DtmfTiming {
    /// Slots of one press; at least 1.
    pub press_slots: u16,
    /// Slots of voice or silence between two presses.
    pub pause_slots: u16,
    /// Level in -dBm0, 0 to 63.
    pub volume: u8,
}

impl Default for DtmfTiming {
    /// 100 ms on, 80 ms off, -10 dBm0: accepted by every IVR we know of; the standards ask for 40 ms of each.
    fn default() -> Self {
        Self { press_slots: 5, pause_slots: 4, volume: 10 }
    }
}

/// One event packet to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPacket {
    /// Set on the first packet of a press.
    pub marker: bool,
    /// The RTP timestamp, that of the press's start.
    pub timestamp: u32,
    /// The payload.
    pub payload: [u8; 4],
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Idle,
    Pressing { event: u8, timestamp: u32, slots: u16 },
    Ending { event: u8, timestamp: u32, sent: u8 },
    Pausing { slots: u16 },
}

/// Sends digits, one packet per 20 ms slot.
#[derive(Debug, Clone)]
pub struct DtmfSender {
    timing: DtmfTiming,
    queue: VecDeque<u8>,
    phase: Phase,
}

impl DtmfSender {
    /// A sender with nothing to send.
    #[must_use]
    pub fn new(timing: DtmfTiming) -> Self {
        let press_slots = timing.press_slots.clamp(1, u16::MAX / FRAME_SAMPLES as u16);
        Self { timing: DtmfTiming { press_slots, ..timing }, queue: VecDeque::new(), phase: Phase::Idle }
    }

    /// Queues the keys of `digits`, all or none; `false` if one of them is no key or too many wait.
    pub fn push(&mut self, digits: &str) -> bool {
        let events: Option<Vec<u8>> = digits.chars().map(event_of).collect();
        let Some(events) = events.filter(|events| self.queue.len() + events.len() <= MAX_QUEUED) else { return false };
        self.queue.extend(events);
        true
    }

    /// Whether nothing is being pressed and nothing waits.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle) && self.queue.is_empty()
    }

    /// The packet for the slot whose voice would carry `timestamp`; `None`: send voice in this slot.
    /// A returned packet takes the voice packet's place and its sequence number; the slot's ticks pass either way.
    pub fn next_slot(&mut self, timestamp: u32) -> Option<EventPacket> {
        if let Phase::Pausing { slots } = self.phase
            && slots < self.timing.pause_slots
        {
            self.phase = Phase::Pausing { slots: slots + 1 };
            return None;
        }
        if let Phase::Idle | Phase::Pausing { .. } = self.phase {
            self.phase = match self.queue.pop_front() {
                Some(event) => Phase::Pressing { event, timestamp, slots: 0 },
                None => Phase::Idle,
            };
        }
        match self.phase {
            Phase::Pressing { event, timestamp, slots } => {
                let slots = slots + 1;
                self.phase = if slots < self.timing.press_slots {
                    Phase::Pressing { event, timestamp, slots }
                } else {
                    Phase::Ending { event, timestamp, sent: 0 }
                };
                Some(self.packet(event, timestamp, slots, false))
            }
            Phase::Ending { event, timestamp, sent } => {
                self.phase = if sent + 1 < END_PACKETS {
                    Phase::Ending { event, timestamp, sent: sent + 1 }
                } else {
                    Phase::Pausing { slots: 0 }
                };
                Some(self.packet(event, timestamp, self.timing.press_slots, true))
            }
            Phase::Idle | Phase::Pausing { .. } => None,
        }
    }

    fn packet(&self, event: u8, timestamp: u32, slots: u16, end: bool) -> EventPacket {
        let duration = slots * FRAME_SAMPLES as u16;
        let payload = TelephoneEvent { event, end, volume: self.timing.volume, duration }.to_bytes();
        EventPacket { marker: slots == 1 && !end, timestamp, payload }
    }
}

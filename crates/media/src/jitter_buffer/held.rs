//! The packets that wait behind a gap, in order, in buffers that are used again.
//!
//! Law: bounded, and free of allocation once the call is warm; in-order traffic uses one buffer over and over.

use std::collections::VecDeque;
use std::time::Duration;

use crate::rtp::RtpHeader;

/// Packets kept at the very most, reached only if the caller does not drain.
const CAPACITY: usize = 64;

/// A waiting packet; its payload lies in `Held`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet {
    /// Extended sequence number.
    pub(super) position: u64,
    pub(super) arrived: Duration,
    pub(super) timestamp: u32,
    pub(super) payload_type: u8,
    pub(super) marker: bool,
    buffer: usize,
}

/// What became of an offered packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Insertion {
    Held,
    Duplicate,
    Full,
}

#[derive(Debug, Default)]
pub(super) struct Held {
    packets: VecDeque<Packet>,
    buffers: Vec<Vec<u8>>,
    free: Vec<usize>,
}

impl Held {
    pub(super) fn len(&self) -> usize {
        self.packets.len()
    }

    pub(super) fn front(&self) -> Option<Packet> {
        self.packets.front().copied()
    }

    /// Arrival of the packet that has waited longest.
    pub(super) fn earliest_arrival(&self) -> Option<Duration> {
        self.packets.iter().map(|packet| packet.arrived).min()
    }

    /// Whether some packet has waited for a whole window.
    pub(super) fn waited(&self, now: Duration, window: Duration) -> bool {
        self.earliest_arrival().is_some_and(|arrived| arrived + window <= now)
    }

    pub(super) fn insert(&mut self, position: u64, now: Duration, header: &RtpHeader, payload: &[u8]) -> Insertion {
        let index = self.packets.partition_point(|packet| packet.position < position);
        if self.packets.get(index).is_some_and(|packet| packet.position == position) {
            return Insertion::Duplicate;
        }
        if self.packets.len() >= CAPACITY {
            return Insertion::Full;
        }
        let buffer = self.free.pop().unwrap_or_else(|| {
            self.buffers.push(Vec::new());
            self.buffers.len() - 1
        });
        self.buffers[buffer].clear();
        self.buffers[buffer].extend_from_slice(payload);
        let packet = Packet {
            position,
            arrived: now,
            timestamp: header.timestamp,
            payload_type: header.payload_type,
            marker: header.marker,
            buffer,
        };
        self.packets.insert(index, packet);
        Insertion::Held
    }

    /// Takes the front packet out. Its payload stays readable until the next insertion.
    pub(super) fn pop(&mut self) {
        if let Some(packet) = self.packets.pop_front() {
            self.free.push(packet.buffer);
        }
    }

    pub(super) fn payload(&self, packet: &Packet) -> &[u8] {
        &self.buffers[packet.buffer]
    }

    pub(super) fn clear(&mut self) {
        self.free.extend(self.packets.drain(..).map(|packet| packet.buffer));
    }
}

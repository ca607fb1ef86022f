//! What the buffer must know of a call: its payload types, and how long to wait.

use std::time::Duration;

use crate::g711::Codec;

/// What the negotiated payload types mean to the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PayloadMap {
    audio: [Option<(u8, Codec)>; 4],
    pub(super) event: Option<u8>,
}

impl PayloadMap {
    /// Accepts `payload_type` as audio of `codec`; at most four, a fifth is ignored.
    #[must_use]
    pub fn audio(mut self, payload_type: u8, codec: Codec) -> Self {
        if let Some(slot) = self.audio.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some((payload_type, codec));
        }
        self
    }

    /// Accepts `payload_type` as telephone events (RFC 4733).
    #[must_use]
    pub fn event(mut self, payload_type: u8) -> Self {
        self.event = Some(payload_type);
        self
    }

    pub(super) fn codec(&self, payload_type: u8) -> Option<Codec> {
        self.audio.iter().flatten().find(|(known, _)| *known == payload_type).map(|(_, codec)| *codec)
    }
}

/// Settings of one call's buffer.
#[derive(Debug, Clone, Copy)]
pub struct ReorderConfig {
    /// How long a missing packet is waited for.
    pub window: Duration,
    /// After how long without a packet silence is made; `None` never makes any.
    pub idle_after: Option<Duration>,
    /// The negotiated payload types.
    pub payloads: PayloadMap,
}

impl ReorderConfig {
    /// 60 ms of window, silence after 120 ms without packets.
    #[must_use]
    pub fn new(payloads: PayloadMap) -> Self {
        Self { window: Duration::from_millis(60), idle_after: Some(Duration::from_millis(120)), payloads }
    }
}

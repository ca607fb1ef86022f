//! A line whose far end is not a telephone but whoever holds its two ends, such as somebody at a browser.
//!
//! Law: to the conversation it is a leg like any other: it plays, hears, and marks both on one clock. Nothing is dialed.

use std::pin::Pin;

use tokio::sync::mpsc;

use super::telephone::{LegCommand, MediaEvent};

/// Rates that a line can have, in samples a second.
pub const RATES: [u32; 2] = [8_000, 16_000];

/// Opens lines.
pub trait SocketLines: Send + Sync {
    /// A line whose far end speaks and hears at `rate_hz`, one of [`RATES`].
    fn open(&self, rate_hz: u32) -> SocketLine;
}

/// One line.
pub struct SocketLine {
    /// The conversation's way in; the line ends when it is dropped.
    pub commands: mpsc::Sender<LegCommand>,
    /// The conversation's way out; its clock starts with the task.
    pub media: mpsc::Receiver<MediaEvent>,
    /// What the far end says: mono samples in stretches of any length. Bounded; what finds no room is lost.
    pub heard: mpsc::Sender<Vec<i16>>,
    /// What the far end hears: 20 ms at a time. Bounded; whoever does not take it misses it.
    pub voice: mpsc::Receiver<Vec<i16>>,
    /// Runs the line.
    pub task: Pin<Box<dyn Future<Output = ()> + Send>>,
}

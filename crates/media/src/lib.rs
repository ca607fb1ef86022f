//! Samples and packets: everything a call does to audio between the socket and the conversation.
//!
//! Law (shelf 0): no clock, no randomness, no threads, no sockets. Time is an argument, a `Duration` on whatever
//! monotonic clock the caller keeps for the whole call. Bytes from the network can be malformed in any way; they
//! are refused by value, never by panic. Every queue is bounded.
//!
//! On the call's way: `telephony` reads a datagram → [`rtp`] → [`jitter_buffer`] → [`g711`] (or [`concealment`]
//! where a packet is missing) → [`vad`], speech recognition. Back: speech synthesis → [`resample`] → [`playout`]
//! → [`g711`] → [`rtp`]. [`dtmf`], [`tones`] and [`beep_detector`] listen and speak beside the voice;
//! [`stereo_clock`] writes both sides into one recording.
//!
//! Telephone audio in this workspace is 8 kHz, mono, `i16`, in frames of 20 ms.

pub mod beep_detector;
pub mod concealment;
pub mod dtmf;
pub mod g711;

pub mod jitter_buffer;
pub mod level;
pub mod playout;
pub mod resample;
pub mod rtp;
pub mod stereo_clock;
pub mod tones;
pub mod vad;

/// Samples per second of telephone audio.
pub const SAMPLE_RATE: u32 = 8_000;

/// Samples in one 20 ms frame.
pub const FRAME_SAMPLES: usize = 160;

/// 20 ms of telephone audio, 8 kHz mono.
pub type Frame = [i16; FRAME_SAMPLES];

/// A frame of digital silence.
pub const SILENCE: Frame = [0; FRAME_SAMPLES];

/// Samples of telephone audio in `time`, rounded down.
#[must_use]
pub fn samples_in(time: std::time::Duration) -> u64 {
    let samples = time.as_micros() * u128::from(SAMPLE_RATE) / 1_000_000;
    u64::try_from(samples).unwrap_or(u64::MAX)
}

/// The time that `samples` of telephone audio take.
#[must_use]
pub fn time_of(samples: u64) -> std::time::Duration {
    std::time::Duration::from_micros(samples.saturating_mul(125))
}

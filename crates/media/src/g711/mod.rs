//! G.711: the two companding laws of the telephone network, µ-law (PCMU) and A-law (PCMA).
//!
//! Law: bit exact with ITU-T G.711 as the ITU's own software library (G.191) computes it from 16-bit samples:
//! a negative sample is folded by one's complement, so both halves of the scale are mirror images.
//! Tables are built at compile time; encoding and decoding is one look-up per sample and allocates nothing.
//!
//! On the call's way: between the RTP payload and everything that works on samples.

use crate::{FRAME_SAMPLES, Frame};

#[cfg(test)]
mod tests;

/// A voice codec on the wire. G.722 and Opus will be further variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 µ-law, RFC 3551 payload type 0.
    Pcmu,
    /// G.711 A-law, RFC 3551 payload type 8.
    Pcma,
}

impl Codec {
    /// Every codec we offer, best liked first.
    pub const ALL: [Self; 2] = [Self::Pcmu, Self::Pcma];

    /// The static RTP payload type (RFC 3551, table 4).
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
        }
    }

    /// The encoding name as SDP's `rtpmap` spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }

    /// Ticks per second of the RTP timestamp.
    #[must_use]
    pub const fn clock_rate(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma => 8_000,
        }
    }

    /// The codec of an encoding name, in any case (RFC 8866 says that names are case-insensitive).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name().eq_ignore_ascii_case(name))
    }

    /// The codec of a static RTP payload type.
    #[must_use]
    pub fn from_payload_type(payload_type: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.payload_type() == payload_type)
    }

    /// Samples that a payload of `bytes` decodes to.
    #[must_use]
    pub const fn samples_in(self, bytes: usize) -> usize {
        match self {
            Self::Pcmu | Self::Pcma => bytes,
        }
    }

    /// Encodes samples; returns the bytes written, as many as the shorter of the two slices allows.
    pub fn encode(self, samples: &[i16], out: &mut [u8]) -> usize {
        let count = samples.len().min(out.len());
        let encode: fn(i16) -> u8 = match self {
            Self::Pcmu => encode_ulaw,
            Self::Pcma => encode_alaw,
        };
        for (byte, &sample) in out.iter_mut().zip(samples) {
            *byte = encode(sample);
        }
        count
    }

    /// Decodes bytes; returns the samples written, as many as the shorter of the two slices allows.
    pub fn decode(self, bytes: &[u8], out: &mut [i16]) -> usize {
        let count = bytes.len().min(out.len());
        let table = match self {
            Self::Pcmu => &ULAW_TO_LINEAR,
            Self::Pcma => &ALAW_TO_LINEAR,
        };
        for (sample, &byte) in out.iter_mut().zip(bytes) {
            *sample = table[usize::from(byte)];
        }
        count
    }

    /// Encodes one 20 ms frame.
    #[must_use]
    pub fn encode_frame(self, frame: &Frame) -> [u8; FRAME_SAMPLES] {
        let mut out = [0; FRAME_SAMPLES];
        self.encode(frame, &mut out);
        out
    }

    /// Decodes one 20 ms frame.
    #[must_use]
    pub fn decode_frame(self, bytes: &[u8; FRAME_SAMPLES]) -> Frame {
        let mut out = [0; FRAME_SAMPLES];
        self.decode(bytes, &mut out);
        out
    }
}

/// One sample to its µ-law code.
#[must_use]
pub fn encode_ulaw(sample: i16) -> u8 {
    // µ-law resolves 14 bits: the two lowest never matter.
    LINEAR_TO_ULAW[usize::from(sample.cast_unsigned() >> 2)]
}

/// One sample to its A-law code.
#[must_use]
pub fn encode_alaw(sample: i16) -> u8 {
    // A-law resolves 13 bits, in steps that are even at its finest: the four lowest bits never matter.
    LINEAR_TO_ALAW[usize::from(sample.cast_unsigned() >> 4)]
}

/// One µ-law code to its sample.
#[must_use]
pub fn decode_ulaw(code: u8) -> i16 {
    ULAW_TO_LINEAR[usize::from(code)]
}

/// One A-law code to its sample.
#[must_use]
pub fn decode_alaw(code: u8) -> i16 {
    ALAW_TO_LINEAR[usize::from(code)]
}

static ULAW_TO_LINEAR: [i16; 256] = ulaw_to_linear();
static ALAW_TO_LINEAR: [i16; 256] = alaw_to_linear();
static LINEAR_TO_ULAW: [u8; 1 << 14] = linear_to_ulaw();
static LINEAR_TO_ALAW: [u8; 1 << 12] = linear_to_alaw();

/// G.711 table 2: seven bits of magnitude are stored inverted; the scale is shifted by the bias of 33 steps.
const fn ulaw_to_linear() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let inverted = !(code as u8);
        let exponent = (inverted >> 4) & 7;
        let mantissa = (inverted & 0x0f) as i16;
        let magnitude = (((mantissa << 1) + 33) << exponent) - 33;
        table[code] = if code >= 0x80 { magnitude << 2 } else { -(magnitude << 2) };
        code += 1;
    }
    table
}

/// G.711 table 1: even bits are stored inverted; the first two segments share one step size.
const fn alaw_to_linear() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let plain = (code as u8) ^ 0x55;
        let exponent = (plain >> 4) & 7;
        let mantissa = ((plain & 0x0f) as i16) << 4;
        let magnitude = if exponent == 0 { mantissa + 8 } else { (mantissa + 0x108) << (exponent - 1) };
        table[code] = if code >= 0x80 { magnitude } else { -magnitude };
        code += 1;
    }
    table
}

const fn linear_to_ulaw() -> [u8; 1 << 14] {
    let mut table = [0; 1 << 14];
    let mut index = 0;
    while index < table.len() {
        let negative = index >= 1 << 13;
        let folded = if negative { (1 << 14) - 1 - index } else { index };
        let biased = if folded + 33 > 0x1fff { 0x1fff } else { folded + 33 };
        let segment = biased.ilog2() - 5;
        let mantissa = (biased >> (segment + 1)) & 0x0f;
        let code = !(((segment << 4) as u8) | mantissa as u8) & 0x7f;
        table[index] = if negative { code } else { code | 0x80 };
        index += 1;
    }
    table
}

const fn linear_to_alaw() -> [u8; 1 << 12] {
    let mut table = [0; 1 << 12];
    let mut index = 0;
    while index < table.len() {
        let negative = index >= 1 << 11;
        let folded = if negative { (1 << 12) - 1 - index } else { index };
        let code = if folded < 16 {
            folded as u8
        } else {
            let segment = folded.ilog2() - 3;
            ((segment << 4) as u8) | ((folded >> (segment - 1)) & 0x0f) as u8
        };
        table[index] = (if negative { code } else { code | 0x80 }) ^ 0x55;
        index += 1;
    }
    table
}

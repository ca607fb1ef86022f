//! RTCP of one call (RFC 3550 section 6): our reports out, the peer's reports in.
//!
//! Law: no clock and no socket in here, and no allocation: reports are written into a buffer given. A report that
//! cannot be read is an error to be counted.

/// Room for the longest compound we write: SR with one block (52), SDES (32), BYE (8).
pub(crate) const MAX_REPORT: usize = 96;

const VERSION: u8 = 2 << 6;
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
/// Seconds from 1900, where NTP counts from, to 1970.
const NTP_OFFSET_S: u64 = 2_208_988_800;

/// What our report says of our sending.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) ssrc: u32,
    pub(crate) packets: u32,
    pub(crate) octets: u32,
    pub(crate) rtp_timestamp: u32,
    /// Since 1970.
    pub(crate) now: std::time::Duration,
}

/// What our report says of what we received; RFC 3550 section 6.4.1.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Block {
    pub(crate) ssrc: u32,
    pub(crate) fraction_lost: u8,
    pub(crate) lost: u32,
    pub(crate) highest_sequence: u32,
    /// In timestamp units.
    pub(crate) jitter: u32,
    /// Middle bits of the peer's last SR, 0 if none came.
    pub(crate) last_report: u32,
    /// Since then, in 1/65536 s.
    pub(crate) delay: u32,
}

/// What a compound of the peer told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Middle bits of the peer's NTP time, when it sent an SR.
    pub(crate) sender_report: Option<u32>,
    /// Fraction of our packets the peer lost, of 256.
    pub(crate) fraction_lost: Option<u8>,
    /// It said goodbye.
    pub(crate) goodbye: bool,
}

/// Writes SR, SDES and, at the end of a call, BYE. Gives the length.
pub(crate) fn write(buffer: &mut [u8; MAX_REPORT], sent: Sent, block: Option<Block>, goodbye: bool) -> usize {
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        buffer[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    let blocks = u8::from(block.is_some());
    let words: u16 = if block.is_some() { 12 } else { 6 };
    put(&[VERSION | blocks, SENDER_REPORT]);
    put(&words.to_be_bytes());
    put(&sent.ssrc.to_be_bytes());
    put(&ntp(sent.now).to_be_bytes());
    put(&sent.rtp_timestamp.to_be_bytes());
    put(&sent.packets.to_be_bytes());
    put(&sent.octets.to_be_bytes());
    if let Some(block) = block {
        put(&block.ssrc.to_be_bytes());
        put(&((u32::from(block.fraction_lost) << 24) | block.lost.min(0x7f_ffff)).to_be_bytes());
        put(&block.highest_sequence.to_be_bytes());
        put(&block.jitter.to_be_bytes());
        put(&block.last_report.to_be_bytes());
        put(&block.delay.to_be_bytes());
    }
    // SDES with a CNAME that tells nothing about the host: the SSRC in hex (RFC 7022 asks for a random name).
    put(&[VERSION | 1, SOURCE_DESCRIPTION, 0, 4]);
    put(&sent.ssrc.to_be_bytes());
    put(&[1, 8]);
    for shift in (0..8).rev() {
        put(&[b"0123456789abcdef"[((sent.ssrc >> (shift * 4)) & 0xf) as usize]]);
    }
    put(&[0, 0]);
    if goodbye {
        put(&[VERSION | 1, GOODBYE, 0, 1]);
        put(&sent.ssrc.to_be_bytes());
    }
    at
}

/// Reads a compound; `None` when it is none.
pub(crate) fn read(mut bytes: &[u8], our_ssrc: u32) -> Option<Heard> {
    let mut heard = Heard::default();
    // RFC 3550 appendix A.2: the first packet of a compound is a report.
    if bytes.len() < 8 || !matches!(bytes[1], SENDER_REPORT | RECEIVER_REPORT) {
        return None;
    }
    while let [first, kind, high, low, ..] = *bytes {
        let length = 4 * (usize::from(u16::from_be_bytes([high, low])) + 1);
        if first & 0xc0 != VERSION || bytes.len() < length {
            return None;
        }
        let (packet, rest) = bytes.split_at(length);
        match kind {
            SENDER_REPORT => {
                heard.sender_report = Some(word(packet, 10)?);
                heard.fraction_lost = block_about(packet, 28, first & 0x1f, our_ssrc).or(heard.fraction_lost);
            }
            RECEIVER_REPORT => {
                heard.fraction_lost = block_about(packet, 8, first & 0x1f, our_ssrc).or(heard.fraction_lost);
            }
            GOODBYE => heard.goodbye = true,
            _ => {}
        }
        bytes = rest;
    }
    bytes.is_empty().then_some(heard)
}

fn block_about(packet: &[u8], start: usize, count: u8, ssrc: u32) -> Option<u8> {
    (0..usize::from(count))
        .map(|index| start + 24 * index)
        .find(|at| word(packet, *at) == Some(ssrc))
        .and_then(|at| packet.get(at + 4).copied())
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// NTP time: seconds since 1900 above, fractions below.
fn ntp(since_1970: std::time::Duration) -> u64 {
    let fraction = (u64::from(since_1970.subsec_nanos()) << 32) / 1_000_000_000;
    ((since_1970.as_secs() + NTP_OFFSET_S) << 32) | fraction
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn sent() -> Sent {
        Sent { ssrc: 0x0123_abcd, packets: 5, octets: 800, rtp_timestamp: 77, now: Duration::from_millis(1_500) }
    }

    #[test]
    fn what_we_write_can_be_read() {
        let mut buffer = [0; MAX_REPORT];
        let block = Block { ssrc: 9, fraction_lost: 64, ..Block::default() };
        let length = write(&mut buffer, sent(), Some(block), true);
        assert_eq!(length, 52 + 20 + 8);
        let heard = read(&buffer[..length], 9).unwrap();
        let middle = ((1 + NTP_OFFSET_S) as u32) << 16 | 0x8000;
        assert_eq!(heard, Heard { sender_report: Some(middle), fraction_lost: Some(64), goodbye: true });
        assert_eq!(read(&buffer[..length], 8).unwrap().fraction_lost, None);
        let length = write(&mut buffer, sent(), None, false);
        assert_eq!(length, 28 + 20);
        assert!(read(&buffer[..length], 9).is_some());
    }

    #[test]
    fn no_cut_and_no_flipped_byte_makes_a_panic() {
        let mut buffer = [0; MAX_REPORT];
        let length = write(&mut buffer, sent(), Some(Block::default()), true);
        for cut in 0..length {
            // A cut between two packets of the compound leaves a shorter compound.
            assert_eq!(read(&buffer[..cut], 0).is_some(), matches!(cut, 52 | 72), "{cut}");
        }
        for index in 0..length {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut broken = buffer;
                broken[index] = value;
                let _ = read(&broken[..length], 0);
            }
        }
        assert_eq!(read(b"", 0), None);
    }
}

//! RTCP (RFC 3550, section 6): enough of the control protocol to report on a stream, to read the far end's
//! reports, and to notice its goodbye.
//!
//! Law: a compound is read packet by packet; the first malformed one ends the reading. What we send is always a
//! compound of a report, an SDES with our CNAME and, when leaving, a BYE.
//!
//! On the call's way: beside the voice, every few seconds, on the same port or the next.

use super::RtpError;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const BYE: u8 = 203;
const SDES_CNAME: u8 = 1;
const BLOCK_BYTES: usize = 24;

/// What a sender says of its own stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderInfo {
    /// Wall clock of this report, 32.32 fixed-point seconds since 1900.
    pub ntp: u64,
    /// The same instant on the RTP clock.
    pub timestamp: u32,
    /// RTP packets sent so far, wraps.
    pub packets: u32,
    /// Payload bytes sent so far, wraps.
    pub bytes: u32,
}

/// What a receiver says of one stream it hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReportBlock {
    /// Whose stream this is about.
    pub ssrc: u32,
    /// Share of packets lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the start; negative when duplicates outnumber losses. 24 bits on the wire.
    pub cumulative_lost: i32,
    /// Highest sequence number received, with the count of its wraps in the upper half.
    pub highest_sequence: u32,
    /// Interarrival jitter in timestamp ticks.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of the last sender report received; 0 if none.
    pub last_sender_report: u32,
    /// Delay since that report in 1/65536 s.
    pub delay_since_last: u32,
}

/// One packet of a compound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RtcpPacket<'a> {
    /// A report of one who sends.
    SenderReport {
        /// The reporter.
        ssrc: u32,
        /// Its own stream.
        info: SenderInfo,
        /// The streams it hears.
        reports: ReportBlocks<'a>,
    },
    /// A report of one who only hears.
    ReceiverReport {
        /// The reporter.
        ssrc: u32,
        /// The streams it hears.
        reports: ReportBlocks<'a>,
    },
    /// The sender leaves.
    Bye {
        /// The first source that leaves; `None` if the packet names none.
        ssrc: Option<u32>,
    },
    /// Any other type, skipped.
    Other {
        /// The RTCP packet type.
        packet_type: u8,
    },
}

/// The report blocks of one packet, read as they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportBlocks<'a> {
    bytes: &'a [u8],
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.bytes.split_first_chunk::<BLOCK_BYTES>()?;
        self.bytes = rest;
        // Sign-extend the 24 bits of cumulative loss.
        let cumulative_lost = (word(block, 4) << 8).cast_signed() >> 8;
        Some(ReportBlock {
            ssrc: word(block, 0),
            fraction_lost: block[4],
            cumulative_lost,
            highest_sequence: word(block, 8),
            jitter: word(block, 12),
            last_sender_report: word(block, 16),
            delay_since_last: word(block, 20),
        })
    }
}

/// Reads a compound packet by packet. Yields `Err` once, last, if the rest is malformed.
#[derive(Debug, Clone)]
pub struct RtcpPackets<'a> {
    bytes: &'a [u8],
}

impl<'a> RtcpPackets<'a> {
    /// A reader of one received datagram.
    #[must_use]
    pub fn new(datagram: &'a [u8]) -> Self {
        Self { bytes: datagram }
    }

    fn read(&mut self) -> Result<RtcpPacket<'a>, RtpError> {
        let (&[flags, packet_type, l0, l1], rest) = self.bytes.split_first_chunk::<4>().ok_or(RtpError::Truncated)?;
        if flags >> 6 != 2 {
            return Err(RtpError::Version);
        }
        let length = 4 * usize::from(u16::from_be_bytes([l0, l1]));
        let (body, rest) = rest.split_at_checked(length).ok_or(RtpError::Truncated)?;
        self.bytes = rest;
        let count = usize::from(flags & 0x1f);
        match packet_type {
            SENDER_REPORT => {
                let (head, blocks) = body.split_at_checked(24).ok_or(RtpError::Truncated)?;
                let info = SenderInfo {
                    ntp: u64::from(word(head, 4)) << 32 | u64::from(word(head, 8)),
                    timestamp: word(head, 12),
                    packets: word(head, 16),
                    bytes: word(head, 20),
                };
                Ok(RtcpPacket::SenderReport { ssrc: word(head, 0), info, reports: report_blocks(blocks, count)? })
            }
            RECEIVER_REPORT => {
                let (head, blocks) = body.split_at_checked(4).ok_or(RtpError::Truncated)?;
                Ok(RtcpPacket::ReceiverReport { ssrc: word(head, 0), reports: report_blocks(blocks, count)? })
            }
            BYE => {
                if body.len() < 4 * count {
                    return Err(RtpError::Truncated);
                }
                Ok(RtcpPacket::Bye { ssrc: (count > 0).then(|| word(body, 0)) })
            }
            packet_type => Ok(RtcpPacket::Other { packet_type }),
        }
    }
}

impl<'a> Iterator for RtcpPackets<'a> {
    type Item = Result<RtcpPacket<'a>, RtpError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let packet = self.read();
        if packet.is_err() {
            self.bytes = &[];
        }
        Some(packet)
    }
}

fn report_blocks(bytes: &[u8], count: usize) -> Result<ReportBlocks<'_>, RtpError> {
    bytes.get(..count * BLOCK_BYTES).map(|bytes| ReportBlocks { bytes }).ok_or(RtpError::Truncated)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// A compound to send.
#[derive(Debug, Clone, Copy)]
pub struct Compound<'a> {
    /// Our own source.
    pub ssrc: u32,
    /// Our stream; `None` (a receiver report) while we have sent nothing since the last two reports.
    pub info: Option<SenderInfo>,
    /// The stream we hear, if any.
    pub report: Option<ReportBlock>,
    /// Our canonical name, stable for the session and free of personal data; cut at 255 bytes.
    pub cname: &'a str,
    /// Whether we leave with this packet.
    pub bye: bool,
}

impl Compound<'_> {
    /// Writes the compound to the front of `out`; returns its length.
    pub fn write(&self, out: &mut [u8]) -> Result<usize, RtpError> {
        let mut writer = Writer { out, at: 0 };
        let blocks = u8::from(self.report.is_some());
        let block_words = u16::from(blocks) * 6;
        match &self.info {
            Some(info) => {
                writer.head(blocks, SENDER_REPORT, 6 + block_words, self.ssrc)?;
                writer.put(&info.ntp.to_be_bytes())?;
                writer.words(&[info.timestamp, info.packets, info.bytes])?;
            }
            None => writer.head(blocks, RECEIVER_REPORT, 1 + block_words, self.ssrc)?,
        }
        if let Some(report) = &self.report {
            writer.block(report)?;
        }
        self.write_sdes(&mut writer)?;
        if self.bye {
            writer.head(1, BYE, 1, self.ssrc)?;
        }
        Ok(writer.at)
    }

    /// RFC 3550, section 6.5: one chunk, one CNAME item, closed by at least one zero, padded to a word.
    fn write_sdes(&self, writer: &mut Writer<'_>) -> Result<(), RtpError> {
        let name = &self.cname.as_bytes()[..self.cname.len().min(255)];
        let item = 2 + name.len();
        let padding = 4 - item % 4;
        let words = 1 + (item + padding) / 4;
        writer.head(1, SOURCE_DESCRIPTION, u16::try_from(words).expect("a CNAME is at most 255 bytes"), self.ssrc)?;
        writer.put(&[SDES_CNAME, u8::try_from(name.len()).expect("cut at 255 above")])?;
        writer.put(name)?;
        writer.put(&[0; 4][..padding])
    }
}

struct Writer<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), RtpError> {
        let target = self.out.get_mut(self.at..self.at + bytes.len()).ok_or(RtpError::NoRoom)?;
        target.copy_from_slice(bytes);
        self.at += bytes.len();
        Ok(())
    }

    fn words(&mut self, words: &[u32]) -> Result<(), RtpError> {
        words.iter().try_for_each(|word| self.put(&word.to_be_bytes()))
    }

    fn head(&mut self, count: u8, packet_type: u8, words: u16, ssrc: u32) -> Result<(), RtpError> {
        self.put(&[0x80 | count, packet_type])?;
        self.put(&words.to_be_bytes())?;
        self.words(&[ssrc])
    }

    fn block(&mut self, block: &ReportBlock) -> Result<(), RtpError> {
        let lost = block.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff).cast_unsigned() & 0xff_ffff;
        self.words(&[
            block.ssrc,
            u32::from(block.fraction_lost) << 24 | lost,
            block.highest_sequence,
            block.jitter,
            block.last_sender_report,
            block.delay_since_last,
        ])
    }
}

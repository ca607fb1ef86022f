//! Tables and properties of `rtp`.

use std::time::Duration;

use proptest::prelude::*;

use super::rtcp::{Compound, ReportBlock, RtcpPacket, RtcpPackets, SenderInfo};
use super::statistics::{ReceiverStatistics, round_trip};
use super::*;

fn header(sequence: u16, timestamp: u32) -> RtpHeader {
    RtpHeader { marker: false, payload_type: 0, sequence, timestamp, ssrc: 7 }
}

#[test]
fn reads_contributing_sources_extension_and_padding() {
    let mut datagram = vec![0xb2, 0x88, 0x12, 0x34, 0, 0, 0, 160, 0xde, 0xad, 0xbe, 0xef];
    datagram.extend([0, 0, 0, 1, 0, 0, 0, 2]);
    datagram.extend([0xbe, 0xde, 0, 1, 9, 9, 9, 9]);
    datagram.extend([1, 2, 3, 0, 2]);
    let packet = RtpPacket::parse(&datagram).unwrap();
    let expected = RtpHeader { marker: true, payload_type: 8, sequence: 0x1234, timestamp: 160, ssrc: 0xdead_beef };
    assert_eq!(packet.header, expected);
    assert_eq!(packet.csrc, [0, 0, 0, 1, 0, 0, 0, 2]);
    assert_eq!(packet.extension, Some(Extension { profile: 0xbede, data: &[9, 9, 9, 9] }));
    assert_eq!(packet.payload, [1, 2, 3]);
}

#[test]
fn refuses_what_is_malformed() {
    let valid = [0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1];
    for length in 0..valid.len() {
        assert_eq!(RtpPacket::parse(&valid[..length]), Err(RtpError::Truncated));
    }
    let changed = |at: usize, value: u8, tail: &[u8]| {
        let mut datagram = valid.to_vec();
        datagram[at] = value;
        datagram.extend(tail);
        RtpPacket::parse(&datagram).map(|packet| packet.payload.to_vec())
    };
    assert_eq!(changed(0, 0x40, &[]), Err(RtpError::Version));
    assert_eq!(changed(0, 0x81, &[0, 0, 0]), Err(RtpError::Truncated));
    assert_eq!(changed(0, 0x90, &[0, 0, 0]), Err(RtpError::Truncated));
    assert_eq!(changed(0, 0x90, &[0, 0, 0, 1, 5]), Err(RtpError::Truncated));
    assert_eq!(changed(0, 0xa0, &[]), Err(RtpError::Padding));
    assert_eq!(changed(0, 0xa0, &[1, 0]), Err(RtpError::Padding));
    assert_eq!(changed(0, 0xa0, &[1, 3]), Err(RtpError::Padding));
    assert_eq!(changed(0, 0xa0, &[1, 2]), Ok(vec![]));
    assert_eq!(changed(1, 200, &[]), Err(RtpError::Rtcp));
}

#[test]
fn counters_wrap_by_the_shorter_way() {
    assert_eq!(sequence_distance(65_535, 0), 1);
    assert_eq!(sequence_distance(0, 65_535), -1);
    assert_eq!(timestamp_distance(u32::MAX - 79, 80), 160);
    assert_eq!(timestamp_distance(80, u32::MAX - 79), -160);
}

#[test]
fn writing_needs_room() {
    assert_eq!(header(1, 2).write(&[0; 160], &mut [0; 171]), Err(RtpError::NoRoom));
}

#[test]
fn jitter_and_loss_follow_the_appendix() {
    // Every second packet is 10 ms late, packet 5 of the wrap never comes: |D| is 80 ticks at 8 kHz.
    let at = |n: u64| Duration::from_millis(20 * n + if n % 2 == 1 { 10 } else { 0 });
    let head = |n: u64| header(u16::try_from((65_530 + n) % 65_536).unwrap(), u32::MAX.wrapping_add(160 * n as u32));
    let mut statistics = ReceiverStatistics::new(&head(0), 8_000, at(0));
    for n in (1..400).filter(|&n| n != 5) {
        statistics.on_packet(&head(n), at(n));
    }
    assert_eq!((statistics.expected(), statistics.received(), statistics.lost()), (400, 399, 1));
    assert!((statistics.jitter().as_secs_f64() - 0.010).abs() < 0.000_3, "{:?}", statistics.jitter());
    let info = SenderInfo { ntp: 0x0001_0002_8000_0000, timestamp: 0, packets: 0, bytes: 0 };
    statistics.on_sender_report(&info, Duration::from_secs(8));
    let report = statistics.report(Duration::from_millis(8_500));
    assert_eq!(report.highest_sequence, (1 << 16) + (65_530 + 399 - 65_536));
    assert_eq!((report.cumulative_lost, report.fraction_lost), (1, 0));
    assert_eq!((report.last_sender_report, report.delay_since_last), (0x0002_8000, 32_768));
    // Report heard 0.75 s after our sender report, 0.5 s of which it lay at the far end.
    assert_eq!(round_trip(0x0001_0003_4000_0000, &report), Some(Duration::from_millis(250)));
    assert_eq!(round_trip(0, &ReportBlock::default()), None);
}

#[test]
fn fraction_lost_counts_from_the_last_report() {
    let mut statistics = ReceiverStatistics::new(&header(0, 0), 8_000, Duration::ZERO);
    for n in (1..100u16).filter(|n| !n.is_multiple_of(4)) {
        statistics.on_packet(&header(n, 160 * u32::from(n)), Duration::from_millis(20 * u64::from(n)));
    }
    assert_eq!(statistics.report(Duration::ZERO).fraction_lost, 61);
    assert_eq!(statistics.report(Duration::ZERO).fraction_lost, 0);
}

/// Found while fuzzing: a sender that counts on in steps of 30000 wraps the extended sequence number, too, within
/// 143166 packets.
#[test]
fn a_sender_that_wraps_the_extended_sequence_number_is_reported_on() {
    let mut statistics = ReceiverStatistics::new(&header(0, 0), 8_000, Duration::ZERO);
    for n in 1..=144_000u32 {
        let sequence = u16::try_from((u64::from(n) * 30_000) % 65_536).unwrap();
        statistics.on_packet(&header(sequence, 0), Duration::ZERO);
        if n.is_multiple_of(1_000) {
            let _ = statistics.report(Duration::ZERO);
        }
    }
    assert_eq!(statistics.received(), 144_001);
}

#[test]
fn a_compound_is_read_as_it_was_written() {
    let info = SenderInfo { ntp: 0x0102_0304_0506_0708, timestamp: 9, packets: 10, bytes: 11 };
    let report = ReportBlock {
        ssrc: 5,
        fraction_lost: 12,
        cumulative_lost: -3,
        highest_sequence: 70_000,
        jitter: 44,
        last_sender_report: 1,
        delay_since_last: 2,
    };
    for cname in ["", "a", "ab", "abc", "outdial@call"] {
        let mut out = [0xaa; 400];
        let compound = Compound { ssrc: 3, info: Some(info), report: Some(report), cname, bye: true };
        let length = compound.write(&mut out).unwrap();
        assert!(is_rtcp(&out[..length]) && length.is_multiple_of(4));
        let packets: Vec<_> = RtcpPackets::new(&out[..length]).map(Result::unwrap).collect();
        let [RtcpPacket::SenderReport { ssrc: 3, info: read, reports }, other, bye] = packets[..] else {
            panic!("unexpected {packets:?}");
        };
        assert_eq!(read, info);
        assert_eq!(reports.collect::<Vec<_>>(), [report]);
        assert_eq!(other, RtcpPacket::Other { packet_type: 202 });
        assert_eq!(bye, RtcpPacket::Bye { ssrc: Some(3) });
        for length in (1..length).filter(|length| !length.is_multiple_of(4)) {
            assert!(RtcpPackets::new(&out[..length]).any(|packet| packet.is_err()));
        }
        assert_eq!(compound.write(&mut out[..length - 1]), Err(RtpError::NoRoom));
    }
}

proptest! {
    #[test]
    fn a_packet_is_read_as_it_was_written(
        marker: bool, payload_type in 0u8..64, sequence: u16, timestamp: u32, ssrc: u32, payload: Vec<u8>,
    ) {
        let header = RtpHeader { marker, payload_type, sequence, timestamp, ssrc };
        let mut out = vec![0; HEADER_BYTES + payload.len()];
        prop_assert_eq!(header.write(&payload, &mut out), Ok(out.len()));
        let packet = RtpPacket::parse(&out).unwrap();
        prop_assert_eq!(packet.header, header);
        prop_assert_eq!(packet.payload, &payload[..]);
    }

    #[test]
    fn no_datagram_makes_the_readers_panic(mut datagram: Vec<u8>, first in prop::option::of(0x80u8..0xc0)) {
        if let (Some(first), Some(byte)) = (first, datagram.first_mut()) {
            *byte = first;
        }
        let _ = RtpPacket::parse(&datagram);
        for packet in RtcpPackets::new(&datagram).flatten() {
            if let RtcpPacket::SenderReport { reports, .. } | RtcpPacket::ReceiverReport { reports, .. } = packet {
                prop_assert!(reports.count() <= 31);
            }
        }
    }

    #[test]
    fn statistics_take_any_stream(packets: Vec<(u16, u32, u32)>) {
        let mut statistics = ReceiverStatistics::new(&header(0, 0), 8_000, Duration::ZERO);
        for (sequence, timestamp, millis) in packets {
            statistics.on_packet(&header(sequence, timestamp), Duration::from_millis(u64::from(millis)));
            let _ = statistics.report(Duration::from_millis(u64::from(millis)));
        }
    }
}

//! Tables and properties of `jitter_buffer`.

use proptest::prelude::*;

use super::*;
use crate::FRAME_SAMPLES;
use crate::g711::Codec;

const MS: Duration = Duration::from_millis(1);

fn buffer() -> ReorderBuffer {
    let payloads = PayloadMap::default().audio(0, Codec::Pcmu).audio(8, Codec::Pcma).event(101);
    ReorderBuffer::new(ReorderConfig::new(payloads))
}

fn header(n: u16) -> RtpHeader {
    RtpHeader {
        marker: false,
        payload_type: 0,
        sequence: 65_534u16.wrapping_add(n),
        timestamp: u32::MAX.wrapping_sub(200).wrapping_add(160 * u32::from(n)),
        ssrc: 7,
    }
}

/// What was released, as a short word: `a3` the audio of packet 3, `l160`, `s160`, `e9`, `r`.
fn drain(buffer: &mut ReorderBuffer) -> Vec<String> {
    let mut out = Vec::new();
    let mut clock = None;
    while let Some(received) = buffer.poll() {
        let at = *clock.get_or_insert(received.at_sample);
        assert_eq!(received.at_sample, at, "the receive clock has a hole");
        let (word, samples) = match received.kind {
            Kind::Audio { payload, .. } => (format!("a{}", payload[0]), payload.len()),
            Kind::Lost { samples } => (format!("l{samples}"), samples),
            Kind::Silence { samples } => (format!("s{samples}"), samples),
            Kind::Event { payload, .. } => (format!("e{}", payload[0]), 0),
            Kind::Restarted => ("r".into(), 0),
        };
        clock = Some(at + samples as u64);
        out.push(word);
    }
    assert!(clock.is_none_or(|clock| clock == buffer.clock()));
    out
}

fn send(buffer: &mut ReorderBuffer, now: Duration, n: u16) -> Vec<String> {
    buffer.insert(now, &header(n), &[n.to_le_bytes()[0]; FRAME_SAMPLES]);
    drain(buffer)
}

#[test]
fn releases_in_order_packets_at_once() {
    let mut buffer = buffer();
    for n in 0..100 {
        assert_eq!(send(&mut buffer, MS * 20 * u32::from(n), n), [format!("a{n}")]);
    }
    assert_eq!(buffer.clock(), 16_000);
}

#[test]
fn waits_for_a_late_packet_and_then_releases_all() {
    let mut buffer = buffer();
    send(&mut buffer, MS, 0);
    assert!(send(&mut buffer, MS * 40, 2).is_empty());
    assert!(send(&mut buffer, MS * 60, 3).is_empty());
    assert_eq!(buffer.deadline(), Some(MS * 100));
    buffer.on_deadline(MS * 99);
    assert!(drain(&mut buffer).is_empty());
    assert_eq!(send(&mut buffer, MS * 99, 1), ["a1", "a2", "a3"]);
    assert_eq!(buffer.stats().lost, 0);
}

#[test]
fn gives_a_gap_up_after_the_window() {
    let mut buffer = buffer();
    send(&mut buffer, MS, 0);
    assert!(send(&mut buffer, MS * 60, 3).is_empty());
    buffer.on_deadline(MS * 120);
    assert_eq!(drain(&mut buffer), ["l160", "l160", "a3"]);
    assert!(send(&mut buffer, MS * 121, 2).is_empty());
    assert!(send(&mut buffer, MS * 121, 3).is_empty());
    let stats = buffer.stats();
    assert_eq!((stats.lost, stats.late, stats.duplicate, stats.released), (2, 1, 1, 2));
}

#[test]
fn a_timestamp_gap_is_silence_and_part_of_a_loss_too() {
    let mut buffer = buffer();
    send(&mut buffer, MS, 0);
    let mut next = header(1);
    next.timestamp = header(5).timestamp;
    buffer.insert(MS * 100, &next, &[1; 160]);
    assert_eq!(drain(&mut buffer), ["s160", "s160", "s160", "s160", "a1"]);
    // Packet 2 is lost, and 3 begins two packets later than it should.
    let mut next = header(3);
    next.timestamp = header(9).timestamp;
    buffer.insert(MS * 180, &next, &[3; 160]);
    buffer.on_deadline(MS * 240);
    assert_eq!(drain(&mut buffer), ["l160", "s160", "s160", "a3"]);
}

#[test]
fn makes_silence_while_the_far_end_is_mute_and_takes_it_off_the_gap() {
    let mut buffer = buffer();
    send(&mut buffer, MS * 20, 0);
    assert_eq!(buffer.deadline(), Some(MS * 140));
    buffer.on_deadline(MS * 140);
    assert_eq!(drain(&mut buffer), ["s160"; 5]);
    assert_eq!(buffer.deadline(), Some(MS * 160));
    buffer.on_deadline(MS * 199);
    assert_eq!(drain(&mut buffer), ["s160"; 2]);
    let mut next = header(1);
    next.timestamp = header(11).timestamp;
    buffer.insert(MS * 240, &next, &[1; 160]);
    assert_eq!(drain(&mut buffer), ["s160", "s160", "s160", "a1"]);
    assert_eq!(buffer.clock(), 12 * 160);
}

#[test]
fn silence_made_for_audio_that_only_came_late_shortens_the_next_pause() {
    let mut buffer = buffer();
    send(&mut buffer, MS * 20, 0);
    buffer.on_deadline(MS * 140);
    assert_eq!(drain(&mut buffer).len(), 5);
    for n in 1..=6 {
        assert_eq!(send(&mut buffer, MS * 150, n), [format!("a{n}")]);
    }
    let mut next = header(7);
    next.timestamp = header(17).timestamp;
    buffer.insert(MS * 250, &next, &[7; 160]);
    assert_eq!(drain(&mut buffer), ["s160", "s160", "s160", "s160", "s160", "a7"]);
    assert_eq!(buffer.clock(), 18 * 160);
}

#[test]
fn events_take_no_time_and_the_pause_they_cover_is_silence() {
    let mut buffer = buffer();
    send(&mut buffer, MS, 0);
    for n in 1..4 {
        let event = RtpHeader { payload_type: 101, timestamp: header(1).timestamp, ..header(n) };
        buffer.insert(MS * 20 * u32::from(n), &event, &[9, 10, 0, 160]);
        assert_eq!(drain(&mut buffer), ["e9"]);
    }
    assert_eq!(send(&mut buffer, MS * 80, 4), ["s160", "s160", "s160", "a4"]);
}

#[test]
fn a_new_source_restarts_and_its_forerunner_trails_off() {
    let mut buffer = buffer();
    send(&mut buffer, MS, 0);
    let other = |n: u16| RtpHeader { ssrc: 8, timestamp: 5 + 160 * u32::from(n), ..header(n.wrapping_add(500)) };
    buffer.insert(MS * 20, &other(0), &[50; 160]);
    assert_eq!(drain(&mut buffer), ["r", "a50"]);
    assert!(send(&mut buffer, MS * 30, 1).is_empty());
    buffer.insert(MS * 40, &other(1), &[51; 160]);
    assert_eq!(drain(&mut buffer), ["a51"]);
    let again = RtpHeader { ssrc: 9, ..header(0) };
    buffer.insert(MS * 160, &again, &[60; 160]);
    assert_eq!(drain(&mut buffer), ["r", "s160", "s160", "s160", "s160", "s160", "a60"]);
    assert_eq!((buffer.stats().straggler, buffer.stats().restarts), (1, 2));
}

#[test]
fn a_sequence_number_beyond_belief_needs_a_second_to_restart() {
    let mut buffer = buffer();
    send(&mut buffer, MS, 0);
    assert!(send(&mut buffer, MS * 20, 20_000).is_empty());
    assert_eq!(send(&mut buffer, MS * 21, 1), ["a1"]);
    assert!(send(&mut buffer, MS * 40, 30_000).is_empty());
    assert_eq!(send(&mut buffer, MS * 60, 30_001), ["r", format!("a{}", 30_001 % 256).as_str()]);
    assert_eq!((buffer.stats().far_off, buffer.stats().restarts), (2, 1));
}

#[test]
fn a_timestamp_jump_goes_on_without_a_hole() {
    let mut buffer = buffer();
    send(&mut buffer, MS, 0);
    for (n, timestamp) in [(1, 1_000_000_000), (2, 5)] {
        buffer.insert(MS * 20 * u32::from(n), &RtpHeader { timestamp, ..header(n) }, &[n as u8; 160]);
        assert_eq!(drain(&mut buffer), [format!("a{n}")]);
    }
    assert_eq!(buffer.stats().timestamp_jumps, 2);
}

/// Found while fuzzing: a step of 3000 packets of 120 ms each made six minutes of loss out of one datagram, all of it
/// concealed and listened to in one slot of the media thread.
#[test]
fn a_step_of_the_sequence_number_makes_no_more_sound_than_time_has_passed() {
    let mut buffer = buffer();
    buffer.insert(MS, &header(0), &[0xd5; MAX_PAYLOAD]);
    drain(&mut buffer);
    let before = buffer.clock();
    let first = header(0);
    let far = RtpHeader {
        sequence: first.sequence.wrapping_add(3_000),
        timestamp: first.timestamp.wrapping_add(3_000 * MAX_PAYLOAD as u32),
        ..first
    };
    buffer.insert(MS * 141, &far, &[0xd5; MAX_PAYLOAD]);
    buffer.on_deadline(MS * 201);
    drain(&mut buffer);
    let made = buffer.clock() - before;
    assert!(made <= 16_000 + 8 * 200 + MAX_PAYLOAD as u64, "{made} samples in 200 ms");
}

#[test]
fn a_long_burst_behind_a_gap_is_not_held_back() {
    let mut buffer = buffer();
    send(&mut buffer, MS, 0);
    let released: Vec<_> = (2..=34).flat_map(|n| send(&mut buffer, MS * 2, n)).collect();
    assert_eq!((released.len(), released[0].as_str()), (34, "l160"));
}

#[test]
fn unknown_payload_types_are_counted_and_leave_no_gap() {
    let mut buffer = buffer();
    send(&mut buffer, MS, 0);
    buffer.insert(MS * 20, &RtpHeader { payload_type: 13, ..header(1) }, &[0]);
    buffer.insert(MS * 20, &header(2), &[0; MAX_PAYLOAD + 1]);
    assert!(drain(&mut buffer).is_empty());
    assert_eq!(buffer.stats().unusable, 2);
}

#[test]
fn one_who_does_not_drain_is_bounded() {
    let mut buffer = buffer();
    for n in 0..1_000 {
        buffer.insert(MS * u32::from(n), &header(n), &[1; 160]);
    }
    assert!(buffer.stats().overflow > 900);
    assert!(drain(&mut buffer).len() < 100);
}

proptest! {
    /// Packets jittered by less than the window come out in the order they were sent, with nothing missing.
    #[test]
    fn any_order_within_the_window_is_put_right(jitter in prop::collection::vec(0u32..59, 1..120)) {
        let mut arrivals: Vec<(u32, u16)> =
            jitter.iter().zip(1u16..).map(|(&late, n)| (20 * u32::from(n) + late, n)).collect();
        arrivals.sort();
        let mut buffer = buffer();
        let mut released = send(&mut buffer, MS * 20, 0);
        for &(at, n) in &arrivals {
            if let Some(deadline) = buffer.deadline().filter(|&deadline| deadline <= MS * at) {
                buffer.on_deadline(deadline);
                released.extend(drain(&mut buffer));
            }
            released.extend(send(&mut buffer, MS * at, n));
        }
        let expected: Vec<_> = (0..=jitter.len()).map(|n| format!("a{}", n % 256)).collect();
        prop_assert_eq!(released, expected);
    }

    /// With loss besides, the clock still counts every packet up to the last one heard.
    #[test]
    fn losses_leave_the_clock_whole(kept in prop::collection::vec(any::<bool>(), 1..200)) {
        let mut buffer = buffer();
        let mut released = send(&mut buffer, Duration::ZERO, 0);
        let mut last = 0;
        for (n, _) in (1u16..).zip(&kept).filter(|(_, kept)| **kept) {
            last = n;
            released.extend(send(&mut buffer, MS * 20 * u32::from(n), n));
        }
        buffer.on_deadline(MS * 20 * u32::from(last) + MS * 61);
        released.extend(drain(&mut buffer));
        prop_assert_eq!(buffer.clock(), (u64::from(last) + 1) * 160);
        let audio = released.iter().filter(|word| word.starts_with('a')).count() as u64;
        prop_assert_eq!(audio, buffer.stats().released);
        prop_assert_eq!(audio + buffer.stats().lost, u64::from(last) + 1);
    }

    /// Nothing that a network can send makes it panic, leave a hole in the clock, wait for ever or grow.
    #[test]
    fn takes_any_traffic(
        packets in prop::collection::vec(
            (0u64..500, any::<u16>(), 0u16..200, any::<u32>(), 0u32..3, 0usize..400, any::<bool>()), 1..300),
    ) {
        let mut buffer = buffer();
        let mut now = Duration::ZERO;
        for (wait, wild, near, timestamp, ssrc, length, tame) in packets {
            now += Duration::from_millis(wait);
            let sequence = if tame { near } else { wild };
            let payload_type = [0, 8, 101, 55][usize::from(near % 4)];
            let timestamp = if tame { 160 * u32::from(near) } else { timestamp };
            let header = RtpHeader { marker: tame, payload_type, sequence, timestamp, ssrc };
            let payload: Vec<u8> = vec![1; length.max(1)];
            buffer.insert(now, &header, &payload);
            drain(&mut buffer);
            prop_assert!(buffer.deadline().is_none_or(|deadline| deadline > now));
            prop_assert!(buffer.held.len() <= MAX_HELD);
        }
    }
}

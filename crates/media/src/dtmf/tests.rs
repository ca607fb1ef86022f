//! Tables and properties of `dtmf`.

use proptest::prelude::*;

use super::*;

/// All packets that pressing `digits` makes, with the slots of voice as `None`.
fn press(digits: &str, timing: DtmfTiming) -> Vec<Option<EventPacket>> {
    let mut sender = DtmfSender::new(timing);
    assert!(sender.push(digits));
    let mut slots = Vec::new();
    for slot in 0u32.. {
        if sender.is_idle() {
            break;
        }
        slots.push(sender.next_slot(slot.wrapping_mul(160)));
    }
    slots
}

fn heard<'a>(packets: impl IntoIterator<Item = &'a EventPacket>) -> String {
    let mut receiver = DtmfReceiver::default();
    packets.into_iter().filter_map(|packet| receiver.on_event(packet.timestamp, &packet.payload)).collect()
}

#[test]
fn a_press_is_built_as_the_rfc_asks() {
    let slots = press("5", DtmfTiming { press_slots: 3, pause_slots: 2, volume: 10 });
    let packets: Vec<_> = slots.iter().flatten().collect();
    assert_eq!(slots.len(), 3 + 3 + 2 + 1);
    assert!(packets.iter().all(|packet| packet.timestamp == 0));
    assert_eq!(packets.iter().filter(|packet| packet.marker).count(), 1);
    assert!(packets[0].marker);
    let payloads: Vec<_> = packets.iter().map(|packet| packet.payload).collect();
    assert_eq!(
        payloads,
        [[5, 10, 0, 160], [5, 10, 1, 64], [5, 10, 1, 224], [5, 138, 1, 224], [5, 138, 1, 224], [5, 138, 1, 224]]
    );
}

#[test]
fn every_key_comes_through_and_repeats_count() {
    let digits: String = KEYS.iter().collect();
    let slots = press(&digits, DtmfTiming::default());
    assert_eq!(heard(slots.iter().flatten()), digits);
    assert_eq!(heard(press("11122", DtmfTiming::default()).iter().flatten()), "11122");
}

#[test]
fn refuses_what_is_no_key_and_too_many() {
    let mut sender = DtmfSender::new(DtmfTiming::default());
    assert!(!sender.push("12x"));
    assert!(!sender.push(&"1".repeat(MAX_QUEUED + 1)));
    assert!(sender.is_idle() && sender.next_slot(0).is_none());
    assert!(sender.push("a"));
}

#[test]
fn ignores_what_is_malformed_or_no_key() {
    let mut receiver = DtmfReceiver::default();
    assert_eq!(receiver.on_event(0, &[1, 2, 3]), None);
    assert_eq!(receiver.on_event(0, &[16, 0, 0, 160]), None);
    assert_eq!(receiver.on_event(0, &[11, 0, 0, 160]), Some('#'));
}

#[test]
fn a_press_in_segments_is_one_digit() {
    let mut receiver = DtmfReceiver::default();
    assert_eq!(receiver.on_event(100, &[1, 10, 0xff, 0xff]), Some('1'));
    assert_eq!(receiver.on_event(100 + 65_535, &[1, 10, 0, 160]), None);
    assert_eq!(receiver.on_event(100 + 65_535 + 960, &[1, 10, 0, 160]), Some('1'));
}

proptest! {
    /// As long as one packet of each press arrives, in any order within the press and any number of times.
    #[test]
    fn survives_loss_and_repetition(
        digits in "[0-9*#A-D]{1,8}", fates in prop::collection::vec((0usize..8, 0usize..8), 8),
    ) {
        let slots = press(&digits, DtmfTiming::default());
        let packets: Vec<_> = slots.iter().flatten().collect();
        let arriving = packets.chunks(8).zip(&fates).flat_map(|(press, &(one, other))| [press[one], press[other]]);
        prop_assert_eq!(heard(arriving), digits);
    }

    #[test]
    fn reads_back_what_it_wrote(event: u8, end: bool, volume in 0u8..64, duration: u16) {
        let written = TelephoneEvent { event, end, volume, duration };
        prop_assert_eq!(TelephoneEvent::parse(&written.to_bytes()), Some(written));
    }
}

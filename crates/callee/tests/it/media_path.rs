//! RTP in both directions.

use std::time::Duration;

use callee::{Callee, CalleeConfig, Persona};

use crate::caller::{Caller, LIMIT, rtp};

async fn start(yaml: &str) -> Callee {
    let callee = Callee::start(CalleeConfig::default()).await.unwrap();
    let yaml = format!("pick_up: {{ ring_after_ms: 10, answer_after_ms: 100 }}\n{yaml}");
    callee.assign("1", Persona::parse(&yaml).unwrap()).unwrap();
    callee
}

#[tokio::test]
async fn packets_flow_both_ways_on_schedule() {
    let callee = start("opening: [{ tone: { hz: 440, ms: 400 } }]\nopening_after_ms: 100").await;
    let mut caller = Caller::new(callee.address(), "1").await;
    let answer = caller.answered().await;
    let (first_type, first, timestamp, _) = caller.packet().await;
    assert_eq!(first_type, 0);
    let began = tokio::time::Instant::now();
    let mut loud = 0;
    for n in 1..=50u16 {
        let (_, sequence, at, payload) = caller.packet().await;
        assert_eq!((sequence, at), (first.wrapping_add(n), timestamp.wrapping_add(160 * u32::from(n))));
        assert_eq!(payload.len(), 160);
        loud += usize::from(payload.iter().any(|byte| byte & 0x7f < 0x40));
    }
    let took = began.elapsed();
    assert!(took > Duration::from_millis(700) && took < Duration::from_millis(3_000), "{took:?}");
    assert!((18..=21).contains(&loud), "{loud} packets of tone");
    caller.talk(answer.media(), 1, (0..80).map(|n| (20..50).contains(&n))).await;
    caller.bye().await;
    let view = callee.wait_call(LIMIT, |call| call.ended_by.is_some()).await.unwrap();
    assert_eq!(view.packets_received, 80);
    assert!(view.packets_sent > 50);
    let [heard] = view.heard.as_slice() else { panic!("{:?}", view.heard) };
    let length = heard.end_ms - heard.start_ms;
    assert!((560..=660).contains(&length), "heard {length} ms of 600");
    let said = view.said.iter().map(|said| said.end_ms - said.start_ms).collect::<Vec<_>>();
    assert_eq!(said, [400]);
    callee.stop().await;
}

#[tokio::test]
async fn early_media_plays_before_the_answer() {
    let yaml = "pick_up: { ring_after_ms: 20, answer_after_ms: 700, early_media: [{ tone: { hz: 440, and_hz: 480, ms: 2000 } }] }";
    let callee = Callee::start(CalleeConfig::default()).await.unwrap();
    callee.assign("1", Persona::parse(yaml).unwrap()).unwrap();
    let mut caller = Caller::new(callee.address(), "1").await;
    caller.invite().await;
    let progress = caller.expect(183).await;
    assert_eq!(progress.header("content-type"), "application/sdp");
    let (_, _, _, payload) = caller.packet().await;
    let (_, _, _, next) = caller.packet().await;
    assert!(payload.iter().chain(&next).any(|byte| byte & 0x7f < 0x40), "a tone, before any answer");
    let answer = caller.expect(200).await;
    assert_eq!(answer.media(), progress.media());
    caller.ack().await;
    caller.bye().await;
    callee.stop().await;
}

#[tokio::test]
async fn echo_sends_every_payload_back() {
    let callee = Callee::start(CalleeConfig::default()).await.unwrap();
    let mut caller = Caller::new(callee.address(), "echo").await;
    let to = caller.answered().await.media();
    for n in 0..20u16 {
        let payload = [n as u8; 160];
        caller.rtp.send_to(&rtp(0, n, 160 * u32::from(n), &payload), to).await.unwrap();
        let (kind, sequence, _, back) = caller.packet().await;
        assert_eq!((kind, sequence, back.as_slice()), (0, n, payload.as_slice()));
    }
    caller.bye().await;
    callee.stop().await;
}

#[tokio::test]
async fn keys_go_both_ways() {
    let callee = start("opening: [{ digits: '7#' }]\nrules: [{ when_digits: '12', then: [{ digits: '9' }] }]").await;
    let mut caller = Caller::new(callee.address(), "1").await;
    let to = caller.answered().await.media();
    let key = async |caller: &Caller| loop {
        let (kind, _, timestamp, payload) = caller.packet().await;
        if kind == 101 {
            return (payload[0], timestamp, payload[1] & 0x80 != 0, u16::from_be_bytes([payload[2], payload[3]]));
        }
    };
    for code in [7, 11] {
        let (first, began, ended, duration) = key(&caller).await;
        assert_eq!((first, ended, duration), (code, false, 160));
        let mut rest = Vec::new();
        for _ in 0..7 {
            let (code, timestamp, ended, duration) = key(&caller).await;
            assert_eq!(timestamp, began, "an event keeps the timestamp of its start");
            rest.push((code, ended, duration));
        }
        let going_on = [320, 480, 640, 800].map(|duration| (code, false, duration));
        let expected: Vec<_> = going_on.into_iter().chain([(code, true, 800); 3]).collect();
        assert_eq!(rest, expected);
    }
    for (n, code) in [1u8, 2].into_iter().enumerate() {
        for (packet, end) in [0u8, 0, 0x80, 0x80].into_iter().enumerate() {
            let sequence = (n * 10 + packet) as u16;
            let event = rtp(101, sequence, 1_000 * (n as u32 + 1), &[code, end, 1, 0x40]);
            caller.rtp.send_to(&event, to).await.unwrap();
        }
    }
    assert_eq!(key(&caller).await.0, 9);
    caller.bye().await;
    let view = callee.wait_call(LIMIT, |call| call.ended_by.is_some()).await.unwrap();
    assert_eq!(view.digits_heard, "12");
    callee.stop().await;
}

#[tokio::test]
async fn foreign_and_malformed_packets_are_dropped() {
    let callee = start("").await;
    let mut caller = Caller::new(callee.address(), "1").await;
    let to = caller.answered().await.media();
    caller.talk(to, 1, std::iter::repeat_n(false, 5)).await;
    let stranger = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    stranger.send_to(&rtp(0, 900, 0, &[0; 160]), to).await.unwrap();
    for datagram in [&b"x"[..], &[0x80, 0, 0], &[0; 172], &rtp(18, 1, 1, &[0; 20])] {
        caller.rtp.send_to(datagram, to).await.unwrap();
    }
    caller.talk(to, 6, std::iter::repeat_n(false, 5)).await;
    caller.bye().await;
    let view = callee.wait_call(LIMIT, |call| call.ended_by.is_some()).await.unwrap();
    assert_eq!((view.packets_received, view.packets_dropped), (10, 5));
    callee.stop().await;
}

#[tokio::test]
async fn a_bad_line_loses_packets() {
    let callee = start("line: { loss_percent: 50, noise_dbfs: -40 }").await;
    let mut caller = Caller::new(callee.address(), "1").await;
    caller.answered().await;
    let mut numbers = Vec::new();
    for _ in 0..60 {
        numbers.push(caller.packet().await.1);
    }
    let span = numbers[59].wrapping_sub(numbers[0]);
    assert!((85..170).contains(&span), "60 packets over {span} numbers");
    caller.bye().await;
    callee.stop().await;
}

#[tokio::test]
async fn tapes_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let config = CalleeConfig { tapes: Some(folder.path().to_owned()), ..CalleeConfig::default() };
    let callee = Callee::start(config).await.unwrap();
    callee
        .assign(
            "1",
            Persona::parse(
                "pick_up: { answer_after_ms: 50 }\nopening: [{ tone: { hz: 440, ms: 300 } }]\nopening_over_agent: true",
            )
            .unwrap(),
        )
        .unwrap();
    let mut caller = Caller::new(callee.address(), "1").await;
    let to = caller.answered().await.media();
    caller.talk(to, 1, (0..50).map(|n| n < 20)).await;
    caller.bye().await;
    callee.wait_call(LIMIT, |call| call.ended_by.is_some()).await.unwrap();
    let call_id = caller.call_id.clone();
    callee.stop().await;
    let wav = std::fs::read(folder.path().join(format!("{call_id}.wav"))).unwrap();
    let samples: Vec<i16> = wav[44..].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
    let loud =
        |side: usize| samples.iter().skip(side).step_by(2).filter(|sample| sample.unsigned_abs() > 1_000).count();
    assert!(loud(0) > 2_000 && loud(1) > 1_500, "{} heard, {} said", loud(0), loud(1));
}

//! Whole calls: the port, with SIP and RTP on real sockets.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use app::ports::telephone::{
    Dial, DialError, Leg, LegCommand, LegEvent, LegStats, MediaEvent, PlayChunk, StereoSink, Telephone as _,
};
use domain::callee::Callee;
use domain::ids::{AttemptId, OrganizationId, TrunkId};
use domain::outcome::LineLoss;
use domain::phone_number::PhoneNumber;
use domain::time::Timestamp;
use domain::trunk::{SipTransport, Trunk};
use telephony::{SipTelephone, TelephoneConfig};
use tokio::net::UdpSocket;
use uuid::Uuid;

use crate::peer::{datagram, response_to};
use crate::sipp::Sipp;

const LIMIT: Duration = Duration::from_secs(15);

fn trunk(address: String, transport: SipTransport) -> Arc<Trunk> {
    Arc::new(Trunk {
        id: TrunkId(Uuid::nil()),
        organization: OrganizationId(Uuid::nil()),
        name: "test".to_owned(),
        address,
        transport,
        credentials: None,
        calls_per_second: None,
        channels: None,
        created_at: Timestamp::UNIX_EPOCH,
    })
}

fn dial(trunk: Arc<Trunk>) -> Dial {
    Dial {
        attempt: AttemptId(Uuid::from_u128(7)),
        trunk,
        to: Callee::parse("+15550002222", None).unwrap(),
        from: PhoneNumber::parse("+15550001000", None).unwrap(),
        ring_timeout: Duration::from_secs(30),
        media_timeout: Duration::from_secs(30),
    }
}

struct Call {
    telephone: SipTelephone,
    leg: Leg,
}

impl Call {
    async fn to(sipp: &Sipp) -> Self {
        Self::with(sipp, |_| {}).await
    }

    async fn with(sipp: &Sipp, change: impl FnOnce(&mut Dial)) -> Self {
        let telephone = SipTelephone::bind(TelephoneConfig::default()).await.unwrap();
        let mut wanted = dial(trunk(sipp.address.to_string(), SipTransport::Udp));
        change(&mut wanted);
        let leg = telephone.dial(wanted).await.unwrap();
        Self { telephone, leg }
    }

    async fn event(&mut self) -> LegEvent {
        tokio::time::timeout(LIMIT, self.leg.events.recv()).await.expect("an event comes").expect("the leg lives")
    }

    async fn answered(&mut self) {
        loop {
            match self.event().await {
                LegEvent::Provisional { .. } => {}
                LegEvent::Answered { codec } => break assert_eq!(codec, "PCMU"),
                event => panic!("{event:?} came instead of the answer"),
            }
        }
    }

    async fn media(&mut self) -> MediaEvent {
        tokio::time::timeout(LIMIT, self.leg.media.recv()).await.expect("media comes").expect("media lives")
    }

    /// The first media event that `wanted` takes.
    async fn media_until<T>(&mut self, mut wanted: impl FnMut(MediaEvent) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.media().await) {
                return found;
            }
        }
    }

    async fn tell(&self, command: LegCommand) {
        self.leg.commands.send(command).await.unwrap();
    }

    async fn closed(&mut self) -> LegStats {
        match self.event().await {
            LegEvent::Closed(stats) => stats,
            event => panic!("{event:?} came instead of Closed"),
        }
    }

    async fn hang_up(mut self, sipp: Sipp) -> LegStats {
        self.tell(LegCommand::HangUp).await;
        let stats = self.closed().await;
        assert!(self.leg.events.recv().await.is_none(), "Closed is the last event");
        sipp.finished().await;
        self.telephone.shut_down(LIMIT).await;
        assert_eq!((self.telephone.legs(), self.telephone.dialogs()), (0, 0));
        stats
    }
}

/// A second of a 440 Hz tone.
fn tone(utterance: u64, generation: u32) -> LegCommand {
    let samples = (0..8000).map(|n| ((f64::from(n) * 440.0 * std::f64::consts::TAU / 8000.0).sin() * 8000.0) as i16);
    LegCommand::Play(PlayChunk { utterance, generation, samples: samples.collect(), last: true })
}

#[tokio::test]
async fn voice_goes_out_is_echoed_and_counted() {
    let sipp = Sipp::answering("answer").await;
    let mut call = Call::to(&sipp).await;
    assert!(call.leg.sip_call_id.starts_with(&AttemptId(Uuid::from_u128(7)).to_string()));
    call.answered().await;
    let answered = std::time::Instant::now();
    call.tell(tone(1, 0)).await;
    let (mut started, mut heard, mut finished) = (None, false, None);
    while !(heard && finished.is_some()) {
        match call.media().await {
            MediaEvent::FirstPacket { .. } => heard = true,
            MediaEvent::PlayStarted { utterance: 1, at_ms, sent } => started = Some((at_ms, sent)),
            MediaEvent::PlayFinished { utterance: 1, at_ms } => finished = Some(at_ms),
            _ => {}
        }
    }
    let (at_ms, sent) = started.expect("an utterance that finished had started");
    assert_eq!(finished, Some(at_ms + 1000));
    eprintln!("answer to first voice packet: {:?}", sent.saturating_duration_since(answered));
    assert!(sent.saturating_duration_since(answered) < Duration::from_millis(60));
    let stats = call.hang_up(sipp).await;
    assert!(stats.packets_sent >= 50 && stats.packets_received >= 48, "{stats:?}");
    assert_eq!((stats.packets_lost, stats.packets_dropped), (0, 0), "{stats:?}");
}

#[tokio::test]
async fn a_trunk_that_refuses_the_connection_is_told_at_once() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let telephone = SipTelephone::bind(TelephoneConfig::default()).await.unwrap();
    let refused = telephone.dial(dial(trunk(closed.to_string(), SipTransport::Tcp))).await;
    assert!(matches!(refused, Err(DialError::Unreachable(_))));
    telephone.shut_down(LIMIT).await;
}

#[tokio::test]
async fn refusals_and_ends_come_as_leg_events() {
    let sipp = Sipp::answering("busy").await;
    let mut call = Call::to(&sipp).await;
    assert_eq!(call.event().await, LegEvent::Provisional { code: 180, early_media: false });
    let busy = LegEvent::Refused { code: 486, reason: "Busy Here".to_owned(), q850: Some(17), local: false };
    assert_eq!(call.event().await, busy);
    assert_eq!(call.closed().await, LegStats::default());
    sipp.finished().await;

    let sipp = Sipp::answering("peer_bye").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    assert_eq!(call.event().await, LegEvent::RemoteBye { q850: Some(16) });
    assert!(call.closed().await.packets_sent > 0);
    sipp.finished().await;
}

#[tokio::test]
async fn ringing_is_given_up_in_time() {
    let sipp = Sipp::answering("no_answer").await;
    let mut call = Call::with(&sipp, |dial| dial.ring_timeout = Duration::from_millis(300)).await;
    assert_eq!(call.event().await, LegEvent::Provisional { code: 180, early_media: false });
    assert!(matches!(call.event().await, LegEvent::Refused { code: 487, local: false, .. }));
    call.closed().await;
    sipp.finished().await;
}

#[tokio::test]
async fn an_expired_session_is_a_lost_line() {
    let sipp = Sipp::answering("never_refreshes").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    assert_eq!(call.event().await, LegEvent::Lost(LineLoss::SessionExpired));
    call.closed().await;
    sipp.finished().await;
}

#[tokio::test]
async fn a_telephone_that_shuts_down_under_a_call_loses_its_line() {
    let sipp = Sipp::answering("answer").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    call.telephone.shut_down(LIMIT).await;
    assert_eq!(call.event().await, LegEvent::Lost(LineLoss::SignallingStopped));
    call.closed().await;
    sipp.finished().await;
}

#[tokio::test]
async fn a_hold_is_told_and_ends() {
    let sipp = Sipp::answering("hold").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    assert_eq!(call.event().await, LegEvent::RemoteHold(true));
    assert_eq!(call.event().await, LegEvent::RemoteHold(false));
    call.hang_up(sipp).await;
}

#[tokio::test]
async fn a_transfer_is_asked_for_and_followed() {
    let sipp = Sipp::answering("refer").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    call.tell(LegCommand::Transfer { to: "+15550003333".to_owned() }).await;
    let mut codes = Vec::new();
    loop {
        match call.event().await {
            LegEvent::Transfer { code, done } => {
                codes.push(code);
                if done {
                    break;
                }
            }
            event => panic!("{event:?}"),
        }
    }
    assert!(codes.contains(&180) && codes.contains(&200), "{codes:?}");
    call.hang_up(sipp).await;
}

#[tokio::test]
async fn a_digit_by_info_comes_with_the_media() {
    let sipp = Sipp::answering("requests_within").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    let digit = call.media_until(|event| match event {
        MediaEvent::Digit { digit, .. } => Some(digit),
        _ => None,
    });
    assert_eq!(digit.await, '7');
    // The scenario's last requests are answered before our BYE may come.
    let quiet = tokio::time::timeout(Duration::from_millis(500), call.leg.events.recv()).await;
    assert!(quiet.is_err(), "{quiet:?}");
    call.hang_up(sipp).await;
}

/// Counts frames and keeps the loudest sample of each side.
struct Loudest(Arc<std::sync::Mutex<(Vec<u64>, i16, i16)>>);

impl StereoSink for Loudest {
    fn frame(&mut self, position_ms: u64, agent: &[i16; 160], callee: &[i16; 160]) {
        let mut seen = self.0.lock().unwrap();
        let loudest = |side: &[i16; 160]| side.iter().copied().max().unwrap_or_default();
        seen.0.push(position_ms);
        seen.1 = seen.1.max(loudest(agent));
        seen.2 = seen.2.max(loudest(callee));
    }
}

#[tokio::test]
async fn both_sides_are_recorded_on_one_clock() {
    let sipp = Sipp::answering("answer").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    let seen = Arc::default();
    call.tell(LegCommand::Record(Box::new(Loudest(Arc::clone(&seen))))).await;
    call.tell(tone(1, 0)).await;
    let finished = call.media_until(|event| matches!(event, MediaEvent::PlayFinished { .. }).then_some(()));
    finished.await;
    call.hang_up(sipp).await;
    let (positions, agent, callee) = seen.lock().unwrap().clone();
    assert!(positions.len() >= 50, "{}", positions.len());
    assert!(positions.windows(2).all(|pair| pair[1] == pair[0] + 20), "{positions:?}");
    // The echo comes back through G.711 once more.
    assert!((7500..8500).contains(&agent) && (7500..8500).contains(&callee), "{agent} {callee}");
}

#[tokio::test]
async fn malformed_datagrams_are_counted_and_the_call_stays_up() {
    let sipp = Sipp::answering("answer").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    let thrower = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let sip = call.telephone.local_address();
    let broken_sip: &[&[u8]] = &[
        b"",
        b"\0",
        b"INVITE",
        b"INVITE sip:x SIP/2.0\r\n\r\n",
        b"SIP/2.0 200 OK\r\n\r\n",
        b"SIP/2.0 999999 OK\r\nVia: x\r\n\r\n",
        b"BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 1.1.1.1\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\nCSeq: x BYE\r\nCall-ID: 1\r\n\r\n",
        b"\xff\xfe\xfd\xfc\xfb\xfa",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        &[b'A'; 20_000],
    ];
    let half_good: &[&[u8]] = &[
        // Read as messages, and refused or ignored behind the gate.
        b"BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCSeq: 1 BYE\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK2\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCSeq: 1 INVITE\r\nCall-ID: 1\r\nContent-Length: 9999\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK3\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCSeq: 1 INVITE\r\nCall-ID: 1\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=9",
        b"\r\n\r\n",
    ];
    for datagram in broken_sip.iter().chain(half_good) {
        thrower.send_to(datagram, sip).await.unwrap();
    }
    let malformed = &call.telephone.sip_counters().malformed;
    let counted = async {
        let mut looks = tokio::time::interval(Duration::from_millis(5));
        while malformed.load(Ordering::Relaxed) < broken_sip.len() as u64 - 1 {
            looks.tick().await;
        }
    };
    tokio::time::timeout(LIMIT, counted).await.expect("every broken datagram is counted");
    let finished = |event| matches!(event, MediaEvent::PlayFinished { .. }).then_some(());
    call.tell(tone(1, 0)).await;
    call.media_until(finished).await;
    call.hang_up(sipp).await;
}

#[tokio::test]
async fn the_greeting_is_on_the_wire_at_once_after_the_answer() {
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let rtp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let telephone = SipTelephone::bind(TelephoneConfig::default()).await.unwrap();
    let contact = peer.local_addr().unwrap();
    let mut delays = Vec::new();
    for _ in 0..10 {
        let leg = telephone.dial(dial(trunk(contact.to_string(), SipTransport::Udp))).await.unwrap();
        leg.commands.send(tone(1, 0)).await.unwrap();
        let (invite, us) = datagram(&peer).await;
        let answer = response_to(&invite, "200 OK", contact, rtp.local_addr().unwrap().port());
        let answered = std::time::Instant::now();
        peer.send_to(answer.as_bytes(), us).await.unwrap();
        let mut packet = [0; 200];
        let silence = media::g711::encode_ulaw(0);
        loop {
            let received = tokio::time::timeout(LIMIT, rtp.recv(&mut packet)).await;
            let length = received.expect("a packet comes").unwrap();
            if packet[12..length].iter().any(|code| *code != silence) {
                break;
            }
        }
        delays.push(answered.elapsed());
        assert!(datagram(&peer).await.0.starts_with("ACK"));
        leg.commands.send(LegCommand::HangUp).await.unwrap();
        let (bye, _) = datagram(&peer).await;
        assert!(bye.starts_with("BYE"), "{bye}");
        peer.send_to(response_to(&bye, "200 OK", contact, 9).as_bytes(), us).await.unwrap();
        // Packets of this call may still lie in our socket; the next one is heard on the same.
        while rtp.try_recv(&mut packet).is_ok() {}
    }
    delays.sort_unstable();
    eprintln!("200 sent by the far end to first voice received by it: {delays:?}");
    assert!(delays[5] < Duration::from_millis(60), "{delays:?}");
    telephone.shut_down(LIMIT).await;
}

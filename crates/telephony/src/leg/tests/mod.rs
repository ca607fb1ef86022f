//! The leg between a fake signalling and real media on loopback.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use app::ports::telephone::{Dial, Leg, PlayChunk, Telephone as _};
use domain::callee::Callee;
use domain::ids::{AttemptId, OrganizationId, TrunkId};
use domain::outcome::LineLoss;
use domain::phone_number::PhoneNumber;
use domain::time::Timestamp;
use domain::trunk::{SipCredentials, SipTransport as TrunkTransport, Trunk};
use media::rtp::{RtpHeader, RtpPacket};
use tokio::net::UdpSocket;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::*;
use crate::media_threads::{MediaConfig, MediaThreads};
use crate::signalling::fake::{FakeSignalling, FarEnd};
use crate::telephone::SipTelephone;

mod ends;

const LIMIT: Duration = Duration::from_secs(10);

struct Call {
    telephone: SipTelephone<FakeSignalling>,
    leg: Leg,
    far_end: FarEnd,
    /// The far end's RTP socket, and ours as the offer names it.
    rtp: UdpSocket,
    ours: SocketAddr,
}

fn description(address: SocketAddr, tail: &str) -> Vec<u8> {
    let (ip, port) = (address.ip(), address.port());
    format!(
        "v=0\r\no=p 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n\
             a=rtpmap:101 telephone-event/8000\r\n{tail}"
    )
    .into_bytes()
}

impl Call {
    async fn dialed(change: impl FnOnce(&mut Dial)) -> Self {
        let media = MediaThreads::start(MediaConfig::default()).unwrap();
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let telephone = SipTelephone::with(FakeSignalling::new(), media, loopback, None);
        let trunk = Trunk {
            id: TrunkId(Uuid::nil()),
            organization: OrganizationId(Uuid::nil()),
            name: "test".to_owned(),
            address: "127.0.0.1:5080".to_owned(),
            transport: TrunkTransport::Udp,
            credentials: None,
            calls_per_second: None,
            channels: None,
            created_at: Timestamp::UNIX_EPOCH,
        };
        let mut dial = Dial {
            attempt: AttemptId(Uuid::nil()),
            trunk: Arc::new(trunk),
            to: Callee::parse("+15550002222", None).unwrap(),
            from: PhoneNumber::parse("+15550001000", None).unwrap(),
            ring_timeout: LIMIT,
            media_timeout: LIMIT,
        };
        change(&mut dial);
        let leg = telephone.dial(dial).await.unwrap();
        let far_end = telephone.signalling.far_ends.lock().await.recv().await.unwrap();
        let offer = SessionDescription::parse(far_end.invite.offer.as_bytes()).unwrap();
        let (_, audio) = offer.audio().unwrap();
        let ours = SocketAddr::new(offer.connection.unwrap(), audio.port);
        let rtp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        Self { telephone, leg, far_end, rtp, ours }
    }

    async fn answered() -> Self {
        let mut call = Self::dialed(|_| {}).await;
        call.signal(SignallingEvent::Answered { body: call.description("") }).await;
        assert_eq!(call.event().await, LegEvent::Answered { codec: "PCMA".to_owned() });
        call
    }

    fn description(&self, tail: &str) -> Vec<u8> {
        description(self.rtp.local_addr().unwrap(), tail)
    }

    async fn signal(&self, event: SignallingEvent) {
        self.far_end.events.send(event).await.unwrap();
    }

    async fn end(&self, by: EndedBy, code: Option<u16>) {
        let ending = Ending { code, phrase: Some("Because".to_owned()), ..Ending::by(by) };
        self.signal(SignallingEvent::Ended(ending)).await;
    }

    async fn event(&mut self) -> LegEvent {
        tokio::time::timeout(LIMIT, self.leg.events.recv()).await.expect("an event comes").expect("the leg lives")
    }

    async fn command(&mut self) -> SignallingCommand {
        tokio::time::timeout(LIMIT, self.far_end.commands.recv()).await.expect("a command comes").unwrap()
    }

    async fn media(&mut self) -> MediaEvent {
        tokio::time::timeout(LIMIT, self.leg.media.recv()).await.expect("media comes").expect("media lives")
    }

    /// Sends a packet every 20 ms, as a far end does, until the first one is noticed: a media thread that was held up for
    /// long throws away what queued meanwhile.
    async fn is_heard(&mut self, packet: &[u8]) {
        let mut slots = tokio::time::interval(Duration::from_millis(20));
        let heard = async {
            loop {
                tokio::select! {
                    event = self.leg.media.recv() => return event.expect("media lives"),
                    _ = slots.tick() => { self.rtp.send_to(packet, self.ours).await.unwrap(); }
                }
            }
        };
        let event = tokio::time::timeout(LIMIT, heard).await.expect("the packets are heard");
        assert!(matches!(event, MediaEvent::FirstPacket { .. }), "{event:?}");
    }

    async fn tell(&self, command: LegCommand) {
        self.leg.commands.send(command).await.unwrap();
    }

    /// The next packet of ours: its header's fields, and its payload.
    async fn packet(&self) -> (RtpHeader, Vec<u8>) {
        let mut buffer = [0; 2000];
        let received = tokio::time::timeout(LIMIT, self.rtp.recv_from(&mut buffer)).await;
        let (length, source) = received.expect("a packet comes").unwrap();
        assert_eq!(source, self.ours);
        let packet = RtpPacket::parse(&buffer[..length]).unwrap();
        (packet.header, packet.payload.to_vec())
    }

    async fn offer(&self, tail: &str) -> Result<String, u16> {
        let (reply, replied) = oneshot::channel();
        self.signal(SignallingEvent::Offered { body: self.description(tail), reply }).await;
        tokio::time::timeout(LIMIT, replied).await.expect("the leg answers").unwrap()
    }
}

fn voice(utterance: u64, generation: u32, ms: usize) -> LegCommand {
    LegCommand::Play(PlayChunk { utterance, generation, samples: vec![1000; ms * 8].into(), last: true })
}

#[tokio::test]
async fn the_stream_never_jumps_whatever_is_said() {
    let mut call = Call::answered().await;
    let (mut last, _) = call.packet().await;
    assert!(last.marker);
    for n in 0..40 {
        if n % 8 == 3 {
            call.tell(voice(n, 0, 50)).await;
        }
        let (header, payload) = call.packet().await;
        assert_eq!(header.sequence, last.sequence.wrapping_add(1));
        assert_eq!(header.timestamp, last.timestamp.wrapping_add(160));
        assert_eq!((header.payload_type, header.ssrc, header.marker, payload.len()), (8, last.ssrc, false, 160));
        last = header;
    }
    call.end(EndedBy::PeerBye, None).await;
    assert_eq!(call.event().await, LegEvent::RemoteBye { q850: None });
    assert!(matches!(call.event().await, LegEvent::Closed(stats) if stats.packets_sent >= 41));
}

#[tokio::test]
async fn a_greeting_given_before_the_answer_is_in_the_first_packet() {
    let mut call = Call::dialed(|_| {}).await;
    call.tell(voice(1, 0, 100)).await;
    // The leg takes commands before events, so the greeting waits inside it when the answer comes.
    call.signal(SignallingEvent::Answered { body: call.description("") }).await;
    let silence = media::g711::encode_alaw(0);
    let first_voice = async {
        let mut packets = 0;
        while call.packet().await.1.iter().all(|code| *code == silence) {
            packets += 1;
        }
        packets
    };
    assert!(first_voice.await <= 1);
    assert!(matches!(call.event().await, LegEvent::Answered { .. }));
}

#[tokio::test]
async fn barge_in_cuts_what_is_said_and_refuses_what_comes_late() {
    let mut call = Call::answered().await;
    call.tell(voice(1, 0, 2000)).await;
    assert!(matches!(call.media().await, MediaEvent::PlayStarted { utterance: 1, .. }));
    for _ in 0..5 {
        call.packet().await;
    }
    call.tell(LegCommand::Flush { generation: 1 }).await;
    match call.media().await {
        MediaEvent::PlayCut { utterance: 1, samples_played, .. } => {
            // The packets before it may have waited in our socket since the answer.
            assert!((160..1000 * 8).contains(&samples_played), "{samples_played}");
        }
        event => panic!("{event:?}"),
    }
    call.tell(voice(1, 0, 500)).await;
    call.tell(voice(2, 1, 40)).await;
    assert!(matches!(call.media().await, MediaEvent::PlayStarted { utterance: 2, .. }));
    assert!(matches!(call.media().await, MediaEvent::PlayFinished { utterance: 2, .. }));
}

#[tokio::test]
async fn a_held_call_sends_nothing_and_keeps_its_voice_for_later() {
    let mut call = Call::answered().await;
    let (before, _) = call.packet().await;
    let answer = call.offer("a=sendonly\r\n").await.unwrap();
    assert!(answer.contains("a=recvonly"), "{answer}");
    assert_eq!(call.event().await, LegEvent::RemoteHold(true));
    call.tell(voice(1, 0, 100)).await;
    // Whatever had left before the hold is taken first; then half a second of nothing.
    let quiet = async { while tokio::time::timeout(Duration::from_millis(500), call.packet()).await.is_ok() {} };
    tokio::time::timeout(LIMIT, quiet).await.expect("a held call falls silent");
    call.offer("a=sendrecv\r\n").await.unwrap();
    assert_eq!(call.event().await, LegEvent::RemoteHold(false));
    let (after, _) = call.packet().await;
    assert!(after.marker);
    assert!(after.timestamp.wrapping_sub(before.timestamp) >= 25 * 160);
    assert!(matches!(call.media().await, MediaEvent::PlayStarted { utterance: 1, .. }));
}

#[tokio::test]
async fn packets_follow_the_source_that_really_sends() {
    let call = Call::answered().await;
    call.packet().await;
    let behind_nat = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let header = RtpHeader { marker: true, payload_type: 8, sequence: 1, timestamp: 1, ssrc: 9 };
    let mut packet = [0; 172];
    header.write(&[0xd5; 160], &mut packet).unwrap();
    behind_nat.send_to(&packet, call.ours).await.unwrap();
    let mut buffer = [0; 2000];
    let followed = tokio::time::timeout(LIMIT, behind_nat.recv_from(&mut buffer)).await;
    assert_eq!(followed.expect("packets follow").unwrap().1, call.ours);
}

#[tokio::test]
async fn silence_of_the_far_end_is_told_once() {
    let mut call = Call::dialed(|dial| dial.media_timeout = Duration::from_millis(200)).await;
    call.signal(SignallingEvent::Answered { body: call.description("") }).await;
    assert!(matches!(call.media().await, MediaEvent::Inactive { at_ms } if (180..=400).contains(&at_ms)));
    let again = tokio::time::timeout(Duration::from_millis(500), call.leg.media.recv()).await;
    assert!(again.is_err(), "{again:?}");
}

#[tokio::test]
async fn early_media_runs_before_the_answer() {
    let mut call = Call::dialed(|_| {}).await;
    call.signal(SignallingEvent::Provisional { code: 180, body: Vec::new() }).await;
    assert_eq!(call.event().await, LegEvent::Provisional { code: 180, early_media: false });
    call.signal(SignallingEvent::Provisional { code: 183, body: call.description("") }).await;
    assert_eq!(call.event().await, LegEvent::Provisional { code: 183, early_media: true });
    let (first, _) = call.packet().await;
    // An answer without a description repeats that of the early media, and the stream goes on.
    call.signal(SignallingEvent::Answered { body: Vec::new() }).await;
    assert_eq!(call.event().await, LegEvent::Answered { codec: "PCMA".to_owned() });
    let (next, _) = call.packet().await;
    assert_eq!((next.ssrc, next.sequence), (first.ssrc, first.sequence.wrapping_add(1)));
}

#[tokio::test]
async fn an_answer_nobody_can_use_is_refused_and_hung_up() {
    let mut call = Call::dialed(|_| {}).await;
    call.signal(SignallingEvent::Answered { body: b"v=0\r\nm=audio 0 RTP/AVP 0\r\n".to_vec() }).await;
    assert!(matches!(call.event().await, LegEvent::Refused { code: 488, local: true, .. }));
    assert!(matches!(call.command().await, SignallingCommand::HangUp { reason: Some(_) }));
    call.end(EndedBy::OurBye, None).await;
    assert!(matches!(call.event().await, LegEvent::Closed(_)));
}

#[tokio::test]
async fn an_offer_nobody_can_use_changes_nothing() {
    let call = Call::answered().await;
    let (reply, replied) = oneshot::channel();
    call.signal(SignallingEvent::Offered { body: b"nonsense".to_vec(), reply }).await;
    assert_eq!(replied.await.unwrap(), Err(488));
    call.packet().await;
    let (reply, replied) = oneshot::channel();
    call.signal(SignallingEvent::Offered { body: Vec::new(), reply }).await;
    assert!(replied.await.unwrap().unwrap().contains("m=audio"));
}

#[tokio::test]
async fn ringing_has_a_limit_and_hanging_up_is_said_once() {
    let mut call = Call::dialed(|dial| dial.ring_timeout = Duration::from_millis(50)).await;
    assert!(matches!(call.command().await, SignallingCommand::HangUp { .. }));
    call.tell(LegCommand::Cancel).await;
    call.tell(LegCommand::Transfer { to: "+15550003333".to_owned() }).await;
    match call.command().await {
        SignallingCommand::Refer { target } => assert_eq!(target, "sip:+15550003333@127.0.0.1:5080"),
        command => panic!("{command:?}"),
    }
}

#[tokio::test]
async fn dropping_the_leg_hangs_up_and_frees_everything() {
    let mut call = Call::answered().await;
    drop(call.leg);
    let command = tokio::time::timeout(LIMIT, call.far_end.commands.recv()).await.unwrap();
    assert!(matches!(command, Some(SignallingCommand::HangUp { .. })));
    call.far_end.events.send(SignallingEvent::Ended(Ending::by(EndedBy::OurBye))).await.unwrap();
    call.telephone.shut_down(LIMIT).await;
    assert_eq!(call.telephone.legs(), 0);
    // The port is free again.
    UdpSocket::bind(call.ours).await.unwrap();
}

#[tokio::test]
async fn malformed_and_foreign_packets_are_counted_and_the_call_stays_up() {
    let mut call = Call::answered().await;
    let header = RtpHeader { marker: true, payload_type: 8, sequence: 1, timestamp: 1, ssrc: 9 };
    let mut good = [0; 172];
    header.write(&[0xd5; 160], &mut good).unwrap();
    call.is_heard(&good).await;
    let broken: [&[u8]; 7] = [b"", b"\x80", &[0x40; 172], &[0x8f; 20], &[0x90; 14], &[0xa0; 12], &[0xff; 1400]];
    for datagram in broken {
        call.rtp.send_to(datagram, call.ours).await.unwrap();
    }
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    stranger.send_to(&good, call.ours).await.unwrap();
    let control = SocketAddr::new(call.ours.ip(), call.ours.port() + 1);
    for datagram in [&b""[..], b"\x80\xc8", &[0x80; 100], b"\x81\xc8\xff\xff1234"] {
        call.rtp.send_to(datagram, control).await.unwrap();
    }
    let counters = call.telephone.media_counters();
    let counted = async {
        let mut looks = tokio::time::interval(Duration::from_millis(5));
        // The last of the seven reads as RTP of an unknown type; an empty control datagram is an empty compound.
        while counters.malformed.load(Ordering::Relaxed) < 6 + 3 || counters.foreign.load(Ordering::Relaxed) < 1 {
            looks.tick().await;
        }
    };
    tokio::time::timeout(LIMIT, counted).await.expect("everything broken is counted");
    call.tell(voice(1, 0, 40)).await;
    assert!(matches!(call.media().await, MediaEvent::PlayStarted { .. }));
}

#[tokio::test]
async fn a_far_end_without_events_hears_digits_as_tones() {
    let mut call = Call::dialed(|_| {}).await;
    let text = String::from_utf8(call.description("")).unwrap();
    let body = text.replace("a=rtpmap:101 telephone-event/8000\r\n", "").into_bytes();
    call.signal(SignallingEvent::Answered { body }).await;
    assert!(matches!(call.event().await, LegEvent::Answered { .. }));
    call.tell(LegCommand::SendDigits("5".to_owned())).await;
    let mut heard: Vec<i16> = Vec::new();
    while heard.len() < 800 {
        let (header, payload) = call.packet().await;
        assert_eq!(header.payload_type, 8);
        let samples = payload.iter().map(|code| media::g711::decode_alaw(*code));
        if !heard.is_empty() || samples.clone().any(|sample| sample.unsigned_abs() > 1000) {
            heard.extend(samples);
        }
    }
    let power = |hertz| media::tones::goertzel(&heard[160..640], hertz);
    assert!(power(770.0) > 100.0 * power(697.0) && power(1336.0) > 100.0 * power(1209.0));
}

#[tokio::test]
async fn digits_go_out_as_events_after_what_is_said_and_come_in_once() {
    let mut call = Call::answered().await;
    call.tell(voice(1, 0, 100)).await;
    call.tell(LegCommand::SendDigits("4#".to_owned())).await;
    let mut presses: Vec<(u32, u8)> = Vec::new();
    let (mut voice_packets, mut ends) = (0, 0);
    let loud = |payload: &[u8]| payload.iter().any(|code| *code != media::g711::encode_alaw(0));
    while ends < 6 {
        let (header, payload) = call.packet().await;
        if header.payload_type == 8 {
            voice_packets += usize::from(loud(&payload));
            continue;
        }
        assert_eq!((header.payload_type, payload.len()), (101, 4));
        assert!(voice_packets >= 5, "digits wait for what is being said");
        let press = (header.timestamp, payload[0]);
        if presses.last() != Some(&press) {
            assert!(header.marker);
            presses.push(press);
        }
        ends += usize::from(payload[1] & 0x80 != 0);
        // A far end sends them back.
        let mut packet = [0; 16];
        header.write(&payload, &mut packet).unwrap();
        call.rtp.send_to(&packet, call.ours).await.unwrap();
    }
    assert_eq!(presses.iter().map(|(_, event)| *event).collect::<Vec<_>>(), [4, 11]);
    let mut heard = String::new();
    while heard.len() < 2 {
        if let MediaEvent::Digit { digit, .. } = call.media().await {
            heard.push(digit);
        }
    }
    assert_eq!(heard, "4#");
}

/// "Hello" by espeak, µ-law, 8 kHz.
const HELLO: &[u8] = include_bytes!("../../../tests/fixtures/espeak_hello.ulaw");

/// Sends sound to the leg in packets of 20 ms, paced by the packets that come back.
async fn say(call: &Call, codes: &[u8], sequence: &mut u16) {
    for payload in codes.chunks_exact(160) {
        call.packet().await;
        let timestamp = u32::from(*sequence) * 160;
        let header = RtpHeader { marker: false, payload_type: 0, sequence: *sequence, timestamp, ssrc: 9 };
        *sequence += 1;
        let mut packet = [0; 172];
        header.write(payload, &mut packet).unwrap();
        call.rtp.send_to(&packet, call.ours).await.unwrap();
    }
}

#[tokio::test]
async fn speech_is_told_with_its_sound_and_silence_costs_no_messages() {
    let mut call = Call::answered().await;
    let silence = [media::g711::encode_ulaw(0); 8000];
    let mut sequence = 0;
    say(&call, &silence, &mut sequence).await;
    assert!(matches!(call.media().await, MediaEvent::FirstPacket { .. }));
    assert!(call.leg.media.is_empty(), "a second of silence made messages");
    say(&call, HELLO, &mut sequence).await;
    say(&call, &silence, &mut sequence).await;
    let (mut started, mut sound, mut next, mut ended) = (None, 0, None, None);
    while ended.is_none() {
        match call.media().await {
            MediaEvent::SpeechStarted { at_ms } => started = Some(at_ms),
            MediaEvent::Audio { at_ms, samples } => {
                let first = next.is_none();
                assert!(next.is_none_or(|next| next == at_ms), "the sound has a gap");
                assert!(!first || samples.len() == 2400, "the first chunk brings 300 ms of lead-in");
                assert!(!first || started.is_some_and(|started| at_ms < started));
                next = Some(at_ms + samples.len() as u64 / 8);
                sound += samples.len() / 8;
            }
            MediaEvent::SpeechEnded { at_ms, noticed_ms } => ended = Some((at_ms, noticed_ms)),
            event => panic!("{event:?}"),
        }
    }
    let (at_ms, noticed_ms) = ended.unwrap();
    assert!(noticed_ms > at_ms && noticed_ms - at_ms < 150, "{at_ms} {noticed_ms}");
    assert!(started.unwrap() >= 900, "{started:?}");
    assert!(sound >= 300);
}

#[tokio::test]
async fn a_machines_beep_is_told() {
    let mut call = Call::answered().await;
    let beep = |n: u32| (f64::from(n) * 1000.0 * std::f64::consts::TAU / 8000.0).sin() * 8000.0;
    let codes: Vec<u8> = (0..3200).map(|n| media::g711::encode_ulaw(beep(n) as i16)).collect();
    let silence = [media::g711::encode_ulaw(0); 4000];
    let mut sequence = 0;
    for sound in [&silence[..], &codes, &silence] {
        say(&call, sound, &mut sequence).await;
    }
    loop {
        if let MediaEvent::Beep { hertz, duration_ms, .. } = call.media().await {
            assert!((990.0..1010.0).contains(&hertz) && (380..=420).contains(&duration_ms), "{hertz} {duration_ms}");
            return;
        }
    }
}

#[tokio::test]
async fn a_sip_address_is_called_at_its_own_host_without_the_trunks_password() {
    let secret = Some(SipCredentials { username: "alice".to_owned(), password: "secret".to_owned() });
    let with = |dial: &mut Dial| {
        let trunk = Arc::get_mut(&mut dial.trunk).unwrap();
        trunk.credentials.clone_from(&secret);
    };
    let number = Call::dialed(with).await.far_end.invite;
    assert_eq!((&*number.to_user, &*number.domain), ("+15550002222", "127.0.0.1:5080"));
    assert!(number.credentials.is_some());
    let address = Call::dialed(|dial| {
        with(dial);
        dial.to = Callee::parse("sip:bob@127.0.0.1:5099", None).unwrap();
    });
    let address = address.await.far_end.invite;
    assert_eq!((&*address.to_user, &*address.domain), ("bob", "127.0.0.1:5099"));
    assert_eq!(address.destination, Some("127.0.0.1:5099".parse().unwrap()));
    assert!(address.credentials.is_none());
}

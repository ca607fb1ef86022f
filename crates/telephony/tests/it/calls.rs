//! Whole calls: the port, with SIP and RTP on real sockets.

use std::sync::Arc;
use std::time::Duration;

use app::ports::telephone::{
    Dial, DialError, Leg, LegCommand, LegEvent, LegStats, MediaEvent, PlayChunk, Telephone as _,
};
use domain::ids::{AttemptId, OrganizationId, TrunkId};
use domain::phone_number::PhoneNumber;
use domain::time::Timestamp;
use domain::trunk::{SipTransport, Trunk};
use telephony::{SipTelephone, TelephoneConfig};
use uuid::Uuid;

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
        to: PhoneNumber::parse("+15550002222", None).unwrap(),
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

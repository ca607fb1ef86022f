//! One call of the SIP stack behind our port, and what a scenario waits for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use telephony::sdp::{Codec, LocalSession, SessionDescription};
use telephony::signalling::rsip::{RsipSignalling, SipConfig};
use telephony::signalling::{
    Credentials, EndedBy, Ending, Invite, Signalling as _, SignallingCommand, SignallingEvent, SignallingLeg,
    SipTransport,
};

use crate::sipp::Sipp;

pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Longer than any wait in a scenario; a lost event fails the test by it.
pub(crate) const LIMIT: Duration = Duration::from_secs(15);

pub(crate) struct Call {
    pub(crate) signalling: RsipSignalling,
    pub(crate) leg: SignallingLeg,
    pub(crate) local: LocalSession,
}

pub(crate) fn local() -> LocalSession {
    LocalSession::new(SocketAddr::new(LOOPBACK, 4000), 1, &Codec::ALL)
}

pub(crate) fn invite(to: SocketAddr) -> Invite {
    Invite {
        to_user: "+15550002222".to_owned(),
        domain: to.to_string(),
        destination: Some(to),
        transport: SipTransport::Udp,
        from_user: "+15550001000".to_owned(),
        from_domain: None,
        display_name: None,
        call_id: None,
        credentials: None,
        headers: Vec::new(),
        offer: local().offer(),
        local_ip: LOOPBACK,
    }
}

impl Call {
    pub(crate) async fn to(sipp: &Sipp) -> Self {
        Self::with(sipp, SipConfig::default(), |_| {}).await
    }

    pub(crate) async fn with(sipp: &Sipp, config: SipConfig, change: impl FnOnce(&mut Invite)) -> Self {
        Self::at(sipp.address, config, change).await
    }

    pub(crate) async fn at(address: SocketAddr, config: SipConfig, change: impl FnOnce(&mut Invite)) -> Self {
        let signalling = RsipSignalling::bind(config).await.unwrap();
        let mut invite = invite(address);
        change(&mut invite);
        let leg = signalling.invite(invite).unwrap();
        Self { signalling, leg, local: local() }
    }

    pub(crate) async fn next(&mut self) -> SignallingEvent {
        tokio::time::timeout(LIMIT, self.leg.events.recv()).await.expect("an event comes").expect("the leg lives")
    }

    /// The next event that is no provisional.
    pub(crate) async fn next_final(&mut self) -> SignallingEvent {
        loop {
            match self.next().await {
                SignallingEvent::Provisional { .. } => {}
                event => return event,
            }
        }
    }

    pub(crate) async fn provisional(&mut self, expected: u16) -> Vec<u8> {
        loop {
            match self.next().await {
                SignallingEvent::Provisional { code, body } if code == expected => return body,
                SignallingEvent::Provisional { code: 100, .. } => {}
                event => panic!("{event:?} came instead of {expected}"),
            }
        }
    }

    pub(crate) async fn answered(&mut self) -> SessionDescription {
        match self.next_final().await {
            SignallingEvent::Answered { body } => SessionDescription::parse(&body).unwrap(),
            event => panic!("{event:?} came instead of the answer"),
        }
    }

    pub(crate) async fn ended(&mut self) -> Ending {
        match self.next_final().await {
            SignallingEvent::Ended(ending) => ending,
            event => panic!("{event:?} came instead of the end"),
        }
    }

    pub(crate) async fn tell(&self, command: SignallingCommand) {
        self.leg.commands.send(command).await.unwrap();
    }

    pub(crate) async fn hang_up(&self) {
        self.tell(SignallingCommand::HangUp { reason: None }).await;
    }

    /// Takes the next offer of the peer and answers it as a leg does.
    pub(crate) async fn answer_offer(&mut self) -> bool {
        match self.next_final().await {
            SignallingEvent::Offered { body, reply } => {
                let (agreed, text) = self.local.answer(&SessionDescription::parse(&body).unwrap()).unwrap();
                reply.send(Ok(text)).unwrap();
                agreed.on_hold()
            }
            event => panic!("{event:?} came instead of an offer"),
        }
    }

    /// Our BYE, the scenario's end, and nothing left behind.
    pub(crate) async fn over(mut self, sipp: Sipp) {
        self.hang_up().await;
        assert_eq!(self.ended().await.by, EndedBy::OurBye);
        self.nothing_left(sipp).await;
    }

    pub(crate) async fn nothing_left(mut self, sipp: Sipp) {
        sipp.finished().await;
        assert!(self.leg.events.recv().await.is_none(), "Ended is the last event");
        self.signalling.shut_down(LIMIT).await;
        assert_eq!((self.signalling.dialogs(), self.signalling.legs()), (0, 0), "a dialog leaks");
    }
}

pub(crate) fn short_t1() -> SipConfig {
    SipConfig { t1: Duration::from_millis(20), ..SipConfig::default() }
}

pub(crate) fn with_password(password: &str) -> Option<Credentials> {
    Some(Credentials { username: "alice".to_owned(), password: password.to_owned() })
}

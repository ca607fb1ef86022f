//! The telephones: a SIP user agent server that writes down every INVITE before it does anything else.
//!
//! Law: it counts what came over the wire, not what anybody says was sent. It loses nothing of its own, so it
//! retransmits nothing; an INVITE of a transaction it knows gets the last response again (RFC 3261, 17.2.1).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::evidence::{Dialog, Invite, InviteKind, now};
use behaviour::Behaviour;
use sip::Request;

mod behaviour;
mod sip;

/// A call that nobody ended is forgotten after this long: its node may be dead.
const LONGEST: Duration = Duration::from_secs(30);

/// Silence before a late answer; the INVITE was repeated four times by then.
const LATE: Duration = Duration::from_secs(8);

type Log = Arc<Mutex<Vec<Invite>>>;

/// Running telephones; they go silent when this is dropped.
pub(crate) struct FarEnd {
    /// Where they hear SIP.
    pub(crate) address: SocketAddr,
    log: Log,
    _task: JoinSet<()>,
}

impl FarEnd {
    /// Binds free loopback ports.
    pub(crate) async fn start(seed: u64, patience: bool) -> io::Result<Self> {
        let sip = UdpSocket::bind("127.0.0.1:0").await?;
        // Sound is taken and not looked at; the kernel drops what is too much.
        let rtp = std::net::UdpSocket::bind("127.0.0.1:0")?;
        let (address, log) = (sip.local_addr()?, Log::default());
        let telephones = Telephones {
            seed,
            patience,
            address,
            sdp: sdp(rtp.local_addr()?.port()),
            sip,
            log: Arc::clone(&log),
            calls: HashMap::new(),
            transactions: HashSet::new(),
            due: BTreeMap::new(),
            numbered: 0,
            _rtp: rtp,
        };
        let mut task = JoinSet::new();
        task.spawn(telephones.run());
        Ok(Self { address, log, _task: task })
    }

    /// Every INVITE so far.
    pub(crate) fn invites(&self) -> Vec<Invite> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn sdp(port: u16) -> String {
    format!(
        "v=0\r\no=far 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n"
    )
}

/// What is to be done later.
#[derive(Clone, Copy)]
enum Act {
    Answer,
    Decline,
    HangUp,
    Forget,
}

struct Call {
    invite: Request,
    source: SocketAddr,
    behaviour: Behaviour,
    last: Option<String>,
    over: bool,
}

struct Telephones {
    seed: u64,
    patience: bool,
    address: SocketAddr,
    sdp: String,
    sip: UdpSocket,
    log: Log,
    calls: HashMap<String, Call>,
    transactions: HashSet<(String, String)>,
    /// By time; the number keeps equal times apart.
    due: BTreeMap<(Instant, u64), (String, Act)>,
    numbered: u64,
    _rtp: std::net::UdpSocket,
}

impl Telephones {
    async fn run(mut self) {
        let mut datagram = vec![0; 65_536];
        loop {
            let next = self.due.keys().next().map_or_else(|| Instant::now() + LONGEST, |(at, _)| *at);
            tokio::select! {
                biased;
                heard = self.sip.recv_from(&mut datagram) => {
                    let Ok((length, source)) = heard else { continue };
                    if let Some(request) = std::str::from_utf8(&datagram[..length]).ok().and_then(Request::parse) {
                        self.take(request, source).await;
                    }
                }
                () = tokio::time::sleep_until(next) => self.act_due().await,
            }
        }
    }

    async fn take(&mut self, request: Request, source: SocketAddr) {
        match request.method.as_str() {
            "INVITE" => self.invited(request, source).await,
            "ACK" => {}
            "CANCEL" => {
                self.send(source, &request.response("200 OK", self.address, "")).await;
                self.end(&request.call_id, Some("487 Request Terminated")).await;
            }
            "BYE" => {
                self.send(source, &request.response("200 OK", self.address, "")).await;
                self.end(&request.call_id, None).await;
            }
            _ => self.send(source, &request.response("200 OK", self.address, "")).await,
        }
    }

    async fn invited(&mut self, request: Request, source: SocketAddr) {
        let fresh = self.transactions.insert((request.call_id.clone(), request.branch.clone()));
        let kind = match (fresh, request.in_dialog) {
            (false, _) => InviteKind::Retransmission,
            (true, true) => InviteKind::InDialog,
            (true, false) => InviteKind::New,
        };
        let seen = Invite {
            at: now(),
            call_id: request.call_id.clone(),
            branch: request.branch.clone(),
            number: request.user.clone(),
            kind,
            dialog: None,
        };
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        match kind {
            InviteKind::New => self.ring(request, source).await,
            InviteKind::Retransmission => {
                if let Some(last) = self.calls.get(&request.call_id).and_then(|call| call.last.clone()) {
                    self.send(source, &last).await;
                }
            }
            InviteKind::InDialog => self.send(source, &request.response("200 OK", self.address, &self.sdp)).await,
        }
    }

    async fn ring(&mut self, request: Request, source: SocketAddr) {
        let (id, behaviour) = (request.call_id.clone(), Behaviour::of(self.seed, &request.user, self.patience));
        self.calls.insert(id.clone(), Call { invite: request, source, behaviour, last: None, over: false });
        self.later(LONGEST, &id, Act::Forget);
        match behaviour {
            Behaviour::Dead => {}
            Behaviour::Late => self.later(LATE, &id, Act::Decline),
            Behaviour::Refuses { status } => self.end(&id, Some(status)).await,
            Behaviour::RingsOut => self.rings(&id).await,
            Behaviour::Answers { after } | Behaviour::HangsUp { after, .. } => {
                self.rings(&id).await;
                self.later(after, &id, Act::Answer);
            }
        }
    }

    async fn rings(&mut self, id: &str) {
        self.note(id, |dialog| *dialog = Some(Dialog { from: now(), over: None }));
        self.respond(id, "180 Ringing", false).await;
    }

    /// Writes down what becomes of a call's dialog.
    fn note(&self, id: &str, change: impl FnOnce(&mut Option<Dialog>)) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let rang = log.iter_mut().rev().find(|seen| seen.kind == InviteKind::New && seen.call_id == id);
        if let Some(rang) = rang {
            change(&mut rang.dialog);
        }
    }

    fn note_over(&self, id: &str) {
        self.note(id, |dialog| {
            if let Some(dialog) = dialog {
                dialog.over.get_or_insert_with(now);
            }
        });
    }

    fn later(&mut self, after: Duration, call: &str, act: Act) {
        self.numbered += 1;
        self.due.insert((Instant::now() + after, self.numbered), (call.to_owned(), act));
    }

    async fn act_due(&mut self) {
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= Instant::now()) {
            let (id, act) = entry.remove();
            let over = self.calls.get(&id).is_none_or(|call| call.over);
            match act {
                Act::Forget => drop(self.calls.remove(&id)),
                _ if over => {}
                Act::Answer => {
                    self.respond(&id, "200 OK", true).await;
                    if let Some(Behaviour::HangsUp { talk, .. }) = self.calls.get(&id).map(|call| call.behaviour) {
                        self.later(talk, &id, Act::HangUp);
                    }
                }
                Act::Decline => self.end(&id, Some("480 Temporarily Unavailable")).await,
                Act::HangUp => {
                    self.note_over(&id);
                    if let Some(call) = self.calls.get_mut(&id) {
                        call.over = true;
                        let (bye, source) = (call.invite.bye(self.address), call.source);
                        self.send(source, &bye).await;
                    }
                }
            }
        }
    }

    /// Over, from either side; an INVITE that waits is refused with `status`.
    async fn end(&mut self, id: &str, status: Option<&str>) {
        self.note_over(id);
        let waits = self.calls.get(id).is_some_and(|call| !call.over);
        if let Some(status) = status.filter(|_| waits) {
            self.respond(id, status, false).await;
        }
        if let Some(call) = self.calls.get_mut(id) {
            call.over = true;
        }
    }

    async fn respond(&mut self, id: &str, status: &str, with_sdp: bool) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let sdp = if with_sdp { self.sdp.as_str() } else { "" };
        let (response, source) = (call.invite.response(status, self.address, sdp), call.source);
        call.last = Some(response.clone());
        self.send(source, &response).await;
    }

    async fn send(&self, to: SocketAddr, message: &str) {
        let _ = self.sip.send_to(message.as_bytes(), to).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite(call_id: &str, branch: &str, number: &str) -> String {
        format!(
            "INVITE sip:{number}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:1;branch={branch}\r\n\
             From: <sip:a@b>;tag=1\r\nTo: <sip:{number}@d>\r\nContact: <sip:u@127.0.0.1:1>\r\n\
             Call-ID: {call_id}\r\nCSeq: 1 INVITE\r\n\r\n"
        )
    }

    #[tokio::test]
    async fn a_second_invite_is_told_from_a_retransmission() {
        let far_end = FarEnd::start(1, true).await.unwrap();
        let us = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let busy = (0..)
            .map(|n| format!("+1555{n:07}"))
            .find(|n| Behaviour::of(1, n, true) == Behaviour::Refuses { status: "486 Busy Here" });
        let number = busy.unwrap();
        let mut answer = [0; 2_000];
        for message in [
            invite("a@x", "z1", &number),
            invite("a@x", "z1", &number),
            invite("a@x", "z2", &number),
            invite("b@x", "z1", &number),
        ] {
            us.send_to(message.as_bytes(), far_end.address).await.unwrap();
            let length = us.recv(&mut answer).await.unwrap();
            assert!(answer[..length].starts_with(b"SIP/2.0 486"));
        }
        let kinds: Vec<InviteKind> = far_end.invites().iter().map(|invite| invite.kind).collect();
        assert_eq!(kinds, [InviteKind::New, InviteKind::Retransmission, InviteKind::New, InviteKind::New]);
        assert_eq!((far_end.invites()[0].attempt(), far_end.invites()[0].number.as_str()), ("a", number.as_str()));
    }
}

//! A whole call with a hostile far end: the real SIP user agent sends an INVITE over loopback, and the input says what
//! comes back. Law: whatever the peer sends, no task panics, every leg ends with one `Ended` and nothing after it, and
//! no dialog is left behind.
//!
//! The input is text, its parts separated by lines `%%`. A part that begins with `!` is a command to the leg, one that
//! begins with `%tcp` goes to the TCP port as it is, any other is a datagram in which `$VIA`, `$FROM`, `$TO`, `$CSEQ`,
//! `$CALLID` (of our latest request), `$PEER`, `$N` and `$LEN` are filled in.
#![no_main]

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use telephony::signalling::rsip::{RsipSignalling, SipConfig};
use telephony::signalling::{Credentials, Invite, Signalling, SignallingCommand, SignallingEvent, SipTransport};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::Receiver;

/// Most parts played.
const MOST_PARTS: usize = 16;

/// After so many calls all of them must have come to their end.
const CALLS_BETWEEN_CHECKS: u64 = 64;

const OFFER: &str =
    "v=0\r\no=- 7 7 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

/// What a leg tells its owner.
struct Events {
    receiver: Receiver<SignallingEvent>,
    over: bool,
}

impl Events {
    fn note(&mut self, event: SignallingEvent, n: usize) {
        assert!(!self.over, "an event after the end");
        match event {
            SignallingEvent::Offered { reply, .. } => {
                let _ = reply.send(if n % 2 == 0 { Ok(OFFER.to_owned()) } else { Err(488) });
            }
            SignallingEvent::Ended(_) => self.over = true,
            _ => {}
        }
    }
}

struct Bench {
    runtime: Runtime,
    signalling: RsipSignalling,
    peer: UdpSocket,
    calls: u64,
    waiting: Vec<Events>,
}

thread_local!(static BENCH: RefCell<Bench> = RefCell::new(Bench::new()));

fuzz_target!(|input: &str| {
    BENCH.with_borrow_mut(|bench| bench.call(input));
});

impl Bench {
    fn new() -> Self {
        // A Contact or Via can name any host: that must never leave this machine.
        let outside = std::net::UdpSocket::bind("127.0.0.1:0").and_then(|_| {
            let socket = std::net::UdpSocket::bind("0.0.0.0:0")?;
            socket.connect("192.0.2.1:9")
        });
        assert!(outside.is_err(), "there is a network; run this target by scripts/fuzz, which takes it away");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let config = SipConfig { t1: Duration::from_millis(2), ..SipConfig::default() };
        let (signalling, peer) = runtime.block_on(async {
            let signalling = RsipSignalling::bind(config).await.expect("loopback is there");
            (signalling, UdpSocket::bind("127.0.0.1:0").await.expect("loopback is there"))
        });
        Self { runtime, signalling, peer, calls: 0, waiting: Vec::new() }
    }

    fn call(&mut self, input: &str) {
        self.calls += 1;
        let Self { runtime, signalling, peer, calls, waiting } = self;
        waiting.push(runtime.block_on(play(signalling, peer, input, *calls)));
        if *calls % CALLS_BETWEEN_CHECKS == 0 {
            runtime.block_on(ended(signalling, waiting));
        }
    }
}

async fn play(signalling: &RsipSignalling, peer: &UdpSocket, input: &str, call: u64) -> Events {
    let far = peer.local_addr().expect("it is bound");
    let local = signalling.local_address(SipTransport::Udp);
    let leg = signalling.invite(invite(far, call)).expect("the INVITE is well formed");
    let mut events = Events { receiver: leg.events, over: false };
    let mut latest = HashMap::new();
    let mut stream = None;
    for (n, part) in input.split("\n%%\n").take(MOST_PARTS).enumerate() {
        settle().await;
        requests_of_ours(peer, &leg.call_id, &mut latest);
        if let Some(command) = part.strip_prefix('!') {
            let _ = leg.commands.try_send(command_named(command));
        } else if let Some(bytes) = part.strip_prefix("%tcp\n") {
            send_stream(&mut stream, local, &fill(bytes, &latest, far, n)).await;
        } else {
            let _ = peer.send_to(fill(part, &latest, far, n).as_bytes(), local).await;
        }
        settle().await;
        while let Ok(event) = events.receiver.try_recv() {
            events.note(event, n);
        }
    }
    events
}

/// All legs are over, each with one `Ended` as its last event, and the stack holds nothing of them.
async fn ended(signalling: &RsipSignalling, waiting: &mut Vec<Events>) {
    let limit = Instant::now() + Duration::from_secs(9);
    while signalling.legs() + signalling.dialogs() > 0 {
        assert!(Instant::now() < limit, "left behind: {} legs, {} dialogs", signalling.legs(), signalling.dialogs());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    for mut events in waiting.drain(..) {
        while let Some(event) = events.receiver.recv().await {
            events.note(event, 0);
        }
        assert!(events.over, "a leg without an end");
    }
}

/// Lets the stack take in what was sent: the runtime looks at its sockets every 61 turns.
async fn settle() {
    for _ in 0..150 {
        tokio::task::yield_now().await;
    }
}

fn invite(far: SocketAddr, call: u64) -> Invite {
    Invite {
        to_user: "+15550002222".to_owned(),
        domain: far.to_string(),
        destination: Some(far),
        transport: SipTransport::Udp,
        from_user: "+15550001000".to_owned(),
        from_domain: None,
        display_name: None,
        call_id: Some(format!("call{call}")),
        credentials: Some(Credentials { username: "alice".to_owned(), password: "secret".to_owned() }),
        headers: Vec::new(),
        offer: OFFER.to_owned(),
        local_ip: [127, 0, 0, 1].into(),
    }
}

fn command_named(name: &str) -> SignallingCommand {
    match name.as_bytes().first() {
        Some(b'h') => SignallingCommand::HangUp { reason: Some("Q.850;cause=16".to_owned()) },
        Some(b'r') => SignallingCommand::Refer { target: "sip:other@127.0.0.1".to_owned() },
        _ => SignallingCommand::Reoffer { offer: OFFER.to_owned() },
    }
}

/// Notes the headers of our latest request within this call.
fn requests_of_ours(peer: &UdpSocket, call_id: &str, latest: &mut HashMap<&'static str, String>) {
    let mut buffer = [0; 8192];
    while let Ok((length, _)) = peer.try_recv_from(&mut buffer) {
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if text.starts_with("SIP/") || !text.contains(call_id) {
            continue;
        }
        for (key, name) in
            [("$VIA", "Via: "), ("$FROM", "From: "), ("$TO", "To: "), ("$CSEQ", "CSeq: "), ("$CALLID", "Call-ID: ")]
        {
            if let Some(value) = text.lines().find_map(|line| line.strip_prefix(name)) {
                let tag = if key == "$TO" && !value.contains("tag=") { ";tag=peer" } else { "" };
                latest.insert(key, format!("{value}{tag}"));
            }
        }
    }
}

fn fill(part: &str, latest: &HashMap<&'static str, String>, far: SocketAddr, n: usize) -> String {
    let mut text = part.replace('\n', "\r\n").replace("$PEER", &far.to_string()).replace("$N", &n.to_string());
    for (key, value) in latest {
        text = text.replace(key, value);
    }
    let body = text.split_once("\r\n\r\n").map_or(0, |(_, body)| body.len());
    text.replace("$LEN", &body.to_string())
}

async fn send_stream(stream: &mut Option<TcpStream>, local: SocketAddr, bytes: &str) {
    // The stack's framer adds Content-Length without a check; see docs/fuzzing.md, "Known findings".
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if bytes.as_bytes().windows(16).any(|window| std::str::from_utf8(window).is_ok_and(digits)) {
        return;
    }
    if stream.is_none() {
        *stream = TcpStream::connect(local).await.ok();
    }
    if let Some(stream) = stream {
        let _ = stream.write_all(bytes.as_bytes()).await;
    }
}

//! A caller made of text: shares no code with the endpoint under test.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout, timeout_at};

pub(crate) const LIMIT: Duration = Duration::from_secs(10);

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A message that came.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) first_line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Message {
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.split("\r\n");
        let first_line = lines.next().unwrap().to_owned();
        let headers = lines.map(|line| line.split_once(':').unwrap());
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        Self { first_line, headers, body: body.to_owned() }
    }

    pub(crate) fn status(&self) -> u16 {
        self.first_line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// Where the description wants its packets.
    pub(crate) fn media(&self) -> SocketAddr {
        let port = self.body.split("m=audio ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
        format!("127.0.0.1:{port}").parse().unwrap()
    }
}

/// One call's caller.
pub(crate) struct Caller {
    pub(crate) sip: UdpSocket,
    pub(crate) rtp: UdpSocket,
    callee: SocketAddr,
    number: String,
    pub(crate) call_id: String,
    cseq: u32,
    to_tag: String,
    pub(crate) direction: &'static str,
    pub(crate) proof: Option<String>,
}

impl Caller {
    pub(crate) async fn new(callee: SocketAddr, number: &str) -> Self {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            sip: UdpSocket::bind("127.0.0.1:0").await.unwrap(),
            rtp: UdpSocket::bind("127.0.0.1:0").await.unwrap(),
            callee,
            number: number.to_owned(),
            call_id: format!("test-{n}-{}", std::process::id()),
            cseq: 1,
            to_tag: String::new(),
            direction: "sendrecv",
            proof: None,
        }
    }

    pub(crate) fn description(&self) -> String {
        let port = self.rtp.local_addr().unwrap().port();
        format!(
            "v=0\r\no=t 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 8 101\r\n\
             a=rtpmap:101 telephone-event/8000\r\na={}\r\n",
            self.direction
        )
    }

    pub(crate) fn request(&self, method: &str, body: &str) -> String {
        let local = self.sip.local_addr().unwrap();
        let (callee, number, call_id, cseq) = (self.callee, &self.number, &self.call_id, self.cseq);
        let branch = match method {
            "ACK" if !self.to_tag.is_empty() => format!("ack-{cseq}"),
            "ACK" | "CANCEL" => format!("INVITE-{cseq}"),
            _ => format!("{method}-{cseq}"),
        };
        let to_tag = if self.to_tag.is_empty() { String::new() } else { format!(";tag={}", self.to_tag) };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let proof = self.proof.as_ref().map(|proof| format!("Proxy-Authorization: {proof}\r\n")).unwrap_or_default();
        format!(
            "{method} sip:{number}@{callee} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{call_id}-{branch}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:+15550001000@{local}>;tag=caller\r\nTo: <sip:{number}@{callee}>{to_tag}\r\n\
             Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nContact: <sip:+15550001000@{local}>\r\n{proof}{kind}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    pub(crate) async fn send(&self, text: &str) {
        self.sip.send_to(text.as_bytes(), self.callee).await.unwrap();
    }

    pub(crate) async fn invite(&self) {
        self.send(&self.request("INVITE", &self.description())).await;
    }

    pub(crate) async fn receive(&self) -> Message {
        let mut buffer = [0; 4_096];
        let (length, _) = timeout(LIMIT, self.sip.recv_from(&mut buffer)).await.expect("a message").unwrap();
        Message::parse(std::str::from_utf8(&buffer[..length]).unwrap())
    }

    /// Skips to the response with this status; any other final response fails the test.
    pub(crate) async fn expect(&mut self, status: u16) -> Message {
        loop {
            let message = self.receive().await;
            if message.status() == status {
                if status >= 180 && message.header("cseq").ends_with("INVITE") {
                    let tag = message.header("to").split("tag=").nth(1).unwrap_or_default().to_owned();
                    self.to_tag = if status < 300 { tag } else { String::new() };
                }
                return message;
            }
            assert!((100..200).contains(&message.status()), "waited for {status}, got {}", message.first_line);
        }
    }

    /// Waits for a request of the far end and answers it with 200.
    pub(crate) async fn expect_request(&self, method: &str) -> Message {
        let message = self.receive().await;
        assert!(message.first_line.starts_with(method), "{}", message.first_line);
        let copied: Vec<String> = ["Via", "From", "To", "Call-ID", "CSeq"]
            .iter()
            .map(|name| format!("{name}: {}\r\n", message.header(&name.to_ascii_lowercase())))
            .collect();
        self.send(&format!("SIP/2.0 200 OK\r\n{}Content-Length: 0\r\n\r\n", copied.concat())).await;
        message
    }

    pub(crate) async fn ack(&self) {
        self.send(&self.request("ACK", "")).await;
    }

    /// INVITE to ACK of the 200, which comes back.
    pub(crate) async fn answered(&mut self) -> Message {
        self.invite().await;
        let answer = self.expect(200).await;
        self.ack().await;
        answer
    }

    pub(crate) async fn again(&mut self) -> Message {
        self.cseq += 1;
        self.answered().await
    }

    pub(crate) fn next_request(&mut self, method: &str) -> String {
        self.cseq += 1;
        self.request(method, "")
    }

    pub(crate) async fn bye(&mut self) {
        let bye = self.next_request("BYE");
        self.send(&bye).await;
        self.expect(200).await;
    }

    /// One RTP packet of the far end: payload type, sequence, timestamp, payload.
    pub(crate) async fn packet(&self) -> (u8, u16, u32, Vec<u8>) {
        let mut buffer = [0; 2_000];
        let (length, _) = timeout(LIMIT, self.rtp.recv_from(&mut buffer)).await.expect("a packet").unwrap();
        let word = |at: usize| u16::from_be_bytes([buffer[at], buffer[at + 1]]);
        let timestamp = u32::from(word(4)) << 16 | u32::from(word(6));
        (buffer[1] & 0x7f, word(2), timestamp, buffer[12..length].to_vec())
    }

    /// Sends packets of 20 ms at their pace: a loud tone for those marked, silence for the others.
    pub(crate) async fn talk(&self, to: SocketAddr, first: u16, loud: impl Iterator<Item = bool>) -> u16 {
        let start = Instant::now();
        let mut sequence = first;
        for (n, loud) in loud.enumerate() {
            // A wait for the next packet's time that packets from the far end cannot end.
            let due = start + Duration::from_millis(20) * n as u32;
            let _ = timeout_at(due, std::future::pending::<()>()).await;
            // µ-law: 0xff is silence, and 0x90 with 0x10 is a loud square wave of 1 kHz.
            let payload: Vec<u8> = (0..160)
                .map(|i| {
                    if !loud {
                        0xff
                    } else if i % 8 < 4 {
                        0x90
                    } else {
                        0x10
                    }
                })
                .collect();
            self.rtp.send_to(&rtp(0, sequence, u32::from(sequence) * 160, &payload), to).await.unwrap();
            sequence = sequence.wrapping_add(1);
        }
        sequence
    }
}

pub(crate) fn rtp(payload_type: u8, sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, payload_type];
    packet.extend(sequence.to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(7u32.to_be_bytes());
    packet.extend(payload);
    packet
}

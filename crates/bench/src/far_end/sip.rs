//! As much of a SIP user agent server as a measured call needs: it answers INVITE, ACK, BYE, CANCEL and OPTIONS.
//!
//! Law: loopback loses nothing here, so nothing is retransmitted; a repeated INVITE gets the last response again.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::{Behaviour, Book, Call, Shared};

/// Longest wait for a datagram: answers that are due are looked for this often.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What every response to one INVITE repeats.
pub(super) struct Head {
    lines: String,
    source: SocketAddr,
    last: String,
}

pub(super) fn run(shared: &Shared) {
    let mut datagram = vec![0; 65_536];
    if shared.sip.set_read_timeout(Some(LOOK_EVERY)).is_err() {
        return;
    }
    while !shared.stopped() {
        if let Ok((length, source)) = shared.sip.recv_from(&mut datagram) {
            let now = Instant::now();
            if let Some(request) = std::str::from_utf8(&datagram[..length]).ok().and_then(Request::parse) {
                take(shared, &request, source, now);
            }
        }
        answer_due(shared);
    }
}

fn take(shared: &Shared, request: &Request<'_>, source: SocketAddr, now: Instant) {
    let mut book = shared.book();
    match request.method {
        "INVITE" => invited(shared, &mut book, request, source, now),
        "ACK" => {}
        method => {
            if method == "BYE"
                && let Some(&call) = book.by_call_id.get(request.call_id)
            {
                book.calls[call].over = true;
            }
            send(shared, source, &response("200 OK", &request.head(), "", ""));
        }
    }
}

fn invited(shared: &Shared, book: &mut Book, request: &Request<'_>, source: SocketAddr, now: Instant) {
    if let Some(&call) = book.by_call_id.get(request.call_id) {
        let last = &book.calls[call].response.last;
        return send(shared, source, last);
    }
    let Some(behaviour) = book.behaviour.clone() else { return };
    let Behaviour { busy, answer_after, .. } = behaviour;
    let head = Head { lines: request.head(), source, last: String::new() };
    let mut call = Call::new(request.user.to_owned(), now, head, behaviour);
    call.remote = request.media;
    let index = book.calls.len();
    book.by_call_id.insert(request.call_id.to_owned(), index);
    if let Some(media) = request.media {
        book.by_source.insert(media.port(), index);
    }
    let status = if busy { "486 Busy Here" } else { "180 Ringing" };
    call.respond(shared, status, "");
    book.calls.push(call);
    if !busy {
        book.answers_due.push((now + answer_after, index));
    }
}

fn answer_due(shared: &Shared) {
    let now = Instant::now();
    let mut book = shared.book();
    while let Some(at) = book.answers_due.iter().position(|(due, _)| *due <= now) {
        let (_, index) = book.answers_due.swap_remove(at);
        let sdp = format!(
            "v=0\r\no=far 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n",
            shared.rtp_port
        );
        let call = &mut book.calls[index];
        call.respond(shared, "200 OK", &sdp);
        call.answered = Some(Instant::now());
    }
}

impl Call {
    fn respond(&mut self, shared: &Shared, status: &str, sdp: &str) {
        let contact = shared.sip.local_addr().map(|at| format!("Contact: <sip:far@{at}>\r\n")).unwrap_or_default();
        self.response.last = response(status, &self.response.lines, &contact, sdp);
        send(shared, self.response.source, &self.response.last);
    }
}

fn response(status: &str, head: &str, contact: &str, sdp: &str) -> String {
    let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!("SIP/2.0 {status}\r\n{head}{contact}{kind}Content-Length: {}\r\n\r\n{sdp}", sdp.len())
}

fn send(shared: &Shared, to: SocketAddr, message: &str) {
    let _ = shared.sip.send_to(message.as_bytes(), to);
}

/// The parts of a request that matter here.
struct Request<'a> {
    method: &'a str,
    user: &'a str,
    call_id: &'a str,
    fields: Vec<(&'a str, &'a str)>,
    media: Option<SocketAddr>,
}

impl<'a> Request<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let (method, rest) = lines.next()?.split_once(' ')?;
        let user = rest.strip_prefix("sip:").and_then(|uri| uri.split_once('@')).map_or("", |(user, _)| user);
        let fields: Vec<(&str, &str)> =
            lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.trim(), value.trim())).collect();
        let call_id = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("call-id"))?.1;
        Some(Self { method, user: user.trim_start_matches('+'), call_id, fields, media: media(body) })
    }

    /// The fields that a response copies (RFC 3261, 8.2.6.2), our tag added.
    fn head(&self) -> String {
        let copied = ["via", "from", "to", "call-id", "cseq", "record-route"];
        let fields = self.fields.iter().filter(|(name, _)| copied.contains(&name.to_ascii_lowercase().as_str()));
        let mut head = String::new();
        for (name, value) in fields {
            let tag = if name.eq_ignore_ascii_case("to") && !value.contains(";tag=") { ";tag=far" } else { "" };
            head.push_str(&format!("{name}: {value}{tag}\r\n"));
        }
        head
    }
}

/// Where the offer wants its packets.
fn media(sdp: &str) -> Option<SocketAddr> {
    let field = |prefix: &str| sdp.lines().find_map(|line| line.trim_end().strip_prefix(prefix));
    let address: IpAddr = field("c=IN IP4 ")?.parse().ok()?;
    let port = field("m=audio ")?.split(' ').next()?.parse().ok()?;
    Some(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_is_read_and_its_response_copies_what_must_be_copied() {
        let text = "INVITE sip:+15550100001@127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKa\r\n\
                    From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n\r\n\
                    v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 20000 RTP/AVP 0 8 101\r\n";
        let request = Request::parse(text).unwrap();
        assert_eq!((request.method, request.user, request.call_id), ("INVITE", "15550100001", "x"));
        assert_eq!(request.media, Some("127.0.0.1:20000".parse().unwrap()));
        let head = request.head();
        assert!(head.contains("To: <sip:c@d>;tag=far\r\n") && head.contains("branch=z9hG4bKa"));
        assert!(!head.contains("Max-Forwards"));
        assert!(Request::parse("nonsense").is_none());
    }
}

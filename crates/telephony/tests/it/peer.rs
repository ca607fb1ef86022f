//! A far end written by hand, for what sipp cannot play or cannot time.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;

const LIMIT: Duration = Duration::from_secs(15);

/// The next datagram as text, and where it came from.
pub(crate) async fn datagram(socket: &UdpSocket) -> (String, SocketAddr) {
    let mut buffer = [0; 4096];
    let received = tokio::time::timeout(LIMIT, socket.recv_from(&mut buffer)).await;
    let (length, source) = received.expect("a datagram comes").unwrap();
    (String::from_utf8_lossy(&buffer[..length]).into_owned(), source)
}

/// A response with a description that asks for RTP at `media` on loopback.
pub(crate) fn response_to(request: &str, status: &str, contact: SocketAddr, media: u16) -> String {
    let echoed = |name: &str| request.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    let tag = if echoed("To:").contains("tag=") { "" } else { ";tag=peer" };
    let body = format!(
        "v=0\r\no=p 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {media} RTP/AVP 0\r\n"
    );
    format!(
        "SIP/2.0 {status}\r\n{}\r\n{}\r\n{}{tag}\r\n{}\r\n{}\r\nContact: <sip:peer@{contact}>\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        echoed("Via:"),
        echoed("From:"),
        echoed("To:"),
        echoed("Call-ID:"),
        echoed("CSeq:"),
        body.len()
    )
}

/// The BYE of a far end that answered `invite` as [`response_to`] does.
pub(crate) fn bye_of_peer(invite: &str, us: SocketAddr, contact: SocketAddr) -> String {
    let value = |name: &str| invite.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    format!(
        "BYE sip:+15550001000@{us} SIP/2.0\r\nVia: SIP/2.0/UDP {contact};branch=z9hG4bKpeerbye\r\nMax-Forwards: 70\r\n\
         From: {};tag=peer\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
        value("To:"),
        value("From:"),
        value("Call-ID:"),
    )
}

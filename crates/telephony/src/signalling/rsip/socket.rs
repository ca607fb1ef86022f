//! The UDP socket under the stack, with a gate in front. Law: what is no SIP message is counted and dropped here;
//! the stack would only write it to its log. First thing a datagram meets.

use std::net::SocketAddr;
use std::sync::Arc;

use rsipstack::sip::SipMessage;
use rsipstack::sip::prelude::{HeadersExt as _, ToTypedHeader as _};

use super::SipCounters;

/// A SIP datagram longer than this is none of ours: UDP carries at most 64 kB, and a call's messages a few.
const MAX_DATAGRAM: usize = 16 * 1024;

pub(super) struct CountingSocket {
    socket: tokio::net::UdpSocket,
    counters: Arc<SipCounters>,
}

impl CountingSocket {
    pub(super) fn new(socket: tokio::net::UdpSocket, counters: Arc<SipCounters>) -> Self {
        Self { socket, counters }
    }
}

#[async_trait::async_trait]
impl rsipstack::platform::net::UdpSocket for CountingSocket {
    async fn recv_from(&self, buf: &mut [u8]) -> rsipstack::Result<(usize, SocketAddr)> {
        loop {
            let (length, source) = self.socket.recv_from(buf).await?;
            let datagram = &buf[..length];
            if is_keep_alive(datagram) || is_message(datagram) {
                return Ok((length, source));
            }
            SipCounters::count(&self.counters.malformed);
        }
    }

    async fn send_to(&self, buf: &[u8], addr: SocketAddr) -> rsipstack::Result<usize> {
        Ok(self.socket.send_to(buf, addr).await?)
    }

    fn local_addr(&self) -> rsipstack::Result<SocketAddr> {
        Ok(self.socket.local_addr()?)
    }
}

/// Double CRLF and its like (RFC 5626 section 3.5.1).
fn is_keep_alive(datagram: &[u8]) -> bool {
    datagram.len() <= 4 && datagram.iter().all(u8::is_ascii_whitespace)
}

/// Whether the datagram reads as a message with the headers every message must have (RFC 3261 section 8.1.1).
pub(super) fn is_message(datagram: &[u8]) -> bool {
    if datagram.len() > MAX_DATAGRAM {
        return false;
    }
    SipMessage::try_from(datagram).is_ok_and(|message| {
        message.via_header().is_ok()
            && message.call_id_header().is_ok_and(|call_id| !call_id.value().is_empty())
            && message.cseq_header().is_ok_and(|cseq| cseq.seq().is_ok() && cseq.method().is_ok())
            && message.from_header().is_ok_and(|from| from.typed().is_ok())
            && message.to_header().is_ok_and(|to| to.typed().is_ok())
    })
}

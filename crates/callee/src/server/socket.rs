//! The UDP socket under the stack. Law: what is no SIP message is counted and dropped before the stack sees it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rsipstack::sip::SipMessage;
use rsipstack::sip::prelude::{HeadersExt as _, ToTypedHeader as _};

pub(super) struct Gated {
    pub(super) socket: tokio::net::UdpSocket,
    pub(super) dropped: Arc<AtomicU64>,
}

#[async_trait::async_trait]
impl rsipstack::platform::net::UdpSocket for Gated {
    async fn recv_from(&self, buf: &mut [u8]) -> rsipstack::Result<(usize, SocketAddr)> {
        loop {
            let (length, source) = self.socket.recv_from(buf).await?;
            let datagram = &buf[..length];
            // An empty line or two is a keep-alive (RFC 5626 section 4.4.1).
            if datagram.iter().all(u8::is_ascii_whitespace) && length <= 4 || reads_as_message(datagram) {
                return Ok((length, source));
            }
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn send_to(&self, buf: &[u8], addr: SocketAddr) -> rsipstack::Result<usize> {
        Ok(self.socket.send_to(buf, addr).await?)
    }

    fn local_addr(&self) -> rsipstack::Result<SocketAddr> {
        Ok(self.socket.local_addr()?)
    }
}

/// A message with the headers that every message has (RFC 3261 section 8.1.1).
fn reads_as_message(datagram: &[u8]) -> bool {
    let Ok(message) = SipMessage::try_from(datagram) else { return false };
    let numbered = message.cseq_header().is_ok_and(|cseq| cseq.seq().is_ok() && cseq.method().is_ok());
    let parties = message.from_header().is_ok_and(|from| from.typed().is_ok())
        && message.to_header().is_ok_and(|to| to.typed().is_ok());
    numbered && parties && message.via_header().is_ok() && message.call_id_header().is_ok()
}

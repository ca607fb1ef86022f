//! Socket pairs for calls: RTP on an even port, RTCP on the odd one above it (RFC 3550 section 11).
//! Law: a port is taken by binding it, so that two processes never hand out the same one.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};

use socket2::SockRef;

/// RFC 4594: telephony is Expedited Forwarding, DSCP 46.
const EXPEDITED_FORWARDING: u32 = 46 << 2;
/// How often an ephemeral port with a free neighbour is looked for.
const EPHEMERAL_ATTEMPTS: usize = 64;

/// Where RTP ports come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PortRange {
    /// Whatever the system gives.
    #[default]
    Ephemeral,
    /// From the first to the last, both included; firewalls can be told.
    Fixed {
        /// First port; made even by rounding up.
        first: u16,
        /// Last port.
        last: u16,
    },
}

/// Hands out socket pairs.
#[derive(Debug)]
pub(crate) struct Ports {
    range: PortRange,
    next: AtomicU32,
}

/// The two sockets of a call, bound and non-blocking.
#[derive(Debug)]
pub(crate) struct SocketPair {
    pub(crate) rtp: UdpSocket,
    pub(crate) rtcp: UdpSocket,
}

impl Ports {
    pub(crate) fn new(range: PortRange) -> Self {
        Self { range, next: AtomicU32::new(0) }
    }

    /// Binds a pair on `ip`.
    ///
    /// # Errors
    /// The last system error when no pair is free.
    pub(crate) fn bind(&self, ip: IpAddr) -> io::Result<SocketPair> {
        let pair = match self.range {
            PortRange::Ephemeral => ephemeral(ip),
            PortRange::Fixed { first, last } => self.fixed(ip, u32::from(first), u32::from(last)),
        }?;
        for socket in [&pair.rtp, &pair.rtcp] {
            socket.set_nonblocking(true)?;
            // A network that strips the mark is no reason to refuse a call.
            let _ = if ip.is_ipv4() {
                SockRef::from(socket).set_tos_v4(EXPEDITED_FORWARDING)
            } else {
                SockRef::from(socket).set_tclass_v6(EXPEDITED_FORWARDING)
            };
        }
        Ok(pair)
    }

    /// Goes round the range, so that a port just given back rests: late packets of its old call may still arrive.
    fn fixed(&self, ip: IpAddr, first: u32, last: u32) -> io::Result<SocketPair> {
        let first = first.next_multiple_of(2);
        let pairs = (last + 1).saturating_sub(first) / 2;
        let mut refused = io::Error::new(io::ErrorKind::AddrNotAvailable, "the RTP port range holds no pair");
        for _ in 0..pairs {
            let port = first + 2 * (self.next.fetch_add(1, Ordering::Relaxed) % pairs);
            let port = u16::try_from(port).expect("both ends of the range are ports");
            match pair_at(ip, port) {
                Ok(pair) => return Ok(pair),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}

fn pair_at(ip: IpAddr, port: u16) -> io::Result<SocketPair> {
    Ok(SocketPair { rtp: UdpSocket::bind((ip, port))?, rtcp: UdpSocket::bind((ip, port + 1))? })
}

fn ephemeral(ip: IpAddr) -> io::Result<SocketPair> {
    let mut refused = io::Error::new(io::ErrorKind::AddrNotAvailable, "no even ephemeral port with a free neighbour");
    for _ in 0..EPHEMERAL_ATTEMPTS {
        let first = UdpSocket::bind(SocketAddr::new(ip, 0))?;
        let port = first.local_addr()?.port();
        // An odd port becomes the RTCP half of the pair below it.
        let (neighbour, even) = if port % 2 == 0 { (port + 1, true) } else { (port - 1, false) };
        match UdpSocket::bind((ip, neighbour)) {
            Ok(second) if even => return Ok(SocketPair { rtp: first, rtcp: second }),
            Ok(second) => return Ok(SocketPair { rtp: second, rtcp: first }),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_even_and_neighbours() {
        let ports = Ports::new(PortRange::Ephemeral);
        for _ in 0..20 {
            let pair = ports.bind(IpAddr::from([127, 0, 0, 1])).unwrap();
            let rtp = pair.rtp.local_addr().unwrap().port();
            assert_eq!((rtp % 2, pair.rtcp.local_addr().unwrap().port()), (0, rtp + 1));
        }
    }

    #[test]
    fn a_range_is_gone_round_and_runs_out() {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        // A free stretch of four ports is found by holding two pairs and giving them back.
        let free = (20_000..60_000)
            .step_by(4)
            .find(|port| pair_at(loopback, *port).is_ok() && pair_at(loopback, *port + 2).is_ok());
        let first = free.unwrap();
        let ports = Ports::new(PortRange::Fixed { first, last: first + 3 });
        let held = [ports.bind(loopback).unwrap(), ports.bind(loopback).unwrap()];
        assert!(ports.bind(loopback).is_err());
        assert_ne!(held[0].rtp.local_addr().unwrap(), held[1].rtp.local_addr().unwrap());
        drop(held);
        assert!(ports.bind(loopback).is_ok());
    }

    #[test]
    fn an_empty_range_is_an_error() {
        let ports = Ports::new(PortRange::Fixed { first: 40_001, last: 40_002 });
        assert!(ports.bind(IpAddr::from([127, 0, 0, 1])).is_err());
    }
}

//! The telephone: dialing, and what it needs before the INVITE may leave.
//!
//! Law: everything the answer will need is ready before the INVITE leaves: sockets bound, description written,
//! leg task waiting. Nothing is looked up or opened between the 200 and the first packet.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use app::ports::telephone::{Dial, DialError, Leg, Telephone, TrunkAnswer, TrunkProbe};
use domain::callee::Callee;
use domain::trunk::{SipTransport as TrunkTransport, Trunk};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::leg::{LegTask, Trunkside};
use crate::media_threads::{MediaConfig, MediaCounters, MediaThreads};
use crate::sdp::{Codec, LocalSession};
use crate::signalling::rsip::{BindError, RsipSignalling, SipConfig, SipCounters};
use crate::signalling::{Credentials, Invite, InviteError, Options, Signalling, SipTransport};

/// Commands waiting at a leg. A sentence of speech is some tens of chunks.
const COMMAND_CAPACITY: usize = 64;
/// Signalling events waiting at the conversation; a call has a dozen in its life.
const EVENT_CAPACITY: usize = 64;
/// How long a trunk's name may take to resolve, or its TCP port to answer.
const REACH_LIMIT: Duration = Duration::from_secs(5);
/// How long a trunk may take to answer whether it is there; a lost datagram is repeated three times by then.
const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// How the telephone is set up.
#[derive(Debug, Clone, Default)]
pub struct TelephoneConfig {
    /// SIP.
    pub sip: SipConfig,
    /// RTP and the media threads.
    pub media: MediaConfig,
}

/// Why the telephone could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelephoneError {
    /// SIP could not be bound.
    #[error(transparent)]
    Sip(#[from] BindError),
    /// A media thread could not be started.
    #[error("cannot start a media thread: {0}")]
    Media(#[source] io::Error),
}

/// Calls over SIP trunks. `S` is the signalling: the real one by default, a fake in tests.
pub struct SipTelephone<S = RsipSignalling> {
    pub(crate) signalling: Arc<S>,
    media: Arc<MediaThreads>,
    listen_ip: IpAddr,
    external: Option<IpAddr>,
    legs: TaskTracker,
    sessions: AtomicU64,
}

impl SipTelephone {
    /// Binds SIP and starts the media threads. Needs a running tokio runtime.
    ///
    /// # Errors
    /// [`TelephoneError`] when a socket or a thread cannot be had.
    pub async fn bind(config: TelephoneConfig) -> Result<Self, TelephoneError> {
        let listen_ip = config.sip.listen.ip();
        let external = config.sip.external;
        let media = MediaThreads::start(config.media).map_err(TelephoneError::Media)?;
        let signalling = RsipSignalling::bind(config.sip).await?;
        Ok(Self::with(signalling, media, listen_ip, external))
    }

    /// What SIP dropped or refused so far.
    pub fn sip_counters(&self) -> &SipCounters {
        self.signalling.counters()
    }

    /// Dialogs the SIP stack still holds.
    pub fn dialogs(&self) -> usize {
        self.signalling.dialogs()
    }
}

impl<S: Signalling> SipTelephone<S> {
    /// Assembles a telephone from its parts.
    pub(crate) fn with(signalling: S, media: MediaThreads, listen_ip: IpAddr, external: Option<IpAddr>) -> Self {
        // Session ids of SDP differ between runs, as RFC 8866 section 5.2 asks; an NTP-like time is its own advice.
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self {
            signalling: Arc::new(signalling),
            media: Arc::new(media),
            listen_ip,
            external,
            legs: TaskTracker::new(),
            sessions: AtomicU64::new(started << 20),
        }
    }

    /// Where SIP is heard; the same port for UDP and TCP.
    pub fn local_address(&self) -> SocketAddr {
        self.signalling.local_address(SipTransport::Udp)
    }

    /// What the media threads dropped so far, and how they keep time.
    pub fn media_counters(&self) -> &MediaCounters {
        self.media.counters()
    }

    /// Legs alive.
    pub fn legs(&self) -> usize {
        self.legs.len()
    }

    /// Hangs up every leg, waits up to `limit` for their far ends, and closes everything. Idempotent.
    pub async fn shut_down(&self, limit: Duration) {
        self.signalling.shut_down(limit).await;
        self.legs.close();
        // Signalling is over, so the legs only hand in their counters.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.legs.wait()).await;
        self.media.shut_down();
    }

    async fn start(&self, dial: Dial) -> Result<Leg, DialError> {
        let transport = transport_of(&dial.trunk);
        let far = FarEnd::of(&dial);
        let route = reach(&far.domain, transport).await?;
        let local_ip = self.local_ip(route.address)?;
        let socket_ip = if self.listen_ip.is_unspecified() { unspecified(local_ip) } else { self.listen_ip };
        let media = self.media.open(socket_ip).map_err(|error| DialError::Exhausted(error.to_string()))?;
        let session = self.sessions.fetch_add(1, Ordering::Relaxed);
        let advertised = SocketAddr::new(self.external.unwrap_or(local_ip), media.local().port());
        let local = LocalSession::new(advertised, session, &Codec::ALL);
        let (events, events_out) = mpsc::channel(EVENT_CAPACITY);
        let (commands_in, commands) = mpsc::channel(COMMAND_CAPACITY);
        let (media_events, media_out) = mpsc::channel(crate::media_threads::EVENT_CAPACITY);
        let signalling = self.signalling.invite(Invite {
            to_user: far.user,
            domain: far.domain.clone(),
            destination: route.destination,
            transport,
            from_user: dial.from.as_str().to_owned(),
            from_domain: None,
            display_name: None,
            call_id: Some(dial.attempt.to_string()),
            credentials: far.credentials,
            headers: Vec::new(),
            offer: local.offer(),
            local_ip: self.external.unwrap_or(local_ip),
        });
        let signalling = signalling.map_err(|error| match error {
            InviteError::Invalid(_) | InviteError::Stack(_) | InviteError::Silent => {
                DialError::Unreachable(error.to_string())
            }
            InviteError::Closing => DialError::Exhausted(error.to_string()),
        })?;
        let (sip_call_id, trace) = (signalling.call_id.clone(), signalling.trace.clone());
        let task = LegTask {
            media,
            local,
            events,
            media_events,
            trunk: Trunkside { domain: far.domain, transport },
            ring_timeout: dial.ring_timeout,
            media_timeout: dial.media_timeout,
        };
        self.legs.spawn(task.run(signalling, commands));
        Ok(Leg { sip_call_id, trace, commands: commands_in, events: events_out, media: media_out })
    }

    /// The address of ours that packets to `trunk` carry.
    fn local_ip(&self, trunk: SocketAddr) -> Result<IpAddr, DialError> {
        if !self.listen_ip.is_unspecified() {
            return Ok(self.listen_ip);
        }
        // Connecting a datagram socket sends nothing; it only asks the routing table.
        let local = || {
            let socket = UdpSocket::bind((unspecified(trunk.ip()), 0))?;
            socket.connect(trunk)?;
            Ok(socket.local_addr()?.ip())
        };
        local().map_err(|error: io::Error| DialError::Unreachable(error.to_string()))
    }
}

#[async_trait::async_trait]
impl<S: Signalling> TrunkProbe for SipTelephone<S> {
    async fn probe(&self, trunk: &Trunk) -> Result<TrunkAnswer, DialError> {
        let transport = transport_of(trunk);
        let begun = Instant::now();
        let route = reach(&trunk.address, transport).await?;
        let local_ip = self.external.map_or_else(|| self.local_ip(route.address), Ok)?;
        let options = Options {
            domain: trunk.address.clone(),
            destination: route.destination,
            transport,
            local_ip,
            limit: PROBE_LIMIT,
        };
        match self.signalling.options(options).await {
            Ok((code, phrase)) => Ok(TrunkAnswer { code, phrase, after: begun.elapsed() }),
            Err(error @ InviteError::Closing) => Err(DialError::Exhausted(error.to_string())),
            Err(error) => Err(DialError::Unreachable(error.to_string())),
        }
    }
}

fn transport_of(trunk: &Trunk) -> SipTransport {
    match trunk.transport {
        TrunkTransport::Udp => SipTransport::Udp,
        TrunkTransport::Tcp => SipTransport::Tcp,
    }
}

#[async_trait::async_trait]
impl<S: Signalling> Telephone for SipTelephone<S> {
    async fn dial(&self, dial: Dial) -> Result<Leg, DialError> {
        self.start(dial).await
    }
}

/// Whom the INVITE names, and what may be answered to a challenge there.
struct FarEnd {
    user: String,
    /// Host and perhaps port.
    domain: String,
    credentials: Option<Credentials>,
}

impl FarEnd {
    fn of(dial: &Dial) -> Self {
        let number = match &dial.to {
            Callee::Number(number) => number,
            // The trunk's password is for the carrier alone.
            Callee::Sip(address) => {
                let (user, domain) = (address.user().to_owned(), address.host_and_port().to_owned());
                return Self { user, domain, credentials: None };
            }
        };
        let credentials = dial.trunk.credentials.as_ref().map(|credentials| Credentials {
            username: credentials.username.clone(),
            password: credentials.password.clone(),
        });
        Self { user: number.as_str().to_owned(), domain: dial.trunk.address.clone(), credentials }
    }
}

struct Route {
    /// An address of the trunk, to find our own by.
    address: SocketAddr,
    /// Where the INVITE goes; `None` leaves it to the stack, which knows SRV records (RFC 3263).
    destination: Option<SocketAddr>,
}

/// Finds the trunk. Over TCP its port is tried as well: the stack cannot tell a refused connection from silence
/// and would wait for its timer, half a minute.
async fn reach(trunk: &str, transport: SipTransport) -> Result<Route, DialError> {
    let unreachable = |error: io::Error| DialError::Unreachable(error.to_string());
    let late = || io::Error::new(io::ErrorKind::TimedOut, "no answer in time");
    let (host, port) = host_and_port(trunk);
    let found = tokio::time::timeout(REACH_LIMIT, tokio::net::lookup_host((host, port.unwrap_or(5060)))).await;
    let address = found
        .map_err(|_| unreachable(late()))?
        .map_err(unreachable)?
        .next()
        .ok_or_else(|| DialError::Unreachable("the trunk's name has no address".to_owned()))?;
    if transport == SipTransport::Tcp {
        let connected = tokio::time::timeout(REACH_LIMIT, tokio::net::TcpStream::connect(address)).await;
        connected.map_err(|_| unreachable(late()))?.map_err(unreachable)?;
    }
    let literal = host.parse::<IpAddr>().is_ok();
    Ok(Route { address, destination: (literal || port.is_some()).then_some(address) })
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`.
fn host_and_port(trunk: &str) -> (&str, Option<u16>) {
    if let Some((host, rest)) = trunk.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match trunk.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (trunk, None),
        },
        _ => (trunk, None),
    }
}

fn unspecified(like: IpAddr) -> IpAddr {
    if like.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trunk_addresses_of_every_form() {
        let cases = [
            ("sip.example.net", ("sip.example.net", None)),
            ("sip.example.net:5070", ("sip.example.net", Some(5070))),
            ("127.0.0.1:5080", ("127.0.0.1", Some(5080))),
            ("[2001:db8::1]:5060", ("2001:db8::1", Some(5060))),
            ("[2001:db8::1]", ("2001:db8::1", None)),
            ("2001:db8::1", ("2001:db8::1", None)),
            ("host:port", ("host:port", None)),
        ];
        for (text, expected) in cases {
            assert_eq!(host_and_port(text), expected, "{text}");
        }
    }
}

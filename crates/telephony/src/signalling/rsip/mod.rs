//! Signalling by `rsipstack`: the only place that knows the stack.
//!
//! Law: the stack's traps (each held by a test in `tests/it/signalling.rs`) are closed here: dialogs are always
//! removed, a 2xx is believed only after looking at the dialog's state, a CANCEL has its own watchdog, and nothing
//! of a message is ever logged by us. The stack logs whole messages, credentials included, at INFO: the binary
//! must filter it with [`LOG_DIRECTIVE`].

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod incoming;
mod leg;
mod options;
mod outgoing;
mod requests;
mod socket;
mod traces;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking::Registry;
use rsipstack::EndpointBuilder;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::platform::CancellationToken;
use rsipstack::sip::Method;
use rsipstack::transaction::endpoint::{Endpoint, EndpointOption};
use rsipstack::transport::udp::UdpConnection;
use rsipstack::transport::{SipConnection, TcpListenerConnection, TransportLayer};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::{EVENT_CAPACITY, Invite, InviteError, Options, Signalling, SignallingLeg, SipTransport};
use socket::CountingSocket;
use traces::Traces;

/// The `tracing` directive every subscriber must contain: below `warn` the stack writes messages with credentials.
pub const LOG_DIRECTIVE: &str = "rsipstack=warn";

/// Commands a leg may have waiting; the conversation sends a few in a call's life.
const COMMAND_CAPACITY: usize = 16;

/// Methods we answer (Allow), in the order they are written.
const ALLOWED: [Method; 8] = [
    Method::Invite,
    Method::Ack,
    Method::Cancel,
    Method::Bye,
    Method::Options,
    Method::Info,
    Method::Update,
    Method::Notify,
];

/// Where and how to speak SIP.
#[derive(Debug, Clone)]
pub struct SipConfig {
    /// Address to hear on, for UDP and TCP alike; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address to name in Via, Contact and SDP when a NAT stands between.
    pub external: Option<IpAddr>,
    /// User-Agent header.
    pub user_agent: String,
    /// What follows `@` in our Call-IDs.
    pub call_id_suffix: String,
    /// RFC 3261 T1; 64 times this is how long anything is waited for.
    pub t1: Duration,
    /// Offer reliable provisional responses (RFC 3262).
    pub reliable_provisionals: bool,
}

impl Default for SipConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            external: None,
            user_agent: concat!("Outdial/", env!("CARGO_PKG_VERSION")).to_owned(),
            call_id_suffix: "outdial".to_owned(),
            t1: Duration::from_millis(500),
            reliable_provisionals: true,
        }
    }
}

/// What was dropped or refused since the start.
#[derive(Debug, Default)]
pub struct SipCounters {
    /// Datagrams that are no SIP message.
    pub malformed: AtomicU64,
    /// Requests that belong to no call of ours and were refused.
    pub unsolicited: AtomicU64,
    /// Requests dropped because too many were being handled.
    pub overload: AtomicU64,
    /// Events a leg's owner was too slow to take.
    pub events_dropped: AtomicU64,
}

impl SipCounters {
    fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// Why SIP could not be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The socket could not be had.
    #[error("cannot listen for SIP on {0}: {1}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The stack would not take it.
    #[error("the SIP stack refused to start: {0}")]
    Stack(String),
}

/// What all legs share.
struct Shared {
    layer: Arc<DialogLayer>,
    registry: Registry,
    traces: Traces,
    counters: Arc<SipCounters>,
    config: SipConfig,
    stop: CancellationToken,
}

impl Shared {
    /// 64*T1, the longest any transaction takes (RFC 3261 section 17).
    fn transaction_limit(&self) -> Duration {
        self.config.t1 * 64
    }
}

/// The legs alive, so that a request of the peer finds what its leg must know before the stack reports it.
mod parking {
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex, PoisonError};

    use rsipstack::platform::CancellationToken;

    use super::super::Cause;

    #[derive(Default)]
    struct Parked {
        causes: Vec<Cause>,
        /// Set once the INVITE has its final response: the stack finds the dialog by its tags from then on.
        settled: CancellationToken,
    }

    #[derive(Clone, Default)]
    pub(super) struct Registry(Arc<Mutex<HashMap<String, Parked>>>);

    impl Registry {
        pub(super) fn insert(&self, call_id: &str) {
            self.lock().insert(call_id.to_owned(), Parked::default());
        }

        /// The INVITE has its final response, or will have none.
        pub(super) fn settle(&self, call_id: &str) {
            if let Some(parked) = self.lock().get(call_id) {
                parked.settled.cancel();
            }
        }

        /// What to wait for, if the leg's INVITE is still without its final response.
        pub(super) fn unsettled(&self, call_id: &str) -> Option<CancellationToken> {
            let settled = self.lock().get(call_id)?.settled.clone();
            (!settled.is_cancelled()).then_some(settled)
        }

        /// Notes why the peer says goodbye: the stack reports the BYE without its headers.
        pub(super) fn note_bye(&self, call_id: &str, causes: Vec<Cause>) {
            if let Some(parked) = self.lock().get_mut(call_id) {
                parked.causes = causes;
            }
        }

        pub(super) fn causes(&self, call_id: &str) -> Vec<Cause> {
            self.lock().get(call_id).map(|parked| parked.causes.clone()).unwrap_or_default()
        }

        pub(super) fn remove(&self, call_id: &str) {
            if let Some(parked) = self.lock().remove(call_id) {
                parked.settled.cancel();
            }
        }

        pub(super) fn len(&self) -> usize {
            self.lock().len()
        }

        fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Parked>> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}

/// A SIP user agent on one address, over UDP and TCP.
pub struct RsipSignalling {
    shared: Arc<Shared>,
    endpoint: Arc<Endpoint>,
    local: HashMap<SipTransport, SocketAddr>,
    legs: TaskTracker,
    service: TaskTracker,
    close: CancellationToken,
}

impl RsipSignalling {
    /// Binds UDP and TCP and starts to serve. Needs a running tokio runtime, which then drives it.
    ///
    /// # Errors
    /// [`BindError`] when the address cannot be had.
    pub async fn bind(config: SipConfig) -> Result<Self, BindError> {
        let counters = Arc::new(SipCounters::default());
        let close = CancellationToken::new();
        let (udp, tcp, local) = open_sockets(&config, &counters, &close).await?;
        let transports = TransportLayer::new(close.clone());
        transports.add_transport(SipConnection::Udp(udp));
        transports.add_transport(SipConnection::TcpListener(tcp));
        let traces = Traces::default();
        let endpoint = EndpointBuilder::new()
            .with_user_agent(&config.user_agent)
            .with_transport_layer(transports)
            .with_cancel_token(close.clone())
            .with_allows(ALLOWED.to_vec())
            .with_inspector(Box::new(traces.clone()))
            .with_option(EndpointOption {
                t1: config.t1,
                t1x64: config.t1 * 64,
                callid_suffix: Some(config.call_id_suffix.clone()),
                ..EndpointOption::default()
            })
            .build();
        let incoming = endpoint.incoming_transactions().map_err(|error| BindError::Stack(error.to_string()))?;
        let endpoint = Arc::new(endpoint);
        let shared = Arc::new(Shared {
            layer: Arc::new(DialogLayer::new(endpoint.inner.clone())),
            registry: Registry::default(),
            traces,
            counters,
            config,
            stop: CancellationToken::new(),
        });
        let service = TaskTracker::new();
        let served = endpoint.clone();
        service.spawn(async move { served.serve().await });
        service.spawn(incoming::serve(incoming, shared.clone(), close.clone()));
        let local = HashMap::from([(SipTransport::Udp, local), (SipTransport::Tcp, local)]);
        Ok(Self { shared, endpoint, local, legs: TaskTracker::new(), service, close })
    }

    /// What was dropped or refused so far.
    pub fn counters(&self) -> &SipCounters {
        &self.shared.counters
    }

    /// Dialogs the stack still holds; zero when no leg is alive, or something leaks.
    pub fn dialogs(&self) -> usize {
        self.shared.layer.len()
    }

    /// Legs alive.
    pub fn legs(&self) -> usize {
        self.shared.registry.len()
    }
}

#[async_trait::async_trait]
impl Signalling for RsipSignalling {
    fn invite(&self, invite: Invite) -> Result<SignallingLeg, InviteError> {
        if self.shared.stop.is_cancelled() {
            return Err(InviteError::Closing);
        }
        let port = self.local_address(invite.transport).port();
        let option = outgoing::invite_option(&invite, port, &self.shared.config)?;
        // Before the INVITE leaves, or it would not be in it.
        let named = option.call_id.clone();
        let trace = named.as_deref().map(|call_id| self.shared.traces.of(call_id));
        let (states_in, states) = self.shared.layer.new_dialog_state_channel();
        let (dialog, invited) = self.shared.layer.do_invite_async(option, states_in).map_err(|error| {
            named.iter().for_each(|call_id| self.shared.traces.remove(call_id));
            InviteError::Stack(error.to_string())
        })?;
        let call_id = dialog.id().call_id;
        let trace = trace.unwrap_or_else(|| self.shared.traces.of(&call_id));
        let (commands_in, commands) = mpsc::channel(COMMAND_CAPACITY);
        let (events, events_out) = mpsc::channel(EVENT_CAPACITY);
        self.shared.registry.insert(&call_id);
        let leg = leg::Leg::new(self.shared.clone(), dialog, events, invite.offer);
        self.legs.spawn(leg.run(invited, states, commands));
        Ok(SignallingLeg { call_id, trace, commands: commands_in, events: events_out })
    }

    async fn options(&self, options: Options) -> Result<(u16, String), InviteError> {
        if self.shared.stop.is_cancelled() {
            return Err(InviteError::Closing);
        }
        let port = self.local_address(options.transport).port();
        let asked = options::ask(self.endpoint.inner.clone(), &options, port);
        tokio::time::timeout(options.limit, asked).await.unwrap_or(Err(InviteError::Silent))
    }

    fn local_address(&self, transport: SipTransport) -> SocketAddr {
        self.local[&transport]
    }

    async fn shut_down(&self, limit: Duration) {
        self.shared.stop.cancel();
        self.legs.close();
        if tokio::time::timeout(limit, self.legs.wait()).await.is_err() {
            tracing::warn!(legs = self.legs(), "SIP closes with legs whose far end never answered");
        }
        self.endpoint.shutdown();
        self.close.cancel();
        self.service.close();
        // Cancelled tasks end at their next wake-up; a second is an age for that.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.service.wait()).await;
    }
}

/// UDP and TCP on the same port. With port 0 a UDP port whose TCP twin is taken is given back and another tried.
async fn open_sockets(
    config: &SipConfig,
    counters: &Arc<SipCounters>,
    close: &CancellationToken,
) -> Result<(UdpConnection, TcpListenerConnection, SocketAddr), BindError> {
    const ATTEMPTS: usize = 8;
    let failed = |error| BindError::Listen(config.listen, error);
    let mut refused = None;
    for _ in 0..ATTEMPTS {
        let socket = tokio::net::UdpSocket::bind(config.listen).await.map_err(failed)?;
        let bound = socket.local_addr().map_err(failed)?;
        // The stack binds its TCP listener later, when an error could no longer be told to the caller: try it now.
        match std::net::TcpListener::bind(bound) {
            Ok(probe) => drop(probe),
            Err(error) if config.listen.port() == 0 => {
                refused = Some(error);
                continue;
            }
            Err(error) => return Err(failed(error)),
        }
        let external = config.external.map(|ip| SocketAddr::new(ip, bound.port()));
        let counting = Arc::new(CountingSocket::new(socket, counters.clone()));
        let udp = UdpConnection::from_socket(counting, external, Some(close.child_token()))
            .await
            .map_err(|error| BindError::Stack(error.to_string()))?;
        let tcp =
            TcpListenerConnection::new(bound, external).await.map_err(|error| BindError::Stack(error.to_string()))?;
        return Ok((udp, tcp, bound));
    }
    Err(failed(refused.unwrap_or_else(|| std::io::Error::other("no port with both UDP and TCP free"))))
}

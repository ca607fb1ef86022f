//! The SIP user agent server: hears INVITEs over UDP and TCP and gives each to a persona.
//!
//! Law: every request is answered, every dialog is removed from the stack, and what is counted can be asked for.

mod call;
mod digest;
mod sdp;
mod socket;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use app::ports::{SpeechToText, TextToSpeech};
use rsipstack::EndpointBuilder;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::platform::CancellationToken;
use rsipstack::sip::{Header, HeadersExt as _, Method, StatusCode};
use rsipstack::transaction::TransactionReceiver;
use rsipstack::transaction::endpoint::{Endpoint, EndpointOption};
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::udp::UdpConnection;
use rsipstack::transport::{SipConnection, TcpListenerConnection, TransportLayer};
use tokio_util::task::TaskTracker;

use crate::line::Lines;
use crate::persona::{CompiledPersona, Persona, PersonaError, built_in, for_number};
use crate::record::{CallView, Counts, Records};
use crate::voice::Voice;
use digest::Gate;

pub use digest::Credentials;

/// The `tracing` directive every subscriber must contain: below `warn` the stack logs messages with credentials.
pub const LOG_DIRECTIVE: &str = "rsipstack=warn";

/// Transactions handled at once; beyond it requests are dropped and the caller retransmits.
const MAX_AT_ONCE: usize = 8_192;
/// How long calls have to end when the endpoint stops.
const STOP_LIMIT: Duration = Duration::from_secs(2);

const ALLOWED: [Method; 8] = [
    Method::Invite,
    Method::Ack,
    Method::Cancel,
    Method::Bye,
    Method::Options,
    Method::Info,
    Method::Update,
    Method::Refer,
];

/// How to set up a far end.
#[derive(Clone)]
pub struct CalleeConfig {
    /// SIP address, UDP and TCP alike; port 0 takes a free one. RTP uses free ports of the same address.
    pub listen: SocketAddr,
    /// Who answers where neither [`Callee::assign`] nor a built-in name or number says.
    pub default_persona: Persona,
    /// Ask for these by 407.
    pub credentials: Option<Credentials>,
    /// Ears; without them the far end takes any speech for what it waits for.
    pub ears: Option<Arc<dyn SpeechToText>>,
    /// Voice; without it the far end murmurs.
    pub voice: Option<Arc<dyn TextToSpeech>>,
    /// Name of the voice, such as `heart-low`.
    pub voice_name: String,
    /// Folder for a stereo WAV of every call (left: heard, right: said), named by its Call-ID.
    pub tapes: Option<PathBuf>,
    /// Threads that pace RTP; one does for some hundreds of calls.
    pub media_threads: usize,
    /// RFC 3261 T1.
    pub t1: Duration,
}

impl Default for CalleeConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            default_persona: built_in("talks").expect("it is in the list"),
            credentials: None,
            ears: None,
            voice: None,
            voice_name: "heart-low".into(),
            tapes: None,
            media_threads: 1,
            t1: Duration::from_millis(500),
        }
    }
}

/// Why a far end could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be had.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The media threads could not be started.
    #[error("cannot start a media thread: {0}")]
    Thread(#[source] std::io::Error),
    /// The stack would not start.
    #[error("the SIP stack would not start: {0}")]
    Stack(String),
    /// The default persona cannot be played.
    #[error(transparent)]
    Persona(#[from] PersonaError),
}

/// What all calls share.
pub(crate) struct Shared {
    pub(crate) layer: DialogLayer,
    pub(crate) address: SocketAddr,
    pub(crate) records: Records,
    pub(crate) lines: Lines,
    pub(crate) voice: Arc<Voice>,
    pub(crate) ears: Option<Arc<dyn SpeechToText>>,
    pub(crate) tapes: Option<PathBuf>,
    pub(crate) stop: CancellationToken,
    gate: Option<Gate>,
    personas: RwLock<HashMap<String, Arc<CompiledPersona>>>,
    default_persona: Arc<CompiledPersona>,
}

impl Shared {
    /// Who answers: an assigned persona, a built-in one by name or number, or the default.
    fn persona_for(&self, user: &str) -> Arc<CompiledPersona> {
        let assigned = self.personas.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(persona) = assigned.get(user).or_else(|| assigned.get(user.trim_start_matches('+'))) {
            return persona.clone();
        }
        drop(assigned);
        let built = for_number(user).and_then(|persona| persona.compile().ok());
        built.map_or_else(|| self.default_persona.clone(), Arc::new)
    }
}

/// A running far end. Stop it with [`Callee::stop`]; dropping it cuts its calls off.
pub struct Callee {
    shared: Arc<Shared>,
    endpoint: Arc<Endpoint>,
    malformed: Arc<AtomicU64>,
    close: CancellationToken,
    service: TaskTracker,
    calls: TaskTracker,
}

impl Callee {
    /// Binds and serves on the current tokio runtime.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: CalleeConfig) -> Result<Self, StartError> {
        let malformed = Arc::new(AtomicU64::new(0));
        let close = CancellationToken::new();
        let (transports, address) = open(&config, &malformed, &close).await?;
        let endpoint = EndpointBuilder::new()
            .with_user_agent("Outdial-Callee")
            .with_transport_layer(transports)
            .with_cancel_token(close.clone())
            .with_allows(ALLOWED.to_vec())
            .with_option(EndpointOption { t1: config.t1, t1x64: config.t1 * 64, ..EndpointOption::default() })
            .build();
        let incoming = endpoint.incoming_transactions().map_err(|error| StartError::Stack(error.to_string()))?;
        let endpoint = Arc::new(endpoint);
        let shared = Arc::new(Shared {
            layer: DialogLayer::new(endpoint.inner.clone()),
            address,
            records: Records::new(),
            lines: Lines::start(config.media_threads.max(1), address.ip()).map_err(StartError::Thread)?,
            voice: Arc::new(Voice::new(config.voice, config.voice_name)),
            ears: config.ears,
            tapes: config.tapes,
            stop: CancellationToken::new(),
            gate: config.credentials.map(Gate::new),
            personas: RwLock::default(),
            default_persona: Arc::new(config.default_persona.compile()?),
        });
        let (service, calls) = (TaskTracker::new(), TaskTracker::new());
        let served = endpoint.clone();
        service.spawn(async move { served.serve().await });
        service.spawn(serve(incoming, shared.clone(), calls.clone(), close.clone()));
        hears_tcp(address).await.map_err(|error| StartError::Listen(address, error))?;
        Ok(Self { shared, endpoint, malformed, close, service, calls })
    }

    /// Where it hears SIP, over UDP and TCP.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Lets a persona answer calls to this user part, with or without leading `+`.
    ///
    /// # Errors
    /// The persona cannot be played.
    pub fn assign(&self, user: &str, persona: Persona) -> Result<(), PersonaError> {
        let persona = Arc::new(persona.compile()?);
        let mut personas = self.shared.personas.write().unwrap_or_else(PoisonError::into_inner);
        personas.insert(user.trim_start_matches('+').to_owned(), persona);
        Ok(())
    }

    /// All calls so far, oldest first; the last 4096 are kept.
    pub fn calls(&self) -> Vec<CallView> {
        self.shared.records.calls()
    }

    /// The newest call that satisfies a condition, as soon as there is one.
    pub async fn wait_call(&self, limit: Duration, fits: impl Fn(&CallView) -> bool) -> Option<CallView> {
        self.shared.records.wait(limit, fits).await
    }

    /// Requests seen for a called user part, as it was called.
    pub fn counts(&self, user: &str) -> Counts {
        self.shared.records.counts(user)
    }

    /// Datagrams on the SIP port that were no SIP message.
    pub fn malformed(&self) -> u64 {
        self.malformed.load(Ordering::Relaxed)
    }

    /// Dialogs the stack still holds; zero when no call is up.
    pub fn dialogs(&self) -> usize {
        self.shared.layer.len()
    }

    /// Hangs up every call and closes.
    pub async fn stop(self) {
        self.shared.stop.cancel();
        self.calls.close();
        let _ = tokio::time::timeout(STOP_LIMIT, self.calls.wait()).await;
        self.endpoint.shutdown();
        self.close.cancel();
        self.service.close();
        let _ = tokio::time::timeout(STOP_LIMIT, self.service.wait()).await;
    }
}

impl Drop for Callee {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        self.close.cancel();
    }
}

async fn open(
    config: &CalleeConfig,
    malformed: &Arc<AtomicU64>,
    close: &CancellationToken,
) -> Result<(TransportLayer, SocketAddr), StartError> {
    const ATTEMPTS: usize = 8;
    let failed = |error| StartError::Listen(config.listen, error);
    let stack = |error: rsipstack::Error| StartError::Stack(error.to_string());
    for attempt in 1..=ATTEMPTS {
        let socket = tokio::net::UdpSocket::bind(config.listen).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        // The stack binds TCP later, when nobody would hear of a failure; and the port must be free for both.
        match std::net::TcpListener::bind(address) {
            Ok(probe) => drop(probe),
            Err(_) if config.listen.port() == 0 && attempt < ATTEMPTS => continue,
            Err(error) => return Err(failed(error)),
        }
        let gated = Arc::new(socket::Gated { socket, dropped: malformed.clone() });
        let udp = UdpConnection::from_socket(gated, None, Some(close.child_token())).await.map_err(stack)?;
        let tcp = TcpListenerConnection::new(address, None).await.map_err(stack)?;
        let transports = TransportLayer::new(close.clone());
        transports.add_transport(SipConnection::Udp(udp));
        transports.add_transport(SipConnection::TcpListener(tcp));
        return Ok((transports, address));
    }
    Err(failed(std::io::Error::other("no port is free for both UDP and TCP")))
}

/// The stack binds TCP in a task of its own; whoever got a far end from `start` may call it over TCP at once.
async fn hears_tcp(address: SocketAddr) -> std::io::Result<()> {
    const ATTEMPTS: u32 = 200;
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    let mut refused = None;
    for _ in 0..ATTEMPTS {
        ticks.tick().await;
        match tokio::net::TcpStream::connect(address).await {
            Ok(_) => return Ok(()),
            Err(error) => refused = Some(error),
        }
    }
    Err(refused.expect("every attempt failed"))
}

async fn serve(mut incoming: TransactionReceiver, shared: Arc<Shared>, calls: TaskTracker, close: CancellationToken) {
    loop {
        let transaction = tokio::select! {
            biased;
            () = close.cancelled() => return,
            transaction = incoming.recv() => match transaction {
                Some(transaction) => transaction,
                None => return,
            },
        };
        if calls.len() >= MAX_AT_ONCE {
            continue;
        }
        let (shared, close) = (shared.clone(), close.clone());
        calls.spawn(async move {
            tokio::select! {
                biased;
                () = close.cancelled() => {}
                () = handle(transaction, shared) => {}
            }
        });
    }
}

async fn handle(mut transaction: Transaction, shared: Arc<Shared>) {
    let method = transaction.original.method;
    let in_dialog = matches!(transaction.original.to_header().map(|to| to.tag()), Ok(Ok(Some(_))));
    let result = match shared.layer.match_dialog(&transaction) {
        Some(mut dialog) => dialog.handle(&mut transaction).await,
        None if method == Method::Invite && !in_dialog => {
            Box::pin(admit(transaction, shared)).await;
            return;
        }
        None => refuse(&mut transaction, in_dialog).await,
    };
    if let Err(error) = result {
        tracing::debug!(%method, %error, "a request could not be handled");
    }
}

async fn admit(mut transaction: Transaction, shared: Arc<Shared>) {
    let user = transaction.original.uri.user().unwrap_or_default().to_owned();
    if let Some(gate) = &shared.gate
        && !gate.admits(&transaction.original)
    {
        shared.records.count(&user, |counts| counts.challenged += 1);
        let challenge = vec![gate.challenge()];
        if transaction.reply_with(StatusCode::ProxyAuthenticationRequired, challenge, None).await.is_ok() {
            // The ACK reaches the transaction only while it is received from.
            while transaction.receive().await.is_some() {}
        }
        return;
    }
    shared.records.count(&user, |counts| counts.invites += 1);
    let persona = shared.persona_for(&user);
    call::run(transaction, user, persona, shared).await;
}

async fn refuse(transaction: &mut Transaction, in_dialog: bool) -> rsipstack::Result<()> {
    let status = match transaction.original.method {
        Method::Ack => return Ok(()),
        Method::Options if !in_dialog => StatusCode::OK,
        _ if in_dialog => StatusCode::CallTransactionDoesNotExist,
        Method::Bye | Method::Cancel => StatusCode::CallTransactionDoesNotExist,
        _ => StatusCode::MethodNotAllowed,
    };
    let allow = ALLOWED.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    transaction.reply_with(status, vec![Header::Allow(allow.into())], None).await
}

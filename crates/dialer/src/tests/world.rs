//! One tenant on a store, and a dialer whose sessions come no further than their warm-up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use app::manage_agents::NewAgent;
use app::manage_numbers::NewNumber;
use app::manage_organizations::OrganizationSettings;
use app::manage_trunks::NewTrunk;
use app::ports::live::LiveEvent;
use app::ports::outbound_http::{HttpError, HttpRequest, HttpResponse};
use app::ports::provider_error::ProviderErrorKind;
use app::ports::speech_to_text::{SttSettings, SttStream};
use app::ports::store::NodeStore as _;
use app::ports::telephone::{Dial, DialError, Leg};
use app::ports::text_to_speech::{SpeechChunk, SpeechRequest};
use app::ports::{Clock, Embedder, LiveBus, OutboundHttp, ProviderError, SpeechToText, Telephone, TextToSpeech};
use app::{Platform, Principal, Webhooks};
use async_trait::async_trait;
use bus::{CallRegistry, LocalBus};
use domain::agent_definition::AgentDefinition;
use domain::call::{Call, CallRequest};
use domain::call_event::{CallFact, Ending};
use domain::node::Node;

use domain::trunk::SipTransport;
use domain::{CallId, NodeId, RecordingFolderId};
use session::{LeaseHold, Recorder, SessionContext, Speech, WarmAgents};
use store::{KeySource, MasterKeys, SqlStore};
use tokio::sync::broadcast::Receiver;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::lossy_queue::LossyQueue;
use super::time::TestTime;
use crate::{Dialer, DialerSettings};

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Long beside a write, short beside a test.
const LEASE: Duration = Duration::from_millis(600);

const AGENT: &str = "
name: Ann
prompt:
  provider: openai
  model: any
  system: You are Ann.
  first_message: Hello.
";

/// What the sessions' speech recognition does.
#[derive(Clone, Copy)]
pub(super) enum Ears {
    /// The call ends in its warm-up.
    Broken,
    /// The call stays in its warm-up.
    Slow,
}

/// Stands for everything that a session needs beside the store.
struct Nothing(Ears);

fn absent() -> ProviderError {
    let detail = "there is none in this test".to_owned();
    ProviderError { provider: "none", kind: ProviderErrorKind::Unavailable, detail }
}

#[async_trait]
impl SpeechToText for Nothing {
    async fn open(&self, _settings: SttSettings) -> Result<SttStream, ProviderError> {
        match self.0 {
            Ears::Broken => Err(absent()),
            Ears::Slow => std::future::pending().await,
        }
    }
}

#[async_trait]
impl TextToSpeech for Nothing {
    async fn speak(
        &self,
        _request: SpeechRequest,
    ) -> Result<tokio::sync::mpsc::Receiver<Result<SpeechChunk, ProviderError>>, ProviderError> {
        Err(absent())
    }
}

#[async_trait]
impl Embedder for Nothing {
    async fn embed(&self, _texts: Vec<String>) -> Result<Vec<Vec<f32>>, ProviderError> {
        Err(absent())
    }
}

#[async_trait]
impl Telephone for Nothing {
    async fn dial(&self, _dial: Dial) -> Result<Leg, DialError> {
        Err(DialError::Exhausted("there is none in this test".to_owned()))
    }
}

#[async_trait]
impl OutboundHttp for Nothing {
    fn check(&self, _url: &str) -> Result<(), HttpError> {
        Ok(())
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        Err(HttpError::Unresolved(request.url))
    }
}

/// A dialer at work.
pub(super) struct Running {
    tasks: JoinSet<()>,
    stop: CancellationToken,
    hang_up: CancellationToken,
}

impl Running {
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        self.hang_up.cancel();
        while let Some(done) = self.tasks.join_next().await {
            done.unwrap();
        }
    }
}

pub(super) struct World {
    pub(super) store: Arc<SqlStore>,
    pub(super) queue: Arc<LossyQueue>,
    pub(super) time: Arc<TestTime>,
    context: Arc<SessionContext>,
    platform: Platform,
    principal: Principal,
    heard: Receiver<LiveEvent>,
    _folder: tempfile::TempDir,
}

impl World {
    pub(super) async fn new(ears: Ears) -> Self {
        Self::on("sqlite::memory:", ears).await
    }

    /// On the database of this name.
    pub(super) async fn on(target: &str, ears: Ears) -> Self {
        let keys = KeySource::Keys(MasterKeys::draw().unwrap());
        let store = Arc::new(SqlStore::open_with(target, keys).await.unwrap());
        let folder = tempfile::tempdir().unwrap();
        let time = Arc::new(TestTime::start());
        let clock: Arc<dyn Clock> = time.clone();
        let (bus, registry, nothing) = (Arc::new(LocalBus::new()), CallRegistry::new(), Arc::new(Nothing(ears)));
        let speech =
            Speech { stt: nothing.clone(), tts: nothing.clone(), embedder: nothing.clone(), turn_detector: None };
        let heard = bus.subscribe();
        let context = Arc::new(SessionContext {
            store: store.clone(),
            bus: bus.clone(),
            registry: Arc::new(registry.clone()),
            clock: clock.clone(),
            telephone: nothing.clone(),
            http: nothing.clone(),
            speech,
            language_models: BTreeMap::new(),
            recorder: Recorder::start(folder.path(), RecordingFolderId(Uuid::now_v7())).unwrap(),
            warm: WarmAgents::default(),
            leases: LeaseHold::default(),
        });
        let webhooks = Webhooks::new(nothing);
        let platform = Platform {
            store: store.clone(),
            bus,
            control: Arc::new(registry),
            clock,
            webhooks,
            chats: app::ChatRoom::default(),
            trunks: app::TrunkProbes::default(),
            providers: app::ProviderTrials::default(),
        };
        let principal = tenant(&platform).await;
        let queue = Arc::new(LossyQueue::new(store.clone(), time.clone()));
        Self { store, queue, time, context, platform, principal, heard, _folder: folder }
    }

    pub(super) async fn placed(&self) -> Call {
        let request = CallRequest { agent: "ann".to_owned(), to: "+15551234567".to_owned(), ..CallRequest::default() };
        self.platform.place_call(&self.principal, request).await.unwrap()
    }

    pub(super) fn run(&self, node: NodeId) -> Running {
        self.run_with(node, DialerSettings::with_lease(LEASE))
    }

    pub(super) fn run_with(&self, node: NodeId, settings: DialerSettings) -> Running {
        let mut dialer = Dialer::new(node, self.context.clone(), settings);
        dialer.queue = self.queue.clone();
        let (stop, hang_up) = (CancellationToken::new(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(dialer.run(stop.clone(), hang_up.clone()));
        Running { tasks, stop, hang_up }
    }

    /// Asks the node to drain, or no longer to.
    pub(super) async fn drain(&self, node: NodeId, drain: bool) {
        let name = node.to_string();
        let asked = match drain {
            true => self.platform.drain_node(&self.principal, &name).await,
            false => self.platform.resume_node(&self.principal, &name).await,
        };
        assert_eq!(asked.unwrap().node.drain_wanted, drain);
    }

    /// Waits until a node shows itself so.
    pub(super) async fn shown(&self, so: impl Fn(&Node) -> bool) -> Node {
        let shown = async {
            loop {
                if let Some(node) = self.store.nodes().await.unwrap().into_iter().find(&so) {
                    break node;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, shown).await.expect("the node shows itself so")
    }

    /// Waits until the call is over.
    pub(super) async fn ended(&mut self, call: CallId) -> Ending {
        loop {
            match self.heard.recv().await.unwrap() {
                LiveEvent::Fact(event) if event.call == call => {
                    if let CallFact::Ended(ending) = event.fact {
                        return *ending;
                    }
                }
                _ => {}
            }
        }
    }
}

async fn tenant(platform: &Platform) -> Principal {
    let settings = OrganizationSettings {
        name: "acme".to_owned(),
        default_region: Some("US".to_owned()),
        allowed_countries: vec!["US".to_owned()],
    };
    let principal = Principal::operator(platform.create_organization(settings).await.unwrap().id);
    let trunk = NewTrunk {
        name: "default".to_owned(),
        address: "127.0.0.1:5080".to_owned(),
        transport: SipTransport::Udp,
        credentials: None,
        calls_per_second: None,
        channels: None,
    };
    platform.create_trunk(&principal, trunk).await.unwrap();
    let from = "+15550001000".to_owned();
    let number = NewNumber { number: from.clone(), trunk: "default".to_owned(), ..NewNumber::default() };
    platform.create_number(&principal, number).await.unwrap();
    let agent = NewAgent {
        slug: "ann".to_owned(),
        number: Some(from),
        calls_per_second: None,
        live_calls: None,
        draft: AgentDefinition::parse(AGENT).unwrap(),
    };
    platform.create_agent(&principal, agent).await.unwrap();
    platform.publish_agent(&principal, "ann").await.unwrap();
    principal
}

//! One server on a free port with its own database, and the hands of a session to make calls go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use api::{ApiState, Metrics};
use app::manage_keys::NewKey;
use app::manage_organizations::OrganizationSettings;
use app::ports::Clock;
use app::ports::live::LiveEvent;
use app::ports::store::{AboutToDial, Beat, DialGuard, Lease, NewEvent};
use app::ports::telephone::{DialError, TrunkAnswer, TrunkProbe};
use app::{Platform, Principal, Webhooks};
use bus::{CallRegistry, LocalBus};
use domain::api_key::Permission;
use domain::call::Call;
use domain::call_event::{CallEvent, CallFact};
use domain::dialect::Dialect;
use domain::node::NodeState;
use domain::time::{Mono, Timestamp};
use domain::trunk::Trunk;
use domain::{AttemptId, EventId, NodeId, OrganizationId};
use outbound::{GuardedClient, OutboundSettings};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use store::{KeySource, MasterKeys, SqlStore};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Counts up by a millisecond a look, from a fixed day on.
struct StepClock(AtomicI64, Instant);

impl Clock for StepClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.fetch_add(1, Ordering::Relaxed)).unwrap()
    }
    fn mono(&self) -> Mono {
        Mono(self.1.elapsed())
    }
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// Every trunk answers, but for those whose names begin with `deaf`.
struct Probe;

#[async_trait::async_trait]
impl TrunkProbe for Probe {
    async fn probe(&self, trunk: &Trunk) -> Result<TrunkAnswer, DialError> {
        if trunk.name.starts_with("deaf") {
            return Err(DialError::Unreachable("no answer within 5 s".into()));
        }
        Ok(TrunkAnswer { code: 200, phrase: "OK".into(), after: Duration::from_millis(12) })
    }
}

pub(crate) struct World {
    pub(crate) platform: Platform,
    pub(crate) organization: OrganizationId,
    pub(crate) registry: CallRegistry,
    pub(crate) folder: TempDir,
    pub(crate) url: String,
    pub(crate) http: Client,
    pub(crate) secret: String,
    pub(crate) ready: watch::Sender<bool>,
    pub(crate) stop: CancellationToken,
    pub(crate) node: NodeId,
    _tasks: JoinSet<()>,
}

impl World {
    /// A server with an organization and an admin key.
    pub(crate) async fn empty() -> Self {
        Self::with_bus(LocalBus::new()).await
    }

    /// The same where keys of vendors ask so often and no more.
    pub(crate) async fn limited(limits: api::RequestLimits) -> Self {
        Self::with(LocalBus::new(), app::ChatRoom::default(), limits).await
    }

    pub(crate) async fn with_bus(bus: LocalBus) -> Self {
        Self::with(bus, app::ChatRoom::default(), api::RequestLimits::default()).await
    }

    /// The same with talks in writing.
    pub(crate) async fn with_chats(chats: Arc<dyn app::ports::chats::Chats>) -> Self {
        let chats = app::ChatRoom::new(chats);
        Self::with(LocalBus::new(), chats, api::RequestLimits::default()).await.furnished().await
    }

    /// The same with talks by voice.
    pub(crate) async fn with_voices(voices: Arc<dyn app::ports::spoken_talks::SpokenTalks>) -> Self {
        let chats = app::ChatRoom::default().with_voices(voices);
        Self::with(LocalBus::new(), chats, api::RequestLimits::default()).await.furnished().await
    }

    /// The same with providers to be tried.
    pub(crate) async fn with_providers(providers: Arc<dyn app::ports::providers::Providers>) -> Self {
        let (chats, providers) = (app::ChatRoom::default(), app::ProviderTrials::new(providers));
        Self::made_of(LocalBus::new(), chats, providers, api::RequestLimits::default()).await.furnished().await
    }

    async fn with(bus: LocalBus, chats: app::ChatRoom, request_limits: api::RequestLimits) -> Self {
        Self::made_of(bus, chats, app::ProviderTrials::default(), request_limits).await
    }

    async fn made_of(
        bus: LocalBus,
        chats: app::ChatRoom,
        providers: app::ProviderTrials,
        request_limits: api::RequestLimits,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let store = SqlStore::open_with(
            &folder.path().join("outdial.db").display().to_string(),
            KeySource::Keys(MasterKeys::draw().unwrap()),
        )
        .await
        .unwrap();
        let (bus, registry) = (Arc::new(bus), CallRegistry::new());
        let platform = Platform {
            store: Arc::new(store),
            bus,
            control: Arc::new(registry.clone()),
            clock: Arc::new(StepClock(AtomicI64::new(1_790_000_000_000), Instant::now())),
            webhooks: Webhooks::new(Arc::new(GuardedClient::new(OutboundSettings::default()).unwrap()))
                .with_vendors(dialects::webhooks::events),
            chats,
            trunks: app::TrunkProbes::new(Arc::new(Probe)),
            providers,
        };
        let settings = OrganizationSettings { name: "acme".into(), ..Default::default() };
        let organization = platform.create_organization(settings).await.unwrap().id;
        let (ready, stop, mut tasks) = (watch::Sender::new(true), CancellationToken::new(), JoinSet::new());
        let metrics = Arc::new(Metrics::default());
        let recordings = Arc::from(folder.path().join("recordings").as_path());
        let (counting, heard, ended) = (metrics.clone(), platform.bus.subscribe_here(), stop.clone());
        tasks.spawn(async move { counting.follow(heard, ended).await });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = ApiState {
            links: app::RecordingLinks::new(vec![[7; 32]], &url),
            default_dialect: Dialect::Klen,
            request_limits,
            platform: platform.clone(),
            recordings,
            proxies: Arc::new(api::TrustedProxies::new(vec!["127.0.0.1/32".parse().unwrap()])),
            gate: Arc::default(),
            metrics,
            ready: ready.subscribe(),
            stop: stop.clone(),
        };
        let router = api::router(state);
        tasks.spawn(async move {
            axum::serve(listener, router.into_make_service_with_connect_info::<std::net::SocketAddr>()).await.unwrap()
        });
        let http = Client::builder().no_proxy().build().unwrap();
        let node = NodeId(Uuid::now_v7());
        let mut world = Self {
            platform,
            organization,
            registry,
            folder,
            url,
            http,
            secret: String::new(),
            ready,
            stop,
            node,
            _tasks: tasks,
        };
        world.secret = world.key(&Permission::OF_OPERATOR).await;
        world
    }

    /// The same with trunk `line`, a number and the published agent `caller`.
    pub(crate) async fn new() -> Self {
        Self::empty().await.furnished().await
    }

    pub(crate) async fn furnished(self) -> Self {
        self.post("/v1/trunks", &json!({"name": "line", "address": "127.0.0.1:5060"})).await;
        self.post("/v1/numbers", &json!({"number": "+15550001000", "trunk": "line"})).await;
        let agent = json!({"slug": "caller", "number": "+15550001000", "definition": definition()});
        self.post("/v1/agents", &agent).await;
        let answer = self.request(Method::POST, "/v1/agents/caller/publish").send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
        self
    }

    pub(crate) fn operator(&self) -> Principal {
        Principal::operator(self.organization)
    }

    /// The secret of a new key.
    pub(crate) async fn key(&self, permissions: &[Permission]) -> String {
        let new = NewKey { name: "test".into(), permissions: permissions.to_vec(), ..NewKey::default() };
        self.platform.create_key(&self.operator(), new).await.unwrap().secret
    }

    /// The secret of a new key of another dialect.
    pub(crate) async fn foreign_key(&self, dialect: Dialect, category: Option<&str>, scopes: &[&str]) -> String {
        let scopes = scopes.iter().map(|word| (*word).to_owned()).collect();
        let new =
            NewKey { name: "test".into(), dialect, category: category.map(str::to_owned), scopes, ..NewKey::default() };
        self.platform.create_key(&self.operator(), new).await.unwrap().secret
    }

    /// What the server says to a request as a vendor's client writes it.
    pub(crate) async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.send().await.unwrap()).await
    }

    /// Gives the agent `caller` other names in the vendors' APIs, so that the old ones lead nowhere.
    pub(crate) async fn rename_caller(&self) {
        let operator = self.operator();
        let (agent, mut names) = self.platform.agent_names(&operator).await.unwrap().pop_first().unwrap();
        names.integer += 1_000;
        names.voicing = Uuid::now_v7();
        names.klen = "assistant_other".to_owned();
        names.voxpria = "agent_other".to_owned();
        self.platform.rename_agent(&operator, agent, names).await.unwrap();
    }

    /// A node shows itself, now or an hour ago.
    pub(crate) async fn node_shows(&self, name: &str, node: NodeId, alive: bool) {
        let now = self.platform.store.now().await.unwrap();
        let at = if alive { now } else { now - Duration::from_hours(1) };
        let beat = Beat {
            node,
            name: name.to_owned(),
            version: "1.2.3".to_owned(),
            at,
            until: at + Duration::from_secs(60),
            state: NodeState::Running,
            live_calls: 2,
        };
        self.platform.store.node_beats(&beat).await.unwrap();
    }

    /// The database loses a table: what needs it fails from then on.
    pub(crate) async fn loses(&self, table: &str) {
        let file = format!("sqlite:{}", self.folder.path().join("outdial.db").display());
        let database = sea_orm::Database::connect(file).await.unwrap();
        let statement = format!("ALTER TABLE {table} RENAME TO lost_{table}");
        sea_orm::ConnectionTrait::execute_unprepared(&database, &statement).await.unwrap();
        database.close().await.unwrap();
    }

    /// How many calls there are.
    pub(crate) async fn calls(&self) -> usize {
        self.get("/v1/calls").await.1["items"].as_array().unwrap().len()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.secret)
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        read(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        read(self.request(method, path).json(body).send().await.unwrap()).await
    }

    /// Sends what must be taken.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.send(Method::POST, path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    /// A call of agent `caller`.
    pub(crate) async fn call(&self) -> Value {
        self.post("/v1/calls", &json!({"agent": "caller", "to": "+15550100001", "variables": {"name": "Ada"}})).await
    }

    /// Takes the oldest queued call as a session does.
    pub(crate) async fn claim(&self) -> Session<'_> {
        let until = Timestamp::from_second(2_000_000_000).unwrap();
        let claimed = self.platform.store.claim(self.node, 1, self.platform.clock.now(), until).await.unwrap().calls;
        let claimed = claimed.into_iter().next().expect("a queued call");
        Session { world: self, lease: claimed.lease, call: claimed.call }
    }
}

/// The hands of a session: facts are stored, then told.
pub(crate) struct Session<'a> {
    world: &'a World,
    lease: Lease,
    pub(crate) call: Call,
}

impl Session<'_> {
    pub(crate) async fn dial(&mut self) {
        let attempt = AttemptId(Uuid::now_v7());
        let fact = CallFact::Dialing { attempt };
        let new = self.note(fact);
        let store = &self.world.platform.store;
        let event = store.about_to_dial(self.lease, &self.call, attempt, new, DialGuard::default()).await.unwrap();
        let AboutToDial::Committed(event) = event else { panic!("nothing forbids it") };
        self.world.platform.bus.publish(LiveEvent::Fact(event));
    }

    /// Stores a fact and tells it.
    pub(crate) async fn tell(&mut self, fact: CallFact) -> CallEvent {
        let event = self.store(fact).await;
        self.world.platform.bus.publish(LiveEvent::Fact(event.clone()));
        event
    }

    /// Stores a fact and tells nobody, as another node would look from here.
    pub(crate) async fn store(&mut self, fact: CallFact) -> CallEvent {
        let new = self.note(fact);
        let events = self.world.platform.store.append(self.lease, &self.call, vec![new]).await.unwrap();
        events.into_iter().next().unwrap()
    }

    fn note(&mut self, fact: CallFact) -> NewEvent {
        let at = self.world.platform.clock.now();
        self.call.apply(at, &fact);
        NewEvent { id: EventId(Uuid::now_v7()), at, fact }
    }
}

pub(crate) async fn read(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// A small flow that can be published.
pub(crate) fn definition() -> Value {
    json!({
        "name": "Caller",
        "variables": {"name": {"description": "whom we call"}},
        "flow": {
            "start": "greet",
            "steps": {"greet": {"hang_up": {"text": "Hello {{name}}, goodbye."}}}
        }
    })
}

pub(crate) fn ending() -> CallFact {
    use domain::outcome::{AnsweredBy, Blame, CallStatus, EndReason, Evidence, Outcome};
    let evidence =
        Evidence { sip_call_id: Some("a1b2@127.0.0.1".into()), sip_codes: vec![180, 200], ..Evidence::default() };
    CallFact::Ended(Box::new(domain::call_event::Ending {
        status: CallStatus::Completed,
        end_reason: EndReason::AgentHangup,
        blame: Blame::Us,
        answered_by: AnsweredBy::Human,
        duration_ms: 1_500,
        outcome: Some(Outcome { name: "confirmed".into(), ..Outcome::default() }),
        evidence,
    }))
}

pub(crate) fn turn(number: u32, speaker: domain::transcript::Speaker, text: &str) -> CallFact {
    use domain::time::CallMs;
    let start = u64::from(number) * 1_000;
    CallFact::Turn(domain::transcript::Turn {
        number,
        speaker,
        text: text.into(),
        intended: None,
        start_ms: CallMs(start),
        end_ms: CallMs(start + 500),
        interrupted: false,
        by_person: false,
        latency: None,
    })
}

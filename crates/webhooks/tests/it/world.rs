//! A platform without telephones: its calls are facts that a test writes, and its deliverers are real.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::NativePayloads;
use app::manage_organizations::OrganizationSettings;
use app::manage_webhooks::{NewWebhook, WebhookWithSecret};
use app::ports::Clock;
use app::ports::live::LiveEvent;
use app::ports::store::{NewCall, NewEvent, Store};
use app::{Platform, Principal, RecordingLinks, Webhooks};
use bus::{CallRegistry, LocalBus};
use domain::call::{Call, Parties};
use domain::call_event::{CallFact, Ending};
use domain::callee::Callee;
use domain::outcome::{AnsweredBy, Blame, CallStatus, EndReason, Evidence};
use domain::phone_number::PhoneNumber;
use domain::time::{Mono, Timestamp};
use domain::webhook::{Delivery, DeliveryAttempt};
use domain::{AgentId, AgentVersionId, CallId, DeliveryId, EventId};
use machines::delivery::Schedule;
use outbound::{GuardedClient, OutboundSettings};
use store::{KeySource, SqlStore};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use webhooks::{Deliverer, DelivererContext, DelivererSettings, Dialects};

use crate::sink::DEADLINE;

struct SystemClock(Instant);

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap()
    }
    fn mono(&self) -> Mono {
        Mono(self.0.elapsed())
    }
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

pub(crate) struct World {
    pub(crate) platform: Platform,
    pub(crate) principal: Principal,
    _folder: TempDir,
}

/// A deliverer that runs; dropped, it is gone in the middle of whatever it did.
pub(crate) struct Node {
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Node {
    /// Ends in order.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        tokio::time::timeout(DEADLINE, self.tasks.join_next()).await.unwrap();
    }
}

pub(crate) fn quick() -> DelivererSettings {
    DelivererSettings {
        poll: Duration::from_millis(20),
        timeout: Duration::from_secs(5),
        ..DelivererSettings::default()
    }
}

/// Tries that follow quickly.
pub(crate) fn soon(tries: usize) -> Schedule {
    Schedule { waits: vec![Duration::from_millis(30); tries], jitter: 0.1, ..Schedule::default() }
}

async fn open(folder: &Path) -> SqlStore {
    let key = KeySource::File(folder.join("master.key"));
    SqlStore::open_with(&folder.join("outdial.db").display().to_string(), key).await.unwrap()
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = open(folder.path()).await;
        let settings = OutboundSettings { allow_private: true, ..OutboundSettings::default() };
        let platform = Platform {
            store: Arc::new(store),
            bus: Arc::new(LocalBus::new()),
            control: Arc::new(CallRegistry::new()),
            clock: Arc::new(SystemClock(Instant::now())),
            webhooks: Webhooks::new(Arc::new(GuardedClient::new(settings).unwrap()))
                .with_vendors(dialects::webhooks::events),
            chats: app::ChatRoom::default(),
            trunks: app::TrunkProbes::default(),
            providers: app::ProviderTrials::default(),
        };
        let settings = OrganizationSettings { name: "acme".into(), ..Default::default() };
        let organization = platform.create_organization(settings).await.unwrap().id;
        Self { platform, principal: Principal::operator(organization), _folder: folder }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.platform.store.as_ref()
    }

    /// Another node on the same database.
    pub(crate) fn node(&self, schedule: Schedule, settings: DelivererSettings) -> Node {
        let deliverer = Deliverer::new(DelivererContext {
            store: self.platform.store.clone(),
            bus: self.platform.bus.clone(),
            clock: self.platform.clock.clone(),
            http: self.platform.webhooks.http.clone(),
            dialects: Dialects::new(Arc::new(NativePayloads)),
            links: RecordingLinks::new(vec![[7; 32]], "https://calls.example.org"),
            schedule,
            counts: self.platform.webhooks.counts.clone(),
            settings,
        });
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        tasks.spawn(deliverer.run(stop.clone()));
        Node { stop, tasks }
    }

    /// An endpoint for everything.
    pub(crate) async fn endpoint(&self, url: &str) -> WebhookWithSecret {
        let new = NewWebhook { url: url.into(), events: vec!["*".into()], ..NewWebhook::default() };
        self.platform.create_webhook(&self.principal, new).await.unwrap()
    }

    /// A queued call.
    pub(crate) async fn call(&self, status_url: Option<&str>) -> Call {
        self.begun(status_url, CallFact::Queued).await
    }

    /// A call that was answered, as far as its log goes.
    pub(crate) async fn answered_call(&self) -> Call {
        self.begun(None, CallFact::Answered { codec: "PCMU".into() }).await
    }

    async fn begun(&self, status_url: Option<&str>, fact: CallFact) -> Call {
        let now = self.platform.clock.now();
        let call = Call { status_url: status_url.map(str::to_owned), ..blank(&self.principal, now) };
        let first = NewEvent { id: EventId(Uuid::now_v7()), at: now, fact };
        let placed = self.store().insert_call(NewCall::plain(call, first)).await.unwrap();
        self.platform.bus.publish(LiveEvent::Fact(placed.event));
        placed.call
    }

    /// Ends a queued call; two events in all.
    pub(crate) async fn end(&self, call: &Call) {
        let mut call = call.clone();
        let (at, fact) = (self.platform.clock.now(), canceled());
        call.apply(at, &fact);
        let event = NewEvent { id: EventId(Uuid::now_v7()), at, fact };
        let event = self.store().end_queued(&call, event).await.unwrap();
        self.platform.bus.publish(LiveEvent::Fact(event));
    }

    /// Waits until a delivery satisfies `reached`.
    pub(crate) async fn delivery(
        &self,
        id: &str,
        reached: impl Fn(&Delivery) -> bool,
    ) -> (Delivery, Vec<DeliveryAttempt>) {
        let id: DeliveryId = id.parse().unwrap();
        let mut look = tokio::time::interval(Duration::from_millis(5));
        let waiting = async {
            loop {
                look.tick().await;
                let found = self.platform.get_delivery(&self.principal, id).await.unwrap();
                if reached(&found.0) {
                    return found;
                }
            }
        };
        tokio::time::timeout(DEADLINE, waiting).await.expect("the delivery gets there")
    }
}

fn canceled() -> CallFact {
    CallFact::Ended(Box::new(Ending {
        status: CallStatus::Canceled,
        end_reason: EndReason::Canceled,
        blame: Blame::ApiClient,
        answered_by: AnsweredBy::Unknown,
        duration_ms: 0,
        outcome: None,
        evidence: Evidence::default(),
    }))
}

fn blank(principal: &Principal, created_at: Timestamp) -> Call {
    let parties = Parties {
        organization: principal.organization,
        agent: AgentId(Uuid::now_v7()),
        agent_slug: "ann".into(),
        agent_version: AgentVersionId(Uuid::now_v7()),
        to: Callee::parse("+15550100001", None).unwrap(),
        from: PhoneNumber::parse("+15550001000", None).unwrap(),
    };
    Call {
        variables: [("name".to_owned(), "Zoë".to_owned())].into(),
        ..Call::queued(CallId(Uuid::now_v7()), parties, created_at)
    }
}

//! A platform with one tenant, ready to call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use app::manage_agents::NewAgent;
use app::manage_numbers::NewNumber;
use app::manage_organizations::OrganizationSettings;
use app::manage_trunks::NewTrunk;
use app::ports::Clock;
use app::ports::store::CallFilter;
use app::{Platform, Principal, Webhooks};
use bus::{CallRegistry, LocalBus};
use domain::agent_definition::AgentDefinition;
use domain::call::{Call, CallRequest};
use domain::time::{Mono, Timestamp};
use domain::trunk::SipTransport;
use outbound::{GuardedClient, OutboundSettings};
use store::{KeySource, MasterKeys, SqlStore};
use uuid::Uuid;

/// A clock that stands until it is moved, and ids that count.
#[derive(Default)]
pub(crate) struct StandingClock {
    seconds: AtomicU64,
    drawn: AtomicU64,
}

impl StandingClock {
    pub(crate) fn wait(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + self.seconds.load(Ordering::Relaxed) as i64).unwrap()
    }

    fn mono(&self) -> Mono {
        Mono::from_millis(self.seconds.load(Ordering::Relaxed) * 1_000)
    }

    fn uuid(&self) -> Uuid {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128((0x0192_0000_0000_7000_8000_u128 << 48) | u128::from(drawn))
    }
}

pub(crate) struct World {
    pub(crate) platform: Platform,
    pub(crate) clock: Arc<StandingClock>,
    pub(crate) sessions: CallRegistry,
    pub(crate) principal: Principal,
}

pub(crate) const DEFINITION: &str = "
name: Ann
variables:
  name: {}
  product: { default: solar panels }
prompt:
  provider: openai
  model: any
  system: You are Ann and call {{ name }} about {{ product }}.
  first_message: Hello {{ name }}.
";

pub(crate) fn definition() -> AgentDefinition {
    AgentDefinition::parse(DEFINITION).unwrap()
}

impl World {
    /// A platform without tenants.
    pub(crate) async fn empty() -> (Platform, Arc<StandingClock>, CallRegistry) {
        let clock = Arc::new(StandingClock::default());
        let sessions = CallRegistry::new();
        let platform = Platform {
            store: Arc::new(
                SqlStore::open_with("sqlite::memory:", KeySource::Keys(MasterKeys::draw().unwrap())).await.unwrap(),
            ),
            bus: Arc::new(LocalBus::new()),
            control: Arc::new(sessions.clone()),
            clock: clock.clone(),
            webhooks: Webhooks::new(Arc::new(GuardedClient::new(OutboundSettings::default()).unwrap())),
            chats: app::ChatRoom::default(),
            trunks: app::TrunkProbes::default(),
            providers: app::ProviderTrials::default(),
        };
        (platform, clock, sessions)
    }

    /// A tenant whose agent `ann` can call.
    pub(crate) async fn new() -> Self {
        let (platform, clock, sessions) = Self::empty().await;
        let settings = OrganizationSettings {
            name: "acme".to_owned(),
            default_region: Some("US".to_owned()),
            allowed_countries: vec!["US".to_owned(), "ES".to_owned()],
        };
        let organization = platform.create_organization(settings).await.unwrap();
        let world = Self { platform, clock, sessions, principal: Principal::operator(organization.id) };
        let trunk = NewTrunk {
            name: "default".to_owned(),
            address: "127.0.0.1:5080".to_owned(),
            transport: SipTransport::Udp,
            credentials: None,
            calls_per_second: None,
            channels: None,
        };
        world.platform.create_trunk(&world.principal, trunk).await.unwrap();
        let number =
            NewNumber { number: "+15550001000".to_owned(), trunk: "default".to_owned(), ..NewNumber::default() };
        world.platform.create_number(&world.principal, number).await.unwrap();
        world.agent("ann", Some("+15550001000")).await;
        world.platform.publish_agent(&world.principal, "ann").await.unwrap();
        world
    }

    pub(crate) async fn agent(&self, slug: &str, number: Option<&str>) {
        let new = NewAgent {
            slug: slug.to_owned(),
            number: number.map(str::to_owned),
            calls_per_second: None,
            live_calls: None,
            draft: definition(),
        };
        self.platform.create_agent(&self.principal, new).await.unwrap();
    }

    pub(crate) async fn calls(&self) -> Vec<Call> {
        let filter = CallFilter { limit: 200, ..CallFilter::default() };
        self.platform.list_calls(&self.principal, &filter).await.unwrap().items
    }

    pub(crate) async fn placed(&self) -> Call {
        self.platform.place_call(&self.principal, request()).await.unwrap()
    }
}

/// A request that is accepted.
pub(crate) fn request() -> CallRequest {
    CallRequest {
        agent: "ann".to_owned(),
        to: "+34612345678".to_owned(),
        variables: [("name".to_owned(), "Zoe".to_owned())].into(),
        ..CallRequest::default()
    }
}

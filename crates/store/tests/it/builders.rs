//! Small builders for the contract suite.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use app::ports::store::{NewCall, NewEvent, Store, WayOut};
use domain::agent::{Agent, AgentState, AgentVersion};
use domain::agent_definition::AgentDefinition;
use domain::call::{Call, Parties};
use domain::call_event::{CallFact, Ending};
use domain::call_policy::CallPolicy;
use domain::caps::Caps;
use domain::organization::Organization;
use domain::outcome::{AnsweredBy, Blame, CallStatus, EndReason, Evidence};
use domain::phone_number::PhoneNumber;
use domain::retention::{AgentRetention, Retention};
use domain::time::Timestamp;
use domain::trunk::{CallerNumber, SipTransport, Trunk};
use domain::{AgentId, AgentVersionId, AttemptId, CallId, EventId, NodeId, NumberId, OrganizationId, TrunkId};
use sea_orm::{ConnectionTrait, Database};
use store::{KeySource, MasterKeys, SqlStore};
use uuid::Uuid;

/// A store under test and what it lives in.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    _folder: Option<tempfile::TempDir>,
}

pub(crate) async fn sqlite_file() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let store = SqlStore::open_with(folder.path().join("outdial.db").to_str().unwrap(), drawn_key()).await.unwrap();
    Opened { store: Arc::new(store), _folder: Some(folder) }
}

pub(crate) async fn sqlite_memory() -> Opened {
    let store = SqlStore::open_with("sqlite::memory:", drawn_key()).await.unwrap();
    Opened { store: Arc::new(store), _folder: None }
}

/// A database of its own on the server that `scripts/with-services` started.
pub(crate) async fn postgres() -> Opened {
    let store = SqlStore::open_with(&postgres_database().await, drawn_key()).await.unwrap();
    Opened { store: Arc::new(store), _folder: None }
}

/// URL of a new, empty database. It goes with the server, which is gone after the tests.
pub(crate) async fn postgres_database() -> String {
    let server = std::env::var("OUTDIAL_TEST_POSTGRES_URL")
        .expect("tests on PostgreSQL need a server: run them by scripts/with-services");
    let name = format!("test_{}", Uuid::now_v7().simple());
    let admin = Database::connect(format!("{server}/postgres")).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    admin.close().await.unwrap();
    format!("{server}/{name}")
}

/// A master key of nobody's.
pub(crate) fn drawn_key() -> KeySource {
    KeySource::Keys(MasterKeys::draw().unwrap())
}

static DRAWN: AtomicU64 = AtomicU64::new(1);

/// A UUID that no other call of this function gives, in the order of UUID v7.
pub(crate) fn uuid() -> Uuid {
    let drawn = u128::from(DRAWN.fetch_add(1, Ordering::Relaxed));
    let process = u128::from(std::process::id());
    Uuid::from_u128((0x0192_0000_0000_7000_8000_u128 << 48) | (process << 40) | drawn)
}

/// Seconds and a fraction finer than any engine keeps.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::new(1_800_000_000 + seconds, 123_456_789).unwrap()
}

pub(crate) fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, None).unwrap()
}

/// A tenant with trunk, number and published agent.
pub(crate) struct Tenant {
    pub(crate) organization: Organization,
    pub(crate) trunk: Trunk,
    pub(crate) number: CallerNumber,
    pub(crate) agent: Agent,
    pub(crate) version: AgentVersion,
}

impl Tenant {
    pub(crate) async fn in_store(store: &dyn Store, name: &str) -> Self {
        let tenant = Self::named(name);
        store.insert_organization(&tenant.organization).await.unwrap();
        store.insert_trunk(&tenant.trunk).await.unwrap();
        store.insert_number(&tenant.number).await.unwrap();
        let draft = Agent { published: None, state: AgentState::Draft, ..tenant.agent.clone() };
        store.insert_agent(&draft).await.unwrap();
        store.publish_agent(&tenant.agent, &tenant.version).await.unwrap();
        tenant
    }

    pub(crate) fn named(name: &str) -> Self {
        let created_at = Timestamp::from_second(1_700_000_000).unwrap();
        let organization = Organization {
            id: OrganizationId(uuid()),
            name: name.to_owned(),
            default_region: Some("US".to_owned()),
            allowed_countries: vec!["US".to_owned(), "ES".to_owned()],
            policy: CallPolicy::default(),
            caps: Caps::default(),
            retention: Retention::default(),
            created_at,
        };
        let trunk = Trunk {
            id: TrunkId(uuid()),
            organization: organization.id,
            name: "default".to_owned(),
            address: "sip.example.net:5060".to_owned(),
            transport: SipTransport::Udp,
            credentials: None,
            calls_per_second: None,
            channels: None,
            created_at,
        };
        let number = CallerNumber {
            id: NumberId(uuid()),
            organization: organization.id,
            number: number("+15550001000"),
            trunk: trunk.id,
            calls_per_second: None,
            live_calls: None,
            created_at,
        };
        let definition = Arc::new(AgentDefinition { name: "Ann".to_owned(), ..AgentDefinition::default() });
        let agent_id = AgentId(uuid());
        let version = AgentVersion {
            id: AgentVersionId(uuid()),
            agent: agent_id,
            number: 1,
            definition: definition.clone(),
            published_at: created_at,
        };
        let agent = Agent {
            id: agent_id,
            organization: organization.id,
            slug: "lead-callback".to_owned(),
            state: AgentState::Published,
            number: Some(number.id),
            calls_per_second: None,
            live_calls: None,
            policy: None,
            retention: AgentRetention::default(),
            draft: definition,
            published: Some(version.id),
            created_at,
            updated_at: created_at,
        };
        Self { organization, trunk, number, agent, version }
    }

    pub(crate) fn call(&self, created_at: Timestamp) -> Call {
        let parties = Parties {
            organization: self.organization.id,
            agent: self.agent.id,
            agent_slug: self.agent.slug.clone(),
            agent_version: self.version.id,
            to: number("+15551234567").into(),
            from: self.number.number.clone(),
        };
        Call {
            variables: [("name".to_owned(), "Zoë \"Z\" {{x}}".to_owned())].into(),
            metadata: serde_json::json!({"b": [1, 2.5, null], "a": "ü"}).as_object().unwrap().clone(),
            ..Call::queued(CallId(uuid()), parties, created_at)
        }
    }

    /// The call, ready to be stored.
    pub(crate) fn way_out(&self) -> WayOut {
        WayOut { number: self.number.id, trunk: self.trunk.id }
    }

    pub(crate) fn new_call(&self, created_at: Timestamp) -> NewCall {
        NewCall::plain(self.call(created_at), fact(CallFact::Queued))
    }

    pub(crate) async fn queued(&self, store: &dyn Store, created_at: Timestamp) -> Call {
        store.insert_call(self.new_call(created_at)).await.unwrap().call
    }
}

pub(crate) fn fact(fact: CallFact) -> NewEvent {
    NewEvent { id: EventId(uuid()), at: at(1), fact }
}

pub(crate) fn ended(status: CallStatus, end_reason: EndReason) -> CallFact {
    CallFact::Ended(Box::new(Ending {
        status,
        end_reason,
        blame: Blame::Callee,
        answered_by: AnsweredBy::Human,
        duration_ms: 1_500,
        outcome: None,
        evidence: Evidence { sip_codes: vec![100, 180, 200], jitter_ms: 0.1, ..Evidence::default() },
    }))
}

pub(crate) fn node() -> NodeId {
    NodeId(uuid())
}

pub(crate) fn attempt() -> AttemptId {
    AttemptId(uuid())
}

/// Path of a database in a folder.
pub(crate) fn file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("outdial.db")
}

//! Durable creates a second, beside the floor of the same run: one fully durable insert after the other, by the same
//! driver on the same disk.
//!
//! `cargo bench -p store --bench creates`
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::ports::live::{CallAudio, CallControl, LiveBus, LiveEvent, NotHeard, Steer, Steered, WokenBy};
use app::ports::outbound_http::{HttpError, HttpRequest, HttpResponse};
use app::ports::store::{NewEvent, Store};
use app::ports::{Clock, OutboundHttp};
use app::{Platform, Principal, Webhooks};
use async_trait::async_trait;
use domain::agent::{Agent, AgentState, AgentVersion};
use domain::call::CallRequest;
use domain::call_event::CallFact;
use domain::callee::Callee;
use domain::organization::Organization;
use domain::phone_number::PhoneNumber;
use domain::time::{Mono, Timestamp};
use domain::trunk::{CallerNumber, SipTransport, Trunk};
use domain::{AgentId, AgentVersionId, CallId, EventId, NumberId, OrganizationId, TrunkId};
use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use store::SqlStore;
use tokio::sync::broadcast;
use uuid::Uuid;

const FOR: Duration = Duration::from_secs(2);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder for the benchmark");
    let floor = single_inserts(&folder.path().join("floor.db")).await;
    println!("single durable inserts: {floor:.0}/s");
    let path = folder.path().join("outdial.db");
    let store: Arc<dyn Store> = Arc::new(SqlStore::open(path.to_str().expect("a path in UTF-8")).await.expect("opens"));
    let platform = platform(store).await;
    for at_once in [1, 16, 64, 256] {
        let (rate, p50, p99) = creates(&platform, at_once, false).await;
        println!(
            "insert_call, {at_once:>3} at once: {rate:.0}/s ({:.2} x floor), p50 {p50:?}, p99 {p99:?}",
            rate / floor
        );
    }
    for at_once in [1, 16, 64, 256] {
        let (rate, p50, p99) = creates(&platform, at_once, true).await;
        println!(
            "place_call,  {at_once:>3} at once: {rate:.0}/s ({:.2} x floor), p50 {p50:?}, p99 {p99:?}",
            rate / floor
        );
    }
}

/// Rows of 400 bytes with a unique key, each in a transaction of its own.
async fn single_inserts(path: &Path) -> f64 {
    let mut options = ConnectOptions::new("sqlite:floor.db");
    let path = path.to_owned();
    options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(move |o| {
        o.filename(&path).create_if_missing(true).pragma("journal_mode", "WAL").pragma("synchronous", "FULL")
    });
    let database = Database::connect(options).await.expect("connects");
    database.execute_unprepared("CREATE TABLE floor (id BLOB PRIMARY KEY, body TEXT)").await.expect("creates");
    let body = "x".repeat(400);
    let (begun, mut done) = (Instant::now(), 0_u32);
    while begun.elapsed() < FOR {
        let values = [Uuid::now_v7().into(), body.clone().into()];
        let insert = sea_orm::Statement::from_sql_and_values(
            sea_orm::DbBackend::Sqlite,
            "INSERT INTO floor VALUES (?, ?)",
            values,
        );
        database.execute_raw(insert).await.expect("inserts");
        done += 1;
    }
    f64::from(done) / begun.elapsed().as_secs_f64()
}

struct Bench {
    platform: Platform,
    principal: Principal,
    agent: Agent,
}

async fn creates(bench: &Arc<Bench>, at_once: usize, whole: bool) -> (f64, Duration, Duration) {
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..at_once {
        let bench = bench.clone();
        tasks.spawn(async move {
            let mut taken = Vec::new();
            while begun.elapsed() < FOR {
                let one = Instant::now();
                if whole {
                    bench.place().await
                } else {
                    bench.insert().await
                }
                taken.push(one.elapsed());
            }
            taken
        });
    }
    let mut taken: Vec<Duration> = tasks.join_all().await.into_iter().flatten().collect();
    let rate = taken.len() as f64 / begun.elapsed().as_secs_f64();
    taken.sort_unstable();
    (rate, taken[taken.len() / 2], taken[taken.len() * 99 / 100])
}

impl Bench {
    async fn place(&self) {
        let request =
            CallRequest { agent: "bench".to_owned(), to: "+15551234567".to_owned(), ..CallRequest::default() };
        self.platform.place_call(&self.principal, request).await.expect("is accepted");
    }

    async fn insert(&self) {
        let parties = domain::call::Parties {
            organization: self.agent.organization,
            agent: self.agent.id,
            agent_slug: self.agent.slug.clone(),
            agent_version: self.agent.published.expect("is published"),
            to: Callee::parse("+15551234567", None).expect("a number"),
            from: PhoneNumber::parse("+15550001000", None).expect("a number"),
        };
        let call = domain::call::Call {
            variables: [("name".to_owned(), "Zoe".to_owned())].into(),
            ..domain::call::Call::queued(CallId(Uuid::now_v7()), parties, Timestamp::now())
        };
        let first = NewEvent { id: EventId(Uuid::now_v7()), at: Timestamp::now(), fact: CallFact::Queued };
        self.platform.store.insert_call(app::ports::store::NewCall::plain(call, first)).await.expect("is stored");
    }
}

async fn platform(store: Arc<dyn Store>) -> Arc<Bench> {
    let now = Timestamp::now();
    let organization = Organization {
        id: OrganizationId(Uuid::now_v7()),
        name: "bench".to_owned(),
        default_region: Some("US".to_owned()),
        allowed_countries: Vec::new(),
        policy: domain::call_policy::CallPolicy::default(),
        caps: domain::caps::Caps::default(),
        retention: Default::default(),
        created_at: now,
    };
    let trunk = Trunk {
        id: TrunkId(Uuid::now_v7()),
        organization: organization.id,
        name: "default".to_owned(),
        address: "127.0.0.1".to_owned(),
        transport: SipTransport::Udp,
        credentials: None,
        calls_per_second: None,
        channels: None,
        created_at: now,
    };
    let number = CallerNumber {
        id: NumberId(Uuid::now_v7()),
        organization: organization.id,
        number: PhoneNumber::parse("+15550001000", None).expect("a number"),
        trunk: trunk.id,
        calls_per_second: None,
        live_calls: None,
        created_at: now,
    };
    let mut agent = Agent {
        id: AgentId(Uuid::now_v7()),
        organization: organization.id,
        slug: "bench".to_owned(),
        state: AgentState::Draft,
        number: Some(number.id),
        calls_per_second: None,
        live_calls: None,
        policy: None,
        retention: Default::default(),
        draft: Arc::default(),
        published: None,
        created_at: now,
        updated_at: now,
    };
    let version = AgentVersion {
        id: AgentVersionId(Uuid::now_v7()),
        agent: agent.id,
        number: 1,
        definition: Arc::default(),
        published_at: now,
    };
    store.insert_organization(&organization).await.expect("is stored");
    store.insert_trunk(&trunk).await.expect("is stored");
    store.insert_number(&number).await.expect("is stored");
    store.insert_agent(&agent).await.expect("is stored");
    agent.published = Some(version.id);
    agent.state = AgentState::Published;
    store.publish_agent(&agent, &version).await.expect("is stored");
    let nobody = Arc::new(Nobody);
    let platform = Platform {
        store,
        bus: nobody.clone(),
        control: nobody.clone(),
        clock: nobody.clone(),
        webhooks: Webhooks::new(nobody),
        chats: app::ChatRoom::default(),
        trunks: app::TrunkProbes::default(),
        providers: app::ProviderTrials::default(),
    };
    Arc::new(Bench { platform, principal: Principal::operator(organization.id), agent })
}

/// Bus, sessions and clock of a platform on which nobody talks.
struct Nobody;

#[async_trait]
impl LiveBus for Nobody {
    fn publish(&self, _event: LiveEvent) {}

    fn subscribe(&self) -> broadcast::Receiver<LiveEvent> {
        broadcast::channel(1).1
    }

    fn subscribe_here(&self) -> broadcast::Receiver<LiveEvent> {
        self.subscribe()
    }

    fn wake_dialer(&self) {}

    fn wake_others(&self) {}

    fn tell_nodes(&self) {}

    async fn node_told(&self) {
        std::future::pending().await
    }

    async fn dialer_woken(&self) -> WokenBy {
        WokenBy::Here
    }
}

#[async_trait]
impl CallControl for Nobody {
    async fn hang_up(&self, _call: CallId) -> bool {
        false
    }

    async fn steer(&self, _call: CallId, _steer: Steer) -> Steered {
        Steered::NotHeld
    }

    async fn listen(&self, _call: CallId) -> Result<CallAudio, NotHeard> {
        Err(NotHeard::NotHeld)
    }
}

#[async_trait]
impl OutboundHttp for Nobody {
    fn check(&self, _url: &str) -> Result<(), HttpError> {
        Ok(())
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        Err(HttpError::Timeout(request.timeout))
    }
}

impl Clock for Nobody {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn mono(&self) -> Mono {
        Mono::ZERO
    }

    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

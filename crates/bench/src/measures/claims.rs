//! Calls that nodes claim from one PostgreSQL a second, beside the plainest queue there is on the same server in the same
//! minute: one small table and `FOR UPDATE SKIP LOCKED`, with the same batch and as many claimers. A node is a task with
//! connections of its own that claims again and again, as a dialer does. Nothing is dialed, so that held calls pile up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use app::ports::Clock;
use app::ports::store::{CallQueue, Store};
use app::{Platform, Principal, Webhooks};
use bus::{CallRegistry, LocalBus};
use domain::NodeId;
use domain::call::CallRequest;
use outbound::{GuardedClient, OutboundSettings};
use outdial::wiring::SystemClock;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use store::SqlStore;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Settings, number, talks};
use crate::far_end::FarEnd;
use crate::report::{self, Sample, millis};
use crate::server;

/// Where the server is; `scripts/with-services` says it.
const SERVER: &str = "OUTDIAL_TEST_POSTGRES_URL";

pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let Ok(server) = std::env::var(SERVER) else {
        report::line(&format!("\nclaims: not measured, {SERVER} names no PostgreSQL; run me by scripts/with-services"));
        return Ok(());
    };
    let (window, waiting) = match settings.quick {
        true => (Duration::from_secs(1), 10_000),
        false => (Duration::from_secs(4), 100_000),
    };
    let mut rows = Vec::new();
    for pass in 1..=settings.passes {
        for nodes in [1, 4] {
            for batch in [1, 10, 32] {
                let url = database(&server).await?;
                seed(&url, waiting).await?;
                let floor = run_for(window, plain_claimers(&url, nodes).await?, batch).await?;
                let ours = run_for(window, stores(&url, nodes).await?, batch).await?;
                let ratio = format!("{:.2}", ours.rate / floor.rate);
                let mut row = vec![nodes.to_string(), batch.to_string(), pass.to_string()];
                row.extend([format!("{:.0}", ours.rate), format!("{:.0}", floor.rate), ratio]);
                row.extend(ours.taken.cells(2));
                row.push(format!("{:.2}", floor.taken.median()));
                rows.push(row);
            }
        }
    }
    rows.sort_by_key(|row| (row[0].clone(), row[1].parse::<u32>().unwrap_or_default(), row[2].clone()));
    let head =
        ["nodes", "batch", "pass", "claims a second", "floor", "x floor", "p50 ms", "p95 ms", "p99 ms", "floor p50 ms"];
    report::table(&format!("claims on PostgreSQL, {waiting} waiting calls"), &head, &rows);
    Ok(())
}

/// A new database on the server; it goes with the server.
async fn database(server: &str) -> Result<String> {
    let name = format!("bench_{}", Uuid::now_v7().simple());
    let admin = connect(&format!("{server}/postgres")).await?;
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    admin.close().await?;
    Ok(format!("{server}/{name}"))
}

async fn connect(url: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

/// One call by way of the product, and copies of it by way of SQL; as many rows in the plain queue.
async fn seed(url: &str, waiting: u32) -> Result<()> {
    let far_end = FarEnd::start(talks([].into(), false))?;
    let folder = tempfile::tempdir()?;
    let document = folder.path().join("provision.json");
    std::fs::write(&document, server::set_up(server::Kind::StubWithoutDialer, &far_end)?.to_string())?;
    let store: Arc<dyn Store> = Arc::new(SqlStore::open(url).await?);
    let platform = Platform {
        store,
        bus: Arc::new(LocalBus::new()),
        control: Arc::new(CallRegistry::new()),
        clock: Arc::new(SystemClock::start()),
        webhooks: Webhooks::new(Arc::new(GuardedClient::new(OutboundSettings::default())?)),
        chats: app::ChatRoom::default(),
        trunks: app::TrunkProbes::default(),
        providers: app::ProviderTrials::default(),
    };
    outdial::provision::apply(&platform, &document).await?;
    let tenant = platform.store.organization_named("bench").await?.context("the tenant that was provisioned")?;
    let variables = [("name", "Ann"), ("product", "solar panels")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let request = CallRequest { agent: server::AGENT.to_owned(), to: number(0), variables, ..CallRequest::default() };
    platform.place_call(&Principal::operator(tenant.id), request).await?;
    multiply(&connect(url).await?, waiting).await
}

async fn multiply(database: &DatabaseConnection, waiting: u32) -> Result<()> {
    let columns = "SELECT string_agg(quote_ident(column_name), ', ') AS names FROM information_schema.columns \
                   WHERE table_name = 'calls' AND column_name NOT IN ('sequence', 'id')";
    let row = database.query_one_raw(Statement::from_string(DbBackend::Postgres, columns)).await?.context("columns")?;
    let names: String = row.try_get("", "names")?;
    for step in [
        &format!(
            "INSERT INTO calls (id, {names}) SELECT gen_random_uuid(), {names} FROM calls, generate_series(1, {waiting})"
        ),
        "INSERT INTO queue (call, sequence, due_at, epoch) SELECT id, sequence, created_at, 0 FROM calls \
         WHERE id NOT IN (SELECT call FROM queue)",
        "CREATE TABLE plain (id bigint PRIMARY KEY, due_at bigint NOT NULL, owner uuid)",
        "CREATE INDEX plain_due ON plain (owner, due_at, id)",
        &format!("INSERT INTO plain SELECT i, i, NULL FROM generate_series(1, {waiting}) AS i"),
        "VACUUM ANALYZE",
    ] {
        database.execute_unprepared(step).await?;
    }
    Ok(())
}

/// Takes up to so many; says how many it got.
trait Claimer: Send + Sync + 'static {
    fn claim(&self, batch: u32) -> impl Future<Output = Result<usize>> + Send;
}

struct Plain {
    node: Uuid,
    connection: DatabaseConnection,
}

impl Claimer for Plain {
    async fn claim(&self, batch: u32) -> Result<usize> {
        let take = "UPDATE plain SET owner = $1 WHERE id IN (SELECT id FROM plain WHERE owner IS NULL AND due_at <= $2 \
                    ORDER BY owner, due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING id";
        let values = [self.node.into(), i64::MAX.into(), i64::from(batch).into()];
        let take = Statement::from_sql_and_values(DbBackend::Postgres, take, values);
        Ok(self.connection.query_all_raw(take).await?.len())
    }
}

async fn plain_claimers(url: &str, nodes: usize) -> Result<Vec<Plain>> {
    let mut claimers = Vec::with_capacity(nodes);
    for _ in 0..nodes {
        claimers.push(Plain { node: Uuid::now_v7(), connection: connect(url).await? });
    }
    Ok(claimers)
}

struct Node {
    node: NodeId,
    store: SqlStore,
    clock: SystemClock,
}

impl Claimer for Node {
    async fn claim(&self, batch: u32) -> Result<usize> {
        let now = self.clock.now();
        let claims = self.store.claim(self.node, batch, now, now + Duration::from_secs(600)).await?;
        Ok(claims.calls.len())
    }
}

async fn stores(url: &str, nodes: usize) -> Result<Vec<Node>> {
    let mut stores = Vec::with_capacity(nodes);
    for _ in 0..nodes {
        let store = SqlStore::open(url).await?;
        stores.push(Node { node: NodeId(Uuid::now_v7()), store, clock: SystemClock::start() });
    }
    Ok(stores)
}

struct Ran {
    rate: f64,
    /// Milliseconds of each claim.
    taken: Sample,
}

/// Until the time is over or nothing is left.
async fn run_for<C: Claimer>(window: Duration, claimers: Vec<C>, batch: u32) -> Result<Ran> {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for claimer in claimers {
        tasks.spawn(async move {
            let (mut claimed, mut taken) = (0, Vec::new());
            while begun.elapsed() < window {
                let one = Instant::now();
                let got = claimer.claim(batch).await?;
                if got == 0 {
                    break;
                }
                taken.push(millis(one.elapsed()));
                claimed += got;
            }
            anyhow::Ok((claimed, taken))
        });
    }
    let (mut claimed, mut all) = (0, Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (got, taken) = done.context("a claimer's task")??;
        claimed += got;
        all.extend(taken);
    }
    Ok(Ran { rate: claimed as f64 / begun.elapsed().as_secs_f64(), taken: all.into_iter().collect() })
}

//! One run on one engine: the world comes up, clients ask, nodes are tormented (the storm), the scenes are played, all is
//! left to settle, and the evidence is gathered.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::check::{self, Promise};
use crate::collect::Reader;
use crate::evidence::{Evidence, Fault, Webhooks, What};
use crate::far_end::FarEnd;
use crate::faults::{self, Temper};
use crate::load::{self, Book, LoadSettings, Order, Wishes};
use crate::scenes::Stage;
use crate::sink::Sink;
use crate::world::node::Node;
use crate::world::server::{self, Server};
use crate::world::{self, WorldSettings, setup};

/// Nodes on one database seal their secrets under one key.
const MASTER_KEY: &str = "6368616f73206368616f73206368616f73206368616f73206368616f73206368";
/// Calls that wait for their pace, rings that nobody answers and leases of the dead need this long at most.
const SETTLE: Duration = Duration::from_secs(120);
/// A delivery that a dead node held, and tries that the sink refused, need this long at most.
const DELIVERED: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Of the nodes; their own default.
const LEASE: Duration = Duration::from_secs(6);

/// More calls than the queue of the organization with caps has room for; some are refused.
const CROWD: Order = Order { clients: 2 * setup::QUEUE_CAP as u64, wishes: Wishes::Capped };

/// What the nodes keep their calls in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Engine {
    /// One node.
    Sqlite,
    /// Three nodes, with NATS between them.
    Postgres,
}

impl Engine {
    /// Its name on the command line and in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// What is promised of resuming.
    pub(crate) fn promise(self) -> Promise {
        Promise { nodes: self.nodes(), restart_ms: 3_000, loss_ms: 10_000, lease_ms: 6_000 }
    }

    fn nodes(self) -> usize {
        match self {
            Self::Sqlite => 1,
            Self::Postgres => 3,
        }
    }
}

/// One run.
#[derive(Clone, Debug)]
pub(crate) struct RunSettings {
    pub(crate) engine: Engine,
    pub(crate) seed: u64,
    pub(crate) kills: usize,
    /// Whether some telephones are dead, which takes half a minute each.
    pub(crate) patience: bool,
    /// Creates a second.
    pub(crate) rate: f64,
    pub(crate) outdial: PathBuf,
    /// Logs and databases.
    pub(crate) folder: PathBuf,
}

/// Nodes and what they stand on.
struct World {
    nodes: Vec<Node>,
    servers: Vec<(What, Server)>,
}

/// Runs it and gives what everybody wrote down.
pub(crate) async fn run(settings: &RunSettings) -> Result<Evidence> {
    let far_end = FarEnd::start(settings.seed, settings.patience).await?;
    let provision = settings.folder.join("provision.json");
    let sink = Sink::start(settings.seed).await?;
    std::fs::write(&provision, setup::document(far_end.address, sink.address).to_string())?;
    let mut world = begin(settings, &provision).await?;
    let addresses: Vec<_> = world.nodes.iter().map(|node| node.address).collect();
    let load = LoadSettings { seed: settings.seed, nodes: addresses.clone(), rate: settings.rate, keyed: 30 };
    let (stop, stopped) = watch::channel(false);
    let (orders, ordered) = mpsc::channel(1);
    let mut clients = JoinSet::new();
    clients.spawn(load::run(load, ordered, stopped));

    orders.send(CROWD).await?;
    let mut faults = storm(settings, &mut world, &orders).await?;
    let World { nodes, servers } = &mut world;
    let brief = !settings.patience;
    let mut stage = Stage { nodes, servers, orders: &orders, lease: LEASE, seed: settings.seed, brief };
    faults.extend(stage.play().await?);
    stop.send_replace(true);
    let book = clients.join_next().await.context("the clients went away")??.context("the clients")?;
    faults.sort_by_key(|fault| fault.at);

    let mut evidence = gather(addresses[0], book, faults).await?;
    deliveries(&mut evidence, &sink).await;
    evidence.invites = far_end.invites();
    drop(world);
    Ok(evidence)
}

/// Starts everything.
async fn begin(settings: &RunSettings, provision: &Path) -> Result<World> {
    let servers = servers(settings).await?;
    let mut nodes = world::nodes(&world_settings(settings, provision, &servers)?)?;
    for node in &mut nodes {
        world::start(node).await?;
    }
    Ok(World { nodes, servers })
}

/// Hits nodes and servers by the plan, all at the same time.
async fn storm(settings: &RunSettings, world: &mut World, orders: &mpsc::Sender<Order>) -> Result<Vec<Fault>> {
    let temper = Temper { nodes: world.nodes.len(), kills: settings.kills, lease: LEASE };
    let mut tormentors = JoinSet::new();
    for (n, node) in world.nodes.drain(..).enumerate() {
        tormentors.spawn(world::torment(node, n, faults::plan(settings.seed, n, temper), orders.clone()));
    }
    let mut server_tormentor = JoinSet::new();
    let (over, hears_over) = watch::channel(false);
    if !world.servers.is_empty() {
        let servers = std::mem::take(&mut world.servers);
        server_tormentor.spawn(world::torment_servers(servers, settings.seed, hears_over));
    }
    let mut faults = Vec::new();
    while let Some(done) = tormentors.join_next().await {
        let (node, done) = done.context("a tormentor")??;
        world.nodes.push(node);
        faults.extend(done);
    }
    over.send_replace(true);
    if let Some(done) = server_tormentor.join_next().await {
        let (servers, done) = done.context("the tormentor of the servers")??;
        world.servers = servers;
        faults.extend(done);
    }
    Ok(faults)
}

/// Waits until all is quiet, and reads what the platform says of both organizations.
async fn gather(node: SocketAddr, book: Book, faults: Vec<Fault>) -> Result<Evidence> {
    let readers = [Reader::new(node, setup::KEY)?, Reader::new(node, setup::CAPPED_KEY)?];
    let mut calls = Vec::new();
    for (n, reader) in readers.iter().enumerate() {
        // Calls that still live after that break a law, which the checker says better.
        reader.quiet(SETTLE).await?;
        calls.extend(reader.calls(n == 1).await?);
    }
    let mut forbidden = setup::forbidden();
    forbidden.extend(book.forbidden);
    let (wallet, decisions) = (Some(readers[0].wallet().await?), readers[0].decisions().await?);
    Ok(Evidence { asks: book.asks, forbidden, decisions, faults, calls, wallet, ..Evidence::default() })
}

/// What the nodes share, started.
async fn servers(settings: &RunSettings) -> Result<Vec<(What, Server)>> {
    if settings.engine == Engine::Sqlite {
        return Ok(Vec::new());
    }
    let mut servers =
        vec![(What::Database, server::postgres(&settings.folder).await?), (What::Bus, server::nats(&settings.folder)?)];
    for (_, server) in &mut servers {
        server.start().await?;
    }
    Ok(servers)
}

/// Waits for the webhooks that are still on their way.
async fn deliveries(evidence: &mut Evidence, sink: &Sink) {
    let deadline = Instant::now() + DELIVERED;
    loop {
        let webhooks = Webhooks { subscriptions: setup::subscriptions(), deliveries: sink.deliveries() };
        evidence.webhooks = Some(webhooks);
        if check::webhooks_delivered(evidence).violations.is_empty() || Instant::now() > deadline {
            return;
        }
        sleep(LOOK_EVERY).await;
    }
}

fn world_settings(settings: &RunSettings, provision: &Path, servers: &[(What, Server)]) -> Result<WorldSettings> {
    let variable = |(what, server): &(What, Server)| match what {
        What::Database => ("OUTDIAL_DATA_DATABASE_URL", format!("postgres://outdial@{}/postgres", server.address)),
        _ => ("OUTDIAL_CLUSTER_NATS_URL", format!("nats://{}", server.address)),
    };
    let mut environment: Vec<_> = servers.iter().map(variable).collect();
    if settings.engine.nodes() > 1 {
        environment.push(("OUTDIAL_SECRETS_KEY", MASTER_KEY.to_owned()));
    }
    Ok(WorldSettings {
        outdial: settings.outdial.clone(),
        models: world::repository().join("models").canonicalize().context("the speech models")?,
        folder: settings.folder.clone(),
        provision: provision.to_owned(),
        nodes: settings.engine.nodes(),
        lease_s: None,
        environment,
    })
}

//! One run on one engine: the world comes up, clients ask, nodes are tormented, all is left to settle, and the
//! evidence is gathered.

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
use crate::evidence::{Evidence, Webhooks, What};
use crate::far_end::FarEnd;
use crate::faults::{self, Temper};
use crate::load::{self, LoadSettings};
use crate::sink::Sink;
use crate::world::server::{self, Server};
use crate::world::{self, WorldSettings, setup};

/// Nodes on one database seal their secrets under one key.
const MASTER_KEY: &str = "6368616f73206368616f73206368616f73206368616f73206368616f73206368";
/// Calls that wait for their pace, rings that nobody answers and leases of the dead need this long at most.
const SETTLE: Duration = Duration::from_secs(120);
/// A delivery that a dead node held, and tries that the sink refused, need this long at most.
const DELIVERED: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(250);

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
        Promise { nodes: self.nodes(), restart_ms: 3_000, loss_ms: 10_000 }
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

/// Runs it and gives what everybody wrote down.
pub(crate) async fn run(settings: &RunSettings) -> Result<Evidence> {
    let far_end = FarEnd::start(settings.seed, settings.patience).await?;
    let provision = settings.folder.join("provision.json");
    let sink = Sink::start(settings.seed).await?;
    std::fs::write(&provision, setup::document(far_end.address, sink.address).to_string())?;
    let servers = servers(settings).await?;
    let mut nodes = world::nodes(&world_settings(settings, &provision, &servers)?)?;
    for node in &mut nodes {
        world::start(node).await?;
    }
    let addresses: Vec<_> = nodes.iter().map(|node| node.address).collect();
    let load = LoadSettings { seed: settings.seed, nodes: addresses.clone(), rate: settings.rate, keyed: 30 };
    let (stop, stopped) = watch::channel(false);
    let mut clients = JoinSet::new();
    let (bursts, ordered) = mpsc::channel(1);
    clients.spawn(load::run(load, ordered, stopped));

    let temper = Temper { nodes: nodes.len(), kills: settings.kills, lease: Duration::from_secs(6) };
    let mut tormentors = JoinSet::new();
    for (n, node) in nodes.into_iter().enumerate() {
        tormentors.spawn(world::torment(node, n, faults::plan(settings.seed, n, temper), bursts.clone()));
    }
    let mut server_tormentor = JoinSet::new();
    let (over, hears_over) = watch::channel(false);
    if !servers.is_empty() {
        server_tormentor.spawn(world::torment_servers(servers, settings.seed, hears_over));
    }
    let (mut alive, mut faults) = (Vec::new(), Vec::new());
    while let Some(done) = tormentors.join_next().await {
        let (node, done) = done.context("a tormentor")??;
        alive.push(node);
        faults.extend(done);
    }
    over.send_replace(true);
    stop.send_replace(true);
    let mut shared = None;
    if let Some(done) = server_tormentor.join_next().await {
        let (servers, done) = done.context("the tormentor of the servers")??;
        faults.extend(done);
        shared = Some(servers);
    }
    let book = clients.join_next().await.context("the clients went away")??.context("the clients")?;
    faults.sort_by_key(|fault| fault.at);

    let reader = Reader::new(addresses[0])?;
    // Calls that still live after that break a law, which the checker says better.
    reader.quiet(SETTLE).await?;
    let calls = reader.calls().await?;
    let mut forbidden = setup::forbidden();
    forbidden.extend(book.forbidden);
    let mut evidence = Evidence { asks: book.asks, forbidden, faults, calls, ..Evidence::default() };
    deliveries(&mut evidence, &sink).await;
    evidence.wallet = Some(reader.wallet().await?);
    evidence.invites = far_end.invites();
    drop((alive, shared));
    Ok(evidence)
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

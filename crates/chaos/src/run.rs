//! One run on one engine: the world comes up, clients ask, nodes are tormented, all is left to settle, and the
//! evidence is gathered.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::check::Promise;
use crate::collect::Reader;
use crate::evidence::Evidence;
use crate::far_end::FarEnd;
use crate::faults::{self, Temper};
use crate::load::{self, LoadSettings};
use crate::world::{self, WorldSettings, setup};

/// Calls that wait for their pace, rings that nobody answers and leases of the dead need this long at most.
const SETTLE: Duration = Duration::from_secs(120);

/// What the nodes keep their calls in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Engine {
    /// One node.
    Sqlite,
}

impl Engine {
    /// Its name on the command line and in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
        }
    }

    /// What is promised of resuming.
    pub(crate) fn promise(self) -> Promise {
        Promise { nodes: self.nodes(), restart_ms: 3_000, loss_ms: 10_000 }
    }

    fn nodes(self) -> usize {
        match self {
            Self::Sqlite => 1,
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
    std::fs::write(&provision, setup::document(far_end.address).to_string())?;
    let mut nodes = world::nodes(&world_settings(settings, &provision)?)?;
    for node in &mut nodes {
        world::start(node).await?;
    }
    let addresses: Vec<_> = nodes.iter().map(|node| node.address).collect();
    let load = LoadSettings { seed: settings.seed, nodes: addresses.clone(), rate: settings.rate, keyed: 0 };
    let (stop, stopped) = watch::channel(false);
    let mut clients = JoinSet::new();
    let (bursts, ordered) = mpsc::channel(1);
    clients.spawn(load::run(load, ordered, stopped));

    let temper = Temper { nodes: nodes.len(), kills: settings.kills, lease: Duration::from_secs(6) };
    let mut tormentors = JoinSet::new();
    for (n, node) in nodes.into_iter().enumerate() {
        tormentors.spawn(world::torment(node, n, faults::plan(settings.seed, n, temper), bursts.clone()));
    }
    let (mut alive, mut faults) = (Vec::new(), Vec::new());
    while let Some(done) = tormentors.join_next().await {
        let (node, done) = done.context("a tormentor")??;
        alive.push(node);
        faults.extend(done);
    }
    stop.send_replace(true);
    let book = clients.join_next().await.context("the clients went away")??.context("the clients")?;
    faults.sort_by_key(|fault| fault.at);

    let reader = Reader::new(addresses[0])?;
    // Calls that still live after that break a law, which the checker says better.
    reader.quiet(SETTLE).await?;
    let calls = reader.calls().await?;
    let mut forbidden = setup::forbidden();
    forbidden.extend(book.forbidden);
    let invites = far_end.invites();
    Ok(Evidence { asks: book.asks, forbidden, invites, faults, calls, deliveries: None, wallet: None })
}

fn world_settings(settings: &RunSettings, provision: &Path) -> Result<WorldSettings> {
    Ok(WorldSettings {
        outdial: settings.outdial.clone(),
        models: world::repository().join("models").canonicalize().context("the speech models")?,
        folder: settings.folder.clone(),
        provision: provision.to_owned(),
        nodes: settings.engine.nodes(),
        lease_s: None,
        environment: Vec::new(),
    })
}

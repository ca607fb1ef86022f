//! Everything that runs beside the checker: nodes, what they stand on, and who torments them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use crate::evidence::{Fault, What, now};
use crate::faults::Step;
use crate::load::{Order, Wishes};
use crate::random::Random;
use node::{Node, NodeSettings};
use server::Server;

pub(crate) mod node;
pub(crate) mod server;
pub(crate) mod setup;

/// Ports of RTP that one node may use.
const MEDIA_PORTS: u16 = 2_000;
const BURST: Order = Order { clients: 10, wishes: Wishes::Mixed };
const FIRST_MEDIA_PORT: u16 = 21_000;

/// What the nodes share.
#[derive(Clone, Debug)]
pub(crate) struct WorldSettings {
    pub(crate) outdial: PathBuf,
    pub(crate) models: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) provision: PathBuf,
    pub(crate) nodes: usize,
    pub(crate) lease_s: Option<u64>,
    pub(crate) environment: Vec<(&'static str, String)>,
}

/// Nodes that are to be started.
pub(crate) fn nodes(settings: &WorldSettings) -> Result<Vec<Node>> {
    let node = |n: usize| {
        let first = FIRST_MEDIA_PORT + u16::try_from(n)? * MEDIA_PORTS;
        Node::new(NodeSettings {
            outdial: settings.outdial.clone(),
            models: settings.models.clone(),
            folder: settings.folder.join(format!("node-{n}")),
            provision: settings.provision.clone(),
            environment: settings.environment.clone(),
            media_ports: (first, first + MEDIA_PORTS - 1),
            lease_s: settings.lease_s,
            supervised: settings.nodes > 1,
        })
    };
    (0..settings.nodes).map(node).collect()
}

/// Starts a node and waits for it.
pub(crate) async fn start(node: &mut Node) -> Result<()> {
    node.spawn()?;
    node.ready().await
}

/// Hits a node by its plan. Gives the node back, ready, with what was done to it.
pub(crate) async fn torment(
    mut node: Node,
    index: usize,
    plan: Vec<Step>,
    orders: mpsc::Sender<Order>,
) -> Result<(Node, Vec<Fault>)> {
    let mut faults = Vec::with_capacity(plan.len());
    for step in plan {
        sleep(step.up).await;
        if let Some(lead) = step.after_burst {
            // Clients that are all busy already make the same point.
            let _ = orders.try_send(BURST);
            sleep(lead).await;
        }
        let fault = hit(&mut node, index, step).await;
        faults.push(fault.with_context(|| format!("node {index}, {:?}", step.what))?);
    }
    // The last fault is measured like the others.
    sleep(Duration::from_secs(4)).await;
    Ok((node, faults))
}

async fn hit(node: &mut Node, index: usize, step: Step) -> Result<Fault> {
    let mut fault = Fault { at: now(), node: Some(index), what: step.what, back: None, ready: None };
    match step.what {
        What::ShortStop | What::LongStop => {
            node.signal(Signal::STOP)?;
            sleep(step.down).await;
            fault.back = Some(now());
            node.signal(Signal::CONT)?;
        }
        What::Kill | What::Term => {
            node.signal(if step.what == What::Kill { Signal::KILL } else { Signal::TERM })?;
            node.gone().await?;
            sleep(step.down).await;
            fault.back = Some(now());
            node.spawn()?;
        }
        _ => {}
    }
    node.ready().await?;
    fault.ready = Some(now());
    Ok(fault)
}

/// Hits what the nodes share, now the database and now the bus, until `over`.
pub(crate) async fn torment_servers(
    mut servers: Vec<(What, Server)>,
    seed: u64,
    mut over: watch::Receiver<bool>,
) -> Result<(Vec<(What, Server)>, Vec<Fault>)> {
    let mut random = Random::part(seed, 0x5e44);
    let mut faults = Vec::new();
    for turn in 0.. {
        tokio::select! {
            _ = over.wait_for(|over| *over) => break,
            () = sleep(random.millis(6_000, 14_000)) => {}
        }
        let count = servers.len();
        let (what, server) = &mut servers[turn % count];
        let what = *what;
        faults.push(take_away(server, what, random.millis(0, 2_000)).await?);
    }
    Ok((servers, faults))
}

/// Kills or stops a server, which comes back after `down`.
pub(crate) async fn take_away(server: &mut Server, what: What, down: Duration) -> Result<Fault> {
    let mut fault = Fault { at: now(), node: None, what, back: None, ready: None };
    if matches!(what, What::DatabaseFrozen | What::BusFrozen) {
        server.signal_all(Signal::STOP)?;
        sleep(down).await;
        fault.back = Some(now());
        server.signal_all(Signal::CONT)?;
    } else {
        // SIGQUIT is PostgreSQL's immediate shutdown: no checkpoint, the next start recovers from its log.
        let database = matches!(what, What::Database | What::DatabaseOutage);
        server.kill(if database { Signal::QUIT } else { Signal::KILL }).await?;
        sleep(down).await;
        fault.back = Some(now());
        server.start().await?;
    }
    fault.ready = Some(now());
    Ok(fault)
}

/// Paths of the repository, from this crate's place in it.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

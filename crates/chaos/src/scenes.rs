//! After the storm: database and bus go away for longer than a lease, one after the other, under live calls and calls that
//! wait, with all nodes up, so that what an outage does by itself can be told.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use crate::evidence::{Fault, What, now};
use crate::load::{Order, Wishes};
use crate::random::Random;
use crate::world::node::Node;
use crate::world::server::Server;
use crate::world::take_away;

/// Calls that are up when an outage comes.
const LONG: Order = Order { clients: 16, wishes: Wishes::Long };
/// Calls that wait when it comes: more than the pace lets go until then.
const WAITING: Order = Order { clients: 24, wishes: Wishes::Paced };
/// By then the first calls are up and the last still wait.
const LEAD: Duration = Duration::from_millis(2_500);
/// A server that is back is used again by then, or the run has failed.
const BACK: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Everything that a scene is played with.
pub(crate) struct Stage<'a> {
    pub(crate) nodes: &'a mut [Node],
    pub(crate) servers: &'a mut [(What, Server)],
    pub(crate) orders: &'a mpsc::Sender<Order>,
    pub(crate) lease: Duration,
    pub(crate) seed: u64,
    /// One outage of each server, killed or frozen as the seed has it, instead of both.
    pub(crate) brief: bool,
}

impl Stage<'_> {
    /// Plays every scene, and tells what was done.
    pub(crate) async fn play(&mut self) -> Result<Vec<Fault>> {
        let mut random = Random::part(self.seed, 0x5ce4e);
        let frozen = random.percent(50);
        let killed = !self.brief || !frozen;
        let scenes = [
            (What::Database, What::DatabaseOutage, killed),
            (What::Bus, What::BusFrozen, killed),
            (What::Database, What::DatabaseFrozen, !self.brief || frozen),
            (What::Bus, What::BusOutage, !self.brief || frozen),
        ];
        let mut faults = Vec::new();
        for (server, what, played) in scenes {
            if played && !self.servers.is_empty() {
                // What came before is resolved first, so that nothing of it is laid to the outage.
                sleep(self.aftermath()).await;
                let down = self.lease + random.millis(1_000, 2_500);
                faults.push(self.outage(server, what, down).await.with_context(|| format!("{what:?}"))?);
            }
        }
        if !faults.is_empty() {
            sleep(self.aftermath()).await;
        }
        Ok(faults)
    }

    async fn outage(&mut self, of: What, what: What, down: Duration) -> Result<Fault> {
        self.orders.send(LONG).await?;
        self.orders.send(WAITING).await?;
        sleep(LEAD).await;
        let (_, server) = self.servers.iter_mut().find(|(one, _)| *one == of).context("no such server")?;
        let mut fault = take_away(server, what, down).await?;
        fault.ready = Some(self.first_ready().await?);
        for node in self.nodes.iter_mut() {
            node.ready().await?;
        }
        Ok(fault)
    }

    /// Waits until any node takes work again.
    async fn first_ready(&self) -> Result<i64> {
        let deadline = Instant::now() + BACK;
        loop {
            for node in self.nodes.iter() {
                if node.is_ready().await {
                    return Ok(now());
                }
            }
            anyhow::ensure!(Instant::now() < deadline, "no node is ready {} s after it was back", BACK.as_secs());
            sleep(LOOK_EVERY).await;
        }
    }

    /// By then nodes have found every lease that lapsed, one that is slow to beat included.
    fn aftermath(&self) -> Duration {
        self.lease + self.lease / 2
    }
}

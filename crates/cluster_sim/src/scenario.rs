//! What is simulated: the cluster, its load, its rules and its misfortunes.

use serde::Serialize;

use crate::agenda::{SECOND, Us};
use crate::costs::Costs;

/// One simulated cluster and everything that is done to it.
#[derive(Clone, Debug, Serialize)]
pub struct Scenario {
    /// Same seed, same run.
    pub seed: u64,
    /// Nodes.
    pub nodes: usize,
    /// Calls at once that the load aims at.
    pub calls: usize,
    /// Most calls that one node takes.
    pub calls_per_node: usize,
    /// Tenants; the n-th places a share of the calls that falls with 1/n.
    pub organizations: usize,
    /// Seconds of steady load before, between and after the misfortunes.
    pub steady_s: u64,
    /// Seconds over which the first calls are created.
    pub ramp_s: u64,
    /// What is lost on the way, in order.
    pub faults: Faults,
    /// How the cluster works.
    pub rules: Rules,
    /// What things cost.
    pub costs: Costs,
}

/// Misfortunes.
#[derive(Clone, Debug, Serialize)]
pub struct Faults {
    /// Nodes that are killed at the same moment; as many new ones start ten seconds later.
    pub killed: usize,
    /// Nodes that stand still (SIGSTOP, a suspended machine) for longer than a lease, and then go on.
    pub paused: usize,
    /// Seconds that the database is gone while its replica takes over; none when zero.
    pub database_gone_s: u64,
}

/// How nodes and database work together. The default is the product as it is; every field is one way to relieve it.
#[derive(Clone, Debug, Serialize)]
pub struct Rules {
    /// Seconds that a lease lasts.
    pub lease_s: u64,
    /// Milliseconds between heartbeats.
    pub heartbeat_ms: u64,
    /// Rows of one claim.
    pub claim_batch: usize,
    /// Whom a create wakes.
    pub wake: Wake,
    /// What a heartbeat renews.
    pub heartbeat: Heartbeat,
    /// Writing connections of a node; each takes what waits into one transaction.
    pub writers: usize,
    /// How facts of many calls are written.
    pub append: Append,
    /// A node sweeps only once its own heartbeats have gone through for a whole lease. Without this rule the first
    /// node that finds the database again declares everybody else's live calls lost.
    pub sweep_after_grace: bool,
    /// A heartbeat renews the calls that the node knows to hold, and no others. Without this rule a claim that was
    /// committed while its answer was lost is renewed by every heartbeat and never dialed.
    pub renew_known_only: bool,
    /// What becomes of a call whose turn by pace has not come.
    pub pace: Pace,
    /// Whether the replica has everything that was answered.
    pub replication: Replication,
}

/// Whom a create wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wake {
    /// Every node.
    All,
    /// One of them, in turn.
    One,
}

/// What a heartbeat renews.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Heartbeat {
    /// One row for every call that the node holds, in one statement.
    EveryCall,
    /// One row for the node.
    Node,
}

/// How facts of many calls are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Append {
    /// Each call's facts by statements of their own, inside the shared transaction.
    ByCall,
    /// All that waits at a node in a handful of statements over many rows.
    ManyRows,
}

/// What becomes of a call whose turn by pace has not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// It is due again when the next call may start, and so are all that wait with it.
    DueAgain,
    /// It stands in its trunk's line and is looked at when the line has room. A claim waits for the line's row.
    Line,
    /// The same, but a claim that finds the row locked leaves that trunk's calls to whoever holds it.
    LineSkipLocked,
}

/// What a fail-over keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Replication {
    /// A commit is answered after the replica has it.
    Synchronous,
    /// What was committed in the last milliseconds before the loss is gone.
    Asynchronous {
        /// How many.
        lag_ms: u64,
    },
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            lease_s: 6,
            heartbeat_ms: 1_500,
            claim_batch: 32,
            wake: Wake::One,
            heartbeat: Heartbeat::EveryCall,
            writers: 1,
            append: Append::ByCall,
            sweep_after_grace: true,
            renew_known_only: true,
            pace: Pace::Line,
            replication: Replication::Synchronous,
        }
    }
}

impl Scenario {
    /// A hundred nodes, a hundred thousand calls at once, everything goes wrong.
    pub fn large(seed: u64) -> Self {
        Self {
            seed,
            nodes: 100,
            calls: 100_000,
            calls_per_node: 1_100,
            organizations: 1_000,
            steady_s: 60,
            ramp_s: 60,
            faults: Faults { killed: 5, paused: 3, database_gone_s: 40 },
            rules: Rules::default(),
            costs: Costs::default(),
        }
    }

    /// So many nodes with their share of the calls.
    pub fn with_nodes(mut self, nodes: usize) -> Self {
        let share = |whole: usize| (whole * nodes / self.nodes).max(1);
        (self.calls, self.organizations) = (share(self.calls), share(self.organizations));
        if self.faults.killed > 0 {
            self.faults.killed = share(self.faults.killed);
        }
        if self.faults.paused > 0 {
            self.faults.paused = share(self.faults.paused);
        }
        // The last node must go on, or nobody is there to resume.
        self.faults.killed = self.faults.killed.min(nodes - 1);
        self.faults.paused = self.faults.paused.min(nodes - self.faults.killed - 1);
        self.nodes = nodes;
        self
    }

    /// Without misfortunes.
    pub fn calm(mut self) -> Self {
        self.faults = Faults { killed: 0, paused: 0, database_gone_s: 0 };
        self
    }

    pub(crate) fn lease(&self) -> Us {
        self.rules.lease_s * SECOND
    }
}

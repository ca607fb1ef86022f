//! The cluster that is simulated: nodes with writers, claims, heartbeats and sessions around one database.
//!
//! Law: a node knows only what it was answered. What the database does in between it finds out like the product does,
//! by being fenced.

mod beats;
mod claims;
mod creates;
mod faults;
mod load;
mod measured;
mod sessions;
mod transactions;
mod webhooks;
mod writers;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use domain::time::Timestamp;
use machines::lease_grace::LeaseGrace;
use machines::pacing::Gcra;

use crate::agenda::{Agenda, MS, SECOND, Us};
use crate::audit::{Audit, Verdict};
use crate::database::{Database, Step, TxId};
use crate::measures::{Counters, Phase};
use crate::random::Random;
use crate::rows::{CallIx, NodeIx, Rows};
use crate::scenario::{Replication, Scenario};
use sessions::{Session, SessionIx, Stage};
use transactions::Flight;
use writers::Job;

/// What can happen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// A client creates a call.
    Create,
    /// The database takes a step.
    Database(Step),
    /// The answer to a transaction reaches its node.
    Answered(TxId),
    /// A node looks at the queue.
    Poll(NodeIx),
    /// A node's heartbeat.
    Beat(NodeIx),
    /// A writer that failed tries again.
    Retry(NodeIx),
    /// A session goes on.
    Session(SessionIx, Stage),
    /// Deliveries have been answered by their receivers.
    Delivered(NodeIx, u32),
    /// The next phase begins.
    Phase(u8),
    /// The database is there again.
    DatabaseBack,
    /// A new node starts.
    Start,
    /// Once a second.
    Look,
}

/// A node's memory.
#[derive(Debug)]
struct Node {
    alive: bool,
    paused_until: Us,
    sessions: usize,
    claiming: bool,
    woken: bool,
    grace: LeaseGrace,
    free_writers: usize,
    jobs: VecDeque<Job>,
    failures: u32,
    delivering: u32,
    taking: bool,
}

/// When things were over, for the report.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    nodes_lost: Us,
    last_resolved: Us,
    database_lost: Us,
    database_back: Us,
    first_create: Option<Us>,
    writers_idle: Option<Us>,
}

pub(crate) struct World {
    scenario: Scenario,
    now: Us,
    agenda: Agenda<Event>,
    random: Random,
    database: Database,
    rows: Rows,
    flights: HashMap<TxId, Flight>,
    nodes: Vec<Node>,
    sessions: Vec<Session>,
    /// Who holds a call in memory, by call: the latest session.
    holders: Vec<Option<SessionIx>>,
    organizations: Vec<u16>,
    created_at: Vec<Us>,
    accepted: Vec<bool>,
    shares: Vec<f64>,
    pace: Option<Gcra>,
    arrival: Option<Timestamp>,
    /// Calls that stand in the line of the biggest tenant's trunk, and when it is worth looking at.
    line: VecDeque<CallIx>,
    line_ready_at: Us,
    turn: usize,
    creating: bool,
    live: usize,
    outbox: u64,
    audit: Audit,
    counters: Counters,
    baseline: crate::database::Used,
    phases: Vec<Phase>,
    moments: Moments,
    /// Phases that are over.
    begun: usize,
    /// What is not over by then never will be.
    horizon: Us,
}

/// What a run came to.
pub(crate) struct Outcome {
    pub(crate) phases: Vec<Phase>,
    pub(crate) verdict: Verdict,
    pub(crate) resumed_after_nodes_s: f64,
    pub(crate) first_create_after_database_s: f64,
    pub(crate) caught_up_after_database_s: f64,
}

impl World {
    pub(crate) fn new(scenario: Scenario) -> Self {
        let lag = match scenario.rules.replication {
            Replication::Synchronous => 0,
            Replication::Asynchronous { lag_ms } => lag_ms * 1_000,
        };
        let mut world = Self {
            now: 0,
            agenda: Agenda::new(),
            random: Random::new(scenario.seed),
            database: Database::new(&scenario.costs),
            rows: Rows::new(0, lag),
            flights: HashMap::new(),
            nodes: Vec::new(),
            sessions: Vec::new(),
            holders: Vec::new(),
            organizations: Vec::new(),
            created_at: Vec::new(),
            accepted: Vec::new(),
            shares: load::shares(scenario.organizations),
            pace: None,
            arrival: None,
            line: VecDeque::new(),
            line_ready_at: 0,
            turn: 0,
            creating: true,
            live: 0,
            outbox: 0,
            audit: Audit::default(),
            counters: Counters::new(0),
            baseline: crate::database::Used::default(),
            phases: Vec::new(),
            moments: Moments::default(),
            begun: 0,
            horizon: Us::MAX,
            scenario,
        };
        world.pace = Gcra::new(world.biggest_pace(), 1).ok();
        for _ in 0..world.scenario.nodes {
            world.start_node();
        }
        world.plan_phases();
        world.agenda.plan(0, Event::Create);
        world.agenda.plan(SECOND, Event::Look);
        world
    }

    pub(crate) fn run(mut self) -> Outcome {
        while let Some((at, event)) = self.agenda.next() {
            if at > self.horizon {
                break;
            }
            self.now = at;
            self.happen(event);
        }
        self.end_phase();
        let verdict = self.audit.verdict(&self.rows, &self.accepted);
        let seconds = |from: Us, to: Us| to.saturating_sub(from) as f64 / SECOND as f64;
        let moments = self.moments;
        let back = moments.database_back;
        Outcome {
            phases: self.phases,
            verdict,
            resumed_after_nodes_s: seconds(moments.nodes_lost, moments.last_resolved),
            first_create_after_database_s: moments.first_create.map_or(0.0, |at| seconds(back, at)),
            caught_up_after_database_s: moments.writers_idle.map_or(0.0, |at| seconds(back, at)),
        }
    }

    fn happen(&mut self, event: Event) {
        if let Some(node) = self.node_of(event) {
            if !self.nodes[node as usize].alive {
                return;
            }
            let paused_until = self.nodes[node as usize].paused_until;
            if paused_until > self.now {
                return self.agenda.plan(paused_until, event);
            }
        }
        match event {
            Event::Create => self.create(),
            Event::Database(step) => self.database_step(step),
            Event::Answered(id) => self.answered(id),
            Event::Poll(node) => self.poll(node),
            Event::Beat(node) => self.beat(node),
            Event::Retry(node) => self.write(node),
            Event::Session(session, stage) => self.go_on(session, stage),
            Event::Delivered(node, count) => self.delivered(node, count),
            Event::Phase(phase) => self.begin_phase(phase),
            Event::DatabaseBack => self.database_back(),
            Event::Start => self.start_node(),
            Event::Look => self.look(),
        }
    }

    /// Whose memory the event lives in.
    fn node_of(&self, event: Event) -> Option<NodeIx> {
        match event {
            Event::Answered(id) => self.flights.get(&id).map(|flight| flight.node),
            Event::Poll(node) | Event::Beat(node) | Event::Retry(node) | Event::Delivered(node, _) => Some(node),
            Event::Session(session, _) => Some(self.sessions[session as usize].node),
            Event::Create | Event::Database(_) | Event::Phase(_) | Event::DatabaseBack | Event::Start | Event::Look => {
                None
            }
        }
    }

    fn start_node(&mut self) {
        let node = self.nodes.len() as NodeIx;
        self.rows.add_node();
        self.nodes.push(Node {
            alive: true,
            paused_until: 0,
            sessions: 0,
            claiming: false,
            woken: false,
            grace: LeaseGrace::new(Duration::from_micros(self.scenario.lease())),
            free_writers: self.scenario.rules.writers,
            jobs: VecDeque::new(),
            failures: 0,
            delivering: 0,
            taking: false,
        });
        // Nodes do not start at the same moment, and neither do their heartbeats.
        let beat = self.random.between(0, self.scenario.rules.heartbeat_ms * MS);
        let poll = self.random.between(0, SECOND);
        self.agenda.plan(self.now + beat, Event::Beat(node));
        self.agenda.plan(self.now + poll, Event::Poll(node));
    }
}

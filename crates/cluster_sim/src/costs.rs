//! What things cost. `docs/scaling.md` says where each figure comes from; what was not measured is called a guess
//! there and here.

use serde::Serialize;

/// Constants of the simulation. Times are microseconds of one processor unless said otherwise.
#[derive(Clone, Debug, Serialize)]
pub struct Costs {
    /// Processors of the database server.
    pub database_cores: usize,
    /// One statement that reads or writes a row by its key, in the server.
    pub statement_us: u64,
    /// Each further row of a statement over many rows.
    pub row_us: u64,
    /// Beginning and committing a transaction, in the server.
    pub transaction_us: u64,
    /// From node to database and back: one statement's way.
    pub round_trip_us: u64,
    /// One flush of the log; whoever commits meanwhile shares the next.
    pub flush_us: u64,
    /// Until the replica has confirmed a flush.
    pub replica_us: u64,
    /// A call from "about to dial" to the INVITE on the wire, in the node.
    pub invite_us: u64,
    /// Making a call ready: ears, dialog, voice.
    pub warm_us: u64,
    /// Processors of a node.
    pub node_cores: usize,
    /// Share of a processor for one call's media, detection, conversation and journal.
    pub call_cpu: f64,
    /// UDP ports that a node gives to media; a call takes two.
    pub media_ports: usize,
    /// File descriptors that a node may open; a call takes two, its speech streams two more.
    pub descriptors: usize,
    /// Share of calls that are answered.
    pub answered: f64,
    /// Seconds from INVITE to the answer or to the end without one: least and most.
    pub ringing_s: (u64, u64),
    /// Seconds of a conversation, on average.
    pub talk_s: f64,
    /// Seconds between turns, on average.
    pub turn_s: f64,
    /// Facts of one turn, written together.
    pub turn_facts: u32,
    /// Webhook deliveries of one call: its changes of status, not its turns.
    pub deliveries: u32,
    /// A receiver's answer to a delivery, on average.
    pub receiver_us: u64,
    /// Deliveries that a node has under way at most.
    pub deliveries_at_once: usize,
    /// Messages that the bus carries a second.
    pub bus_messages: f64,
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            database_cores: 16,
            statement_us: 40,
            row_us: 8,
            transaction_us: 40,
            round_trip_us: 250,
            flush_us: 500,
            replica_us: 500,
            invite_us: 500,
            warm_us: 5_000,
            node_cores: 16,
            call_cpu: 0.001_58,
            media_ports: 10_000,
            descriptors: 65_536,
            answered: 0.6,
            ringing_s: (4, 25),
            talk_s: 110.0,
            turn_s: 4.7,
            turn_facts: 2,
            deliveries: 5,
            receiver_us: 80_000,
            deliveries_at_once: 64,
            bus_messages: 1_000_000.0,
        }
    }
}

impl Costs {
    /// Seconds from claim to the last fact, on average.
    pub(crate) fn call_s(&self) -> f64 {
        let ringing = (self.ringing_s.0 + self.ringing_s.1) as f64 / 2.0;
        ringing + self.answered * self.talk_s
    }
}

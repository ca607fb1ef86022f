//! What comes from other nodes, and the connection's ups and downs.
//!
//! Law: events are asked for only while somebody here listens, so that a node without readers gets none of the words of
//! a thousand others.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use app::ports::LiveBus as _;
use app::ports::live::{LiveEvent, WokenBy};
use async_nats::{Message, Subscriber};
use domain::NodeId;
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::link::{Connection, Link};
use super::wire::{Envelope, Happening, Work};

/// Readers are told this often that they may miss something while there is no connection.
const TICK: Duration = Duration::from_secs(1);
/// Events come on for this many ticks after the last reader has gone: the next one is seldom far.
const IDLE_TICKS: u32 = 30;
/// Most nodes whose numbers are kept; nodes are new at every start.
const NODES: usize = 4_096;

struct Listener {
    link: Arc<Link>,
    events: Option<Subscriber>,
    /// Number of the last event by node.
    heard: HashMap<NodeId, u64>,
    connected: bool,
    idle: u32,
}

/// Runs until the bus is stopped.
pub(super) async fn run(link: Arc<Link>, mut connection: watch::Receiver<Connection>) {
    let Ok(work) = link.client.subscribe(link.subjects.work()).await else { return };
    let Ok(told) = link.client.subscribe(link.subjects.nodes()).await else { return };
    let (mut work, mut told) = (Some(work), Some(told));
    let mut listener = Listener { link: link.clone(), events: None, heard: HashMap::new(), connected: false, idle: 0 };
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = link.stop.cancelled() => return,
            Ok(()) = connection.changed() => {
                listener.connected = connection.borrow_and_update().0;
                listener.settle().await;
            }
            () = link.wanted.notified() => listener.ask_for_events().await,
            _ = tick.tick() => listener.tick().await,
            message = next(&mut work) => listener.work(&message),
            message = next(&mut told) => listener.told(&message),
            message = next(&mut listener.events) => listener.event(&message),
        }
    }
}

/// The next message; none ever comes from a subscription that is not there or has ended.
async fn next(subscription: &mut Option<Subscriber>) -> Message {
    if let Some(messages) = subscription
        && let Some(message) = messages.next().await
    {
        return message;
    }
    pending().await
}

impl Listener {
    /// Finds out whether messages go through, and tells readers that some may not have.
    async fn settle(&mut self) {
        let through = self.connected && self.link.round_trip().await;
        self.link.through.send_if_modified(|known| std::mem::replace(known, through) != through);
        if self.events.is_some() {
            self.tell(LiveEvent::Missed);
        }
    }

    async fn ask_for_events(&mut self) {
        self.idle = 0;
        if self.events.is_none() {
            self.heard.clear();
            self.events = self.link.client.subscribe(self.link.subjects.all_events()).await.ok();
            self.settle().await;
        }
    }

    async fn tick(&mut self) {
        if !self.link.is_through() {
            self.settle().await;
        }
        self.idle = if self.link.all.receiver_count() == 0 { self.idle + 1 } else { 0 };
        if self.idle > IDLE_TICKS {
            self.events = None;
        }
    }

    fn work(&self, message: &Message) {
        match Envelope::<Work>::read(&message.payload) {
            Some(work) if work.from == self.link.node => {}
            Some(_) => self.link.local.ring(WokenBy::Elsewhere),
            None => self.count_missed(1),
        }
    }

    fn told(&self, message: &Message) {
        match Envelope::<Work>::read(&message.payload) {
            Some(telling) if telling.from == self.link.node => {}
            Some(_) => self.link.local.tell_nodes(),
            None => self.count_missed(1),
        }
    }

    fn event(&mut self, message: &Message) {
        let Some(envelope) = Envelope::<Happening>::read(&message.payload) else {
            self.count_missed(1);
            self.tell(LiveEvent::Missed);
            return;
        };
        if envelope.from == self.link.node {
            return;
        }
        if self.heard.len() >= NODES {
            self.heard.clear();
        }
        let before = self.heard.insert(envelope.from, envelope.n);
        let gap = before.map_or(0, |before| envelope.n.saturating_sub(before.saturating_add(1)));
        if gap > 0 {
            self.count_missed(gap);
            self.tell(LiveEvent::Missed);
        }
        self.tell(envelope.body.into());
    }

    fn count_missed(&self, n: u64) {
        self.link.counts.missed.fetch_add(n, Ordering::Relaxed);
    }

    fn tell(&self, event: LiveEvent) {
        // An error only means that nobody listens.
        drop(self.link.all.send(event));
    }
}

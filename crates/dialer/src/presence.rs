//! What a node shows of itself in the database, and what it hears there: whether it is to claim calls.
//!
//! Law: it never holds up a heartbeat. The dialer says how things stand and goes on; a task of its own writes it, and
//! writes only the last of what was said. What it hears counts until it hears otherwise: a node that drains goes on
//! draining while the database is away.

use std::sync::Arc;

use app::ports::LiveBus;
use app::ports::store::{Beat, Store};
use domain::NodeId;
use domain::node::NodeState;
use domain::time::Timestamp;
use session::SessionContext;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How a node stands at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    /// When it last extended its leases.
    pub(crate) at: Timestamp,
    /// Until when.
    pub(crate) until: Timestamp,
    /// Calls that it holds.
    pub(crate) live_calls: u32,
}

/// The dialer's end.
pub(crate) struct Presence {
    shown: watch::Sender<Option<(Shown, NodeState)>>,
    drain: watch::Receiver<bool>,
    stopping: bool,
    task: JoinSet<()>,
}

impl Presence {
    pub(crate) fn start(node: NodeId, name: &str, context: &SessionContext) -> Self {
        let (shown, to_show) = watch::channel(None);
        let (heard, drain) = watch::channel(false);
        let (store, bus) = (context.store.clone(), context.bus.clone());
        let writer = Writer { node, name: name.to_owned(), store, bus, heard };
        let mut task = JoinSet::new();
        task.spawn(writer.run(to_show));
        Self { shown, drain, stopping: false, task }
    }

    /// Whether the node is to claim nothing.
    pub(crate) fn drains(&self) -> bool {
        *self.drain.borrow()
    }

    /// Waits until that changes.
    pub(crate) async fn changed(&mut self) {
        if self.drain.changed().await.is_err() {
            // The task is gone: only a panic does that, and a node without a sign of itself still dials.
            std::future::pending().await
        }
    }

    /// From now on the node is one that goes.
    pub(crate) fn stop(&mut self) {
        self.stopping = true;
    }

    /// Says how things stand.
    pub(crate) fn show(&self, shown: Shown) {
        let state = match (self.stopping, self.drains()) {
            (true, _) => NodeState::Stopping,
            (false, true) => NodeState::Draining,
            (false, false) => NodeState::Running,
        };
        self.shown.send_replace(Some((shown, state)));
    }

    /// Takes the node off the list.
    pub(crate) async fn close(mut self) {
        drop(self.shown);
        // A panic was logged where it happened.
        let _ = self.task.join_next().await;
    }
}

struct Writer {
    node: NodeId,
    name: String,
    store: Arc<dyn Store>,
    bus: Arc<dyn LiveBus>,
    heard: watch::Sender<bool>,
}

impl Writer {
    async fn run(self, mut to_show: watch::Receiver<Option<(Shown, NodeState)>>) {
        loop {
            tokio::select! {
                changed = to_show.changed() => if changed.is_err() { break },
                () = self.bus.node_told() => {}
            }
            let last = *to_show.borrow_and_update();
            if let Some((shown, state)) = last {
                self.write(shown, state).await;
            }
        }
        if let Err(error) = self.store.node_gone(self.node).await {
            tracing::warn!(%error, "this node stays on the list of nodes for a day, as lost");
        }
    }

    async fn write(&self, Shown { at, until, live_calls }: Shown, state: NodeState) {
        let (name, version) = (self.name.clone(), env!("CARGO_PKG_VERSION").to_owned());
        let beat = Beat { node: self.node, name, version, at, until, state, live_calls };
        match self.store.node_beats(&beat).await {
            Ok(wanted) => {
                let new = self.heard.send_if_modified(|known| std::mem::replace(known, wanted) != wanted);
                if new {
                    tracing::info!(draining = wanted, "asked to claim {}", if wanted { "nothing" } else { "again" });
                }
            }
            Err(error) => tracing::warn!(%error, "this node could not be shown on the list of nodes"),
        }
    }
}

//! The bus between nodes, over NATS: local first, and no worse than local when the server is gone.
//!
//! Law: what happens within this process goes through [`LocalBus`](crate::LocalBus) and
//! [`CallRegistry`](crate::CallRegistry) at once and waits for no server. What goes to other nodes waits in bounded queues whose oldest entry gives way; every loss is counted, and
//! readers learn of it as [`LiveEvent::Missed`] and look into the log. While there is no connection they are told so
//! every second, which makes live views poll; dialers poll anyway. A message that comes back to its sender is not
//! delivered twice.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use app::ports::live::{CallAudio, Control, LinkState, LiveEvent, NotHeard, Steer, Steered, WokenBy};
use app::ports::{CallControl, LiveBus, SessionRegistry};
use async_trait::async_trait;
use domain::{CallId, NodeId};
use tokio::sync::{broadcast, mpsc};
use tokio::time::timeout;
use tokio_util::sync::DropGuard;

use link::Link;
use wire::{Answer, Ask, Happening};

mod audio;
mod control;
mod link;
mod listening;
mod outbox;
mod probe;
mod sending;
mod settings;
mod wire;

pub use probe::probe;
pub use settings::{NatsCredentials, NatsSettings, NatsUnusable};

/// Last messages get this long when the bus is closed.
const CLOSE: Duration = Duration::from_secs(1);

/// The bus of a node among others.
pub struct NatsBus {
    link: Arc<Link>,
    _stop: DropGuard,
}

impl NatsBus {
    /// Starts connecting, for ever; the bus works at once, and between nodes as soon as a server is there. An error
    /// means that the settings will never do.
    pub async fn start(node: NodeId, settings: &NatsSettings) -> Result<Self, NatsUnusable> {
        let link = Link::start(node, settings).await?;
        let stop = link.stop.clone().drop_guard();
        Ok(Self { link, _stop: stop })
    }

    /// Waits until messages go through in both directions.
    pub async fn connected(&self) {
        // The sender lives in the link, which lives as long as we do.
        let _ = self.link.through.subscribe().wait_for(|through| *through).await;
    }

    /// Sends what waits, for a second at most, and lets go of the server.
    pub async fn close(&self) {
        self.link.stop.cancel();
        self.link.tasks.close();
        let last = async {
            self.link.tasks.wait().await;
            self.link.client.flush().await
        };
        if !matches!(timeout(CLOSE, last).await, Ok(Ok(()))) {
            tracing::debug!("live events of this node's end were not sent; they are in the log");
        }
    }
}

#[async_trait]
impl LiveBus for NatsBus {
    fn publish(&self, event: LiveEvent) {
        if let Some(happening) = Happening::of(&event) {
            self.link.post(happening);
        }
        self.link.local.publish(event.clone());
        // An error only means that nobody listens.
        drop(self.link.all.send(event));
    }

    fn subscribe(&self) -> broadcast::Receiver<LiveEvent> {
        let events = self.link.all.subscribe();
        self.link.wanted.notify_one();
        events
    }

    fn subscribe_here(&self) -> broadcast::Receiver<LiveEvent> {
        self.link.local.subscribe()
    }

    fn wake_dialer(&self) {
        self.link.local.wake_dialer();
    }

    fn wake_others(&self) {
        self.link.work.notify_one();
    }

    async fn dialer_woken(&self) -> WokenBy {
        self.link.local.dialer_woken().await
    }

    fn tell_nodes(&self) {
        self.link.local.tell_nodes();
        self.link.nodes.notify_one();
    }

    async fn node_told(&self) {
        self.link.local.node_told().await;
    }

    fn link(&self) -> Option<LinkState> {
        Some(self.link.state())
    }
}

#[async_trait]
impl CallControl for NatsBus {
    async fn hang_up(&self, call: CallId) -> bool {
        self.link.calls.hang_up(call).await
            || matches!(self.link.ask(call, Ask::HangUp).await, Some(Answer::HungUp(true)))
    }

    async fn steer(&self, call: CallId, steer: Steer) -> Steered {
        match self.link.calls.steer(call, steer.clone()).await {
            Steered::NotHeld => match self.link.ask(call, Ask::Steer(steer)).await {
                Some(Answer::Steered(steered)) => steered,
                _ => Steered::NotHeld,
            },
            here => here,
        }
    }

    async fn listen(&self, call: CallId) -> Result<CallAudio, NotHeard> {
        match self.link.calls.listen(call).await {
            Err(NotHeard::NotHeld) => self.link.hear(call).await,
            here => here,
        }
    }
}

impl SessionRegistry for NatsBus {
    fn register(&self, call: CallId, control: mpsc::Sender<Control>) -> Box<dyn Any + Send + Sync> {
        let known_here = self.link.calls.register(call, control);
        let known_elsewhere = self.link.answer_for(call);
        Box::new((known_here, known_elsewhere))
    }
}

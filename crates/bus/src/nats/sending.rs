//! What leaves for other nodes: events in order, wake-ups a few at a time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Notify;

use super::link::Link;
use super::outbox::Outgoing;
use super::wire::{Envelope, Work};

/// Wake-ups within this become one: a burst of creates on a node that is full wakes the others once.
const WAKE_UP_GAP: Duration = Duration::from_millis(20);

/// Sends events while messages go through; otherwise they wait in the outbox, whose oldest gives way.
pub(super) async fn events(link: Arc<Link>) {
    let mut through = link.through.subscribe();
    loop {
        let ready = async {
            link.outbox.any().await;
            // The sender lives in the link.
            let _ = through.wait_for(|through| *through).await;
        };
        tokio::select! {
            biased;
            () = link.stop.cancelled() => break,
            () = ready => {}
        }
        if let Some(outgoing) = link.outbox.next() {
            send(&link, outgoing).await;
        }
    }
    while link.is_through() {
        let Some(outgoing) = link.outbox.next() else { return };
        send(&link, outgoing).await;
    }
}

async fn send(link: &Link, outgoing: Outgoing) {
    let stale = outgoing.is_stale();
    let subject = link.subjects.events_of(&outgoing.event);
    let message = Envelope::write(link.node, outgoing.n, outgoing.event).filter(|_| !stale);
    let sent = match message {
        Some(message) => link.client.publish(subject, message).await.is_ok(),
        None => false,
    };
    if !sent {
        link.counts.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

/// Wakes the dialers of other nodes. Without a connection they find the work by polling.
pub(super) async fn wake_ups(link: Arc<Link>) {
    bare(&link, &link.work, link.subjects.work()).await;
}

/// Tells other nodes to look what is asked of them. Without a connection they look with their next beat.
pub(super) async fn tellings(link: Arc<Link>) {
    bare(&link, &link.nodes, link.subjects.nodes()).await;
}

/// Messages that have nothing to say but that there is something to look at.
async fn bare(link: &Link, wanted: &Notify, subject: String) {
    loop {
        tokio::select! {
            biased;
            () = link.stop.cancelled() => return,
            () = wanted.notified() => {}
        }
        if link.is_through()
            && let Some(message) = Envelope::write(link.node, 0, Work {})
            && link.client.publish(subject.clone(), message).await.is_err()
        {
            link.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep(WAKE_UP_GAP).await;
    }
}

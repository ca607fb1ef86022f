//! The HTTP server: connections, and how long a client may keep one without getting on with it.
//!
//! Law: a client that says nothing, or says it a byte at a time, costs one connection for a bounded time and no request
//! anything. Connections beyond the limit wait in the kernel's queue until one ends; they are not turned away. Those of one
//! client beyond its own share are, so that it cannot take all.

mod connection;
mod per_address;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::client_address::TrustedProxies;
use per_address::PerAddress;

/// What clients may keep, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address; more are closed at once. Trusted proxies may have more.
    pub per_address: usize,
    /// From a connection's start, or the first byte of a later request, to the end of the request's head.
    pub head: Duration,
    /// Without a byte in either direction: between two requests, in the middle of a body, before an answer. Longer than
    /// any answer takes, and than the pause between two heartbeats of an event stream.
    pub idle: Duration,
}

/// Serves until `stop`, then lets requests in hand end. Ends with the last connection; dropped, it cuts them off.
pub async fn serve(
    mut listener: TcpListener,
    router: Router,
    limits: ServerLimits,
    proxies: Arc<TrustedProxies>,
    stop: CancellationToken,
) {
    let clients = PerAddress::new(limits.per_address, proxies);
    let room = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let Some(place) = stop.run_until_cancelled(a_place(&room)).await else { break };
        // Waits and goes on by itself where the system has no more descriptors.
        let Some((socket, peer)) = stop.run_until_cancelled(Listener::accept(&mut listener)).await else { break };
        let Some(share) = clients.enter(peer.ip()) else {
            tracing::debug!("a client has all the connections that one address may have; a new one was closed");
            continue;
        };
        let (router, stop) = (router.clone(), stop.clone());
        connections.spawn(async move {
            connection::run(socket, peer, router, limits, stop).await;
            drop((place, share));
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn a_place(room: &Arc<Semaphore>) -> tokio::sync::OwnedSemaphorePermit {
    if let Ok(place) = room.clone().try_acquire_owned() {
        return place;
    }
    tracing::warn!("all connections that the HTTP server takes are in use; new ones wait");
    room.clone().acquire_owned().await.expect("nobody closes the semaphore")
}

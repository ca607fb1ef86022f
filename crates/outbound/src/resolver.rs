//! Names into checked addresses.
//!
//! Law: what is checked is what is connected to. The answer is looked at once, and the connection is made to that
//! answer; a name that changes its mind between two questions (DNS rebinding) is asked only one.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::is_public;

/// Looks names up. The system's resolver, or a test's.
#[async_trait]
pub trait Names: Send + Sync {
    /// Every address of a name.
    async fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Refuses names that lead where nothing may be asked.
pub(crate) struct CheckingResolver {
    pub(crate) names: Arc<dyn Names>,
    pub(crate) allow_private: bool,
}

impl Resolve for CheckingResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, allow_private) = (self.names.clone(), self.allow_private);
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = names.look_up(&host).await.map_err(|_| Unresolved(host.clone()))?;
            if found.is_empty() {
                return Err(Unresolved(host).into());
            }
            // One private address among public ones is an attack or a mistake; neither is asked.
            if !allow_private && !found.iter().copied().all(is_public) {
                return Err(ForbiddenHost(host).into());
            }
            let addresses: Addrs = Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

/// Marks a refusal of the resolver, so that it can be told from a network error.
#[derive(Debug, thiserror::Error)]
#[error("{0} resolves to an address that is not public")]
pub(crate) struct ForbiddenHost(pub(crate) String);

/// Marks a name without an address.
#[derive(Debug, thiserror::Error)]
#[error("{0} has no address")]
pub(crate) struct Unresolved(pub(crate) String);

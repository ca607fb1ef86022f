//! A look at the servers for `outdial doctor`: connects once, says one thing, goes away.

use std::time::Duration;

use bytes::Bytes;
use domain::NodeId;
use tokio::time::timeout;

use super::settings::{NatsSettings, NatsUnusable};

/// A look takes no longer than this for each step.
const LOOK: Duration = Duration::from_secs(5);

/// The server's version, once a message below the prefix went to it and its answer came back.
pub async fn probe(node: NodeId, settings: &NatsSettings) -> Result<String, NatsUnusable> {
    let refused = |detail: String| NatsUnusable::Refused(detail);
    let (addresses, subjects) = (settings.addresses()?, settings.subjects()?);
    let connecting = settings.options(node).await?.connect(addresses);
    let client = match timeout(LOOK, connecting).await {
        Ok(Ok(client)) => client,
        Ok(Err(error)) => return Err(refused(error.to_string())),
        Err(_) => return Err(refused("no server answered in time".into())),
    };
    let asked = client.request(subjects.nobody(node), Bytes::new());
    match timeout(LOOK, asked).await {
        Ok(Err(error)) if error.kind() == async_nats::client::RequestErrorKind::NoResponders => {}
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Err(refused(error.to_string())),
        Err(_) => {
            return Err(refused("the server lets no message below the prefix through; check its permissions".into()));
        }
    }
    Ok(client.server_info().version)
}

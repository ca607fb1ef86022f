//! The way to other nodes.

use bus::probe;
use domain::NodeId;
use uuid::Uuid;

use super::Finding;
use crate::config::Config;
use crate::wiring::nats_settings;

/// Nothing for a node that stands alone. A server that is away does not keep a node from working: it polls.
pub(super) async fn nats(config: &Config) -> Option<Finding> {
    let check = "NATS";
    let settings = match nats_settings(config) {
        Ok(None) => return None,
        Ok(Some(settings)) => settings,
        Err(error) => {
            return Some(Finding::failure(check, error.to_string(), "see [cluster] in docs/configuration.md"));
        }
    };
    Some(match probe(NodeId(Uuid::now_v7()), &settings).await {
        Ok(version) => Finding::ok(check, format!("a server of version {version} passes messages on")),
        Err(error) => {
            let remedy = "start the server or correct cluster.nats_url and its credentials; until then this node works, \
                          but live events and hang-ups of calls on other nodes wait";
            Finding::warning(check, error.to_string(), remedy)
        }
    })
}

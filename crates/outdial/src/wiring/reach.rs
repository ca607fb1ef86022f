//! How far this node reaches: within its process, or to other nodes over NATS.

use std::sync::Arc;

use app::ports::{CallControl, LiveBus, SessionRegistry};
use bus::{CallRegistry, LocalBus, NatsBus, NatsCredentials, NatsSettings};
use domain::NodeId;

use super::settings::wrong;
use crate::config::{Config, ConfigError};

/// The bus and the two ends of call control.
pub(super) struct Reach {
    pub(super) bus: Arc<dyn LiveBus>,
    pub(super) registry: Arc<dyn SessionRegistry>,
    pub(super) control: Arc<dyn CallControl>,
    nats: Option<Arc<NatsBus>>,
}

impl Reach {
    /// As configured. NATS need not be there: connecting goes on behind, and the node works alone meanwhile.
    pub(super) async fn of(config: &Config, node: NodeId) -> Result<Self, ConfigError> {
        let Some(settings) = nats_settings(config)? else {
            let calls = Arc::new(CallRegistry::new());
            return Ok(Self { bus: Arc::new(LocalBus::new()), registry: calls.clone(), control: calls, nats: None });
        };
        let nats = NatsBus::start(node, &settings).await.map_err(|e| wrong("cluster.nats_url", "cluster", &e))?;
        let nats = Arc::new(nats);
        Ok(Self { bus: nats.clone(), registry: nats.clone(), control: nats.clone(), nats: Some(nats) })
    }

    /// Sends what waits for other nodes.
    pub(super) async fn close(&self) {
        if let Some(nats) = &self.nats {
            nats.close().await;
        }
    }
}

/// NATS as configured; `None` for a node that stands alone.
pub(crate) fn nats_settings(config: &Config) -> Result<Option<NatsSettings>, ConfigError> {
    let cluster = &config.cluster;
    let Some(servers) = &cluster.nats_url else { return Ok(None) };
    let credentials = match (&cluster.credentials_file, &cluster.user, &cluster.password_env) {
        (Some(file), None, None) => NatsCredentials::File(file.clone()),
        (None, Some(user), Some(variable)) => {
            let unset = "the environment variable is not set; set it to the user's password";
            let password = crate::config::secret(variable);
            let password = password.ok_or_else(|| wrong("cluster.password_env", variable, &unset))?;
            NatsCredentials::Password { user: user.clone(), password }
        }
        (None, None, None) => NatsCredentials::None,
        _ => {
            let detail = "give either credentials_file, or user and password_env, or none of them";
            return Err(wrong("cluster.credentials_file", "cluster", &detail));
        }
    };
    let (servers, prefix, ca_file) = (servers.clone(), cluster.subject_prefix.clone(), cluster.ca_file.clone());
    Ok(Some(NatsSettings { servers, prefix, credentials, ca_file }))
}

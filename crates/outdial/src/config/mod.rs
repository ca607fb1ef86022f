//! The configuration: one struct a section, read once at start.
//!
//! Law: file, then environment, then flags, the later over the earlier. Every key has an environment variable
//! `OUTDIAL_<SECTION>_<KEY>`. A bad value or an unknown key stops the start with one line that names it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use domain::dialect::Dialect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod error;
mod keys;
mod load;
mod networks;
mod port_range;
mod reference;
mod secrets;

#[cfg(test)]
mod tests;

pub use error::{ConfigError, EXIT_CONFIG};
pub use keys::{Key, keys};
pub use load::{Flags, load};
pub use networks::Networks;
pub use port_range::PortRange;
pub use reference::reference;
pub use secrets::{SecretText, Secrets};

/// The whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The HTTP server.
    pub server: Server,
    /// What must survive a restart.
    pub data: Data,
    /// The master key, under which secrets lie sealed in the database.
    pub secrets: Secrets,
    /// Signalling towards the trunks.
    pub sip: Sip,
    /// Audio towards the trunks.
    pub media: Media,
    /// The embedded speech models.
    pub speech: Speech,
    /// Recordings of calls.
    pub recordings: Recordings,
    /// Deleting what is due by age.
    pub retention: Retention,
    /// Requests to addresses that users give: tools, webhooks.
    pub outbound_http: OutboundHttp,
    /// Events that are sent out.
    pub webhooks: Webhooks,
    /// Language models by a name of your choice, which agents refer to as their prompt's provider.
    pub llm: BTreeMap<String, LanguageModel>,
    /// Other nodes beside this one.
    pub cluster: Cluster,
    /// What one process takes on.
    pub limits: Limits,
    /// The log on standard error.
    pub log: Log,
}

/// The HTTP server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port of the HTTP server; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Networks of reverse proxies, separated by commas, whose `Forwarded` or `X-Forwarded-For` header is believed;
    /// empty believes none.
    pub trusted_proxies: Networks,
    /// Whose API answers on a path that Klen and Voxpria share, where prefix, Host, key and body do not say.
    pub default_dialect: SharedPaths,
    /// Requests of a Klen key in a minute, counted by each node; 0 for no bound. Klen documents 60.
    pub klen_requests_per_minute: u32,
    /// Requests of a Voxpria key in an hour, counted by each node; 0 for no bound. Voxpria documents 1,000.
    pub voxpria_requests_per_hour: u32,
    /// Connections at once; more wait until one ends. Each takes a file descriptor.
    pub connections: u32,
    /// Connections at once from one address (IPv6: from one network of 64 bits); more are closed at once. Does not hold for
    /// `trusted_proxies`.
    pub connections_per_address: u32,
    /// Seconds from a connection's start, or the first byte of a later request, in which the request's head must be there.
    pub head_s: u32,
    /// Seconds without a byte in either direction after which a connection is closed: between two requests, in the middle
    /// of a body, before an answer. Keep it above what a reverse proxy keeps connections for, and above
    /// `webhooks.timeout_s`, which the answer to a test event may take.
    pub idle_s: u32,
    /// Where clients reach this server, such as `https://calls.example.org`: addresses of recordings begin with it.
    /// `http://` and `listen` when absent.
    pub public_url: Option<String>,
}

/// Who may answer on shared paths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SharedPaths {
    /// Klen AI.
    #[default]
    Klen,
    /// Voxpria.
    Voxpria,
}

impl From<SharedPaths> for Dialect {
    fn from(chosen: SharedPaths) -> Self {
        match chosen {
            SharedPaths::Klen => Self::Klen,
            SharedPaths::Voxpria => Self::Voxpria,
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            trusted_proxies: Networks::default(),
            default_dialect: SharedPaths::default(),
            klen_requests_per_minute: 60,
            voxpria_requests_per_hour: 1_000,
            connections: 2_048,
            connections_per_address: 1_024,
            head_s: 10,
            idle_s: 75,
            public_url: None,
        }
    }
}

/// What must survive a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Data {
    /// Folder of the database and everything else that is kept.
    pub dir: PathBuf,
    /// PostgreSQL 14 or newer in place of the embedded database, as `postgres://user:password@host/name`, for several
    /// nodes on one database; recordings and the master key stay in the folder. Better in the environment than in a file.
    pub database_url: Option<String>,
}

impl Default for Data {
    fn default() -> Self {
        Self { dir: "data".into(), database_url: None }
    }
}

/// Signalling towards the trunks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sip {
    /// Address and port that SIP is sent from and heard on, UDP and TCP alike; port 0 takes a free one. The default reaches trunks on
    /// this machine only; for a carrier take `0.0.0.0:5060` or the address of one interface.
    pub listen: SocketAddr,
    /// Address that the other side sees, where a NAT stands in between; without it the address of the interface.
    pub external_address: Option<std::net::IpAddr>,
}

impl Default for Sip {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), external_address: None }
    }
}

/// Audio towards the trunks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Media {
    /// Threads that send and receive audio; 0 chooses by the number of processors.
    pub threads: u16,
    /// UDP ports of RTP, first and last; each call takes an even one and the odd one above it.
    pub ports: PortRange,
}

impl Default for Media {
    fn default() -> Self {
        Self { threads: 0, ports: PortRange { first: 20_000, last: 29_999 } }
    }
}

/// The embedded speech models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Speech {
    /// Folder of the models.
    pub models_dir: PathBuf,
    /// Speech-to-text workers; 0 chooses by the number of processors.
    pub stt_workers: u16,
    /// Text-to-speech workers; 0 chooses by the number of processors.
    pub tts_workers: u16,
}

impl Default for Speech {
    fn default() -> Self {
        Self { models_dir: "models".into(), stt_workers: 0, tts_workers: 0 }
    }
}

/// Recordings of calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Recordings {
    /// Folder of the recordings; without it `recordings` below `data.dir`.
    pub dir: Option<PathBuf>,
}

/// Deleting what is due by age. How long things are kept is set for each organization and agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Seconds between two looks at what is due, 1 to 86400.
    pub every_s: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { every_s: 60 }
    }
}

/// Requests to addresses that users give.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundHttp {
    /// Whether they may go to loopback and private addresses. Leave it off where users are not trusted with your
    /// network.
    pub allow_private: bool,
    /// Ports that they may go to, separated by commas, such as `80,443`; empty allows all.
    pub allowed_ports: String,
}

/// Events that are sent out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// Seconds that a receiver gets to answer, 1 to 60.
    pub timeout_s: u16,
    /// Days for which finished deliveries are kept to be looked at and sent again.
    pub keep_days: u16,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self { timeout_s: 10, keep_days: 30 }
    }
}

/// A language model that speaks the OpenAI chat API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LanguageModel {
    /// Base address, up to and without `/chat/completions`.
    pub base_url: String,
    /// Environment variable that holds the API key; the key itself never stands in the file.
    #[serde(default)]
    pub api_key_env: Option<String>,
}

/// Other nodes beside this one: live events, wake-ups and control between them go over NATS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cluster {
    /// What this node is called in lists of nodes; by default what the machine is called.
    pub node_name: Option<String>,
    /// NATS servers, such as `nats://10.0.0.1:4222,nats://10.0.0.2:4222`; `tls://` for TLS. Without it this node stands
    /// alone.
    pub nats_url: Option<String>,
    /// First part of every NATS subject; another one for each cluster that shares a server.
    pub subject_prefix: String,
    /// `.creds` file with which this node is known to NATS.
    pub credentials_file: Option<PathBuf>,
    /// User name at NATS, where there is no credentials file.
    pub user: Option<String>,
    /// Environment variable that holds the user's password; the password itself never stands in the file.
    pub password_env: Option<String>,
    /// PEM file of the authority that signed the NATS server's certificate, beside those that the system trusts.
    pub ca_file: Option<PathBuf>,
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            node_name: None,
            nats_url: None,
            subject_prefix: "outdial".into(),
            credentials_file: None,
            user: None,
            password_env: None,
            ca_file: None,
        }
    }
}

/// What one process takes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Most calls at once; more wait in the queue.
    pub live_calls: u32,
    /// Seconds that live calls get to end by themselves when the server is told to stop.
    pub drain_s: u64,
    /// Seconds without a sign of life after which a node counts as lost, 4 to 300: its calls that were not dialed go to
    /// other nodes, those that may have rung end as `node_lost`. Less finds a lost node sooner, more forgives a database
    /// that stands still for longer.
    pub lease_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { live_calls: 200, drain_s: 30, lease_s: 6 }
    }
}

/// The log on standard error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,telephony=debug`.
    pub level: String,
    /// `text` for people, `json` for collectors.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Text }
    }
}

/// Form of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// A secret that the configuration names by its environment variable; `None` where it is not set or empty.
pub fn secret(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}

impl Config {
    /// With the port that was taken where none was asked for.
    #[must_use]
    pub fn listening_at(mut self, address: SocketAddr) -> Self {
        self.server.listen = address;
        self
    }

    /// Where clients reach this server.
    pub fn public_url(&self) -> String {
        self.server.public_url.clone().unwrap_or_else(|| format!("http://{}", self.server.listen))
    }

    /// Folder of the recordings.
    pub fn recordings_dir(&self) -> PathBuf {
        self.recordings.dir.clone().unwrap_or_else(|| self.data.dir.join("recordings"))
    }

    /// File of the embedded database.
    pub fn database(&self) -> PathBuf {
        self.data.dir.join("outdial.db")
    }

    /// What the store opens: the server's URL, or the file.
    pub fn database_target(&self) -> String {
        self.data.database_url.clone().unwrap_or_else(|| self.database().to_string_lossy().into_owned())
    }

    /// File that the first admin key is written to.
    pub fn admin_key_file(&self) -> PathBuf {
        self.data.dir.join("admin.key")
    }

    /// How long live calls get to end by themselves.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.limits.drain_s)
    }
}

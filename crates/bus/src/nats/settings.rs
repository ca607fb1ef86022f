//! How the servers are reached, and what keeps them from being used.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use async_nats::{ConnectOptions, ServerAddr};
use domain::NodeId;

use super::wire::Subjects;

/// A server that does not answer is given up on after this, and the next one is tried.
const CONNECT: Duration = Duration::from_secs(3);
/// A connection that is silent for two of these counts as gone.
const PING: Duration = Duration::from_secs(10);
/// First pause before a connection is tried again; doubled until `LONGEST_PAUSE`.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Messages of one subscription that wait for us.
const SUBSCRIPTION: usize = 4_096;
/// Longest prefix; subjects stay short of every server's limit.
const LONGEST_PREFIX: usize = 64;

/// Servers, names and credentials.
#[derive(Clone, Debug)]
pub struct NatsSettings {
    /// Servers of one NATS cluster, separated by commas: `nats://10.0.0.1:4222,nats://10.0.0.2`. `tls://` asks for TLS.
    pub servers: String,
    /// First part of every subject, so that several clusters of ours share a server: dot-separated words of letters,
    /// digits, `-` and `_`.
    pub prefix: String,
    /// Who we are to the server.
    pub credentials: NatsCredentials,
    /// PEM file of an authority that signed the server's certificate, beside those that the system trusts.
    pub ca_file: Option<PathBuf>,
}

/// Who we are to the server.
#[derive(Clone, Default)]
pub enum NatsCredentials {
    /// Nobody in particular.
    #[default]
    None,
    /// A `.creds` file with user JWT and nkey seed, as `nsc` writes it.
    File(PathBuf),
    /// User and password.
    Password {
        /// User.
        user: String,
        /// Password.
        password: String,
    },
}

impl fmt::Debug for NatsCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::File(_) => "File",
            Self::Password { .. } => "Password",
        })
    }
}

/// NATS cannot be used as it is set. No message holds a credential.
#[derive(Debug, thiserror::Error)]
pub enum NatsUnusable {
    /// The addresses are none.
    #[error("{0}; write nats://host:port, several separated by commas")]
    Servers(String),
    /// Credentials in an address end up in logs and process lists.
    #[error("an address holds a password; give user and password apart")]
    PasswordInAddress,
    /// The prefix is no subject.
    #[error("{0:?} is no prefix: take dot-separated words of letters, digits, - and _, 64 characters at most")]
    Prefix(String),
    /// The credentials file.
    #[error("{}: {source}", path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What the system or the parser said.
        source: std::io::Error,
    },
    /// No server took us.
    #[error("{0}")]
    Refused(String),
}

impl NatsSettings {
    /// Servers at these addresses, without credentials.
    pub fn at(servers: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self { servers: servers.into(), prefix: prefix.into(), credentials: NatsCredentials::None, ca_file: None }
    }

    /// The addresses, each checked.
    pub(super) fn addresses(&self) -> Result<Vec<ServerAddr>, NatsUnusable> {
        let addresses: Vec<ServerAddr> = self
            .servers
            .split(',')
            .map(str::trim)
            .filter(|server| !server.is_empty())
            // The parser's message quotes the address; that is fit to be shown only where it holds no password.
            .map(|server| match server.parse::<ServerAddr>() {
                Ok(address) if address.password().is_some() => Err(NatsUnusable::PasswordInAddress),
                Ok(address) => Ok(address),
                Err(_) if server.contains('@') => Err(NatsUnusable::PasswordInAddress),
                Err(error) => Err(NatsUnusable::Servers(error.to_string())),
            })
            .collect::<Result<_, _>>()?;
        if addresses.is_empty() { Err(NatsUnusable::Servers("no address".into())) } else { Ok(addresses) }
    }

    /// The subjects below the prefix, checked.
    pub(super) fn subjects(&self) -> Result<Subjects, NatsUnusable> {
        let word = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if self.prefix.len() <= LONGEST_PREFIX && self.prefix.split('.').all(word) {
            return Ok(Subjects::below(&self.prefix));
        }
        Err(NatsUnusable::Prefix(self.prefix.clone()))
    }

    /// Everything but callbacks and what differs between a node and a look.
    pub(super) async fn options(&self, node: NodeId) -> Result<ConnectOptions, NatsUnusable> {
        let mut options = ConnectOptions::new()
            .name(format!("outdial {node}"))
            .custom_inbox_prefix(self.subjects()?.inbox())
            .connection_timeout(CONNECT)
            .ping_interval(PING)
            .subscription_capacity(SUBSCRIPTION)
            .max_reconnects(None)
            .reconnect_delay_callback(move |attempts| pause(attempts, node));
        if let Some(file) = &self.ca_file {
            options = options.add_root_certificates(file.clone());
        }
        match &self.credentials {
            NatsCredentials::None => Ok(options),
            NatsCredentials::Password { user, password } => {
                Ok(options.user_and_password(user.clone(), password.clone()))
            }
            NatsCredentials::File(path) => options
                .credentials_file(path)
                .await
                .map_err(|source| NatsUnusable::Credentials { path: path.clone(), source }),
        }
    }
}

/// Pause before connection attempt `attempts` (counted from 1): doubling, and up to a half more by the node's id, so
/// that a hundred nodes do not come back to a server at once.
fn pause(attempts: usize, node: NodeId) -> Duration {
    let Some(doublings) = attempts.checked_sub(2) else { return Duration::ZERO };
    let doublings = u32::try_from(doublings).unwrap_or(u32::MAX).min(16);
    let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
    let spread = u32::from(node.0.as_bytes()[15]);
    pause + pause * spread / 512
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(last: u128) -> NodeId {
        NodeId(uuid::Uuid::from_u128(last))
    }

    #[test]
    fn pauses_double_to_a_limit_and_differ_by_node() {
        let pauses: Vec<u128> = (1..10).map(|n| pause(n, node(0)).as_millis()).collect();
        assert_eq!(pauses, [0, 50, 100, 200, 400, 800, 1600, 2000, 2000]);
        assert_eq!(pause(usize::MAX, node(0)), LONGEST_PAUSE);
        assert!(pause(9, node(255)) > LONGEST_PAUSE && pause(9, node(255)) < LONGEST_PAUSE * 3 / 2);
    }

    #[test]
    fn addresses_are_read_and_passwords_in_them_are_never_shown() {
        let read = |servers: &str| NatsSettings::at(servers, "outdial").addresses();
        assert_eq!(read("nats://127.0.0.1:4222, nats://[::1]").unwrap().len(), 2);
        assert_eq!(read("127.0.0.1").unwrap().len(), 1);
        for bad in ["", " , ", "nats://:4222"] {
            assert!(matches!(read(bad), Err(NatsUnusable::Servers(_))), "{bad:?}");
        }
        for secret in ["nats://u:hunter2@127.0.0.1", "nats://u:hunter2@", "nats://u:hunter2@[::1"] {
            assert!(!read(secret).unwrap_err().to_string().contains("hunter2"), "{secret:?}");
        }
        let password = NatsCredentials::Password { user: "u".into(), password: "hunter2".into() };
        assert!(!format!("{password:?}").contains("hunter2"));
    }

    #[test]
    fn a_prefix_is_words_between_dots() {
        let read = |prefix: &str| NatsSettings::at("127.0.0.1", prefix).subjects().is_ok();
        for good in ["outdial", "acme.outdial-2", "a_b"] {
            assert!(read(good), "{good}");
        }
        for bad in ["", ".", "a..b", "a.", "*", "a.>", "a b", "ä", "$SYS", &"a".repeat(65)] {
            assert!(!read(bad), "{bad}");
        }
    }
}

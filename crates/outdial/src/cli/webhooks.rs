//! What can be said of webhooks.

use std::net::SocketAddr;

use clap::Subcommand;

use super::Remote;

/// Where events are sent, and what became of them.
#[derive(Debug, Subcommand)]
pub enum Webhooks {
    /// List webhooks.
    List {
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Create a webhook; its secret is printed once.
    Create {
        /// Where to, an `http` or `https` address.
        #[arg(value_name = "URL")]
        target: String,
        /// Name of an event, such as `call.ended`; repeat for more. All events when absent.
        #[arg(long = "event", value_name = "NAME", default_value = "*")]
        events: Vec<String>,
        /// Only calls of this agent.
        #[arg(long)]
        agent: Option<String>,
        /// What you call it.
        #[arg(long)]
        description: Option<String>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Delete a webhook.
    Delete {
        /// Id.
        webhook: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Switch a webhook on again.
    Enable {
        /// Id.
        webhook: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Switch a webhook off; what waits for it is given up.
    Disable {
        /// Id.
        webhook: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Give a webhook a new secret, which is printed once; the old one signs beside it for a while.
    Rotate {
        /// Id, or `status_url` for what is sent to the status URLs of calls.
        webhook: String,
        /// How long the old secret signs on, in seconds.
        #[arg(long, value_name = "SECONDS")]
        overlap: Option<u64>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Send a test event.
    Test {
        /// Id.
        webhook: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Show deliveries, newest first, or one with its tries.
    Deliveries {
        /// Id of a webhook, or of one delivery (`msg_…`); all when absent.
        name: Option<String>,
        /// Only in this state: `pending`, `delivered` or `dead`.
        #[arg(long)]
        state: Option<String>,
        /// Most deliveries.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Send a delivery again.
    Resend {
        /// Id of the delivery.
        delivery: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Send again what was given up or never sent.
    Replay {
        /// Id.
        webhook: String,
        /// A time (RFC 3339) or an event (`evt_…`).
        #[arg(long, value_name = "TIME|EVENT")]
        since: String,
        /// What arrived too.
        #[arg(long)]
        delivered_too: bool,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Receive webhooks on this machine, verify them, and print them until Ctrl-C.
    Listen {
        /// Where to listen.
        #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9000")]
        listen: SocketAddr,
        /// Environment variable that holds the secret (`whsec_…`). Without one nothing is verified.
        #[arg(long, value_name = "VARIABLE", default_value = "OUTDIAL_WEBHOOK_SECRET")]
        secret_env: String,
    },
}

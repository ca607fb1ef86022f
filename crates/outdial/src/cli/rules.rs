//! What calls must keep to: rules of calling, caps, and the brakes that hold.

use std::path::PathBuf;

use clap::Subcommand;
use domain::time::Timestamp;

use super::Remote;

/// When and how often people may be called.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Print the rules as YAML: the organization's, or an agent's own.
    Show {
        /// Slug or id of the agent.
        #[arg(long)]
        agent: Option<String>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Replace the rules by those of a file; what the file does not name is not limited.
    Set {
        /// Rules (YAML or JSON), as `show` prints them; `-` reads standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Slug or id of the agent whose own rules they are to be.
        #[arg(long)]
        agent: Option<String>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Take an agent's own rules away: the organization's hold for it.
    Clear {
        /// Slug or id of the agent.
        agent: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Ask whether a number would be called, and if not, why and from when on.
    Check {
        /// The number.
        number: String,
        /// Agent that would hold the call, by slug or id.
        #[arg(long)]
        agent: Option<String>,
        /// As one of a list of calls, rather than alone.
        #[arg(long)]
        list: bool,
        /// Where the callee is, such as `America/New_York`.
        #[arg(long)]
        time_zone: Option<String>,
        /// When (RFC 3339); now by default.
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// List why numbers were not called, newest first.
    Decisions {
        /// Only on this number.
        #[arg(long)]
        number: Option<String>,
        /// Only with this code, such as `outside_hours`.
        #[arg(long)]
        code: Option<String>,
        /// Most decisions to list.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
}

/// What may be used up, and the brakes against toll fraud.
#[derive(Debug, Subcommand)]
pub enum Caps {
    /// Print the caps as YAML: the organization's, or a key's.
    Show {
        /// Id of the key.
        #[arg(long)]
        key: Option<String>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Replace the caps by those of a file; what the file does not name is not bounded.
    Set {
        /// Caps (YAML or JSON), as `show` prints them; `-` reads standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Id of the key whose caps they are to be.
        #[arg(long)]
        key: Option<String>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// List the brakes that hold.
    Brakes {
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Release a brake; what it counted is forgotten.
    Release {
        /// Whom it holds, `key_…` or `org_…`, as `brakes` lists it.
        scope: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
}

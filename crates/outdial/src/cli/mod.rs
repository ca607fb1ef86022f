//! The command line: what can be said, and nothing of how it is done.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::commands::wallet::WalletCommand;
use crate::config::Flags;

mod nodes;
mod people;
mod rules;
mod webhooks;

pub use nodes::Nodes;
pub use people::{Contacts, Suppressions};
pub use rules::{Caps, Policy};
pub use webhooks::Webhooks;

/// Outbound AI phone calls from your own server.
#[derive(Debug, Parser)]
#[command(name = "outdial", version, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server.
    Serve(Serve),
    /// Place two calls to simulated callees on this machine, from nothing to the calls' records.
    Demo(Demo),
    /// Run simulated callees against agents and check what they assert.
    Simulate(Simulate),
    /// Place, follow and end calls.
    #[command(subcommand)]
    Calls(Calls),
    /// Write, publish and read agents.
    #[command(subcommand)]
    Agents(Agents),
    /// The ways out to the telephone network.
    #[command(subcommand)]
    Trunks(Trunks),
    /// The numbers that agents call from.
    #[command(subcommand)]
    Numbers(Numbers),
    /// The do-not-call list.
    #[command(subcommand)]
    Suppressions(Suppressions),
    /// Where events are sent, and what became of them.
    #[command(subcommand)]
    Webhooks(Webhooks),
    /// People that are called.
    #[command(subcommand)]
    Contacts(Contacts),
    /// API keys.
    #[command(subcommand)]
    Keys(Keys),
    /// When and how often people may be called, and why one was not.
    #[command(subcommand)]
    Policy(Policy),
    /// What may be used up, and the brakes against toll fraud.
    #[command(subcommand)]
    Caps(Caps),
    /// Prices, money and what was used.
    #[command(subcommand)]
    Wallet(WalletCommand),
    /// Read who did what to the set-up.
    #[command(subcommand)]
    Audit(Audit),
    /// The processes of the installation: list them, drain one before it is stopped.
    #[command(subcommand)]
    Nodes(Nodes),
    /// Look for what would keep the server from working, each with its remedy.
    Doctor(ServerFlags),
    /// Print the OpenAPI document of the HTTP API.
    Openapi {
        /// API that it describes.
        #[arg(long, default_value = "native", value_parser = ["native", "voiceb", "voicing", "klen", "vonage", "voxpria"])]
        dialect: String,
    },
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// Where the configuration comes from.
#[derive(Clone, Debug, Default, Args)]
pub struct ServerFlags {
    /// Configuration file (TOML).
    #[arg(long, env = "OUTDIAL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of everything that is kept.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address and port of the HTTP server.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
}

/// Run the server.
#[derive(Clone, Debug, Default, Args)]
pub struct Serve {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub server: ServerFlags,
    /// Organizations, trunks, numbers, agents and keys to bring about at start (YAML); applied idempotently.
    #[arg(long, value_name = "FILE")]
    pub provision: Option<PathBuf>,
}

/// Place a call to a simulated callee on this machine.
#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// Folder of the models and examples; the working folder by default.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub root: PathBuf,
    /// Leave the server running after the call.
    #[arg(long)]
    pub keep: bool,
    /// Address and port of the HTTP server; a free port by default.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
}

/// Run simulated callees against an agent.
#[derive(Clone, Debug, Args)]
pub struct Simulate {
    /// Scenarios (YAML).
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,
    /// Write the report as JUnit XML as well.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Where the configuration comes from.
    #[command(flatten)]
    pub server: ServerFlags,
}

/// Which server to talk to, and as whom.
#[derive(Clone, Debug, Default, Args)]
pub struct Remote {
    /// Address of the server.
    #[arg(long, env = "OUTDIAL_URL", default_value = "http://127.0.0.1:8080", global = true)]
    pub url: String,
    /// API key; without one, that of `admin.key` in the data folder.
    #[arg(long, env = "OUTDIAL_API_KEY", hide_env_values = true, global = true)]
    pub api_key: Option<String>,
    /// Data folder to look for `admin.key` in.
    #[arg(long, env = "OUTDIAL_DATA_DIR", default_value = "data", value_name = "DIR", global = true)]
    pub data_dir: PathBuf,
}

/// Place, follow and end calls.
#[derive(Debug, Subcommand)]
pub enum Calls {
    /// Place a call.
    Create {
        /// Agent that holds it, by slug or id.
        #[arg(long)]
        agent: String,
        /// Number to call, or `sip:user@host` where the policy names the host.
        #[arg(long)]
        to: String,
        /// Value of a variable of the agent.
        #[arg(long = "var", value_name = "NAME=VALUE", value_parser = pair)]
        variables: Vec<(String, String)>,
        /// Free data of yours.
        #[arg(long = "metadata", value_name = "NAME=VALUE", value_parser = pair)]
        metadata: Vec<(String, String)>,
        /// Address that is told how the call ended.
        #[arg(long, value_name = "URL")]
        status_url: Option<String>,
        /// Hang up at once when a machine answers, whatever the agent would do.
        #[arg(long)]
        hang_up_on_machine: bool,
        /// Show the conversation until the call is over; succeeds when the call completed.
        #[arg(long)]
        follow: bool,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// List calls, newest first.
    List {
        /// Only these states, separated by commas.
        #[arg(long)]
        status: Option<String>,
        /// Only calls of this agent.
        #[arg(long)]
        agent: Option<String>,
        /// Only calls to this number.
        #[arg(long)]
        to: Option<String>,
        /// Most calls.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
        /// From the page before.
        #[arg(long)]
        cursor: Option<String>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Show a call.
    Get {
        /// Id, sequence or SIP Call-ID.
        call: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// End a call.
    Hangup {
        /// Id, sequence or SIP Call-ID.
        call: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Show a call's events.
    Events {
        /// Id, sequence or SIP Call-ID.
        call: String,
        /// Go on until the call is over.
        #[arg(long)]
        follow: bool,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
}

/// Write, publish and read agents.
#[derive(Debug, Subcommand)]
pub enum Agents {
    /// Create agents from definition files, or replace their drafts.
    Push {
        /// Definitions (YAML or JSON). `lead-callback/agent.yaml` and `lead-callback.yaml` are agent `lead-callback`.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Name of the agent, where it shall differ from the file's; for one file.
        #[arg(long)]
        slug: Option<String>,
        /// Number they call from.
        #[arg(long)]
        number: Option<String>,
        /// Publish them too.
        #[arg(long)]
        publish: bool,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Print an agent's draft as YAML.
    Pull {
        /// Slug or id.
        agent: String,
        /// Write it to this file instead.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// List agents.
    List {
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Print what a website needs to have this agent call somebody, with code that is ready to run.
    Credentials {
        /// Slug or id.
        agent: String,
        /// Draw new ones; the old ones open nothing from then on.
        #[arg(long)]
        rotate: bool,
        /// Whether a signature is asked for; `false` for senders that cannot sign.
        #[arg(long, value_name = "true|false")]
        verify_signature: Option<bool>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Freeze the draft as the version that new calls run on.
    Publish {
        /// Slug or id.
        agent: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
}

/// The ways out to the telephone network.
#[derive(Debug, Subcommand)]
pub enum Trunks {
    /// List trunks.
    List {
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Add a trunk.
    Add {
        /// Unique name.
        name: String,
        /// Host and optional port.
        address: String,
        /// `udp` or `tcp`.
        #[arg(long, default_value = "udp", value_parser = ["udp", "tcp"])]
        transport: String,
        /// Digest user name.
        #[arg(long, requires = "password_file")]
        username: Option<String>,
        /// File whose first line is the digest password; `-` reads standard input.
        #[arg(long, requires = "username", value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Most INVITEs a second.
        #[arg(long)]
        calls_per_second: Option<f64>,
        /// Most calls at once.
        #[arg(long)]
        channels: Option<u32>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Remove a trunk.
    Remove {
        /// Name or id.
        trunk: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
}

/// The numbers that agents call from.
#[derive(Debug, Subcommand)]
pub enum Numbers {
    /// List numbers.
    List {
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Add a number.
    Add {
        /// The number.
        number: String,
        /// Trunk that carries its calls.
        #[arg(long)]
        trunk: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Remove a number.
    Remove {
        /// Id or E.164.
        number: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
}

/// API keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Create a key; its secret is printed once.
    Create {
        /// What people call it.
        #[arg(long)]
        name: String,
        /// API that it opens.
        #[arg(long, default_value = "native", value_parser = ["native", "voiceb", "voicing", "klen", "vonage", "voxpria"])]
        dialect: String,
        /// What it may do, such as `calls:write`, or a word of its dialect's own; repeat for more.
        #[arg(long = "permission")]
        permissions: Vec<String>,
        /// What it is for, such as `Rest APIs`.
        #[arg(long)]
        category: Option<String>,
        /// Network (CIDR) or address it may be used from; repeat for more.
        #[arg(long = "ip")]
        allowed_ips: Vec<String>,
        /// The only agent it may be used for.
        #[arg(long)]
        agent: Option<String>,
        /// Not to be used from then on (RFC 3339).
        #[arg(long)]
        expires_at: Option<jiff::Timestamp>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// List keys.
    List {
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Give a key a new secret, which is printed once; the old one works for a while longer.
    Rotate {
        /// Id of the key.
        key: String,
        /// How long the old secret goes on working, in seconds.
        #[arg(long, default_value_t = 86_400)]
        overlap_s: u64,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Make a key useless.
    Revoke {
        /// Id of the key.
        key: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
}

/// The log of administrative acts.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// List acts, newest first.
    List {
        /// Only this act, such as `key.revoked`; repeat for more.
        #[arg(long = "action")]
        actions: Vec<String>,
        /// Only acts on the thing with this id.
        #[arg(long)]
        resource: Option<String>,
        /// Only acts with the key of this id.
        #[arg(long)]
        key: Option<String>,
        /// Most acts to list.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
}

impl ServerFlags {
    /// What they say over file and environment.
    pub fn flags(&self) -> Flags {
        Flags { config: self.config.clone(), data_dir: self.data_dir.clone(), listen: self.listen }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    if name.is_empty() {
        return Err("the name before = is empty".into());
    }
    Ok((name.to_owned(), value.to_owned()))
}

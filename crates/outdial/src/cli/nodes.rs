//! The processes of the installation.

use clap::Subcommand;

use super::Remote;

/// The processes of the installation.
#[derive(Debug, Subcommand)]
pub enum Nodes {
    /// List them, oldest first; one that was lost is shown for a day.
    List {
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Have a node claim no more calls; those that it holds go on to their end.
    Drain {
        /// Id, or a name that only one living node has.
        node: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Have a drained node claim calls again.
    Resume {
        /// Id, or a name that only one living node has.
        node: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
}

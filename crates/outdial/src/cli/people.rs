//! People that are called, and those who are not.

use std::path::PathBuf;

use clap::Subcommand;
use domain::time::Timestamp;

use super::Remote;

/// The do-not-call list.
#[derive(Debug, Subcommand)]
pub enum Suppressions {
    /// Show the list, newest first.
    List {
        /// Only this number.
        #[arg(long)]
        number: Option<String>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Put a number on it.
    Add {
        /// The number.
        number: String,
        /// Why.
        #[arg(long, default_value = "manual")]
        reason: String,
        /// What you want to remember.
        #[arg(long)]
        note: Option<String>,
        /// Until when (RFC 3339); for good by default.
        #[arg(long, value_name = "TIME")]
        until: Option<Timestamp>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Put many numbers on it: a file with one a line, or CSV whose first column is the number and whose second, if there
    /// is one, the reason.
    Import {
        /// The file; `-` reads standard input.
        file: PathBuf,
        /// Why, where the line does not say.
        #[arg(long, default_value = "import")]
        reason: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Take a number off it.
    Remove {
        /// Id of the entry.
        suppression: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
}

/// People that are called.
#[derive(Debug, Subcommand)]
pub enum Contacts {
    /// List people, newest first.
    List {
        /// Only the one with this number.
        #[arg(long)]
        number: Option<String>,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Enter a person.
    Add {
        /// Numbers that reach the person.
        #[arg(required = true)]
        numbers: Vec<String>,
        /// What the person is called.
        #[arg(long)]
        name: Option<String>,
        /// Where the person is, such as `America/New_York`.
        #[arg(long)]
        time_zone: Option<String>,
        /// Your own id of the person.
        #[arg(long)]
        external_id: Option<String>,
        /// Not to be called.
        #[arg(long)]
        do_not_contact: bool,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
    /// Remove a person.
    Remove {
        /// Id of the contact.
        contact: String,
        /// The server.
        #[command(flatten)]
        remote: Remote,
    },
}

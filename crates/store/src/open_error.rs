//! Why a database cannot be opened, and what to do about it.

use std::path::PathBuf;

/// The database cannot be used. Every message names the remedy.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No engine of ours understands the target.
    #[error("{0:?} is not a database this release can use; give a file path, sqlite:PATH or postgres://…")]
    UnknownEngine(String),
    /// The folder of the file is missing and cannot be made, or may not be written.
    #[error("cannot write to {}: {source}; make the folder writable for this user or choose another with --data-dir", path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process holds the file.
    #[error("{} is locked by another process; stop the other server or tool that has it open, then start again", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged or something else.
    #[error("{} is not a usable database: {detail}; restore it from a backup, or move it away to start empty", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What the engine said.
        detail: String,
    },
    /// The schema is from a newer release.
    #[error("{} was written by a newer release of outdial; start that release, or restore the backup made before the upgrade", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
    },
    /// The server cannot be reached, refuses us, or is too old.
    #[error(
        "the database server at {name}: {detail}; check that it runs and is reachable, and user, password and database in data.database_url"
    )]
    Server {
        /// Host and database, without credentials.
        name: String,
        /// What the client or the server said.
        detail: String,
    },
    /// Anything else.
    #[error("the database at {} cannot be opened: {detail}; check the disk and its free space", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What the engine said.
        detail: String,
    },
    /// The file of the master key cannot be read or made.
    #[error("the master key at {}: {source}; correct the file or its owner, or give another with secrets.key_file", path.display())]
    MasterKeyFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Secrets lie sealed in the database and the key is not where it should be.
    #[error("this database holds secrets that were sealed with a master key, and {} is not there; put it back from your backup (a new key could not open them, so none was made and nothing was changed)", path.display())]
    MasterKeyMissing {
        /// The file.
        path: PathBuf,
    },
    /// Secrets lie sealed in the database under another key.
    #[error(
        "the master key is not the one that the secrets of this database were sealed with; give that one (secrets.key_file or OUTDIAL_SECRETS_KEY, the current key first and former ones after it); nothing was changed"
    )]
    MasterKeyWrong,
    /// The database failed while secrets were looked at.
    #[error("the secrets of this database cannot be looked at: {0}")]
    Secrets(app::ports::store::StoreError),
}

impl OpenError {
    /// Whether the master key is at fault, and not the database.
    pub fn is_about_the_master_key(&self) -> bool {
        matches!(self, Self::MasterKeyFile { .. } | Self::MasterKeyMissing { .. } | Self::MasterKeyWrong)
    }

    pub(crate) fn of_secrets(error: app::ports::store::StoreError) -> Self {
        Self::Secrets(error)
    }
}

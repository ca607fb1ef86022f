//! One process serves a data folder.
//!
//! Law: the lock is the kernel's (flock), so that it goes with the process however that ends. Whoever holds it knows
//! that every lease in the embedded database is a dead process's.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::config::ConfigError;

/// The lock on a data folder, as long as this lives.
pub(super) struct SoleOwner {
    _file: File,
}

impl SoleOwner {
    /// Takes the lock, or says who has it.
    pub(super) fn of(folder: &Path) -> Result<Self, ConfigError> {
        let path = folder.join("outdial.lock");
        let wrong = |detail: String| ConfigError {
            key: "data.dir".into(),
            origin: folder.display().to_string(),
            detail: format!("{detail}; give another folder with --data-dir"),
        };
        let file = std::fs::create_dir_all(folder)
            .and_then(|()| OpenOptions::new().create(true).append(true).open(&path))
            .map_err(|e| wrong(format!("{} cannot be made: {e}", path.display())))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(wrong("another outdial serves this folder: stop it".into())),
            Err(TryLockError::Error(e)) => Err(wrong(format!("{} cannot be locked: {e}", path.display()))),
        }
    }
}

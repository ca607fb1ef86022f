//! A folder of recordings and its id, by which every row knows where its file lies.
//!
//! Law: the id lies in the folder, so that it stays with the files whatever process or machine serves them, and nodes that
//! share the folder share the id.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use app::forget_call::lies_below;
use domain::RecordingFolderId;

/// File that holds the id.
const ID_FILE: &str = ".outdial-folder";
/// Ending of recordings that are not finished.
const PART: &str = "part";
/// Years, months, days and the files in them.
const DEPTH: usize = 3;

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The disk said no.
    #[error("{path}: {source}")]
    Disk {
        /// File or folder.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The file with the id holds something else.
    #[error("{path} does not hold the id of a folder; start again if another node was just starting, or delete it")]
    Id {
        /// The file.
        path: PathBuf,
    },
}

/// A folder of recordings.
#[derive(Clone, Debug)]
pub struct RecordingsFolder {
    root: PathBuf,
    id: RecordingFolderId,
}

impl RecordingsFolder {
    /// Opens a folder, which is made if it is missing; one without an id gets `new`.
    pub fn open(root: &Path, new: RecordingFolderId) -> Result<Self, FolderError> {
        let path = root.join(ID_FILE);
        let disk = |source| FolderError::Disk { path: path.clone(), source };
        fs::create_dir_all(root).map_err(disk)?;
        let mut text = String::new();
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                text = new.to_string();
                writeln!(file, "{text}").and_then(|()| file.sync_all()).map_err(disk)?;
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fs::File::open(&path).and_then(|mut file| file.read_to_string(&mut text)).map_err(disk)?;
            }
            Err(error) => return Err(disk(error)),
        }
        let id = text.trim().parse().map_err(|_| FolderError::Id { path })?;
        Ok(Self { root: root.to_owned(), id })
    }

    /// Its id.
    pub fn id(&self) -> RecordingFolderId {
        self.id
    }

    /// Deletes the file at a stored path; one that is gone already is no error.
    pub fn remove(&self, path: &str) -> std::io::Result<()> {
        if !lies_below(path) {
            return Err(std::io::Error::other("the path lies outside the recordings folder"));
        }
        gone(fs::remove_file(self.root.join(path)))
    }

    /// Folders that may hold recordings, one a day.
    pub(crate) fn days(&self) -> std::io::Result<Vec<PathBuf>> {
        let mut folders = vec![self.root.clone()];
        for _ in 0..DEPTH {
            let mut below = Vec::new();
            for folder in folders {
                for entry in fs::read_dir(folder)? {
                    let entry = entry?;
                    // Links are not followed.
                    if entry.file_type()?.is_dir() {
                        below.push(entry.path());
                    }
                }
            }
            folders = below;
        }
        folders.sort();
        Ok(folders)
    }
}

/// A recording on disk, by the name that a session gives it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) call: domain::CallId,
    /// Not finished; last written then.
    pub(crate) part: Option<jiff::Timestamp>,
}

/// Recordings in the folder of a day. Files of other names are nobody's business.
pub(crate) fn recordings_in(day: &Path) -> std::io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(day)? {
        let entry = entry?;
        let path = entry.path();
        let is_part = path.extension().is_some_and(|ending| ending == PART);
        let name = if is_part { path.file_stem().map(PathBuf::from) } else { Some(path.clone()) };
        let Some(name) = name.filter(|name| name.extension().is_some_and(|ending| ending == "wav")) else { continue };
        let stem = name.file_stem().and_then(|stem| stem.to_str()).filter(|stem| stem.starts_with("call_"));
        let Some(call) = stem.and_then(|stem| stem.parse().ok()) else { continue };
        let part = if is_part { last_written(&entry)? } else { None };
        if part.is_some() || !is_part {
            found.push(Found { path, call, part });
        }
    }
    Ok(found)
}

/// `None` when it was finished or deleted meanwhile.
fn last_written(entry: &fs::DirEntry) -> std::io::Result<Option<jiff::Timestamp>> {
    match entry.metadata().and_then(|file| file.modified()) {
        Ok(at) => jiff::Timestamp::try_from(at).map(Some).map_err(std::io::Error::other),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn gone(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

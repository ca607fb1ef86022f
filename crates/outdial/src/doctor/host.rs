//! The machine: folder, disk, clock, database.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use store::{KeySource, OpenError, SqlStore};

use super::Finding;
use crate::config::Config;

/// Below this the database and the recordings will soon have no room.
const LITTLE: u64 = 1 << 30;
/// A database above this is not copied for a look.
const LARGE: u64 = 1 << 30;

pub(super) fn data_dir(config: &Config) -> Finding {
    let (check, dir) = ("data folder", &config.data.dir);
    let remedy = "give another folder with --data-dir, or change its owner";
    let Some(existing) = nearest_existing(dir) else {
        return Finding::failure(check, format!("{} has no parent that exists", dir.display()), remedy);
    };
    match tempfile::tempfile_in(&existing) {
        Ok(_) if existing == *dir => Finding::ok(check, format!("{} can be written", dir.display())),
        Ok(_) => Finding::ok(check, format!("{} will be made below {}", dir.display(), existing.display())),
        Err(e) => Finding::failure(check, format!("{} cannot be written: {e}", existing.display()), remedy),
    }
}

fn nearest_existing(dir: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(dir).ok()?;
    let found = absolute.ancestors().find(|folder| folder.is_dir())?;
    Some(if found == absolute { dir.to_owned() } else { found.to_owned() })
}

pub(super) fn disk(config: &Config) -> Finding {
    let Some(dir) = nearest_existing(&config.data.dir) else {
        return Finding::warning("disk", "the data folder's disk is not known", "see the data folder's finding");
    };
    match rustix::fs::statvfs(&dir) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let detail = format!("{} MiB free at {}", free >> 20, dir.display());
            if free < LITTLE {
                let remedy = "make room: a minute of recording takes about 2 MiB, and a full disk refuses calls";
                return Finding::warning("disk", detail, remedy);
            }
            Finding::ok("disk", detail)
        }
        Err(e) => Finding::warning("disk", format!("free space is not known: {e}"), "check it by hand"),
    }
}

/// A clock that runs behind this binary's own file is surely wrong; one that is ahead cannot be told without a network.
pub(super) fn clock() -> Finding {
    let built = std::env::current_exe().and_then(std::fs::metadata).and_then(|file| file.modified());
    match built {
        Ok(built) if SystemTime::now() < built => {
            let remedy = "set the clock (NTP): calling hours, signatures and ids go by it";
            Finding::failure("clock", "runs behind the day this program was built", remedy)
        }
        _ => Finding::ok("clock", jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
    }
}

/// Calling hours need the rules of every zone, which are the system's, so that its updates reach them.
pub(super) fn time_zones() -> Finding {
    const CHECK: &str = "time zones";
    // Both have clocks that are set twice a year, on different days.
    let missing: Vec<&str> = ["America/New_York", "Europe/Madrid", "Asia/Kolkata"]
        .into_iter()
        .filter(|name| jiff::tz::TimeZone::get(name).is_err())
        .collect();
    if !missing.is_empty() {
        let remedy = "install the package tzdata: without it calls with calling hours are refused";
        return Finding::warning(CHECK, format!("no rules for {}", missing.join(", ")), remedy);
    }
    Finding::ok(CHECK, format!("{} zones are known", jiff::tz::db().available().count()))
}

/// Opens a copy, so that a running server is not disturbed and an old schema is not changed by looking.
pub(super) async fn database(config: &Config) -> Finding {
    if let Some(url) = &config.data.database_url {
        return server(url).await;
    }
    let (check, file) = ("database", config.database());
    let size = match std::fs::metadata(&file) {
        Err(_) => return Finding::ok(check, format!("{} will be made at the first start", file.display())),
        Ok(found) => found.len(),
    };
    if size > LARGE {
        return Finding::ok(check, format!("{} has {} MiB; too large to try a copy", file.display(), size >> 20));
    }
    match open_copy(&file, config).await {
        Ok(()) => Finding::ok(check, format!("{} opens ({} KiB)", file.display(), size >> 10)),
        Err(e) if e.downcast_ref().is_some_and(OpenError::is_about_the_master_key) => {
            Finding::failure("master key", format!("{e:#}"), "docs/guides/keys-and-audit.md tells where the key lies")
        }
        Err(e) => Finding::failure(check, format!("{}: {e:#}", file.display()), "restore a backup, or move it away"),
    }
}

/// Asks the server and changes nothing.
async fn server(url: &str) -> Finding {
    match SqlStore::reach(url).await {
        Ok(name) => Finding::ok("database", format!("{name} answers")),
        Err(e) => Finding::failure("database", e.to_string(), "start the server, or correct data.database_url"),
    }
}

async fn open_copy(file: &Path, config: &Config) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("copy.db");
    std::fs::copy(file, &copy)?;
    let log = file.with_extension("db-wal");
    if log.exists() {
        std::fs::copy(log, folder.path().join("copy.db-wal"))?;
    }
    let named = config.master_key()?;
    let keys = match &named {
        // A database that has sealed nothing yet gets a key at its first start; the doctor makes none in its place.
        KeySource::File(path) if !path.exists() => KeySource::File(folder.path().join("master.key")),
        named => named.clone(),
    };
    let store = SqlStore::open_with(&copy.display().to_string(), keys).await.map_err(|error| match (error, named) {
        (OpenError::MasterKeyMissing { .. }, KeySource::File(path)) => OpenError::MasterKeyMissing { path },
        (error, _) => error,
    })?;
    store.close().await;
    Ok(())
}

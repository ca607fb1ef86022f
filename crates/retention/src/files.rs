//! Files that no row knows any more: unfinished recordings of lost nodes, and finished ones that nothing names.

use std::collections::HashMap;
use std::path::Path;

use domain::CallId;
use domain::time::Timestamp;
use machines::retention::{Fate, fate, is_left_behind};

use crate::folder::{Found, gone, recordings_in};
use crate::purger::{Failed, Purger, on_disk};

/// Calls that are looked up at once.
const LOOK_UP: usize = 500;

impl Purger {
    /// Looks through a day's folder; returns how many files went.
    pub(crate) async fn tidy(&self, day: &Path, now: Timestamp) -> Result<u64, Failed> {
        let path = day.to_owned();
        let found = on_disk(move || recordings_in(&path)).await?;
        let mut removed = 0;
        let (parts, whole): (Vec<Found>, Vec<Found>) = found.into_iter().partition(|file| file.part.is_some());
        for part in parts.into_iter().filter(|file| file.part.is_some_and(|at| is_left_behind(at, now))) {
            removed += self.remove_left(part).await?;
        }
        let mut whole = whole.into_iter().peekable();
        while whole.peek().is_some() {
            removed += self.settle(whole.by_ref().take(LOOK_UP).collect()).await?;
        }
        Ok(removed)
    }

    /// Decides on finished files by what is known of their calls.
    async fn settle(&self, files: Vec<Found>) -> Result<u64, Failed> {
        let (store, folder) = (&self.context.store, self.context.folder.id());
        let calls = files.iter().map(|file| file.call).collect();
        let named: HashMap<CallId, _> = store.calls_named(calls).await?.into_iter().collect();
        let (mut removed, mut here) = (0, Vec::new());
        for file in files {
            match fate(named.get(&file.call).copied(), folder) {
                Fate::Stays => {}
                Fate::Found => here.push(file.call),
                Fate::Goes => removed += self.remove_left(file).await?,
            }
        }
        if !here.is_empty() {
            store.recordings_found(folder, here).await?;
        }
        Ok(removed)
    }

    async fn remove_left(&self, file: Found) -> Result<u64, Failed> {
        let call = file.call;
        on_disk(move || gone(std::fs::remove_file(&file.path))).await?;
        tracing::info!(call.id = %call, unfinished = file.part.is_some(), "a recording that nothing names was deleted");
        Ok(1)
    }
}

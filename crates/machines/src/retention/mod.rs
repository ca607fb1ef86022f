//! What is due to go: recordings, what was said, files that a lost node left behind, and who was dialed when.
//!
//! Law: days are of 24 hours and count from the end of the call, so that every node reckons the same whatever its zone
//! and the season. Nothing is due of a call that is not over. A rule that is changed holds for calls of before, too.
//!
//! On a call's way: after everything else.

use std::time::Duration;

use domain::RecordingFolderId;
use domain::call_policy::MAX_FREQUENCY_DAYS;
use domain::retention::{Keep, Retention};
use domain::time::Timestamp;

#[cfg(test)]
mod tests;

const DAY: Duration = Duration::from_hours(24);
/// How long what is due waits for webhooks that are still to be sent: whoever keeps nothing here is told all the same, unless
/// the receiver does not answer for so long.
const TOLD_WITHIN: Duration = Duration::from_hours(1);
/// Age of an unfinished recording that nobody writes to any more. The longest call takes a sixth of it.
const LEFT_BEHIND: Duration = Duration::from_hours(24);

/// Ends of calls up to which things are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Recordings of calls that ended then or before; `None` keeps all.
    pub recordings: Option<Timestamp>,
    /// What was said in calls that ended then or before; `None` keeps all.
    pub contents: Option<Contents>,
}

/// Ends of calls up to which what was said is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Where all webhooks of the call are sent or given up.
    pub told: Timestamp,
    /// Where some still wait.
    pub untold: Timestamp,
}

/// What is due at `now` of calls that are kept like this.
pub fn due(retention: Retention, now: Timestamp) -> Due {
    let contents = ended(retention.transcripts_days, now);
    Due {
        recordings: ended(retention.recordings_days, now),
        contents: contents.map(|told| Contents { told, untold: before(told, TOLD_WITHIN) }),
    }
}

fn ended(keep: Keep, now: Timestamp) -> Option<Timestamp> {
    match keep {
        Keep::ForEver => None,
        Keep::Days(days) => Some(before(now, DAY * u32::from(days))),
    }
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    now.saturating_sub(age).unwrap_or(Timestamp::MIN)
}

/// Dials that no frequency cap can count any more, however it is set: those before.
pub fn uncounted_before(now: Timestamp) -> Timestamp {
    before(now, DAY * u32::from(MAX_FREQUENCY_DAYS))
}

/// Whether an unfinished recording was left behind by a node that is no more.
pub fn is_left_behind(last_written: Timestamp, now: Timestamp) -> bool {
    last_written <= before(now, LEFT_BEHIND)
}

/// What the database says of the call that a finished file is named after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// Whether the call is over.
    pub over: bool,
    /// Whether it names a recording, and in which folder.
    pub recording: Option<Option<RecordingFolderId>>,
}

/// What becomes of a finished file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stays.
    Stays,
    /// It stays, and its call learns where it lies.
    Found,
    /// Its call is over and names no recording: the node was lost before it could say so, or the recording was deleted
    /// where the file was not.
    Goes,
}

/// What becomes of a finished file in `folder`. A file of a call that nobody knows stays: it may be another
/// installation's, or the database an older backup.
pub fn fate(call: Option<Named>, folder: RecordingFolderId) -> Fate {
    match call {
        Some(Named { recording: Some(known), .. }) if known != Some(folder) => Fate::Found,
        Some(Named { recording: None, over: true }) => Fate::Goes,
        _ => Fate::Stays,
    }
}

//! Deletes what is due by age: recordings, what was said, who was dialed when; and files that a lost node left behind.
//!
//! Law: every node does it and none is special. What is due is found anew in each round, so that what one node began and
//! left another ends. What was said goes in batches that nodes take side by side; files go under the lease of a chore, one
//! folder at a time, the file always before the row that names it (`app::forget_call` says why). Each node looks after
//! the folder that it records into, known by an id that lies in the folder itself
//! (`docs/decisions/0006-recordings-belong-to-folders.md`).
//!
//! On a call's way: after everything else.

mod files;
mod folder;
mod purger;

pub use folder::{FolderError, RecordingsFolder};
pub use purger::{Purged, Purger, PurgerContext, PurgerSettings};

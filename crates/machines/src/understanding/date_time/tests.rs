//! Days and times in the words people use.

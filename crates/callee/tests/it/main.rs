//! The far end over real sockets, against a caller of a few lines of text and against sipp.

mod caller;
mod calls;
mod media_path;
mod sipp;
mod talk;

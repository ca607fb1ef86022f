//! What a callee's words mean: yes or no, a number, a day and a time, a wish.
//!
//! Law: pure functions of text (and of the callee's civil time, where "tomorrow" needs it). They work on what speech
//! to text really writes, prefer no answer to a wrong one, and say when they are in doubt.
//!
//! On a call's way: between speech to text and the flow machine.

pub mod choice;
pub mod code;
pub mod date_time;
pub mod email;
pub mod meaning;
pub mod name;
pub mod number;
pub mod phone;
pub mod rules;
pub mod slot;
pub mod spoken;
pub mod words;
pub mod yes_no;

#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;

//! The API over real HTTP and a real SQLite store: what it promises, and how it says no.

mod agents;
mod bodies;
mod calls;
mod document;
mod events;
mod operations;
mod permissions;
mod problems;
mod recording;
mod resources;
mod world;

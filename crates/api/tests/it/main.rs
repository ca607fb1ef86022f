//! The API over real HTTP and a real SQLite store: what it promises, and how it says no.

#![expect(clippy::unwrap_used, reason = "a test may panic; the lint knows test functions but not their helpers")]

mod agents;
mod audit;
mod bodies;
mod calls;
mod click_to_call;
mod document;
mod events;
mod golden;
mod klen;
mod money;
mod nodes;
mod operations;
mod people;
mod permissions;
mod problems;
mod providers;
mod recording;
mod recording_links;
mod resources;
mod schemathesis;
mod shared_paths;
mod statistics;
mod steer;
mod talks;
mod trunk_health;
mod vendor_people;
mod voices;
mod voicing;
mod vonage;
mod voxpria;
mod webhooks;
mod world;

//! One file per resource: the path, who may, the one use case behind it.

pub mod agents;
pub mod audit;
pub mod calls;
pub mod caps;
pub mod chat;
pub mod contacts;
pub mod credentials;
pub mod deliveries;
pub mod events;
pub mod feed;
pub mod keys;
pub mod listen;
pub mod members;
pub mod nodes;
pub mod numbers;
pub mod operations;
pub mod policy;
pub mod recording;
pub mod retention;
pub mod session;
pub mod steer;
pub mod suppressions;
pub mod trunks;
pub mod voice;
pub mod wallet;
pub mod webhooks;

//! The bus as its users know it: one suite for both implementations, and NATS with its server coming and going.

mod contract;
mod outage;
mod server;
mod world;

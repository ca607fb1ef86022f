//! The schema, step by step, for both engines. A step that was released never changes; changes expand, move, then
//! contract in steps of their own.

use sea_orm_migration::prelude::*;

mod m0001_initial;
mod m0002_contracts;
mod m0003_pacing;
mod m0004_policy;
mod m0005_wallet;
mod m0006_idempotency;
mod m0007_webhooks;
mod m0008_keys_audit;
mod m0009_retention;
mod m0010_nodes;
mod m0011_dialects;
mod m0012_manners;
mod m0013_one_at_a_time;
mod m0014_people;
mod m0016_members;
mod m0017_figures;
mod m0018_sip_traces;
mod schema;

/// The list of steps.
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_initial::Migration),
            Box::new(m0002_contracts::Migration),
            Box::new(m0003_pacing::Migration),
            Box::new(m0004_policy::Migration),
            Box::new(m0005_wallet::Migration),
            Box::new(m0006_idempotency::Migration),
            Box::new(m0007_webhooks::Migration),
            Box::new(m0008_keys_audit::Migration),
            Box::new(m0009_retention::Migration),
            Box::new(m0010_nodes::Migration),
            Box::new(m0011_dialects::Migration),
            Box::new(m0012_manners::Migration),
            Box::new(m0013_one_at_a_time::Migration),
            Box::new(m0014_people::Migration),
            Box::new(m0016_members::Migration),
            Box::new(m0017_figures::Migration),
            Box::new(m0018_sip_traces::Migration),
        ]
    }
}

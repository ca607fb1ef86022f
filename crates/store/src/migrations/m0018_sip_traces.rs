//! The SIP messages of calls. A table of its own: few look at them, and a call's row stays small.

use sea_orm_migration::prelude::*;

use super::schema::{document, id, key, table};

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0018_sip_traces"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(table("sip_traces", [key("call"), id("organization"), document("messages")])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("sip_traces").to_owned()).await
    }
}

//! What an endpoint's dialect calls the events that it asked for.

use sea_orm_migration::prelude::*;

use super::schema::{add_columns, drop_columns, maybe_document};

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0015_webhook_names"
    }
}

fn added() -> [(&'static str, ColumnDef); 1] {
    [("webhook_endpoints", maybe_document("names"))]
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, added()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, added()).await
    }
}

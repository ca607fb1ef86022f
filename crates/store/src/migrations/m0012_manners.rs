//! What a call was asked for by, and what its caller wants of a machine. Calls of before are of our own API.

use sea_orm_migration::prelude::*;

use super::schema::{add_columns, drop_columns};

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0012_manners"
    }
}

fn added() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("calls", ColumnDef::new("dialect").text().take()),
        ("calls", ColumnDef::new("hang_up_on_machine").boolean().not_null().default(false).take()),
    ]
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, added()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, added().into_iter().rev()).await
    }
}

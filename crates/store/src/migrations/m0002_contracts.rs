//! What policy, money and keys hang on: columns of tables that were there before.

use sea_orm_migration::prelude::*;

use super::schema::{add_columns, drop_columns};

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0002_contracts"
    }
}

/// Table, column and type of what is added. Every column may be empty: rows of before have none.
fn added() -> Vec<(&'static str, ColumnDef)> {
    let column = |name: &'static str| ColumnDef::new(name);
    vec![
        ("organizations", column("policy").json().take()),
        ("organizations", column("caps").json().take()),
        ("agents", column("policy").json().take()),
        ("api_keys", column("caps").json().take()),
        ("calls", column("api_key").uuid().take()),
        ("calls", column("origin").text().take()),
        ("calls", column("time_zone").text().take()),
        ("calls", column("status_url").text().take()),
        ("calls", column("price").json().take()),
        ("calls", column("cost").big_integer().take()),
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

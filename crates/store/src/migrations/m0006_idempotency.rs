//! Answers that are kept for repeated requests.

use sea_orm_migration::prelude::*;

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0006_idempotency"
    }
}

fn table() -> TableCreateStatement {
    let column = |name: &'static str| ColumnDef::new(name);
    Table::create()
        .table("kept_answers")
        .col(column("scope").text().not_null())
        .col(column("key").text().not_null())
        .col(column("fingerprint").binary().not_null())
        .col(column("reservation").uuid().not_null())
        .col(column("status").big_integer())
        .col(column("headers").json())
        .col(column("body").binary())
        .col(column("expires_at").big_integer().not_null())
        .primary_key(Index::create().col("scope").col("key"))
        .to_owned()
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(table()).await?;
        let expired = Index::create().name("kept_answers_expired").table("kept_answers").col("expires_at").to_owned();
        manager.create_index(expired).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("kept_answers").to_owned()).await
    }
}

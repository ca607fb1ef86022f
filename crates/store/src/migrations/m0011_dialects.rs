//! What only the vendors' APIs need: their names of agents and the credentials of click-to-call.

use sea_orm_migration::prelude::*;

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0011_dialects"
    }
}

fn names() -> TableCreateStatement {
    Table::create()
        .table("agent_names")
        .col(ColumnDef::new("agent").uuid().not_null().primary_key())
        .col(ColumnDef::new("organization").uuid().not_null())
        .col(ColumnDef::new("integer").big_integer().not_null())
        .col(ColumnDef::new("voicing").uuid().not_null())
        .col(ColumnDef::new("klen").text().not_null())
        .col(ColumnDef::new("vonage").text().not_null())
        .col(ColumnDef::new("voxpria").text().not_null())
        .to_owned()
}

fn click_to_call() -> TableCreateStatement {
    Table::create()
        .table("click_to_call")
        // The agent's own id; sealed values are bound to the column `id`.
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("organization").uuid().not_null())
        .col(ColumnDef::new("token_sha256").binary().not_null())
        .col(ColumnDef::new("token_sealed").binary())
        .col(ColumnDef::new("secret_sealed").binary())
        .col(ColumnDef::new("verify_signature").big_integer().not_null())
        .to_owned()
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(names()).await?;
        manager.create_table(click_to_call()).await?;
        for column in ["integer", "voicing", "klen", "vonage", "voxpria"] {
            let name = format!("agent_names_{column}");
            let index =
                Index::create().name(name).table("agent_names").col("organization").col(column).unique().to_owned();
            manager.create_index(index).await?;
        }
        let mut token = Index::create().name("click_to_call_token").table("click_to_call").to_owned();
        manager.create_index(token.col("token_sha256").unique().to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("click_to_call").to_owned()).await?;
        manager.drop_table(Table::drop().table("agent_names").to_owned()).await
    }
}

//! Money and caps: wallets, their ledger, what calls hold, uses of caps, tripped brakes.

use sea_orm_migration::prelude::*;

use super::schema::index;

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0005_wallet"
    }
}

fn tables() -> Vec<TableCreateStatement> {
    let column = |name: &'static str| ColumnDef::new(name);
    vec![
        Table::create()
            .table("wallets")
            .col(column("organization").uuid().not_null().primary_key())
            .col(column("settings").json().not_null())
            .col(column("available").big_integer().not_null())
            .col(column("held").big_integer().not_null())
            // Out of the settings, for the conditions of statements.
            .col(column("credit").big_integer().not_null())
            .col(column("low_balance").big_integer())
            .col(column("low").big_integer().not_null())
            .col(column("frozen_at").big_integer())
            .col(column("created_at").big_integer().not_null())
            .col(column("updated_at").big_integer().not_null())
            .to_owned(),
        Table::create()
            .table("ledger")
            .col(column("position").big_integer().not_null().auto_increment().primary_key())
            .col(column("id").uuid().not_null())
            .col(column("organization").uuid().not_null())
            .col(column("call").uuid())
            .col(column("kind").text().not_null())
            .col(column("amount").big_integer().not_null())
            .col(column("available_after").big_integer().not_null())
            .col(column("held_after").big_integer().not_null())
            .col(column("at").big_integer().not_null())
            .col(column("note").text())
            .to_owned(),
        Table::create()
            .table("call_bounds")
            .col(column("call").uuid().not_null().primary_key())
            .col(column("hold").big_integer())
            .col(column("uses").json().not_null())
            .to_owned(),
        Table::create()
            .table("cap_uses")
            .col(column("scope").text().not_null())
            .col(column("begins_at").big_integer().not_null())
            .col(column("used").big_integer().not_null())
            .col(column("expires_at").big_integer().not_null())
            .primary_key(Index::create().col("scope").col("begins_at"))
            .to_owned(),
        Table::create()
            .table("brakes")
            .col(column("scope").text().not_null().primary_key())
            .col(column("organization").uuid().not_null())
            .col(column("cap").text().not_null())
            .col(column("tripped_at").big_integer().not_null())
            .col(column("until").big_integer().not_null())
            .to_owned(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("ledger_id", "ledger", &["id"]).unique().to_owned(),
        // A call is held for, settled and released once, whatever is repeated.
        index("ledger_once", "ledger", &["call", "kind"]).unique().to_owned(),
        index("ledger_organization", "ledger", &["organization", "position"]),
        index("cap_uses_expired", "cap_uses", &["expires_at"]),
        index("brakes_organization", "brakes", &["organization"]),
    ]
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["brakes", "cap_uses", "call_bounds", "ledger", "wallets"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

//! Secrets at rest, what an API key is for and where it may be used from, and the log of administrative acts.

use sea_orm_migration::prelude::*;

use super::schema::{add_columns, drop_columns, index};

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0008_keys_audit"
    }
}

/// Table, column and type of what is added. Every column may be empty: rows of before have none.
fn added() -> Vec<(&'static str, ColumnDef)> {
    let column = |name: &'static str| ColumnDef::new(name);
    vec![
        ("trunks", column("password_sealed").binary().take()),
        ("api_keys", column("dialect").text().take()),
        ("api_keys", column("category").text().take()),
        ("api_keys", column("scopes").json().take()),
        ("api_keys", column("allowed_ips").json().take()),
        ("api_keys", column("agent").uuid().take()),
        ("api_keys", column("expires_at").big_integer().take()),
        ("api_keys", column("disabled_at").big_integer().take()),
        ("api_keys", column("previous_sha256").binary().take()),
        ("api_keys", column("previous_until").big_integer().take()),
        ("api_keys", column("last_used_from").text().take()),
    ]
}

fn tables() -> Vec<TableCreateStatement> {
    let column = |name: &'static str| ColumnDef::new(name);
    vec![
        Table::create()
            .table("sealing")
            .col(column("id").big_integer().not_null().primary_key())
            .col(column("canary").binary().not_null())
            .to_owned(),
        Table::create()
            .table("audit_log")
            .col(column("position").big_integer().not_null().auto_increment().primary_key())
            .col(column("id").uuid().not_null())
            .col(column("organization").uuid().not_null())
            .col(column("at").big_integer().not_null())
            .col(column("actor").text().not_null())
            .col(column("api_key").uuid())
            .col(column("action").text().not_null())
            .col(column("resource").text().not_null())
            .col(column("changes").json().not_null())
            .col(column("address").text())
            .col(column("request").text())
            .to_owned(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("api_keys_previous", "api_keys", &["previous_sha256"]),
        index("audit_log_id", "audit_log", &["id"]).unique().to_owned(),
        index("audit_log_organization", "audit_log", &["organization", "position"]),
        index("audit_log_resource", "audit_log", &["organization", "resource", "position"]),
    ]
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, added()).await?;
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("api_keys_previous").table("api_keys").to_owned()).await?;
        for table in tables().into_iter().rev() {
            if let Some(name) = table.get_table_name().cloned() {
                manager.drop_table(Table::drop().table(name).to_owned()).await?;
            }
        }
        drop_columns(manager, added().into_iter().rev()).await
    }
}

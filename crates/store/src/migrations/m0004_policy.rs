//! What policy goes by: more on the do-not-call list, people, consents, who was dialed when; and what it decided.

use sea_orm_migration::prelude::*;

use super::schema::{
    add_columns, document, drop_columns, id, index, integer, key, maybe_id, maybe_integer, maybe_text, table, text,
};

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0004_policy"
    }
}

/// Columns that the do-not-call list gets. Each may be empty: rows of before have none.
fn added() -> [(&'static str, ColumnDef); 3] {
    [maybe_text("source"), maybe_text("note"), maybe_integer("expires_at")].map(|column| ("suppressions", column))
}

fn tables() -> Vec<TableCreateStatement> {
    let of_number = |name, rest: Vec<ColumnDef>| {
        let mut table = table(name, [vec![id("organization"), text("number")], rest].concat());
        table.primary_key(Index::create().col("organization").col("number")).to_owned()
    };
    vec![
        table(
            "contacts",
            vec![
                key("id"),
                id("organization"),
                maybe_text("name"),
                document("numbers"),
                maybe_text("time_zone"),
                maybe_text("external_id"),
                ColumnDef::new("do_not_contact").boolean().not_null().take(),
                integer("created_at"),
                integer("updated_at"),
            ],
        ),
        of_number("contact_numbers", vec![id("contact")]),
        table(
            "consents",
            vec![
                key("id"),
                id("organization"),
                text("number"),
                text("basis"),
                text("source"),
                integer("given_at"),
                maybe_integer("expires_at"),
                maybe_integer("withdrawn_at"),
                integer("created_at"),
            ],
        ),
        of_number("callees", vec![integer("touched")]),
        table("dials", vec![key("call"), id("organization"), text("number"), integer("at")]),
        table(
            "policy_decisions",
            vec![
                key("id"),
                id("organization"),
                maybe_id("agent"),
                text("number"),
                integer("at"),
                text("stage"),
                text("code"),
                text("rule"),
                text("detail"),
                maybe_integer("allowed_at"),
                maybe_id("call"),
                maybe_id("api_key"),
            ],
        ),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("contacts_external", "contacts", &["organization", "external_id"]).unique().to_owned(),
        index("contacts_created", "contacts", &["organization", "created_at", "id"]),
        index("consents_number", "consents", &["organization", "number", "created_at"]),
        index("dials_number", "dials", &["organization", "number", "at"]),
        index("dials_at", "dials", &["organization", "at"]),
        index("policy_decisions_at", "policy_decisions", &["organization", "at", "id"]),
        index("policy_decisions_number", "policy_decisions", &["organization", "number", "at", "id"]),
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
        for table in tables().into_iter().rev() {
            if let Some(name) = table.get_table_name().cloned() {
                manager.drop_table(Table::drop().table(name).to_owned()).await?;
            }
        }
        drop_columns(manager, added().into_iter().rev()).await
    }
}

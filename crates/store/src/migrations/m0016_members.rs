//! People: accounts, their places in tenants, the browsers they signed in with, the codes that let them in.

use sea_orm_migration::prelude::*;

use super::schema::{add_columns, drop_columns, id, index, integer, key, maybe_id, maybe_text, table, text};

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0016_members"
    }
}

fn tables() -> Vec<TableCreateStatement> {
    let hash = |name: &'static str| ColumnDef::new(name).binary().not_null().primary_key().take();
    let mut members = table("members", [id("organization"), id("person"), text("role"), integer("since")]);
    vec![
        table("users", [key("id"), text("email"), text("name"), maybe_text("password"), integer("created_at")]),
        members.primary_key(Index::create().col("organization").col("person")).to_owned(),
        table(
            "sign_ins",
            [hash("token_sha256"), id("person"), id("organization"), integer("created_at"), integer("expires_at")],
        ),
        table(
            "invitations",
            [hash("code_sha256"), id("organization"), maybe_id("person"), maybe_text("role"), integer("expires_at")],
        ),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("users_email", "users", &["email"]).unique().to_owned(),
        index("members_person", "members", &["person"]),
        index("sign_ins_person", "sign_ins", &["person"]),
        index("invitations_person", "invitations", &["person"]),
    ]
}

fn added() -> Vec<(&'static str, ColumnDef)> {
    vec![("audit_log", maybe_id("person"))]
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
        drop_columns(manager, added()).await
    }
}

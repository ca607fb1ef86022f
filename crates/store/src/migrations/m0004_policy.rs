//! What policy goes by: more on the do-not-call list, people, consents, who was dialed when; and what it decided.

use sea_orm_migration::prelude::*;

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0004_policy"
    }
}

/// Columns that the do-not-call list gets. Each may be empty: rows of before have none.
fn added() -> Vec<ColumnDef> {
    let column = |name: &'static str| ColumnDef::new(name);
    vec![column("source").text().take(), column("note").text().take(), column("expires_at").big_integer().take()]
}

fn tables() -> Vec<TableCreateStatement> {
    let column = |name: &'static str| ColumnDef::new(name);
    let key = || column("id").uuid().not_null().primary_key().take();
    let id = |name| column(name).uuid().not_null().take();
    let text = |name| column(name).text().not_null().take();
    let whole = |name| column(name).big_integer().not_null().take();
    let table = |name: &'static str, columns: Vec<ColumnDef>| {
        let mut table = Table::create().table(name).to_owned();
        for mut column in columns {
            table.col(&mut column);
        }
        table
    };
    let of_number = |name, rest: Vec<ColumnDef>| {
        let mut table = table(name, [vec![id("organization"), text("number")], rest].concat());
        table.primary_key(Index::create().col("organization").col("number")).to_owned()
    };
    let maybe_text = |name| column(name).text().take();
    let maybe_whole = |name| column(name).big_integer().take();
    let maybe_id = |name| column(name).uuid().take();
    vec![
        table(
            "contacts",
            vec![
                key(),
                id("organization"),
                maybe_text("name"),
                column("numbers").json().not_null().take(),
                maybe_text("time_zone"),
                maybe_text("external_id"),
                column("do_not_contact").boolean().not_null().take(),
                whole("created_at"),
                whole("updated_at"),
            ],
        ),
        of_number("contact_numbers", vec![id("contact")]),
        table(
            "consents",
            vec![
                key(),
                id("organization"),
                text("number"),
                text("basis"),
                text("source"),
                whole("given_at"),
                maybe_whole("expires_at"),
                maybe_whole("withdrawn_at"),
                whole("created_at"),
            ],
        ),
        of_number("callees", vec![whole("touched")]),
        table(
            "dials",
            vec![
                column("call").uuid().not_null().primary_key().take(),
                id("organization"),
                text("number"),
                whole("at"),
            ],
        ),
        table(
            "policy_decisions",
            vec![
                key(),
                id("organization"),
                maybe_id("agent"),
                text("number"),
                whole("at"),
                text("stage"),
                text("code"),
                text("rule"),
                text("detail"),
                maybe_whole("allowed_at"),
                maybe_id("call"),
                maybe_id("api_key"),
            ],
        ),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table(table).to_owned();
        for column in columns {
            index.col(*column);
        }
        index
    };
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
        // One column a statement: SQLite takes no more.
        for mut column in added() {
            manager.alter_table(Table::alter().table("suppressions").add_column(&mut column).to_owned()).await?;
        }
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
        for column in added().into_iter().rev() {
            let name = column.get_column_name().to_string();
            manager.alter_table(Table::alter().table("suppressions").drop_column(Alias::new(name)).to_owned()).await?;
        }
        Ok(())
    }
}

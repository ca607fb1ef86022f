//! What else is known of people, the integers that name them in some dialects, and variables that are known by name before
//! any call.

use sea_orm_migration::prelude::*;

use super::schema::{
    add_columns, document, drop_columns, id, index, integer, key, maybe_document, maybe_integer, maybe_text, table,
    text,
};

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0014_people"
    }
}

fn added() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("contacts", maybe_document("profile")),
        ("contacts", maybe_integer("integer")),
        ("contacts", maybe_text("search")),
    ]
}

fn variables() -> TableCreateStatement {
    let columns = [
        key("id"),
        id("organization"),
        integer("integer"),
        text("scope"),
        text("name"),
        document("form"),
        maybe_document("value"),
        integer("created_at"),
    ];
    table("context_variables", columns)
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, added()).await?;
        manager.create_table(variables()).await?;
        let mut sequences = table("sequences", [id("organization"), text("name"), integer("last")]);
        sequences.primary_key(Index::create().col("organization").col("name"));
        manager.create_table(sequences).await?;
        // Integers count up within a tenant, in the order in which its people were entered.
        let numbered = "UPDATE contacts SET integer = numbered.n FROM (SELECT id, row_number() OVER \
            (PARTITION BY organization ORDER BY created_at, id) AS n FROM contacts) AS numbered \
            WHERE contacts.id = numbered.id";
        manager.get_connection().execute_unprepared(numbered).await?;
        let drawn = "INSERT INTO sequences (organization, name, last) \
            SELECT organization, 'contacts', count(*) FROM contacts GROUP BY organization";
        manager.get_connection().execute_unprepared(drawn).await?;
        let searched = "UPDATE contacts SET search = lower(coalesce(name, '') || '\n' || cast(numbers AS text))";
        manager.get_connection().execute_unprepared(searched).await?;
        for unique in [
            index("contacts_integer", "contacts", &["organization", "integer"]),
            index("context_variables_name", "context_variables", &["organization", "scope", "name"]),
            index("context_variables_integer", "context_variables", &["organization", "integer"]),
        ] {
            let mut unique = unique;
            manager.create_index(unique.unique().to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("contacts_integer").table("contacts").to_owned()).await?;
        manager.drop_table(Table::drop().table("sequences").to_owned()).await?;
        manager.drop_table(Table::drop().table("context_variables").to_owned()).await?;
        drop_columns(manager, added().into_iter().rev()).await
    }
}

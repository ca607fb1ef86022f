//! Tenants, agents, telephony, calls with their events, queue and outbox.

use sea_orm_migration::prelude::*;

use super::schema::{
    counter, document, id, index, integer, key, maybe_document, maybe_id, maybe_integer, maybe_real, maybe_text, table,
    text,
};

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_initial"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tenants().into_iter().chain(telephony()).chain(agents()).chain(calls()) {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "outbox",
            "queue",
            "call_events",
            "calls",
            "agent_versions",
            "agents",
            "numbers",
            "trunks",
            "suppressions",
            "api_keys",
            "organizations",
        ];
        for table in tables {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn refers(table: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, column).to(to, "id").on_delete(ForeignKeyAction::Restrict).to_owned()
}

fn tenants() -> Vec<TableCreateStatement> {
    vec![
        table(
            "organizations",
            [
                key("id"),
                text("name"),
                maybe_text("default_region"),
                document("allowed_countries"),
                integer("created_at"),
            ],
        ),
        table(
            "api_keys",
            [
                key("id"),
                id("organization"),
                text("name"),
                text("hint"),
                ColumnDef::new("secret_sha256").binary().not_null().take(),
                document("permissions"),
                integer("created_at"),
                maybe_integer("last_used_at"),
                maybe_integer("revoked_at"),
            ],
        )
        .foreign_key(&mut refers("api_keys", "organization", "organizations"))
        .to_owned(),
        table(
            "suppressions",
            [key("id"), id("organization"), text("number"), text("reason"), maybe_id("call"), integer("created_at")],
        )
        .foreign_key(&mut refers("suppressions", "organization", "organizations"))
        .to_owned(),
    ]
}

fn telephony() -> Vec<TableCreateStatement> {
    vec![
        table(
            "trunks",
            [
                key("id"),
                id("organization"),
                text("name"),
                text("address"),
                text("transport"),
                maybe_text("username"),
                maybe_text("password"),
                maybe_real("calls_per_second"),
                maybe_integer("channels"),
                integer("created_at"),
            ],
        )
        .foreign_key(&mut refers("trunks", "organization", "organizations"))
        .to_owned(),
        table("numbers", [key("id"), id("organization"), text("number"), id("trunk"), integer("created_at")])
            .foreign_key(&mut refers("numbers", "organization", "organizations"))
            .foreign_key(&mut refers("numbers", "trunk", "trunks"))
            .to_owned(),
    ]
}

fn agents() -> Vec<TableCreateStatement> {
    vec![
        table(
            "agents",
            [
                key("id"),
                id("organization"),
                text("slug"),
                text("state"),
                maybe_id("number"),
                maybe_real("calls_per_second"),
                document("draft"),
                maybe_id("published"),
                integer("created_at"),
                integer("updated_at"),
            ],
        )
        .foreign_key(&mut refers("agents", "organization", "organizations"))
        .foreign_key(&mut refers("agents", "number", "numbers"))
        .to_owned(),
        table(
            "agent_versions",
            [key("id"), id("agent"), integer("number"), document("definition"), integer("published_at")],
        )
        .foreign_key(&mut refers("agent_versions", "agent", "agents"))
        .to_owned(),
    ]
}

/// Tables that every call writes to. They refer to each other by convention only: a foreign key here would be checked
/// at every write on the hottest path, and nothing ever deletes what they point at.
fn calls() -> Vec<TableCreateStatement> {
    vec![
        table(
            "calls",
            [
                counter("sequence"),
                id("id"),
                id("organization"),
                id("agent"),
                text("agent_slug"),
                id("agent_version"),
                text("to_number"),
                text("from_number"),
                document("variables"),
                document("metadata"),
                text("status"),
                maybe_text("end_reason"),
                maybe_text("blame"),
                text("answered_by"),
                ColumnDef::new("answered_by_confidence").double().not_null().take(),
                maybe_document("outcome"),
                document("evidence"),
                maybe_text("sip_call_id"),
                maybe_text("recording"),
                maybe_id("attempt"),
                integer("last_event"),
                integer("created_at"),
                maybe_integer("dialed_at"),
                maybe_integer("answered_at"),
                maybe_integer("ended_at"),
            ],
        ),
        table(
            "call_events",
            [
                counter("position"),
                id("id"),
                id("call"),
                id("organization"),
                integer("sequence"),
                integer("at"),
                document("fact"),
            ],
        ),
        table(
            "outbox",
            [counter("position"), integer("event"), id("organization"), text("name"), integer("created_at")],
        ),
        table(
            "queue",
            [
                key("call"),
                integer("sequence"),
                integer("due_at"),
                maybe_id("owner"),
                maybe_integer("lease_until"),
                integer("epoch"),
                maybe_id("trunk"),
                maybe_id("dialed"),
            ],
        ),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let unique: [(&str, &str, &[&str]); 10] = [
        ("organizations_name", "organizations", &["name"]),
        ("api_keys_secret", "api_keys", &["secret_sha256"]),
        ("suppressions_number", "suppressions", &["organization", "number"]),
        ("trunks_name", "trunks", &["organization", "name"]),
        ("numbers_number", "numbers", &["organization", "number"]),
        ("agents_slug", "agents", &["organization", "slug"]),
        ("agent_versions_number", "agent_versions", &["agent", "number"]),
        ("calls_id", "calls", &["id"]),
        ("call_events_id", "call_events", &["id"]),
        ("call_events_sequence", "call_events", &["call", "sequence"]),
    ];
    let plain: [(&str, &str, &[&str]); 5] = [
        ("calls_created", "calls", &["organization", "created_at", "id"]),
        ("calls_sip", "calls", &["sip_call_id"]),
        ("call_events_organization", "call_events", &["organization", "position"]),
        ("queue_due", "queue", &["owner", "due_at", "sequence"]),
        ("queue_lease", "queue", &["lease_until"]),
    ];
    let unique = unique.map(|(name, table, columns)| index(name, table, columns).unique().to_owned());
    unique.into_iter().chain(plain.map(|(name, table, columns)| index(name, table, columns))).collect()
}

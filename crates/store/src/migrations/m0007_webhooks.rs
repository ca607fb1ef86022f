//! Endpoints, deliveries and their tries; what the outbox needs to be worked off.

use sea_orm_migration::prelude::*;

use super::schema::{
    add_columns, document, drop_columns, id, index, integer, key, maybe_document, maybe_id, maybe_integer, maybe_text,
    table, text,
};

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0007_webhooks"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Nobody was subscribed to what happened before there were endpoints.
        manager.exec_stmt(Query::delete().from_table("outbox").to_owned()).await?;
        add_columns(manager, outbox()).await?;
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["delivery_attempts", "deliveries", "webhook_endpoints"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        drop_columns(manager, outbox()).await
    }
}

/// Which call a row is of and in which order; the whole event where it is a tenant's.
fn outbox() -> [(&'static str, ColumnDef); 3] {
    [maybe_id("call"), maybe_integer("sequence"), maybe_document("document")].map(|column| ("outbox", column))
}

fn tables() -> [TableCreateStatement; 3] {
    let endpoints = [
        key("id"),
        id("organization"),
        text("kind"),
        text("url"),
        text("description"),
        text("dialect"),
        document("events"),
        maybe_id("agent"),
        ColumnDef::new("secret_sealed").binary().not_null().take(),
        ColumnDef::new("previous_secret_sealed").binary().take(),
        maybe_integer("previous_until"),
        maybe_text("disabled_reason"),
        maybe_integer("disabled_at"),
        integer("failures"),
        maybe_integer("failing_since"),
        integer("created_at"),
        integer("updated_at"),
    ];
    let deliveries = [
        key("id"),
        id("organization"),
        id("endpoint"),
        text("lane"),
        maybe_text("status_url"),
        maybe_id("call"),
        id("event"),
        text("event_name"),
        integer("sequence"),
        maybe_document("document"),
        text("state"),
        maybe_text("dead_reason"),
        integer("attempts"),
        integer("round"),
        integer("due_at"),
        maybe_id("owner"),
        maybe_integer("lease_until"),
        integer("created_at"),
        maybe_integer("finished_at"),
    ];
    let attempts = [
        id("delivery"),
        integer("number"),
        integer("at"),
        integer("duration_ms"),
        maybe_integer("status"),
        maybe_text("error"),
        maybe_text("excerpt"),
        maybe_integer("next_at"),
    ];
    [
        table("webhook_endpoints", endpoints),
        table("deliveries", deliveries),
        table("delivery_attempts", attempts).primary_key(Index::create().col("delivery").col("number")).to_owned(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let plain: [(&str, &str, &[&str]); 6] = [
        ("webhook_endpoints_organization", "webhook_endpoints", &["organization", "created_at"]),
        ("deliveries_due", "deliveries", &["state", "due_at"]),
        ("deliveries_order", "deliveries", &["call", "endpoint", "state", "sequence"]),
        ("deliveries_created", "deliveries", &["organization", "created_at", "id"]),
        ("deliveries_of_endpoint", "deliveries", &["endpoint", "created_at", "id"]),
        ("deliveries_finished", "deliveries", &["finished_at"]),
    ];
    let once = index("deliveries_event", "deliveries", &["endpoint", "event"]).unique().to_owned();
    plain.map(|(name, table, columns)| index(name, table, columns)).into_iter().chain([once]).collect()
}

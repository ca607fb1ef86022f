//! Pace and calls at once: one row a scope, lines of calls that wait for their turn, and the settings of both.

use sea_orm_migration::prelude::*;

use super::schema::{add_columns, drop_columns, index, integer, maybe_integer, table, text};

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0003_pacing"
    }
}

/// Table, column and type of what is added. Every column may be empty: rows of before have none.
fn added() -> Vec<(&'static str, ColumnDef)> {
    let column = |name: &'static str| ColumnDef::new(name);
    vec![
        ("agents", column("live_calls").big_integer().take()),
        ("numbers", column("calls_per_second").double().take()),
        ("numbers", column("live_calls").big_integer().take()),
        ("queue", column("agent").uuid().take()),
        ("queue", column("number").uuid().take()),
        ("queue", column("organization").uuid().take()),
        ("queue", column("line").text().take()),
        ("queue", column("paced").big_integer().take()),
    ]
}

fn paces() -> TableCreateStatement {
    let scope = text("scope").primary_key().take();
    table("paces", [scope, maybe_integer("tat"), integer("waiting"), integer("ready_at")])
}

fn indexes() -> Vec<IndexCreateStatement> {
    // Held calls are few and waiting ones many: what counts the former must not be kept for the latter.
    let held = |name, column| {
        index(name, "queue", &[column]).and_where(Expr::col(Alias::new("lease_until")).is_not_null()).to_owned()
    };
    vec![
        index("paces_ready", "paces", &["waiting", "ready_at"]),
        index("queue_turn", "queue", &["owner", "line", "due_at", "sequence"]),
        held("queue_held_trunk", "trunk"),
        held("queue_held_agent", "agent"),
        held("queue_held_number", "number"),
        held("queue_held_organization", "organization"),
    ]
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, added()).await?;
        manager.create_table(paces()).await?;
        // Not a scope: whoever works off lines holds this row.
        let order = Query::insert()
            .into_table("paces")
            .columns(["scope", "waiting", "ready_at"])
            .values_panic(["lines".into(), 0_i64.into(), 0_i64.into()])
            .to_owned();
        manager.exec_stmt(order).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // `queue_turn` does all that it did.
        manager.drop_index(Index::drop().name("queue_due").table("queue").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let due =
            Index::create().name("queue_due").table("queue").col("owner").col("due_at").col("sequence").to_owned();
        manager.create_index(due).await?;
        for index in indexes() {
            let name = index.get_index_spec().get_name().unwrap_or_default().to_owned();
            let table = if name == "paces_ready" { "paces" } else { "queue" };
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        manager.drop_table(Table::drop().table("paces").to_owned()).await?;
        drop_columns(manager, added().into_iter().rev()).await
    }
}

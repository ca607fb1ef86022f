//! How the engines find rows where much waits: with 100,000 calls in the queue, no statement on a call's way reads a
//! whole table or sorts one.
//!
//! Every statement that the store sends while calls go their way is caught at its connections, and the engine is asked
//! how it carries it out: SQLite by `EXPLAIN QUERY PLAN`, PostgreSQL by `EXPLAIN` after `ANALYZE`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use app::ports::store::{CallFilter, CallStore as _};
use domain::outcome::CallStatus;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, JsonValue, Statement, Values};

use crate::SqlStore;
use crate::engine::Engine;

#[expect(dead_code, reason = "the contract's builders, of which these tests need a part")]
#[path = "../../tests/it/builders.rs"]
mod builders;
mod seed;
mod way;

/// By text: each is asked about once.
type Caught = Arc<Mutex<BTreeMap<String, Statement>>>;

/// What may be read in the order of its key from the beginning: as far as the limit, and nothing is passed over.
const WALKED: &str = "outbox";
/// What is asked of held calls only, which are few: they may be sorted.
const HELD: &str = "\"owner\" IS NOT NULL";
/// What puts walks together that each end with a page: few rows as well.
const PAGES: &str = "UNION ALL";
/// Rows above which a sort is none of a few.
const FEW: f64 = 2_000.0;
/// Cost, in pages read in order, below which a look from the beginning ends with the first rows.
const SOON: f64 = 200.0;

#[tokio::test]
async fn sqlite_reads_no_table_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = builders::file(&folder);
    let (store, connection, caught) = watched(path.to_str().unwrap()).await;
    let tenant = seed::seed(&store, &connection).await;
    caught.lock().unwrap().clear();
    way::go(&store, &tenant).await;
    let mut wrong = Vec::new();
    let caught = caught.lock().unwrap().clone();
    assert!(caught.len() > 30, "{} statements caught", caught.len());
    for statement in caught.values().flat_map(taken_apart) {
        let sql = statement.sql.clone();
        let asked = Statement { sql: format!("EXPLAIN QUERY PLAN {sql}"), ..statement };
        for row in connection.query_all_raw(asked).await.unwrap() {
            let detail: String = row.try_get("", "detail").unwrap();
            let whole = detail.strip_prefix("SCAN ").is_some_and(|of| {
                let table = of.split(' ').next().unwrap_or_default();
                seed::LARGE.contains(&table) && !(table == WALKED && sql.contains("LIMIT"))
            });
            let sorts = detail == "USE TEMP B-TREE FOR ORDER BY" && sql.contains("LIMIT");
            let sorts = sorts && !sql.contains(HELD) && !sql.contains(PAGES);
            if whole || sorts {
                wrong.push(format!("{detail}: {sql}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// On SQLite, which plans without having counted: each filter is looked up by all that it says, in the order of the page.
#[tokio::test]
async fn each_filter_of_a_list_has_its_index() {
    let folder = tempfile::tempdir().unwrap();
    let (store, connection, caught) = watched(builders::file(&folder).to_str().unwrap()).await;
    let tenant = builders::Tenant::in_store(&store, "acme").await;
    let agent = Some(tenant.agent.id);
    let plain = || CallFilter { limit: 50, ..CallFilter::default() };
    let page = |status: &[CallStatus]| CallFilter { status: status.to_vec(), ..plain() };
    for (filter, indexes) in [
        (plain(), vec!["calls_created"]),
        (CallFilter { agent, ..plain() }, vec!["calls_of_agent"]),
        (CallFilter { to: Some(tenant.call(builders::at(0)).to), ..plain() }, vec!["calls_to"]),
        (page(&[CallStatus::InProgress]), vec!["calls_unfinished"]),
        (page(&[CallStatus::Busy]), vec!["calls_over"]),
        (page(&[CallStatus::InProgress, CallStatus::Busy]), vec!["calls_unfinished", "calls_over"]),
    ] {
        caught.lock().unwrap().clear();
        store.calls(tenant.organization.id, &filter).await.unwrap();
        let statement = caught.lock().unwrap().values().next().cloned().unwrap();
        let asked = Statement { sql: format!("EXPLAIN QUERY PLAN {}", statement.sql), ..statement };
        let rows = connection.query_all_raw(asked).await.unwrap();
        let details = rows.iter().map(|row| row.try_get::<String>("", "detail").unwrap());
        let searches: Vec<String> = details.filter(|detail| detail.contains("USING")).collect();
        let used: Vec<&str> = searches.iter().filter_map(|detail| detail.split(' ').nth(4)).collect();
        assert_eq!(used, indexes, "{filter:?}: {searches:?}");
    }
}

#[tokio::test]
async fn postgres_reads_no_table_whole() {
    let (store, connection, caught) = watched(&builders::postgres_database().await).await;
    let tenant = seed::seed(&store, &connection).await;
    caught.lock().unwrap().clear();
    way::go(&store, &tenant).await;
    let mut wrong = Vec::new();
    let caught = caught.lock().unwrap().clone();
    assert!(caught.len() > 30, "{} statements caught", caught.len());
    for statement in caught.into_values().filter(has_plan) {
        let asked = Statement { sql: format!("EXPLAIN (FORMAT JSON) {}", statement.sql), ..statement.clone() };
        let row = connection.query_one_raw(asked).await.unwrap().unwrap();
        let plan: JsonValue = row.try_get("", "QUERY PLAN").unwrap();
        let soon = plan[0]["Plan"]["Total Cost"].as_f64().unwrap_or_default() < SOON;
        look(&plan[0]["Plan"], &mut |node| {
            let kind = node["Node Type"].as_str().unwrap_or_default();
            let table = node["Relation Name"].as_str().unwrap_or_default();
            let whole = kind == "Seq Scan" && !soon && seed::LARGE.contains(&table);
            let sorts = kind == "Sort" && node["Plan Rows"].as_f64().unwrap_or_default() > FEW;
            if whole || sorts {
                wrong.push(format!("{kind} {table}: {}", statement.sql));
            }
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn look(node: &JsonValue, at: &mut dyn FnMut(&JsonValue)) {
    at(node);
    for below in node["Plans"].as_array().into_iter().flatten() {
        look(below, at);
    }
}

/// A store whose statements are caught, and a connection of its own to ask by.
async fn watched(target: &str) -> (SqlStore, DatabaseConnection, Caught) {
    let mut engine = Engine::open(target).await.unwrap();
    let caught = Caught::default();
    for connection in [&mut engine.reads, &mut engine.writes] {
        let caught = Arc::clone(&caught);
        connection.set_metric_callback(move |info| {
            caught.lock().unwrap().insert(info.statement.sql.clone(), info.statement.clone());
        });
    }
    let connection = Engine::open(target).await.unwrap().writes;
    (SqlStore::over(engine, builders::drawn_key()).await.unwrap(), connection, caught)
}

fn has_plan(statement: &Statement) -> bool {
    ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|verb| statement.sql.starts_with(verb))
        && !statement.sql.contains("pg_advisory")
}

/// The statements that were sent in one step, each with its values.
fn taken_apart(step: &Statement) -> Vec<Statement> {
    let mut values = step.values.iter().flat_map(|values| values.0.iter().cloned());
    let mut statements = Vec::new();
    for sql in step.sql.split("; ") {
        let own: Vec<_> = values.by_ref().take(sql.matches('?').count()).collect();
        statements.push(Statement { sql: sql.to_owned(), values: Some(Values(own)), db_backend: DbBackend::Sqlite });
    }
    statements.retain(has_plan);
    statements
}

//! What only several writers and a server apart can get wrong.

use app::ports::store::{CallQueue, CallStore, TenantStore};
use sea_orm::{ConnectionTrait, Database, TransactionTrait};
use store::{OpenError, SqlStore};

use crate::builders::{Tenant, at, node, postgres_database};

#[tokio::test]
async fn who_reads_the_log_by_position_passes_over_nothing() {
    let url = postgres_database().await;
    let store = SqlStore::open(&url).await.unwrap();
    let tenant = Tenant::in_store(&store, "acme").await;
    tenant.queued(&store, at(0)).await;
    let other = Database::connect(&url).await.unwrap();
    let slow = other.begin().await.unwrap();
    // Another node's transaction draws a position and is held up before its commit.
    slow.execute_unprepared(
        "SELECT pg_advisory_xact_lock_shared((20292::bigint << 48) | last_value) FROM call_events_position_seq",
    )
    .await
    .unwrap();
    slow.execute_unprepared(
        "INSERT INTO call_events (id, call, organization, sequence, at, fact) \
         SELECT gen_random_uuid(), gen_random_uuid(), organization, 1, at, fact FROM call_events LIMIT 1",
    )
    .await
    .unwrap();
    tenant.queued(&store, at(1)).await;
    let seen = store.events_after(tenant.organization.id, 0, 10).await.unwrap();
    assert_eq!(seen.len(), 1, "what came later waits for what came earlier");
    slow.commit().await.unwrap();
    let seen = store.events_after(tenant.organization.id, seen[0].position, 10).await.unwrap();
    assert_eq!(seen.len(), 2);
    assert!(seen[0].position < seen[1].position);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_nodes_start_at_once_and_change_the_schema_once() {
    let url = postgres_database().await;
    let nodes = futures_util::future::join_all((0..6).map(|_| SqlStore::open(&url))).await;
    let nodes: Vec<SqlStore> = nodes.into_iter().map(Result::unwrap).collect();
    let tenant = Tenant::in_store(&nodes[0], "acme").await;
    assert_eq!(nodes[5].organization_named("acme").await.unwrap(), Some(tenant.organization));
}

#[tokio::test]
async fn connections_that_the_server_cut_are_made_anew() {
    let url = postgres_database().await;
    let store = SqlStore::open(&url).await.unwrap();
    let tenant = Tenant::in_store(&store, "acme").await;
    let other = Database::connect(&url).await.unwrap();
    other
        .execute_unprepared(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await
        .unwrap();
    tenant.queued(&store, at(0)).await;
    assert_eq!(store.claim(node(), 9, at(1), at(9)).await.unwrap().calls.len(), 1);
}

#[tokio::test]
async fn a_server_that_is_not_there_names_the_remedy_and_no_password() {
    let error = SqlStore::open("postgres://alice:hunter2@127.0.0.1:1/outdial").await.unwrap_err();
    assert!(matches!(error, OpenError::Server { .. }), "{error:?}");
    let text = format!("{error} {error:?}");
    assert!(text.contains("data.database_url") && !text.contains("hunter2"), "{text}");
}

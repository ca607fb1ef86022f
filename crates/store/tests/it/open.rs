//! What opening says when it cannot.

use app::ports::store::{CallStore, TenantStore};
use domain::call::CallKey;
use store::{OpenError, SqlStore};

use crate::builders::{Tenant, at, file};

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart_and_migrations_run_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let store = SqlStore::open(path.to_str().unwrap()).await.unwrap();
    let tenant = Tenant::in_store(&store, "acme").await;
    let call = tenant.queued(&store, at(0)).await;
    store.close().await;
    assert!(store.insert_call(tenant.new_call(at(1))).await.is_err(), "closed is closed");
    let again = SqlStore::open(&format!("sqlite://{}", path.display())).await.unwrap();
    assert_eq!(again.organization_named("acme").await.unwrap(), Some(tenant.organization.clone()));
    assert_eq!(again.call(tenant.organization.id, &CallKey::Id(call.id)).await.unwrap(), Some(call));
}

#[tokio::test]
async fn a_missing_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/deep/outdial.db");
    SqlStore::open(path.to_str().unwrap()).await.unwrap();
    assert!(path.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = SqlStore::open(file(&folder).to_str().unwrap()).await.unwrap();
    Tenant::in_store(&store, "acme").await;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?} has mode {mode:o}", entry.file_name());
    }
}

#[tokio::test]
async fn a_path_that_is_no_folder_names_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let path = folder.path().join("file/outdial.db");
    let error = SqlStore::open(path.to_str().unwrap()).await.unwrap_err();
    assert!(matches!(error, OpenError::Folder { .. }), "{error:?}");
    assert!(error.to_string().contains("--data-dir"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_names_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(file(&folder), "this is a shopping list, not a database. ".repeat(200)).unwrap();
    let error = SqlStore::open(file(&folder).to_str().unwrap()).await.unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    assert!(error.to_string().contains("backup"), "{error}");
}

#[tokio::test]
async fn a_locked_file_names_the_remedy() {
    use sea_orm::{ConnectionTrait, Database};
    let folder = tempfile::tempdir().unwrap();
    SqlStore::open(file(&folder).to_str().unwrap()).await.unwrap().close().await;
    let other = Database::connect(format!("sqlite://{}", file(&folder).display())).await.unwrap();
    other.execute_unprepared("PRAGMA locking_mode = EXCLUSIVE").await.unwrap();
    other.execute_unprepared("BEGIN EXCLUSIVE").await.unwrap();
    let error = SqlStore::open(file(&folder).to_str().unwrap()).await.unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error:?}");
    assert!(error.to_string().contains("stop the other"), "{error}");
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    use sea_orm::{ConnectionTrait, Database};
    let folder = tempfile::tempdir().unwrap();
    SqlStore::open(file(&folder).to_str().unwrap()).await.unwrap().close().await;
    let other = Database::connect(format!("sqlite://{}", file(&folder).display())).await.unwrap();
    other.execute_unprepared("INSERT INTO seaql_migrations VALUES ('m9999_from_the_future', 0)").await.unwrap();
    other.close().await.unwrap();
    let error = SqlStore::open(file(&folder).to_str().unwrap()).await.unwrap_err();
    assert!(matches!(error, OpenError::NewerSchema { .. }), "{error:?}");
}

#[tokio::test]
async fn an_unknown_engine_is_refused_without_repeating_its_password() {
    let error = SqlStore::open("mysql://user:hunter2@host/db").await.unwrap_err();
    assert!(matches!(error, OpenError::UnknownEngine(_)), "{error:?}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_left_as_it_is() {
    const PAGE: usize = 4_096;
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let store = SqlStore::open(path.to_str().unwrap()).await.unwrap();
    let tenant = Tenant::in_store(&store, "acme").await;
    for second in 0..50 {
        tenant.queued(&store, at(second)).await;
    }
    store.close().await;
    let whole = std::fs::read(&path).unwrap();
    let pages = whole.len() / PAGE;
    let overwritten = |from: usize, to: usize| {
        let mut bytes = whole.clone();
        bytes[from..to].fill(0xAA);
        bytes
    };
    let mut damaged = vec![
        ("its header", overwritten(0, 16)),
        ("the first page", overwritten(100, PAGE)),
        ("cut in half", whole[..pages / 2 * PAGE].to_vec()),
        ("the end", overwritten((pages - 2) * PAGE, whole.len())),
    ];
    damaged.extend((1..pages).step_by(7).map(|n| ("a page", overwritten(n * PAGE, (n + 1) * PAGE))));
    for (what, bytes) in damaged {
        std::fs::write(&path, &bytes).unwrap();
        let error = SqlStore::open(path.to_str().unwrap()).await.expect_err(what);
        assert!(matches!(error, OpenError::Corrupt { .. }), "{what}: {error:?}");
        assert!(error.to_string().contains("restore it from a backup"), "{error}");
        assert!(std::fs::read(&path).unwrap() == bytes, "{what}: nothing was written");
    }
    std::fs::write(&path, &whole).unwrap();
    SqlStore::open(path.to_str().unwrap()).await.unwrap();
}

//! Secrets at rest over the life of a database: sealed from the first start, under the right key only, changed from key
//! to key.

use std::path::Path;

use app::ports::store::{TelephonyStore, TenantStore};
use domain::trunk::{SipCredentials, Trunk};
use sea_orm::{ConnectionTrait, Database};
use store::{KeySource, MasterKeys, OpenError, SqlStore};

use crate::builders::{Tenant, file};

const PASSWORD: &str = "correct horse battery staple";

fn key_file(folder: &tempfile::TempDir) -> KeySource {
    KeySource::File(folder.path().join("master.key"))
}

fn keys(text: &str) -> KeySource {
    KeySource::Keys(MasterKeys::parse(text).unwrap())
}

async fn open(folder: &tempfile::TempDir, keys: KeySource) -> Result<SqlStore, OpenError> {
    SqlStore::open_with(file(folder).to_str().unwrap(), keys).await
}

/// Stores a tenant whose trunk has a password.
async fn furnish(store: &SqlStore) -> Trunk {
    let mut tenant = Tenant::named("acme");
    let credentials = SipCredentials { username: "alice".to_owned(), password: PASSWORD.to_owned() };
    tenant.trunk.credentials = Some(credentials);
    store.insert_organization(&tenant.organization).await.unwrap();
    store.insert_trunk(&tenant.trunk).await.unwrap();
    tenant.trunk
}

async fn password(store: &SqlStore, trunk: &Trunk) -> Option<String> {
    let found = store.trunk(trunk.organization, &trunk.name).await.unwrap().unwrap();
    found.credentials.map(|credentials| credentials.password)
}

/// Whether the password stands in any file of the folder.
fn lies_open(folder: &Path) -> bool {
    let mut files = std::fs::read_dir(folder).unwrap();
    files.any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes())
    })
}

async fn raw(folder: &tempfile::TempDir, statement: &str) {
    let other = Database::connect(format!("sqlite://{}", file(folder).display())).await.unwrap();
    other.execute_unprepared(statement).await.unwrap();
    other.close().await.unwrap();
}

#[tokio::test]
async fn the_first_start_makes_a_key_and_no_password_stands_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, key_file(&folder)).await.unwrap();
    let trunk = furnish(&store).await;
    store.close().await;
    assert!(!lies_open(folder.path()));
    let again = open(&folder, key_file(&folder)).await.unwrap();
    assert_eq!(password(&again, &trunk).await.as_deref(), Some(PASSWORD));
}

#[tokio::test]
async fn passwords_of_earlier_releases_are_sealed_at_start_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, key_file(&folder)).await.unwrap();
    let trunk = furnish(&store).await;
    store.close().await;
    raw(&folder, &format!("UPDATE trunks SET password = '{PASSWORD}', password_sealed = NULL")).await;
    assert!(lies_open(folder.path()));
    for _ in 0..2 {
        let store = open(&folder, key_file(&folder)).await.unwrap();
        assert_eq!(password(&store, &trunk).await.as_deref(), Some(PASSWORD));
        store.close().await;
    }
    raw(&folder, "VACUUM").await;
    assert!(!lies_open(folder.path()));
}

#[tokio::test]
async fn a_lost_key_file_stops_the_start_and_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    furnish(&open(&folder, key_file(&folder)).await.unwrap()).await;
    let path = folder.path().join("master.key");
    let kept = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let error = open(&folder, key_file(&folder)).await.unwrap_err();
    assert!(matches!(error, OpenError::MasterKeyMissing { .. }), "{error:?}");
    assert!(error.to_string().contains("master.key") && error.to_string().contains("backup"), "{error}");
    assert!(!path.exists());
    std::fs::write(&path, kept).unwrap();
    open(&folder, key_file(&folder)).await.unwrap();
}

#[tokio::test]
async fn a_wrong_key_or_a_file_that_holds_none_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let trunk = furnish(&open(&folder, keys(&"11".repeat(32))).await.unwrap()).await;
    let error = open(&folder, keys(&"22".repeat(32))).await.unwrap_err();
    assert!(matches!(error, OpenError::MasterKeyWrong), "{error:?}");
    let path = folder.path().join("master.key");
    std::fs::write(&path, "not a key").unwrap();
    let error = open(&folder, key_file(&folder)).await.unwrap_err();
    assert!(matches!(error, OpenError::MasterKeyFile { .. }), "{error:?}");
    assert!(!error.to_string().contains("not a key"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "not a key");
    let store = open(&folder, keys(&"11".repeat(32))).await.unwrap();
    assert_eq!(password(&store, &trunk).await.as_deref(), Some(PASSWORD));
}

#[tokio::test]
async fn a_key_is_changed_for_another_in_two_starts() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = ("11".repeat(32), "22".repeat(32));
    let store = open(&folder, keys(&old)).await.unwrap();
    let trunk = furnish(&store).await;
    store.close().await;
    let store = open(&folder, keys(&format!("{new} {old}"))).await.unwrap();
    assert_eq!(password(&store, &trunk).await.as_deref(), Some(PASSWORD));
    store.close().await;
    let store = open(&folder, keys(&new)).await.unwrap();
    assert_eq!(password(&store, &trunk).await.as_deref(), Some(PASSWORD), "the old key is needed no more");
    store.close().await;
    assert!(matches!(open(&folder, keys(&old)).await, Err(OpenError::MasterKeyWrong)));
}

//! A process that is killed in the middle of its writes loses nothing that it was told is stored.
//!
//! The child is this test binary, asked by name to run `child`; it prints a line per acknowledged create, and the
//! parent kills it in mid-load with SIGKILL.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use app::ports::store::{CallFilter, CallQueue, CallStore, TenantStore};
use domain::call::CallKey;
use store::SqlStore;

use crate::builders::{Tenant, at, file, node, postgres_database};

const DATABASE: &str = "OUTDIAL_TEST_DATABASE";
/// Creates under way at once in the child.
const AT_ONCE: usize = 16;
/// Acknowledged creates after which the child is killed, different in each round.
const KILLED_AFTER: [usize; 4] = [1, 90, 333, 700];

/// Not a test of its own: without the variable it has nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(path) = std::env::var(DATABASE) else { return };
    let store = SqlStore::open(&path).await.unwrap();
    let tenant = Tenant::in_store(&store, "acme").await;
    let writers = (0..AT_ONCE).map(|_| async {
        loop {
            let call = store.insert_call(tenant.new_call(at(0))).await.unwrap().call;
            // One write per line: what the parent reads was acknowledged.
            std::io::stdout().lock().write_all(format!("\nstored {}\n", call.id).as_bytes()).unwrap();
        }
    });
    futures_util::future::join_all(writers).await;
}

#[tokio::test]
async fn every_acknowledged_create_survives_a_kill() {
    for killed_after in KILLED_AFTER {
        let folder = tempfile::tempdir().unwrap();
        survives(file(&folder).to_str().unwrap(), killed_after).await;
    }
}

#[tokio::test]
async fn every_acknowledged_create_survives_a_kill_on_postgres() {
    for killed_after in KILLED_AFTER {
        survives(&postgres_database().await, killed_after).await;
    }
}

async fn survives(database: &str, killed_after: usize) {
    let acknowledged = run_and_kill(database, killed_after);
    assert!(acknowledged.len() >= killed_after);
    let store = SqlStore::open(database).await.unwrap();
    let tenant = store.organization_named("acme").await.unwrap().unwrap().id;
    for name in &acknowledged {
        let call = store.call(tenant, &CallKey::parse(name)).await.unwrap();
        let call = call.unwrap_or_else(|| panic!("{name} was acknowledged and is lost"));
        assert_eq!(store.events(tenant, call.id, 0, 10).await.unwrap().len(), 1);
    }
    // What was stored without the parent hearing of it is whole as well: call, event and queue row.
    let all = store.calls(tenant, &CallFilter { limit: 100_000, ..CallFilter::default() }).await.unwrap().items.len();
    assert!(all >= acknowledged.len());
    assert_eq!(store.events_after(tenant, 0, 100_000).await.unwrap().len(), all);
    assert_eq!(store.claim(node(), 100_000, at(1), at(9)).await.unwrap().calls.len(), all);
}

fn run_and_kill(database: &str, after: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture", "--test-threads=1"])
        .env(DATABASE, database)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    let name = |line: std::io::Result<String>| Some(line.ok()?.strip_prefix("stored ")?.to_owned());
    while acknowledged.len() < after {
        let line = lines.next().expect("the child goes on until it is killed");
        acknowledged.extend(name(line));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // Lines that were in the pipe when it died were acknowledged too; a torn last one has the wrong length.
    acknowledged.extend(lines.filter_map(name).filter(|name| name.len() == acknowledged_length()));
    acknowledged
}

/// `call_` and 32 digits.
fn acknowledged_length() -> usize {
    5 + 32
}

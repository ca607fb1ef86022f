//! What a round lets go, and what it does not.

use domain::audit::{Actor, AuditAction};
use retention::Purged;
use tokio_util::sync::CancellationToken;

use crate::world::{DAY, ENDED, World, path_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_pass_and_first_the_recording_goes_then_what_was_said() {
    let world = World::new().await;
    let (node, call, live) = (world.node("a"), world.call(Some("a")).await, world.queued().await);
    assert_eq!(world.round(&node, 6).await, Purged::default());
    assert!(world.file("a", &call).exists());

    assert_eq!(world.round(&node, 7).await, Purged { recordings: 1, ..Purged::default() });
    assert!(!world.file("a", &call).exists());
    let without = world.read(call.id).await;
    assert_eq!((without.recording, without.variables.len()), (None, 1));
    assert_eq!(without.recording_purged_at.map(|at| at.as_second()), Some(ENDED + 7 * DAY));

    assert_eq!(world.round(&node, 14).await, Purged { contents: 1, ..Purged::default() });
    let emptied = world.read(call.id).await;
    assert!(emptied.variables.is_empty() && emptied.content_purged_at.is_some());
    assert_eq!(emptied.to.as_str(), "+*********67");
    assert_eq!(world.round(&node, 300).await, Purged::default(), "a call that is not over is never due");
    assert_eq!(world.read(live.id).await, live);

    let acts: Vec<_> = world.audit().await.into_iter().map(|entry| (entry.actor, entry.action)).collect();
    let by_retention = |action| (Actor::Retention, action);
    assert_eq!(acts, [AuditAction::ContentDeleted, AuditAction::RecordingDeleted].map(by_retention));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_lost_between_file_and_row_is_followed_by_another() {
    let world = World::new().await;
    let (lost, next) = (world.node("shared"), world.node("shared"));
    let (call, other) = (world.call(Some("shared")).await, world.call(Some("shared")).await);
    // The lost node: it took the folder, deleted a file, and was gone before it could say so.
    world.clock.set(ENDED + 7 * DAY);
    let folder = world.folder("shared");
    let chore = format!("recordings/{}", folder.id());
    let gone = domain::NodeId(uuid::Uuid::now_v7());
    let now = app::ports::Clock::now(world.clock.as_ref());
    let until = now + std::time::Duration::from_secs(120);
    let taken = app::ports::store::Chore { name: &chore, node: gone, now, until, done_before: now };
    assert!(world.store.begin_chore(taken).await.unwrap());
    folder.remove(&path_of(call.id)).unwrap();
    assert!(world.read(call.id).await.recording.is_some(), "a row without a file, and never the other way round");

    let stop = CancellationToken::new();
    assert_eq!(next.round(&stop).await.recordings, 0, "the folder is the lost node's until its lease is over");
    assert!(world.file("shared", &other).exists());
    world.clock.set(ENDED + 7 * DAY + 121);
    assert_eq!(next.round(&stop).await.recordings, 2);
    assert_eq!(lost.round(&stop).await.recordings, 0, "and nothing is done twice");
    for call in [&call, &other] {
        assert!(!world.file("shared", call).exists());
        assert!(world.read(call.id).await.recording_purged_at.is_some());
    }
    assert_eq!(world.audit().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_at_once_do_the_work_once() {
    let world = World::new().await;
    let mut calls = Vec::new();
    for _ in 0..50 {
        calls.push(world.call(Some("shared")).await);
    }
    world.clock.set(ENDED + 14 * DAY);
    let (stop, nodes) = (CancellationToken::new(), [world.node("shared"), world.node("shared")]);
    let [one, two] = [&nodes[0], &nodes[1]].map(|node| node.round(&stop));
    let (one, two) = tokio::join!(one, two);
    assert_eq!(one.recordings + two.recordings, 50, "{one:?} {two:?}");
    assert_eq!(one.contents + two.contents, 50, "{one:?} {two:?}");
    let mut listed = std::collections::BTreeMap::new();
    for entry in world.audit().await {
        for call in entry.changes.0["calls"].after.as_array().unwrap() {
            *listed.entry((entry.action, call.as_str().unwrap().to_owned())).or_insert(0) += 1;
        }
    }
    assert_eq!(listed.len(), 100);
    assert!(listed.values().all(|times| *times == 1), "each once: {listed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_node_looks_after_its_own_folder() {
    let world = World::new().await;
    let (here, there) = (world.node("here"), world.node("there"));
    let call = world.call(Some("there")).await;
    assert_eq!(world.round(&here, 8).await.recordings, 0);
    assert!(world.file("there", &call).exists() && world.read(call.id).await.recording.is_some());
    assert_eq!(world.round(&there, 8).await.recordings, 1);
    assert!(!world.file("there", &call).exists());
    let again = world.node("there");
    assert_eq!(world.folder("there").id(), world.folder("there").id(), "the id stays with the folder");
    assert_eq!(world.round(&again, 9).await.recordings, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_deleted_holds_up_nothing_else() {
    let world = World::new().await;
    let (node, stuck, call) = (world.node("a"), world.call(None).await, world.call(Some("a")).await);
    let stubborn = world.call(Some("a")).await;
    // A folder in the file's place is no file.
    let path = world.file("a", &stubborn);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert_eq!(world.round(&node, 8).await.recordings, 1);
    assert!(world.read(call.id).await.recording.is_none());
    assert!(world.read(stubborn.id).await.recording.is_some(), "its row still names it");
    assert_eq!(world.read(stuck.id).await, stuck);
    assert_eq!(world.round(&node, 8).await.recordings, 0);
}

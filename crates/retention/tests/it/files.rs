//! Files that nothing names, and files that are nobody's business.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use domain::{CallId, RecordingFolderId};
use retention::{FolderError, RecordingsFolder};
use uuid::Uuid;

use crate::world::{DAY, ENDED, World, path_of};

/// Makes a file look as if it had last been written then.
fn written(file: &Path, second: i64) {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(second.try_into().unwrap());
    File::options().write(true).open(file).unwrap().set_modified(at).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_lost_node_left_behind_goes_and_a_live_recording_stays() {
    let world = World::new().await;
    let node = world.node("a");
    let (lost, live) = (world.queued().await, world.queued().await);
    let part = |call: CallId| world.write("a", &format!("{}.part", path_of(call)));
    let (left, running) = (part(lost.id), part(live.id));
    written(&left, ENDED);
    written(&running, ENDED + DAY - 5);
    assert_eq!(world.round(&node, 1).await.files, 1);
    assert!(!left.exists() && running.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finished_file_that_no_call_names_goes_and_what_is_not_ours_stays() {
    let world = World::new().await;
    let (node, unnamed, named) = (world.node("a"), world.call(None).await, world.call(Some("a")).await);
    let orphan = world.write("a", &path_of(unnamed.id));
    let waiting = world.queued().await;
    let kept = [
        world.write("a", &path_of(CallId(Uuid::now_v7()))),
        world.write("a", &path_of(waiting.id)),
        world.write("a", "2030/03/17/notes.txt"),
        world.write("a", "2030/03/17/call_.wav"),
        world.write("a", "2030/03/17/holiday.wav"),
        world.write("a", "call_in_the_wrong_place.wav"),
        world.file("a", &named),
    ];
    assert_eq!(world.round(&node, 1).await.files, 1);
    assert!(!orphan.exists());
    for file in kept {
        assert!(file.exists(), "{}", file.display());
    }
    // It is looked through once an hour.
    let orphan = world.write("a", &path_of(unnamed.id));
    assert_eq!(world.round(&node, 1).await.files, 0);
    world.clock.set(ENDED + DAY + 3_600);
    assert_eq!(node.round(&tokio_util::sync::CancellationToken::new()).await.files, 1);
    assert!(!orphan.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recordings_of_before_are_found_by_the_node_that_has_them() {
    let world = World::new().await;
    let (node, call) = (world.node("here"), world.call(Some("elsewhere")).await);
    std::fs::create_dir_all(world.file("here", &call).parent().unwrap()).unwrap();
    std::fs::rename(world.file("elsewhere", &call), world.file("here", &call)).unwrap();
    assert_eq!(world.round(&node, 1).await.files, 0);
    assert_eq!(world.read(call.id).await.recording_folder, Some(world.folder("here").id()));
    assert_eq!(world.round(&node, 7).await.recordings, 1);
    assert!(!world.file("here", &call).exists());
}

#[test]
fn nothing_outside_the_folder_is_touched() {
    let disk = tempfile::tempdir().unwrap();
    let folder = RecordingsFolder::open(&disk.path().join("a"), RecordingFolderId(Uuid::now_v7())).unwrap();
    let secret = disk.path().join("secret.wav");
    std::fs::write(&secret, b"").unwrap();
    for path in ["../secret.wav", secret.to_str().unwrap(), "2030/../../secret.wav"] {
        assert!(folder.remove(path).is_err(), "{path}");
    }
    assert!(secret.exists());
    folder.remove("2030/01/01/gone.wav").unwrap();
}

#[test]
fn a_folder_with_a_broken_id_says_so() {
    let disk = tempfile::tempdir().unwrap();
    std::fs::write(disk.path().join(".outdial-folder"), "").unwrap();
    let opened = RecordingsFolder::open(disk.path(), RecordingFolderId(Uuid::now_v7()));
    assert!(matches!(opened, Err(FolderError::Id { .. })), "{opened:?}");
}

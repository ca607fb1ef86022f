//! A call of an agent that keeps nothing: told while it lasts, and gone when it is over.

use api::wire::events::Fact;
use domain::RecordingFolderId;
use reqwest::Method;
use retention::{Purged, RecordingsFolder};
use serde_json::{Value, json};
use testkit::agents::LEAD_CALLBACK;
use testkit::{Ended, Variant, World};
use tokio_util::sync::CancellationToken;

use crate::conversation::persona_of;

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_keeps_nothing_leaves_no_sound_and_no_word() {
    let world = World::start_with(&[Variant::example(LEAD_CALLBACK)], |config| {
        config.retention.every_s = 86_400;
    })
    .await;
    let kept = json!({ "recordings_days": 0, "transcripts_days": 0, "mask_numbers": true });
    let path = format!("/v1/agents/{LEAD_CALLBACK}/retention");
    let (status, answer) = world.answer(Method::PUT, &path, &kept).await;
    assert_eq!((status, &answer["own"], &answer["in_force"]), (200, &kept, &kept));

    let ended = world.phone(LEAD_CALLBACK, persona_of("lead-callback/scenarios/opt-out.yaml")).await;
    let file = file_of(&world, &ended);
    assert!(file.is_file() && !ended.turns().is_empty());
    world.recording(&ended.call).await;
    let folder = RecordingsFolder::open(&world.stage.config.recordings_dir(), RecordingFolderId(uuid::Uuid::nil()));
    assert_ne!(folder.unwrap().id().0, uuid::Uuid::nil(), "the server gave the folder its id");

    let purged = world.stage.server.node.purger.round(&CancellationToken::new()).await;
    assert_eq!(purged, Purged { recordings: 1, contents: 1, ..Purged::default() });
    assert!(!file.exists());
    let id = &ended.call.id;
    let (status, problem) = world.answer(Method::GET, &format!("/v1/calls/{id}/recording"), &Value::Null).await;
    assert_eq!((status, problem["code"].as_str()), (410, Some("deleted")), "{problem}");
    let (_, call) = world.answer(Method::GET, &format!("/v1/calls/{id}"), &Value::Null).await;
    assert!(call["recording_purged_at"].is_string() && call["content_purged_at"].is_string(), "{call}");
    assert!(call["recording_url"].is_null() && call["variables"] == json!({}), "{call}");
    let to = call["to"].as_str().unwrap();
    assert!(to.starts_with("+***") && ended.call.to.ends_with(&to[to.len() - 2..]), "{to}");

    let (call, events) = world.stage.record(id).await.unwrap();
    assert_eq!((call.evidence, call.status), (ended.call.evidence.clone(), ended.call.status), "what happened stays");
    assert_eq!(events.len(), ended.events.len());
    let words: Vec<&str> = events
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::Turn(turn) => Some(turn.text.as_str()),
            _ => None,
        })
        .collect();
    assert!(words.iter().all(|text| text.is_empty()), "{words:?}");

    // The do-not-call list goes by the whole number, whatever the call shows.
    let body = json!({ "agent": LEAD_CALLBACK, "to": ended.call.to, "variables": { "name": "Maria", "product": "x" } });
    let (status, problem) = world.answer(Method::POST, "/v1/calls", &body).await;
    assert_eq!((status, problem["code"].as_str()), (422, Some("suppressed")), "{problem}");
    audited(&world).await;
    world.stop().await;
}

fn file_of(world: &World, ended: &Ended) -> std::path::PathBuf {
    let path = ended.events.iter().find_map(|event| match &event.fact {
        Fact::RecordingReady { path, .. } => Some(path.clone()),
        _ => None,
    });
    world.stage.config.recordings_dir().join(path.expect("the call was recorded"))
}

async fn audited(world: &World) {
    let path = "/v1/audit?action=retention.updated,recording.deleted,content.deleted";
    let (_, log) = world.answer(Method::GET, path, &Value::Null).await;
    let acts: Vec<[&str; 2]> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| ["actor", "action"].map(|key| entry[key].as_str().unwrap()))
        .collect();
    let want = [["retention", "content.deleted"], ["retention", "recording.deleted"], ["key", "retention.updated"]];
    assert_eq!(acts, want);
}

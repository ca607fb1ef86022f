//! One call from its request to its recording: what was said, heard, kept, and when.

use std::path::Path;

use api::wire::events::Turn;
use api::wire::words::Speaker;
use callee::scenario::Scenario;
use callee::{FarEnd, Persona};
use domain::outcome::CallStatus;
use reqwest::Method;
use testkit::agents::LEAD_CALLBACK;
use testkit::recording::{NEAR_MS, Recording, sounds};
use testkit::{Ended, Variant, World, root};

pub(crate) fn persona_of(scenario: &str) -> Persona {
    let path = root().join("examples").join(scenario);
    Scenario::parse(&std::fs::read_to_string(path).unwrap()).unwrap().who_answers().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_phoned_understood_and_recorded() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let call = async |scenario| world.phone(LEAD_CALLBACK, persona_of(scenario)).await;
    let (patient, impatient) = tokio::join!(
        call("lead-callback/scenarios/happy-path.yaml"),
        call("lead-callback/scenarios/interruption.yaml")
    );
    a_patient_person(&world, &patient).await;
    an_interrupted_agent(&world, &impatient).await;
    recordings_are_complete_on_disk(&world.stage.config.recordings_dir(), 2);
    world.stop().await;
}

async fn a_patient_person(world: &World, ended: &Ended) {
    assert_eq!(ended.words(), ["completed", "agent_hangup", "human"]);
    assert_eq!(ended.view().ended_by, Some(FarEnd::CallerBye));
    let heard = ended.heard();
    assert!(heard.contains("maria") && heard.contains("solar panels"), "the variables were heard: {heard}");
    goodbye_is_heard_to_its_end(ended);
    let wav = world.recording(&ended.call).await;
    recording_holds_both(ended, &Recording::parse(&wav));
    recording_comes_in_ranges(world, ended, &wav).await;
}

/// The words of the last turn, as they left and as they arrived.
fn goodbye_is_heard_to_its_end(ended: &Ended) {
    let last = *ended.turns_of(Speaker::Agent).last().unwrap();
    assert!(last.text.ends_with("Thank you, Maria. Goodbye."), "{last:?}");
    assert!(!last.interrupted && last.intended.is_none(), "{last:?}");
    let heard = ended.heard().replace("good bye", "goodbye");
    assert!(heard.ends_with("thank you maria goodbye"), "the goodbye was clipped: {heard}");
}

fn recording_holds_both(ended: &Ended, recording: &Recording) {
    assert_eq!((recording.rate, recording.channels), (8_000, 2));
    let duration = ended.call.duration_ms.unwrap();
    assert!(recording.duration_ms().abs_diff(duration) <= 500, "{} ms of {duration} ms", recording.duration_ms());
    for (speaker, channel) in [(Speaker::Agent, &recording.agent), (Speaker::Callee, &recording.callee)] {
        let (sounds, turns) = (sounds(channel), ended.turns_of(speaker));
        assert!(!turns.is_empty());
        for turn in &turns {
            let within: Vec<u64> = sounds.iter().copied().filter(|at| covers(turn, *at)).collect();
            let (first, last) = (within.first().unwrap(), within.last().unwrap());
            assert!(first.abs_diff(turn.start_ms) <= NEAR_MS, "sound from {first} ms: {turn:?}");
            assert!(last.abs_diff(turn.end_ms) <= NEAR_MS, "sound up to {last} ms: {turn:?}");
        }
        let stray: Vec<&u64> = sounds.iter().filter(|at| !turns.iter().any(|turn| covers(turn, **at))).collect();
        assert!(stray.is_empty(), "{speaker:?} is on the recording outside of its turns, at {stray:?} ms");
    }
}

fn covers(turn: &Turn, at_ms: u64) -> bool {
    (turn.start_ms.saturating_sub(NEAR_MS)..=turn.end_ms + NEAR_MS).contains(&at_ms)
}

async fn recording_comes_in_ranges(world: &World, ended: &Ended, whole: &[u8]) {
    let path = ended.call.recording_url.as_deref().unwrap();
    let middle = whole.len() / 2;
    for (range, from, to) in [
        ("bytes=0-43".to_owned(), 0, 44),
        (format!("bytes={middle}-{}", middle + 999), middle, middle + 1_000),
        ("bytes=-100".to_owned(), whole.len() - 100, whole.len()),
    ] {
        let answer = world.request(Method::GET, path).header("range", &range).send().await.unwrap();
        assert_eq!(answer.status(), 206, "{range}");
        let told = format!("bytes {from}-{}/{}", to - 1, whole.len());
        assert_eq!(answer.headers()["content-range"], told.as_str(), "{range}");
        assert!(answer.bytes().await.unwrap() == whole[from..to], "{range}");
    }
}

/// A finished recording has its name; what is being written has another.
fn recordings_are_complete_on_disk(folder: &Path, calls: usize) {
    let mut folders = vec![folder.to_path_buf()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    // The folder's id.
    files.retain(|file| !file.ends_with(".outdial-folder"));
    assert_eq!(files.len(), calls, "{files:?}");
    assert!(files.iter().all(|file| file.extension().is_some_and(|kind| kind == "wav")), "{files:?}");
}

/// The voice stops, and what is remembered of it is what was heard.
async fn an_interrupted_agent(world: &World, ended: &Ended) {
    assert_eq!(ended.call.status.0, CallStatus::Completed);

    let turns = ended.turns();
    let at = turns.iter().position(|turn| turn.interrupted).expect("a turn was interrupted");
    let (cut, asked, reply) = (turns[at], turns[at + 1], turns[at + 2]);
    assert_eq!((cut.speaker, asked.speaker, reply.speaker), (Speaker::Agent, Speaker::Callee, Speaker::Agent));
    let intended = cut.intended.as_deref().expect("an interrupted turn says what was left out");
    let heard = cut.text.trim_end_matches(['…', ' ', '-', '.', ',']);
    assert!(intended.starts_with(heard) && heard.len() < intended.len(), "{cut:?}");
    assert!(callee::persona::normalise(&asked.text).contains("who is calling"), "{asked:?}");
    assert!(reply.text.contains("calling for Brightline"), "the next turn answers: {reply:?}");

    let recording = Recording::parse(&world.recording(&ended.call).await);
    let stops = recording.stops_ms(&turns);
    assert!(matches!(stops[..], [1..=300]), "the agent went on for {stops:?} ms");
    let far_end = ended.view().cuts_ms();
    assert!(far_end.iter().all(|ms| *ms <= 400), "at the far end, packets in flight included: {far_end:?}");
}

//! Recordings on a real disk: clock, channels, atomicity.

use super::*;

fn frames(sink: &mut dyn StereoSink, from_ms: u64, count: u64, agent: i16, callee: i16) {
    for i in 0..count {
        sink.frame(from_ms + i * FRAME_MS, &[agent; SAMPLES], &[callee; SAMPLES]);
    }
}

#[tokio::test]
async fn channels_lie_on_one_clock_and_gaps_are_silence() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(folder.path(), RecordingFolderId(uuid::Uuid::nil())).unwrap();
    let (recording, mut sink) = recorder.open("2026/a.wav").unwrap();
    frames(sink.as_mut(), 0, 5, 100, -100);
    frames(sink.as_mut(), 200, 5, 7, 9);
    let done = recording.finish().await.unwrap();
    assert_eq!((done.duration_ms, done.frames_dropped), (300, 0));
    let samples: Vec<i16> =
        hound::WavReader::open(folder.path().join(&done.path)).unwrap().into_samples().map(Result::unwrap).collect();
    assert_eq!(samples.len(), 2 * 8 * 300);
    assert_eq!(&samples[..2], &[100, -100]);
    assert_eq!(&samples[2 * 8 * 150..2 * 8 * 150 + 2], &[0, 0]);
    assert_eq!(&samples[2 * 8 * 200..2 * 8 * 200 + 2], &[7, 9]);
}

#[tokio::test]
async fn a_recording_has_its_final_name_only_when_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(folder.path(), RecordingFolderId(uuid::Uuid::nil())).unwrap();
    let (recording, mut sink) = recorder.open("b.wav").unwrap();
    frames(sink.as_mut(), 0, 3, 1, 2);
    assert!(!folder.path().join("b.wav").exists() && folder.path().join("b.wav.part").exists());
    recording.finish().await.unwrap();
    assert!(folder.path().join("b.wav").exists() && !folder.path().join("b.wav.part").exists());
}

#[tokio::test]
async fn a_ring_that_is_full_drops_frames_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(folder.path(), RecordingFolderId(uuid::Uuid::nil())).unwrap();
    let (recording, mut sink) = recorder.open("c.wav").unwrap();
    frames(sink.as_mut(), 0, 10_000, 1, 2);
    let done = recording.finish().await.unwrap();
    assert!(done.frames_dropped > 0, "10,000 frames at once do not fit into a second's ring");
}

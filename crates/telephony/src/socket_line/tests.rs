//! Both directions of a line without a network, in paused time.

use std::sync::Arc;

use app::ports::telephone::PlayChunk;
use tokio::task::JoinSet;

use super::*;

fn tone(rate: u32, samples: usize) -> Vec<i16> {
    let step = 440.0 * std::f32::consts::TAU / rate as f32;
    (0..samples).map(|n| ((n as f32 * step).sin() * 8_000.0) as i16).collect()
}

fn chunk(utterance: u64, generation: u32, samples: usize) -> LegCommand {
    let samples = tone(8_000, samples).into();
    LegCommand::Play(PlayChunk { utterance, generation, samples, last: true })
}

async fn mark(line: &mut SocketLine) -> MediaEvent {
    line.media.recv().await.expect("the line goes on")
}

fn open(rate_hz: u32) -> (SocketLine, JoinSet<()>) {
    let mut line = SocketAudio.open(rate_hz);
    let mut tasks = JoinSet::new();
    tasks.spawn(std::mem::replace(&mut line.task, Box::pin(async {})));
    (line, tasks)
}

#[tokio::test(start_paused = true)]
async fn what_is_played_is_heard_at_the_far_ends_rate_and_marked() {
    for rate in [8_000, 16_000] {
        let (mut line, _tasks) = open(rate);
        line.commands.send(chunk(1, 0, 1_600)).await.unwrap();
        let mut loudest = 0;
        for _ in 0..15 {
            let frame = line.voice.recv().await.unwrap();
            assert_eq!(frame.len(), rate as usize / 50, "20 ms");
            loudest = frame.into_iter().max().unwrap().max(loudest);
        }
        assert!((7_000..9_000).contains(&loudest), "{loudest}");
        assert!(matches!(mark(&mut line).await, MediaEvent::PlayStarted { utterance: 1, at_ms: 0, .. }));
        assert_eq!(mark(&mut line).await, MediaEvent::PlayFinished { utterance: 1, at_ms: 200 });
    }
}

#[tokio::test(start_paused = true)]
async fn a_flush_cuts_and_the_end_cuts_what_is_left() {
    let (mut line, mut tasks) = open(8_000);
    line.commands.send(chunk(1, 0, 8_000)).await.unwrap();
    assert!(matches!(mark(&mut line).await, MediaEvent::PlayStarted { .. }));
    line.commands.send(LegCommand::Flush { generation: 1 }).await.unwrap();
    assert!(matches!(mark(&mut line).await, MediaEvent::PlayCut { utterance: 1, .. }));
    line.commands.send(chunk(2, 0, 8_000)).await.unwrap();
    line.commands.send(chunk(3, 1, 8_000)).await.unwrap();
    assert!(matches!(mark(&mut line).await, MediaEvent::PlayStarted { utterance: 3, .. }), "the older is not said");
    line.commands.send(LegCommand::HangUp).await.unwrap();
    assert!(matches!(mark(&mut line).await, MediaEvent::PlayCut { utterance: 3, .. }));
    assert_eq!(line.media.recv().await, None);
    tasks.join_next().await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_far_end_that_takes_nothing_holds_nobody_up() {
    let (mut line, _tasks) = open(8_000);
    line.heard.send(tone(8_000, 100)).await.unwrap();
    assert_eq!(mark(&mut line).await, MediaEvent::FirstPacket { at_ms: 20 });
    line.commands.send(chunk(1, 0, 16_000)).await.unwrap();
    assert!(matches!(mark(&mut line).await, MediaEvent::PlayStarted { .. }));
    assert!(
        matches!(mark(&mut line).await, MediaEvent::PlayFinished { .. }),
        "two seconds, of which half a second waits"
    );
    let waits: Vec<_> = std::iter::from_fn(|| line.voice.try_recv().ok()).collect();
    assert_eq!(waits.len(), VOICE);
    drop(Arc::new(waits));
}

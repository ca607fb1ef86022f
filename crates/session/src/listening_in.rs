//! Lets people hear a live call: both channels from where the recording is fed, to as many as listen.
//!
//! Law: the media thread never waits for a listener. It drops frames into a short queue and goes on; a task of the call
//! passes them to everybody, and who is slow misses the oldest. A call that nobody asked to hear costs nothing.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use app::ports::live::{AUDIO_FRAME, AUDIO_WAITING, AudioFrame, CallAudio};
use app::ports::telephone::StereoSink;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinSet;

/// Frames between the media thread and the call's task; a fifth of a second.
const QUEUE: usize = 10;
const SAMPLES: usize = 160;

type Pair = [[i16; SAMPLES]; 2];

/// Everybody who hears one call.
#[derive(Default)]
pub(crate) struct Listeners {
    heard: Option<broadcast::Sender<AudioFrame>>,
    passing_on: JoinSet<()>,
}

impl Listeners {
    /// One more. With the first comes the sink that the leg is to fill; it stays until the call is over.
    pub(crate) fn add(&mut self) -> (CallAudio, Option<Box<dyn StereoSink>>) {
        let (heard, sink) = match &self.heard {
            Some(heard) => (heard.clone(), None),
            None => {
                let (heard, _) = broadcast::channel(AUDIO_WAITING);
                let (frames, queue) = mpsc::channel(QUEUE);
                self.passing_on.spawn(pass_on(queue, heard.clone()));
                self.heard = Some(heard.clone());
                (heard, Some(Box::new(Tap(frames)) as Box<dyn StereoSink>))
            }
        };
        (CallAudio { frames: heard.subscribe(), lost: Arc::new(AtomicBool::new(false)) }, sink)
    }

    /// The leg is gone: listeners are told once they have heard the rest.
    pub(crate) fn close(&mut self) {
        self.heard = None;
    }
}

/// The media thread's end.
struct Tap(mpsc::Sender<Pair>);

impl StereoSink for Tap {
    fn frame(&mut self, _position_ms: u64, agent: &[i16; SAMPLES], callee: &[i16; SAMPLES]) {
        // Full means that the call's task stands still; a listener misses what nobody waits for.
        let _ = self.0.try_send([*callee, *agent]);
    }
}

async fn pass_on(mut queue: mpsc::Receiver<Pair>, heard: broadcast::Sender<AudioFrame>) {
    while let Some(pair) = queue.recv().await {
        // An error only means that nobody listens at the moment.
        drop(heard.send(Arc::new(interleaved(&pair))));
    }
}

fn interleaved([callee, agent]: &Pair) -> [u8; AUDIO_FRAME] {
    let mut bytes = [0; AUDIO_FRAME];
    let samples = callee.iter().zip(agent).flat_map(|(callee, agent)| [callee, agent]);
    for (place, sample) in bytes.as_chunks_mut::<2>().0.iter_mut().zip(samples) {
        *place = sample.to_le_bytes();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast::error::RecvError;

    use super::*;

    #[tokio::test]
    async fn everybody_hears_callee_and_agent_in_turn_until_the_call_is_over() {
        let mut listeners = Listeners::default();
        let (mut one, sink) = listeners.add();
        let mut sink = sink.expect("the first brings the sink");
        let (mut two, none) = listeners.add();
        assert!(none.is_none(), "one sink serves all");
        sink.frame(0, &[0x0102; SAMPLES], &[-2; SAMPLES]);
        for audio in [&mut one, &mut two] {
            let frame = audio.frames.recv().await.unwrap();
            assert_eq!((&frame[..4], &frame[AUDIO_FRAME - 4..]), (&[0xfe, 0xff, 2, 1][..], &[0xfe, 0xff, 2, 1][..]));
        }
        drop(sink);
        listeners.close();
        assert_eq!(one.frames.recv().await.unwrap_err(), RecvError::Closed);
    }

    #[tokio::test]
    async fn who_is_slow_misses_the_oldest_and_the_media_thread_waits_for_nobody() {
        let mut listeners = Listeners::default();
        let (mut slow, sink) = listeners.add();
        let mut sink = sink.unwrap();
        for n in 0..1_000 {
            sink.frame(n * 20, &[0; SAMPLES], &[0; SAMPLES]);
        }
        for n in 0..60 {
            // As much as the call's task takes between two of them.
            tokio::task::yield_now().await;
            sink.frame(n * 20, &[n as i16; SAMPLES], &[0; SAMPLES]);
        }
        tokio::task::yield_now().await;
        assert!(matches!(slow.frames.recv().await, Err(RecvError::Lagged(_))));
        assert!(slow.frames.recv().await.is_ok());
    }
}

//! What is heard in a call, between nodes: one subject a call, a frame a message.
//!
//! Law: nothing is sent unless somebody listens. Whoever listens asks the call's node, asks again while it listens on, and
//! the node stops when nobody has for a while. A message is the version and 20 ms of sound; the version alone is the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use app::ports::CallControl;
use app::ports::live::{AUDIO_FRAME, AUDIO_WAITING, AudioFrame, CallAudio, NotHeard};
use async_nats::Subscriber;
use bytes::Bytes;
use domain::CallId;
use futures_util::StreamExt;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, interval_at, timeout, timeout_at};

use super::link::Link;
use super::wire::{Answer, Ask};

const VERSION: u8 = 1;
/// Who listens asks again this often.
const AGAIN: Duration = Duration::from_secs(5);
/// Who has not asked again for so long is gone.
const LAPSES: Duration = Duration::from_secs(16);
/// A call that sends nothing for so long is lost: on a line, silence is sent too.
const SILENT: Duration = Duration::from_secs(8);

/// Whether frames of one call are being sent, and until when.
#[derive(Default)]
pub(super) struct Sending(Option<watch::Sender<Instant>>);

impl Sending {
    /// Somebody of another node listens, from now on or still.
    pub(super) async fn wanted(&mut self, link: &Arc<Link>, call: CallId) -> Result<(), NotHeard> {
        let until = Instant::now() + LAPSES;
        if self.0.as_ref().is_some_and(|running| running.send(until).is_ok()) {
            return Ok(());
        }
        let audio = link.calls.listen(call).await?;
        let (wanted, lapses) = watch::channel(until);
        self.0 = Some(wanted);
        let link = link.clone();
        let stop = link.stop.clone();
        link.clone().tasks.spawn(async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = send(&link, call, audio, lapses) => {}
            }
        });
        Ok(())
    }
}

async fn send(link: &Link, call: CallId, mut audio: CallAudio, lapses: watch::Receiver<Instant>) {
    let subject = link.subjects.audio(call);
    loop {
        let until = *lapses.borrow();
        let message = match timeout_at(until, audio.frames.recv()).await {
            Ok(Ok(frame)) => written(&frame[..]),
            Ok(Err(RecvError::Lagged(_))) => continue,
            Ok(Err(RecvError::Closed)) => written(&[]),
            Err(_) => return,
        };
        let last = message.len() == 1;
        // Without a server nobody hears it, and listeners elsewhere are told that the call is lost to them.
        if link.is_through() && link.client.publish(subject.clone(), message).await.is_err() || last {
            return;
        }
    }
}

fn written(frame: &[u8]) -> Bytes {
    [&[VERSION][..], frame].concat().into()
}

/// The frame in a message; `None` for the end, an error for what is no message of ours.
fn read(message: &[u8]) -> Result<Option<AudioFrame>, ()> {
    match message.split_first() {
        Some((&VERSION, [])) => Ok(None),
        Some((&VERSION, frame)) => {
            <[u8; AUDIO_FRAME]>::try_from(frame).map(|frame| Some(Arc::new(frame))).map_err(|_| ())
        }
        _ => Err(()),
    }
}

impl Link {
    /// Hears a call of another node.
    pub(super) async fn hear(self: &Arc<Self>, call: CallId) -> Result<CallAudio, NotHeard> {
        if !self.is_through() {
            return Err(NotHeard::NotHeld);
        }
        // Before asking, so that the first frame is not missed.
        let Ok(messages) = self.client.subscribe(self.subjects.audio(call)).await else {
            return Err(NotHeard::NotHeld);
        };
        self.asked_to_send(call).await?;
        let (frames, heard) = broadcast::channel(AUDIO_WAITING);
        let (lost, stop, link) = (Arc::new(AtomicBool::new(true)), self.stop.clone(), self.clone());
        let over = lost.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                ended = receive(&link, call, messages, &frames) => over.store(!ended, Ordering::Release),
            }
            drop(frames);
        });
        Ok(CallAudio { frames: heard, lost })
    }

    async fn asked_to_send(&self, call: CallId) -> Result<(), NotHeard> {
        match self.ask(call, Ask::Listen).await {
            Some(Answer::Listening(why_not)) => why_not.map_or(Ok(()), Err),
            _ => Err(NotHeard::NotHeld),
        }
    }
}

/// Passes frames on while somebody takes them; true when the call said that it is over.
async fn receive(link: &Link, call: CallId, mut messages: Subscriber, frames: &broadcast::Sender<AudioFrame>) -> bool {
    let mut again = interval_at(Instant::now() + AGAIN, AGAIN);
    loop {
        tokio::select! {
            biased;
            _ = again.tick() => {
                // A session that is ending says so itself; one that is gone falls silent.
                let _ = link.asked_to_send(call).await;
            }
            message = timeout(SILENT, messages.next()) => {
                let Ok(Some(message)) = message else { return false };
                match read(&message.payload) {
                    Ok(Some(frame)) => {
                        if frames.send(frame).is_err() {
                            return false;
                        }
                    }
                    Err(()) => {}
                    Ok(None) => return true,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_the_end_are_read_as_written_and_nothing_else_is() {
        let frame = Arc::new([7; AUDIO_FRAME]);
        assert_eq!(read(&written(&frame[..])), Ok(Some(frame)));
        assert_eq!(read(&written(&[])), Ok(None));
        for bad in [&[][..], &[2], &[VERSION, 1], &[VERSION; AUDIO_FRAME]] {
            assert_eq!(read(bad), Err(()));
        }
    }
}

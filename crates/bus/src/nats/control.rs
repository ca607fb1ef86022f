//! Requests to sessions of other nodes, and answers for our own: one subject a call, so that a request goes to one node
//! and the server says at once when none has the call.

use std::sync::Arc;
use std::time::Duration;

use app::ports::CallControl;
use async_nats::Message;
use domain::CallId;
use futures_util::StreamExt;
use tokio::time::timeout;
use tokio_util::sync::DropGuard;

use super::audio::Sending;
use super::link::Link;
use super::wire::{Answer, Ask, Envelope};

/// A session that is there answers within this; whoever asks is a waiting request.
const ANSWER: Duration = Duration::from_secs(1);

impl Link {
    /// Asks the session of `call`, wherever it is; `None` when none answered in time.
    pub(super) async fn ask(&self, call: CallId, ask: Ask) -> Option<Answer> {
        if !self.is_through() {
            return None;
        }
        let asked = self.client.request(self.subjects.control(call), Envelope::write(self.node, 0, ask)?);
        match timeout(ANSWER, asked).await {
            Ok(Ok(answer)) => Envelope::<Answer>::read(&answer.payload).map(|answer| answer.body),
            Ok(Err(error)) => {
                tracing::debug!(call.id = %call, %error, "no session of another node took a request");
                None
            }
            Err(_) => None,
        }
    }

    /// Answers requests to `call` until the guard is dropped.
    pub(super) fn answer_for(self: &Arc<Self>, call: CallId) -> DropGuard {
        let stop = self.stop.child_token();
        let (link, stopped) = (self.clone(), stop.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = stopped.cancelled() => {}
                () = link.answer(call) => {}
            }
        });
        stop.drop_guard()
    }

    async fn answer(self: &Arc<Self>, call: CallId) {
        let Ok(mut requests) = self.client.subscribe(self.subjects.control(call)).await else { return };
        let mut sending = Sending::default();
        while let Some(Message { payload, reply, .. }) = requests.next().await {
            // A request that cannot be read is left to time out: its sender is of another release.
            let (Some(request), Some(reply)) = (Envelope::<Ask>::read(&payload), reply) else { continue };
            let answer = match request.body {
                Ask::HangUp => Answer::HungUp(self.calls.hang_up(call).await),
                Ask::Steer(steer) => Answer::Steered(self.calls.steer(call, steer).await),
                Ask::Listen => Answer::Listening(sending.wanted(self, call).await.err()),
            };
            if let Some(answer) = Envelope::write(self.node, 0, answer) {
                // Whoever asked repeats what was not answered.
                let _ = self.client.publish(reply, answer).await;
            }
        }
    }
}

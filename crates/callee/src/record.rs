//! What the far end saw, heard and said, for assertions. Law: one clock per call, milliseconds since its INVITE
//! came; every time in a record counts on it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;

/// Calls remembered; the oldest go first. More than any test places, and bounded under load.
const KEPT: usize = 4_096;

/// Speech of the agent, as the far end's ears had it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeardSegment {
    /// First sound.
    pub start_ms: u64,
    /// Last sound.
    pub end_ms: u64,
    /// What was understood; empty without a recogniser, or until it answered.
    pub text: String,
}

/// Something the far end said or played.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SaidSegment {
    /// First sample on the wire.
    pub start_ms: u64,
    /// Last sample on the wire.
    pub end_ms: u64,
    /// The words; empty for tones, music and keys.
    pub text: String,
}

/// How a call came to its end at the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FarEnd {
    /// BYE from the caller.
    CallerBye,
    /// BYE from here.
    CalleeBye,
    /// CANCEL from the caller.
    Cancelled,
    /// Refused from here with this code.
    Refused(u16),
    /// The dialog broke, or the endpoint was stopped.
    Lost,
}

/// One call as the far end saw it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CallView {
    /// SIP Call-ID.
    pub sip_call_id: String,
    /// User part that was called.
    pub number: String,
    /// Who answered.
    pub persona: String,
    /// 18x sent.
    pub ringing_ms: Option<u64>,
    /// 200 sent.
    pub answered_ms: Option<u64>,
    /// Over.
    pub ended_ms: Option<u64>,
    /// How it ended.
    pub ended_by: Option<FarEnd>,
    /// What the agent said, as heard here.
    pub heard: Vec<HeardSegment>,
    /// What was said and played from here.
    pub said: Vec<SaidSegment>,
    /// Keys the agent pressed.
    pub digits_heard: String,
    /// Where the caller wants to transfer the call to (REFER).
    pub transfer_to: Option<String>,
    /// Arrival of the first RTP packet.
    pub first_packet_ms: Option<u64>,
    /// Arrival of the first packet that is not silence.
    pub first_sound_ms: Option<u64>,
    /// RTP packets that came.
    pub packets_received: u64,
    /// RTP packets sent.
    pub packets_sent: u64,
    /// Datagrams on the RTP port that are no RTP of this call, counted and dropped.
    pub packets_dropped: u64,
    /// Sound from here was cut off because queues were full; nothing to assert on then.
    pub overruns: u64,
}

impl CallView {
    /// Answer to the first sound of the agent.
    pub fn answer_to_first_sound_ms(&self) -> Option<u64> {
        Some(self.first_sound_ms?.saturating_sub(self.answered_ms?))
    }

    /// Everything heard after the answer, in one line.
    pub fn heard_text(&self) -> String {
        let texts: Vec<&str> = self.heard.iter().map(|s| s.text.as_str()).filter(|text| !text.is_empty()).collect();
        texts.join(" ")
    }

    /// For each time the far end began to speak while the agent did: how long the agent went on.
    pub fn cuts_ms(&self) -> Vec<u64> {
        let words = self.said.iter().filter(|said| !said.text.is_empty());
        words
            .filter_map(|said| {
                let over = self.heard.iter().find(|h| h.start_ms < said.start_ms && said.start_ms < h.end_ms)?;
                Some(over.end_ms - said.start_ms)
            })
            .collect()
    }
}

/// Requests seen for one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// New INVITEs, retransmissions and challenged ones not counted.
    pub invites: u64,
    /// INVITEs answered with a challenge.
    pub challenged: u64,
    /// CANCELs that ended a call.
    pub cancels: u64,
    /// BYEs received.
    pub byes_received: u64,
    /// BYEs sent.
    pub byes_sent: u64,
    /// Answered with 200.
    pub answered: u64,
}

/// All calls of an endpoint.
pub(crate) struct Records {
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct Inner {
    calls: VecDeque<(u64, Arc<CallView>)>,
    counts: HashMap<String, Counts>,
    next: u64,
}

impl Records {
    pub(crate) fn new() -> Self {
        Self { inner: Mutex::default(), changed: watch::Sender::new(0) }
    }

    pub(crate) fn begin(&self, view: CallView) -> u64 {
        let mut inner = self.lock();
        let id = inner.next;
        inner.next += 1;
        if inner.calls.len() == KEPT {
            inner.calls.pop_front();
        }
        inner.calls.push_back((id, Arc::new(view)));
        drop(inner);
        self.tell();
        id
    }

    pub(crate) fn update(&self, id: u64, change: impl FnOnce(&mut CallView)) {
        let mut inner = self.lock();
        if let Ok(at) = inner.calls.binary_search_by_key(&id, |(id, _)| *id) {
            change(Arc::make_mut(&mut inner.calls[at].1));
        }
        drop(inner);
        self.tell();
    }

    pub(crate) fn count(&self, number: &str, change: impl FnOnce(&mut Counts)) {
        let mut inner = self.lock();
        if inner.counts.len() < KEPT || inner.counts.contains_key(number) {
            change(inner.counts.entry(number.to_owned()).or_default());
        }
        drop(inner);
        self.tell();
    }

    pub(crate) fn counts(&self, number: &str) -> Counts {
        self.lock().counts.get(number).copied().unwrap_or_default()
    }

    pub(crate) fn calls(&self) -> Vec<CallView> {
        self.views().iter().map(|view| CallView::clone(view)).collect()
    }

    /// The newest call that satisfies the condition, as soon as there is one.
    pub(crate) async fn wait(&self, limit: Duration, fits: impl Fn(&CallView) -> bool) -> Option<CallView> {
        let mut changed = self.changed.subscribe();
        let found = async {
            loop {
                changed.borrow_and_update();
                // Not under the lock: the condition may itself look at the calls.
                let hit = self.views().into_iter().rev().find(|view| fits(view)).map(Arc::unwrap_or_clone);
                if hit.is_some() || changed.changed().await.is_err() {
                    return hit;
                }
            }
        };
        tokio::time::timeout(limit, found).await.ok().flatten()
    }

    fn views(&self) -> Vec<Arc<CallView>> {
        self.lock().calls.iter().map(|(_, view)| view.clone()).collect()
    }

    fn tell(&self) {
        self.changed.send_modify(|version| *version += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

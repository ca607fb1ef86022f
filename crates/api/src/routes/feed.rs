//! Events as they happen, without a gap and without a repeat.
//!
//! Law: subscribe first, then read the log. A live fact is only a knock: what is sent is always read from the log
//! after the reader's cursor, so that a late reader, a lagging one and one that resumes all take the same way. Words
//! are passed on as they come; they are in no log.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use app::ports::live::LiveEvent;
use app::read_calls::MAX_EVENTS;
use app::{Platform, Principal};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::CallId;
use domain::call_event::CallEvent;
use domain::refusal::Refusal;
use futures_util::stream;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::metrics::OpenStream;
use crate::router::ApiState;
use crate::wire;

/// A comment this often keeps proxies from closing a silent stream.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A silent stream looks into the log this often: a knock of another node may be lost.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// A client waits this long before it resumes.
const RECONNECT: Duration = Duration::from_secs(2);

/// What a feed reads, with the cursor of the last event that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cursor {
    /// One call, after a sequence number; ends with `call.ended`.
    Call(CallId, u32),
    /// All calls of the tenant, after a position.
    Log(i64),
}

/// One reader's way through the events.
pub(super) struct Feed {
    platform: Platform,
    principal: Principal,
    live: Receiver<LiveEvent>,
    cursor: Cursor,
    ready: VecDeque<Event>,
    /// The log may hold events after the cursor.
    behind: bool,
    over: bool,
    stop: CancellationToken,
    _open: OpenStream,
}

impl Feed {
    /// Subscribes. The log is read from `cursor` on, so call this before anything is known to be missing.
    pub(super) fn new(state: &ApiState, principal: Principal, cursor: Cursor) -> Self {
        let live = state.platform.bus.subscribe();
        let ready = VecDeque::from([Event::default().retry(RECONNECT)]);
        let (stop, open) = (state.stop.clone(), state.metrics.open_stream());
        let platform = state.platform.clone();
        Self { platform, principal, live, cursor, ready, behind: true, over: false, stop, _open: open }
    }

    /// Moves the cursor to the end of the log: only what comes from now on.
    pub(super) async fn skip_to_now(&mut self) -> Result<(), Refusal> {
        self.cursor = Cursor::Log(head(&self.platform, &self.principal).await?);
        Ok(())
    }

    /// The feed as an answer.
    pub(super) fn into_response(self) -> Response {
        let events = stream::unfold(self, |mut feed| async move {
            let event = feed.next().await?;
            Some((Ok::<_, Infallible>(event), feed))
        });
        Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response()
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            if self.behind {
                // The client resumes after its last event, so ending here loses nothing.
                self.read_log().await.ok()?;
                continue;
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                heard = tokio::time::timeout(LOOK_AGAIN, self.live.recv()) => match heard {
                    Ok(Ok(event)) => self.heard(event),
                    Ok(Err(RecvError::Lagged(_))) | Err(_) => self.behind = true,
                    Ok(Err(RecvError::Closed)) => return None,
                },
            }
        }
    }

    async fn read_log(&mut self) -> Result<(), Refusal> {
        let events = match self.cursor {
            Cursor::Call(call, after) => {
                self.platform.call_events(&self.principal, &call.to_string(), after, MAX_EVENTS).await?
            }
            Cursor::Log(after) => self.platform.events_after(&self.principal, after, MAX_EVENTS).await?,
        };
        self.behind = events.len() >= MAX_EVENTS as usize;
        for event in events {
            self.cursor = match self.cursor {
                Cursor::Call(call, _) => Cursor::Call(call, event.sequence),
                Cursor::Log(_) => Cursor::Log(event.position),
            };
            self.over |= event.fact.is_terminal() && matches!(self.cursor, Cursor::Call(..));
            self.ready.push_back(fact(event, self.cursor));
        }
        Ok(())
    }

    fn heard(&mut self, event: LiveEvent) {
        match event {
            LiveEvent::Missed => self.behind = true,
            LiveEvent::Fact(event) => {
                self.behind = match self.cursor {
                    Cursor::Call(call, after) => event.call == call && event.sequence > after,
                    Cursor::Log(after) => event.organization == self.principal.organization && event.position > after,
                };
            }
            LiveEvent::Words { organization, call, speaker, text, at_ms } => {
                let wanted = match self.cursor {
                    Cursor::Call(own, _) => own == call,
                    Cursor::Log(_) => true,
                };
                if wanted && organization == self.principal.organization {
                    let (call_id, speaker) = (call.to_string(), speaker.into());
                    let words = wire::events::Words { call_id, speaker, text, at_ms: at_ms.0 };
                    self.ready.extend(Event::default().event("words").json_data(words));
                }
            }
        }
    }
}

fn fact(event: CallEvent, cursor: Cursor) -> Event {
    let name = event.fact.name();
    let id = match cursor {
        Cursor::Call(_, sequence) => sequence.to_string(),
        Cursor::Log(position) => position.to_string(),
    };
    let body = wire::events::CallEvent::from(event);
    // A wire type has text keys and finite numbers only, which is all that can fail here.
    Event::default().id(id).event(name).json_data(body).unwrap_or_default()
}

/// Position of the tenant's last event: doubling steps until nothing lies behind, then halving. About forty reads of
/// one row for a million events, instead of the whole log.
async fn head(platform: &Platform, principal: &Principal) -> Result<i64, Refusal> {
    let next_after = async |position: i64| -> Result<Option<i64>, Refusal> {
        Ok(platform.events_after(principal, position, 1).await?.first().map(|event| event.position))
    };
    let (mut last, mut step) = (0_i64, 1_i64);
    // Everything up to `last` is known to exist; nothing lies after `beyond` once this loop is left.
    let mut beyond = loop {
        let probe = last.saturating_add(step);
        match next_after(probe).await? {
            Some(position) => (last, step) = (position, step.saturating_mul(2)),
            None => break probe,
        }
    };
    while last < beyond {
        let middle = last + (beyond - last) / 2;
        match next_after(middle).await? {
            Some(position) => last = position,
            None => beyond = middle,
        }
    }
    Ok(beyond)
}

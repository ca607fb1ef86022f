//! Counters of this process for `/metrics`, in Prometheus' text format. Numbers only: no tenant, no call, no number.
//!
//! Law: fed from the live bus; a count that lags under load is better than a call that waits for a count.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use app::DeliveryCounts;
use app::ports::live::{LinkState, LiveEvent};
use app::ports::store::Backlog;
use axum::http::StatusCode;
use domain::CallId;
use domain::call_event::{CallEvent, CallFact};
use domain::time::Timestamp;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

/// What this process counted since it started.
#[derive(Debug, Default)]
pub struct Metrics {
    /// HTTP answers by hundred of their status.
    answers: [AtomicU64; 6],
    /// Open event streams.
    streams: AtomicI64,
    /// Live events that came faster than they were counted.
    missed: AtomicU64,
    calls: Mutex<Calls>,
}

#[derive(Debug, Default)]
struct Calls {
    queued: u64,
    answered: u64,
    turns: u64,
    ended: BTreeMap<(&'static str, &'static str), u64>,
    live: HashSet<CallId>,
}

/// Counts an open stream for as long as it lives.
#[derive(Debug)]
pub struct OpenStream(std::sync::Arc<Metrics>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Counts an HTTP answer.
    pub fn answered(&self, status: StatusCode) {
        let hundred = usize::from(status.as_u16() / 100).min(self.answers.len() - 1);
        self.answers[hundred].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a stream until the guard is dropped.
    pub fn open_stream(self: &std::sync::Arc<Self>) -> OpenStream {
        self.streams.fetch_add(1, Ordering::Relaxed);
        OpenStream(self.clone())
    }

    /// Counts what the bus tells, until `stop`.
    pub async fn follow(&self, mut bus: broadcast::Receiver<LiveEvent>, stop: CancellationToken) {
        loop {
            let heard = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                heard = bus.recv() => heard,
            };
            match heard {
                Ok(LiveEvent::Fact(event)) => self.count(&event),
                Ok(LiveEvent::Words { .. } | LiveEvent::Missed) => {}
                Err(RecvError::Lagged(n)) => {
                    self.missed.fetch_add(n, Ordering::Relaxed);
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn count(&self, event: &CallEvent) {
        let mut calls = self.calls.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match &event.fact {
            CallFact::Queued => calls.queued += 1,
            CallFact::Dialing { .. } => {
                calls.live.insert(event.call);
            }
            CallFact::Answered { .. } => calls.answered += 1,
            CallFact::Turn(_) => calls.turns += 1,
            CallFact::Ended(ending) => {
                calls.live.remove(&event.call);
                *calls.ended.entry((ending.status.as_str(), ending.end_reason.as_str())).or_default() += 1;
            }
            _ => {}
        }
    }

    /// The page; `link` is the way to other nodes, where there are any.
    pub fn render(&self, link: Option<LinkState>) -> String {
        let mut page = String::with_capacity(2_048);
        let calls = self.calls.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        metric(&mut page, "outdial_calls_queued_total", "counter", "Calls accepted.", calls.queued);
        metric(&mut page, "outdial_calls_answered_total", "counter", "Calls answered.", calls.answered);
        metric(&mut page, "outdial_turns_total", "counter", "Turns of conversations.", calls.turns);
        metric(&mut page, "outdial_calls_live", "gauge", "Calls being dialed or talking.", calls.live.len());
        head(&mut page, "outdial_calls_ended_total", "counter", "Calls that are over, by status and end reason.");
        for ((status, reason), n) in &calls.ended {
            let labels = format!("{{status=\"{status}\",end_reason=\"{reason}\"}}");
            line(&mut page, "outdial_calls_ended_total", &labels, n);
        }
        drop(calls);
        head(&mut page, "outdial_http_answers_total", "counter", "HTTP answers by hundred of their status.");
        for (hundred, n) in self.answers.iter().enumerate().skip(1) {
            let labels = format!("{{status=\"{hundred}xx\"}}");
            line(&mut page, "outdial_http_answers_total", &labels, n.load(Ordering::Relaxed));
        }
        let streams = self.streams.load(Ordering::Relaxed);
        metric(&mut page, "outdial_event_streams", "gauge", "Open event streams.", streams);
        let missed = self.missed.load(Ordering::Relaxed);
        metric(&mut page, "outdial_metrics_missed_total", "counter", "Live events not counted.", missed);
        if let Some(link) = link {
            between_nodes(&mut page, link);
        }
        page
    }
}

fn between_nodes(page: &mut String, link: LinkState) {
    let connected = u8::from(link.connected);
    metric(page, "outdial_cluster_connected", "gauge", "Messages to other nodes go through: 1 or 0.", connected);
    let help = "Live messages to other nodes that were not sent.";
    metric(page, "outdial_cluster_dropped_total", "counter", help, link.dropped);
    let help = "Live messages of other nodes that are known to be lost.";
    metric(page, "outdial_cluster_missed_total", "counter", help, link.missed);
}

/// What this process delivered, and what waits in the database, where it answered.
pub(crate) fn deliveries(page: &mut String, counts: &DeliveryCounts, waiting: Option<Backlog>, now: Timestamp) {
    let name = "outdial_webhook_tries_total";
    head(page, name, "counter", "Tries to deliver an event, by what came of them.");
    for (result, n) in counts.all() {
        line(page, name, &format!("{{result=\"{result}\"}}"), n);
    }
    let Some(waiting) = waiting else { return };
    metric(page, "outdial_outbox_events", "gauge", "Events not yet made into deliveries.", waiting.outbox);
    metric(page, "outdial_webhook_backlog", "gauge", "Deliveries that wait for a try.", waiting.pending);
    let oldest = waiting.oldest.map_or(0.0, |at| now.duration_since(at).as_secs_f64().max(0.0));
    metric(page, "outdial_webhook_oldest_seconds", "gauge", "Age of the oldest undelivered event.", oldest);
}

fn head(page: &mut String, name: &str, kind: &str, help: &str) {
    let _ = write!(page, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn line(page: &mut String, name: &str, labels: &str, value: impl std::fmt::Display) {
    let _ = writeln!(page, "{name}{labels} {value}");
}

fn metric(page: &mut String, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
    head(page, name, kind, help);
    line(page, name, "", value);
}

//! The receiver of webhooks: writes down every delivery, and is often enough a bad host.
//!
//! Law: what it accepted it wrote down before it answered. It speaks bare HTTP/1.1 (RFC 9112), one request a
//! connection, because it must be able to hang up at any point.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::evidence::{Delivery, now};
use crate::random::Random;

/// Largest request that is read.
const MOST_BYTES: usize = 1024 * 1024;

/// What the sink does with a delivery that it sees for the first time. A repeat is accepted at once: how often a sender
/// repeats is tested elsewhere, and its schedule counts in hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Accepts,
    AcceptsSlowly(Duration),
    Fails,
    HangsUp,
}

impl Manner {
    fn next(random: &mut Random) -> Self {
        match random.below(100) {
            0..82 => Self::Accepts,
            82..86 => Self::AcceptsSlowly(random.millis(500, 2_000)),
            86..94 => Self::Fails,
            _ => Self::HangsUp,
        }
    }
}

struct Log {
    random: Random,
    deliveries: Vec<Delivery>,
    seen: HashSet<(String, String)>,
}

type Shared = Arc<Mutex<Log>>;

/// A running sink.
pub(crate) struct Sink {
    /// Where it hears HTTP.
    pub(crate) address: SocketAddr,
    shared: Shared,
    _task: JoinSet<()>,
}

impl Sink {
    /// Binds a free loopback port.
    pub(crate) async fn start(seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let random = Random::part(seed, 0x51);
        let shared = Arc::new(Mutex::new(Log { random, deliveries: Vec::new(), seen: HashSet::new() }));
        let mut task = JoinSet::new();
        task.spawn(listen(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, _task: task })
    }

    /// Every delivery so far.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).deliveries.clone()
    }
}

async fn listen(listener: TcpListener, shared: Shared) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => { connections.spawn(serve(stream, Arc::clone(&shared))); }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(mut stream: TcpStream, shared: Shared) {
    let Some((head, body)) = read(&mut stream).await else { return };
    let Some(mut delivery) = delivery(&head, &body) else { return };
    let manner = {
        let mut log = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = log.seen.insert((delivery.endpoint.clone(), delivery.id.clone()));
        let manner = if fresh { Manner::next(&mut log.random) } else { Manner::Accepts };
        delivery.accepted = matches!(manner, Manner::Accepts | Manner::AcceptsSlowly(_));
        log.deliveries.push(delivery);
        manner
    };
    let status = match manner {
        Manner::Accepts => "200 OK",
        Manner::AcceptsSlowly(pause) => {
            tokio::time::sleep(pause).await;
            "200 OK"
        }
        Manner::Fails => "500 Internal Server Error",
        Manner::HangsUp => return,
    };
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// Head and body of one request.
async fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length: usize = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                return Some((head, bytes[end + 4..end + 4 + length].to_vec()));
            }
        }
        if bytes.len() > MOST_BYTES || stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn header<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    let fields = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
    fields.filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim()).next()
}

/// Reads a delivery in our own dialect: `{type, timestamp, data: {call, event}}`. News that are about no call have no
/// event.
fn delivery(head: &str, body: &[u8]) -> Option<Delivery> {
    let endpoint = head.split(' ').nth(1)?.to_owned();
    let body: Value = serde_json::from_slice(body).ok()?;
    let event = &body["data"]["event"];
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    Some(Delivery {
        at: now(),
        endpoint,
        id: header(head, "webhook-id")?.to_owned(),
        event: text("id"),
        call: text("call_id"),
        sequence: u32::try_from(event["sequence"].as_u64().unwrap_or(0)).unwrap_or(0),
        accepted: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn post(sink: &Sink, id: &str) -> String {
        let body = r#"{"type":"call.ended","data":{"event":{"id":"evt_1","call_id":"call_1","sequence":3}}}"#;
        let mut stream = TcpStream::connect(sink.address).await.unwrap();
        let request = format!("POST /a HTTP/1.1\r\nWebhook-Id: {id}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn what_is_accepted_is_written_down_and_some_is_not_accepted() {
        let sink = Sink::start(3).await.unwrap();
        let mut accepted = 0;
        for n in 0..40 {
            accepted += usize::from(post(&sink, &format!("msg_{n}")).await.starts_with("HTTP/1.1 200"));
        }
        let log = sink.deliveries();
        assert_eq!((log.len(), log.iter().filter(|one| one.accepted).count()), (40, accepted));
        assert!((20..40).contains(&accepted), "{accepted} of 40");
        let one = &log[0];
        assert_eq!((one.endpoint.as_str(), one.id.as_str(), one.event.as_str()), ("/a", "msg_0", "evt_1"));
        assert_eq!((one.call.as_str(), one.sequence), ("call_1", 3));
        let refused = log.iter().find(|one| !one.accepted).unwrap();
        assert!(post(&sink, &refused.id).await.starts_with("HTTP/1.1 200"), "a repeat is accepted");
    }
}

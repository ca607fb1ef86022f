//! Clients: they ask for calls at random moments, and repeat with their key when no answer came, as a good client does.
//!
//! Law: an answer counts when its whole body arrived, and what did not arrive is written down as lost.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::evidence::{Answer, Ask, Expected, Forbidden, Try, now};
use crate::random::Random;
use crate::world::setup::{
    CAPPED_AGENT, CLOSED_AGENT, FOREIGN, KEY, OUT_OF_HOURS, PACED_AGENT, PATIENT_AGENT, PREMIUM, PROMPT_AGENT,
    SCARCE_AGENT, SHORT, SUPPRESSED, key_of,
};

/// Longest wait for an answer; shorter than some stops.
const ANSWER: Duration = Duration::from_secs(2);
/// A client with a key asks again for this long.
const PATIENCE: Duration = Duration::from_secs(60);
/// Clients at once; more wait, as the load of a test must not hide a server that stands still.
const AT_ONCE: usize = 64;

/// How much is asked, and of whom.
#[derive(Clone, Debug)]
pub(crate) struct LoadSettings {
    pub(crate) seed: u64,
    pub(crate) nodes: Vec<SocketAddr>,
    /// Creates a second.
    pub(crate) rate: f64,
    /// Share of asks with an `Idempotency-Key`, in a hundred.
    pub(crate) keyed: u64,
}

/// What the clients wrote down.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) asks: Vec<Ask>,
    pub(crate) forbidden: Vec<Forbidden>,
}

struct Clients {
    settings: LoadSettings,
    http: reqwest::Client,
    book: Mutex<Book>,
}

/// What a client does once its call is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Nothing,
    HangUp,
    Suppress,
}

/// Clients that are wanted at once, beside those that come by themselves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) clients: u64,
    pub(crate) wishes: Wishes,
}

/// What clients are after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wishes {
    /// Anything.
    Mixed,
    /// Calls that are up for some seconds.
    Long,
    /// Calls that wait for their pace.
    Paced,
    /// Calls of the organization that has caps.
    Capped,
}

/// Asks until `stop` says so, many at once when a burst is ordered, then waits for the clients under way.
pub(crate) async fn run(
    settings: LoadSettings,
    mut orders: mpsc::Receiver<Order>,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<Book> {
    let http = reqwest::Client::builder().timeout(ANSWER).connect_timeout(ANSWER).build()?;
    let mut random = Random::part(settings.seed, 0x10ad);
    let clients = Arc::new(Clients { settings, http, book: Mutex::default() });
    let mut under_way = JoinSet::new();
    let (mut number, mut next) = (0, Instant::now());
    while !*stop.borrow() {
        tokio::select! {
            _ = stop.changed() => {}
            Some(_) = under_way.join_next() => {}
            Some(order) = orders.recv(), if under_way.len() < AT_ONCE => {
                for _ in 0..order.clients {
                    number += 1;
                    under_way.spawn(client(Arc::clone(&clients), number, order.wishes));
                }
            }
            () = tokio::time::sleep_until(next), if under_way.len() < AT_ONCE => {
                number += 1;
                // Exponential gaps: arrivals that know nothing of each other.
                let draw = (random.below(1 << 32) + 1) as f64 / f64::from(u32::MAX);
                next += Duration::from_secs_f64(-draw.min(1.0).ln() / clients.settings.rate);
                under_way.spawn(client(Arc::clone(&clients), number, Wishes::Mixed));
            }
        }
    }
    while under_way.join_next().await.is_some() {}
    let mut book = std::mem::take(&mut *clients.book.lock().unwrap_or_else(PoisonError::into_inner));
    book.asks.sort_by_key(|ask| ask.number);
    Ok(book)
}

async fn client(clients: Arc<Clients>, number: u64, wishes: Wishes) {
    let mut random = Random::part(clients.settings.seed, 0xc11e_0000_0000 + number);
    let (mut ask, then) = wish(number, &mut random, clients.settings.keyed, wishes);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let node = random.below(clients.settings.nodes.len() as u64) as usize;
        let tried = clients.create(&ask, node).await;
        let again = ask.key.is_some() && worth_repeating(&tried.answer);
        ask.tries.push(tried);
        if !again || Instant::now() > deadline {
            break;
        }
        sleep(random.millis(100, 600)).await;
    }
    let accepted = ask.accepted().next().map(str::to_owned);
    let to = ask.to.clone();
    clients.book().asks.push(ask);
    let Some(call) = accepted else { return };
    let node = clients.settings.nodes[random.below(clients.settings.nodes.len() as u64) as usize];
    match then {
        Then::Nothing => {}
        Then::HangUp => {
            sleep(random.millis(0, 3_000)).await;
            clients.post(node, &format!("/v1/calls/{call}/hangup"), KEY, None, &Value::Null).await;
        }
        Then::Suppress => {
            let body = json!({ "number": to, "reason": "asked for it by mail" });
            let answer = clients.post(node, "/v1/suppressions", KEY, None, &body).await;
            if let Answer::Arrived { status: 200..=299, .. } = answer {
                let why = "suppressed while its call waited".to_owned();
                clients.book().forbidden.push(Forbidden { number: to, why, since: now() });
            }
        }
    }
}

/// What client `number` wants.
fn wish(number: u64, random: &mut Random, keyed: u64, wishes: Wishes) -> (Ask, Then) {
    let (to, expected, then) = callee(number, random, wishes);
    let agent = match (wishes, then, random.below(100)) {
        (Wishes::Long, ..) => PATIENT_AGENT,
        (Wishes::Capped, ..) => CAPPED_AGENT,
        (Wishes::Paced, ..) | (_, Then::Suppress, _) => PACED_AGENT,
        (_, _, n) if expected == Expected::Bounded => [CAPPED_AGENT, SCARCE_AGENT][usize::from(n < 35)],
        _ if OUT_OF_HOURS.contains(&to.as_str()) => CLOSED_AGENT,
        (_, _, 60..80) => PACED_AGENT,
        (_, _, 80..100) => PATIENT_AGENT,
        _ => PROMPT_AGENT,
    };
    let key = random.percent(keyed).then(|| format!("chaos-{number}-{:016x}", random.next()));
    (Ask { number, to, agent: agent.to_owned(), key, expected, tries: Vec::new() }, then)
}

fn callee(number: u64, random: &mut Random, wishes: Wishes) -> (String, Expected, Then) {
    let own = format!("+1555{:07}", 2_000_000 + number);
    let refused = |from: &[&str], code, random: &mut Random| {
        let to = from[random.below(from.len() as u64) as usize].to_owned();
        (to, Expected::Refused(code), Then::Nothing)
    };
    match random.below(100) {
        _ if wishes == Wishes::Capped => (own, Expected::Bounded, Then::Nothing),
        _ if wishes != Wishes::Mixed => (own, Expected::Accepted, Then::Nothing),
        0..3 => refused(&SUPPRESSED, "suppressed", random),
        3..5 => refused(&FOREIGN, "number_not_allowed", random),
        5..7 => refused(&PREMIUM, "number_not_allowed", random),
        7..8 => refused(&SHORT, "invalid_number", random),
        8..10 => refused(&OUT_OF_HOURS, "outside_hours", random),
        10..14 => (own, Expected::Accepted, Then::Suppress),
        14..19 => (own, Expected::Accepted, Then::HangUp),
        19..34 => (own, Expected::Bounded, Then::Nothing),
        _ => (own, Expected::Accepted, Then::Nothing),
    }
}

/// Not answered, not ready, or an earlier try still in flight.
fn worth_repeating(answer: &Answer) -> bool {
    match answer {
        Answer::Lost => true,
        // The day's cap outlasts everybody's patience.
        Answer::Arrived { status: 429, word, .. } => word != "key.calls_per_day",
        Answer::Arrived { status, .. } => matches!(status, 409 | 500..),
    }
}

impl Clients {
    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn create(&self, ask: &Ask, node: usize) -> Try {
        let body = json!({ "agent": ask.agent, "to": ask.to, "metadata": { "ask": ask.number } });
        let sent = now();
        let answer =
            self.post(self.settings.nodes[node], "/v1/calls", key_of(&ask.agent), ask.key.as_deref(), &body).await;
        Try { node, sent, done: now(), answer }
    }

    async fn post(&self, node: SocketAddr, path: &str, secret: &str, key: Option<&str>, body: &Value) -> Answer {
        let mut request = self.http.post(format!("http://{node}{path}")).bearer_auth(secret);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let Ok(answer) = request.send().await else { return Answer::Lost };
        let (status, replayed) = (answer.status().as_u16(), is_replay(answer.headers()));
        let Ok(body) = answer.json::<Value>().await else { return Answer::Lost };
        let word = body["id"].as_str().or(body["facts"]["limit"].as_str()).or(body["code"].as_str());
        let word = word.unwrap_or_default().to_owned();
        Answer::Arrived { status, word, replayed }
    }
}

fn is_replay(headers: &HeaderMap) -> bool {
    headers.get("idempotent-replayed").is_some_and(|value| value == "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_wants_the_same_in_every_run_and_all_wishes_come() {
        let of = |number| wish(number, &mut Random::part(3, number), 50, Wishes::Mixed);
        let told = |number| format!("{:?}", of(number));
        assert_eq!(told(8), told(8));
        let all: Vec<(Ask, Then)> = (0..400).map(of).collect();
        for code in ["suppressed", "number_not_allowed", "invalid_number", "outside_hours"] {
            assert!(all.iter().any(|(ask, _)| ask.expected == Expected::Refused(code)), "{code}");
        }
        for agent in [CAPPED_AGENT, SCARCE_AGENT, CLOSED_AGENT, PACED_AGENT, PATIENT_AGENT, PROMPT_AGENT] {
            assert!(all.iter().any(|(ask, _)| ask.agent == agent), "{agent}");
        }
        assert!([Then::HangUp, Then::Suppress].iter().all(|then| all.iter().any(|(_, t)| t == then)));
        let keyed = all.iter().filter(|(ask, _)| ask.key.is_some()).count();
        assert!((150..250).contains(&keyed));
    }

    #[test]
    fn only_what_may_still_come_is_repeated() {
        let arrived = |status| Answer::Arrived { status, word: String::new(), replayed: false };
        for status in [409, 429, 500, 503] {
            assert!(worth_repeating(&arrived(status)));
        }
        assert!(worth_repeating(&Answer::Lost));
        assert!(!worth_repeating(&arrived(201)) && !worth_repeating(&arrived(422)));
    }
}

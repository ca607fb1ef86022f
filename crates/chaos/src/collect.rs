//! What the platform says of itself when all is quiet, read over its own API.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use domain::money::Money;
use domain::time::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::evidence::{At, CallRecord, Decision, EventRecord, LedgerEntry, Wallet};

const ANSWER: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LIVE: &str = "queued,dialing,ringing,in_progress";

/// A reader of one organization at one node.
pub(crate) struct Reader {
    http: reqwest::Client,
    base: String,
    key: &'static str,
}

impl Reader {
    /// Of the node at `address`, with this key.
    pub(crate) fn new(address: SocketAddr, key: &'static str) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(ANSWER).build()?;
        Ok(Self { http, base: format!("http://{address}"), key })
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let answer = self.http.get(format!("{}{path}", self.base)).bearer_auth(self.key).send().await?;
        let (status, body) = (answer.status(), answer.bytes().await?);
        ensure!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).with_context(|| path.to_owned())
    }

    /// Waits until no call waits or lives; false when some still do after `patience`.
    pub(crate) async fn quiet(&self, patience: Duration) -> Result<bool> {
        let deadline = Instant::now() + patience;
        loop {
            let page: Value = self.get(&format!("/v1/calls?status={LIVE}&limit=1")).await?;
            if page["items"].as_array().is_some_and(Vec::is_empty) {
                return Ok(true);
            }
            if Instant::now() > deadline {
                return Ok(false);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Every call with its events; `capped` says whose they are.
    pub(crate) async fn calls(&self, capped: bool) -> Result<Vec<CallRecord>> {
        let mut calls = Vec::new();
        for item in self.all("/v1/calls").await? {
            calls.push(CallRecord { capped, ..self.call(&item).await? });
        }
        Ok(calls)
    }

    /// What policy decided.
    pub(crate) async fn decisions(&self) -> Result<Vec<Decision>> {
        let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
        let decision = |item: &Value| Decision { number: text(item, "number"), code: text(item, "code") };
        Ok(self.all("/v1/policy/decisions").await?.iter().map(decision).collect())
    }

    /// The organization's money, with the whole ledger in order.
    pub(crate) async fn wallet(&self) -> Result<Wallet> {
        let newest_first = self.all("/v1/wallet/ledger").await?;
        let ledger = newest_first.iter().rev().map(entry).collect::<Result<_>>()?;
        let wallet: Value = self.get("/v1/wallet").await?;
        Ok(Wallet { balance: money(&wallet["balance"])?, held: money(&wallet["held"])?, ledger })
    }

    /// All pages of a listing.
    async fn all(&self, path: &str) -> Result<Vec<Value>> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut page: Value = self.get(&format!("{path}?limit=200{cursor}")).await?;
            items.append(page["items"].as_array_mut().context("a page without items")?);
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(items),
            }
        }
    }

    async fn call(&self, item: &Value) -> Result<CallRecord> {
        let id = item["id"].as_str().context("a call without id")?;
        let listed: Value = self.get(&format!("/v1/calls/{id}/events")).await?;
        let events = listed["items"].as_array().context("events without items")?;
        let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
        Ok(CallRecord {
            id: id.to_owned(),
            to: text("to"),
            agent: text("agent"),
            capped: false,
            ask: item["metadata"]["ask"].as_u64(),
            status: text("status"),
            end_reason: text("end_reason"),
            events: events.iter().map(event).collect::<Result<_>>()?,
        })
    }
}

fn event(event: &Value) -> Result<EventRecord> {
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let at: Timestamp = text("at").parse().context("time of an event")?;
    Ok(EventRecord {
        id: text("id"),
        sequence: u32::try_from(event["sequence"].as_u64().unwrap_or(0)).unwrap_or(0),
        at: At::from(at.as_microsecond()),
        kind: text("type"),
        attempt: event["data"]["attempt"].as_str().map(str::to_owned),
    })
}

/// A line of the ledger by what it adds to the balance: what is held back and given back stays the organization's.
fn entry(item: &Value) -> Result<LedgerEntry> {
    let kind = item["kind"].as_str().context("an entry without a kind")?.to_owned();
    let amount = money(&item["amount"])?;
    let amount = match kind.as_str() {
        "hold" | "release" => 0,
        "settle" => -amount,
        _ => amount,
    };
    Ok(LedgerEntry { kind, amount, call: item["call_id"].as_str().map(ToOwned::to_owned) })
}

/// Millionths.
fn money(text: &Value) -> Result<i64> {
    let money: Money = text.as_str().context("an amount that is no text")?.parse()?;
    Ok(money.micros())
}

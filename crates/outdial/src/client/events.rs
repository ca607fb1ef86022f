//! Reading server-sent events, resuming where a connection broke off.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, Result};
use api::wire::events::{CallEvent, Words};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use reqwest::{Method, StatusCode, header};
use std::pin::Pin;

use super::{Client, segment};

/// The server sends a comment at least every fifteen seconds; after three missed ones the line is dead.
const SILENCE: Duration = Duration::from_secs(45);
/// Attempts to resume before giving up, with nothing read in between.
const RESUMES: u32 = 10;

/// What comes in a call's stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// An event.
    Event(Box<CallEvent>),
    /// Words while they are being spoken.
    Words(Words),
}

/// A call's events until it is over.
pub struct Follow<'a> {
    client: &'a Client,
    path: String,
    last: Option<String>,
    body: Option<Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>>,
    parser: Parser,
    ready: VecDeque<Heard>,
    failures: u32,
    over: bool,
}

impl std::fmt::Debug for Follow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follow").field("over", &self.over).finish_non_exhaustive()
    }
}

impl Client {
    /// Follows a call from its first event on.
    pub fn follow(&self, call: &str) -> Follow<'_> {
        Follow {
            client: self,
            path: format!("/v1/calls/{}/events", segment(call)),
            last: None,
            body: None,
            parser: Parser::default(),
            ready: VecDeque::new(),
            failures: 0,
            over: false,
        }
    }
}

impl Follow<'_> {
    /// The next event; `None` once the call is over. A connection that breaks is resumed.
    pub async fn next(&mut self) -> Result<Option<Heard>> {
        loop {
            if let Some(heard) = self.ready.pop_front() {
                return Ok(Some(heard));
            }
            if self.over {
                return Ok(None);
            }
            if self.body.is_none() {
                self.connect().await?;
                continue;
            }
            let Some(body) = self.body.as_mut() else { continue };
            match tokio::time::timeout(SILENCE, body.next()).await {
                Ok(Some(Ok(bytes))) => self.take(&bytes)?,
                Ok(Some(Err(_)) | None) | Err(_) => self.body = None,
            }
        }
    }

    async fn connect(&mut self) -> Result<()> {
        if self.failures > 0 {
            anyhow::ensure!(self.failures <= RESUMES, "the event stream breaks off again and again");
            tokio::time::sleep(Duration::from_millis(200 * u64::from(self.failures))).await;
        }
        self.failures += 1;
        let mut request = self.client.request(Method::GET, &self.path).header(header::ACCEPT, "text/event-stream");
        if let Some(last) = &self.last {
            request = request.header("Last-Event-ID", last);
        }
        let response = match self.client.send(request).await {
            Ok(response) => response,
            // The first connection must work; later ones are worth a retry, unless the server said no.
            Err(error) if self.last.is_none() || error.is::<super::Refused>() => return Err(error),
            Err(_) => return Ok(()),
        };
        if response.status() == StatusCode::NO_CONTENT {
            self.over = true;
            return Ok(());
        }
        self.parser = Parser::default();
        self.body = Some(Box::pin(response.bytes_stream()));
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> Result<()> {
        for message in self.parser.push(bytes) {
            self.failures = 0;
            let heard = if message.event == "words" {
                Heard::Words(serde_json::from_str(&message.data).context("unknown words in the stream")?)
            } else {
                self.over |= message.event == "call.ended";
                Heard::Event(serde_json::from_str(&message.data).context("unknown event in the stream")?)
            };
            if message.id.is_some() {
                self.last = message.id;
            }
            self.ready.push_back(heard);
        }
        Ok(())
    }
}

/// One server-sent event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Message {
    id: Option<String>,
    event: String,
    data: String,
}

/// Lines into messages (HTML Living Standard, 9.2.6). Comments and fields that we do not use are skipped.
#[derive(Debug, Default)]
struct Parser {
    rest: Vec<u8>,
    building: Message,
}

impl Parser {
    fn push(&mut self, bytes: &[u8]) -> Vec<Message> {
        self.rest.extend_from_slice(bytes);
        let mut messages = Vec::new();
        while let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            if let Some(message) = self.line(line.trim_end_matches(['\r', '\n'])) {
                messages.push(message);
            }
        }
        messages
    }

    fn line(&mut self, line: &str) -> Option<Message> {
        if line.is_empty() {
            let message = std::mem::take(&mut self.building);
            return (!message.data.is_empty()).then_some(message);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.building.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.building.event),
            "data" => {
                if !self.building.data.is_empty() {
                    self.building.data.push('\n');
                }
                self.building.data.push_str(value);
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Message, Parser};

    #[test]
    fn messages_are_put_together_from_pieces_of_any_size() {
        let text = "retry: 2000\n\n: hello\n\nid: 1\nevent: call.queued\ndata: {\"a\":\ndata: 1}\n\nevent: words\r\ndata:x\r\n\r\n";
        let want = vec![
            Message { id: Some("1".into()), event: "call.queued".into(), data: "{\"a\":\n1}".into() },
            Message { id: None, event: "words".into(), data: "x".into() },
        ];
        for size in 1..text.len() {
            let mut parser = Parser::default();
            let got: Vec<Message> = text.as_bytes().chunks(size).flat_map(|piece| parser.push(piece)).collect();
            assert_eq!(got, want, "in pieces of {size}");
        }
    }
}

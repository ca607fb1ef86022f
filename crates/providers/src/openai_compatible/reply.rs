//! One streamed reply: chunks in, deltas out, until it is done, late, broken or no longer wanted.

use std::collections::BTreeMap;
use std::time::Duration;

use app::ports::ProviderError;
use app::ports::language_model::{ChatDelta, ToolCall};
use app::ports::provider_error::ProviderErrorKind;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::error_of;
use super::sse::SseReader;
use super::wire::{CallPiece, Chunk, Usage};

/// Tool calls of one reply; a server that sends more is broken.
const MOST_CALLS: usize = 32;
/// Bytes of one call's arguments.
const LONGEST_ARGUMENTS: usize = 256 << 10;

type Delta = Result<ChatDelta, ProviderError>;

/// A reply on its way.
pub(super) struct Reply {
    response: reqwest::Response,
    output: mpsc::Sender<Delta>,
    deadline: Instant,
    between_tokens: Duration,
    parts: Parts,
}

impl Reply {
    pub(super) fn new(
        response: reqwest::Response,
        output: mpsc::Sender<Delta>,
        deadline: Instant,
        between_tokens: Duration,
    ) -> Self {
        Self { response, output, deadline, between_tokens, parts: Parts::default() }
    }

    /// Runs to the end. Dropping the response on the way closes the connection and so cancels the request.
    pub(super) async fn run(mut self) {
        let output = self.output.clone();
        tokio::select! {
            biased;
            () = output.closed() => {}
            result = self.forward() => {
                if let Err(error) = result {
                    // A closed channel wants no error either.
                    let _ = output.send(Err(error)).await;
                }
            }
        }
    }

    async fn forward(&mut self) -> Result<(), ProviderError> {
        let mut events = SseReader::default();
        loop {
            let late = |_| error_of(ProviderErrorKind::Timeout, "no token in time");
            let broken = |_| error_of(ProviderErrorKind::Unavailable, "the connection broke");
            let bytes = timeout_at(self.deadline, self.response.chunk()).await.map_err(late)?.map_err(broken)?;
            let Some(bytes) = bytes else { break };
            let malformed = |error: super::sse::SseError| error_of(ProviderErrorKind::Unavailable, &error.to_string());
            for event in events.push(&bytes).map_err(malformed)? {
                if event == "[DONE]" {
                    return self.finish().await;
                }
                let deltas = self.parts.take(&event)?;
                // Keep-alive comments do not count as progress; a chunk does, even one without text.
                self.deadline = Instant::now() + self.between_tokens;
                for delta in deltas {
                    self.send(delta).await;
                }
            }
        }
        // Some servers close without [DONE]; what matters is that the model said it had finished.
        if self.parts.finished {
            return self.finish().await;
        }
        Err(error_of(ProviderErrorKind::Unavailable, "the reply ended before it was complete"))
    }

    async fn finish(&mut self) -> Result<(), ProviderError> {
        for call in self.parts.calls() {
            self.send(ChatDelta::ToolCall(call)).await;
        }
        let usage = self.parts.usage;
        self.send(ChatDelta::Done {
            prompt_tokens: usage.and_then(|usage| usage.prompt_tokens),
            completion_tokens: usage.and_then(|usage| usage.completion_tokens),
        })
        .await;
        Ok(())
    }

    async fn send(&self, delta: ChatDelta) {
        // When the receiver goes, `run` ends this future.
        let _ = self.output.send(Ok(delta)).await;
    }
}

/// What has come so far and is not yet passed on.
#[derive(Default)]
struct Parts {
    calls: BTreeMap<usize, ToolCall>,
    usage: Option<Usage>,
    finished: bool,
}

impl Parts {
    /// Takes one event in; gives the deltas that are complete with it.
    fn take(&mut self, event: &str) -> Result<Vec<ChatDelta>, ProviderError> {
        let unreadable = |_| error_of(ProviderErrorKind::Unavailable, "an event of the reply is not readable");
        let chunk: Chunk<'_> = serde_json::from_str(event).map_err(unreadable)?;
        if chunk.error.is_some() {
            return Err(error_of(ProviderErrorKind::Overloaded, "the server reported an error inside the reply"));
        }
        self.usage = chunk.usage.or(self.usage);
        let mut deltas = Vec::new();
        for choice in chunk.choices {
            if let Some(text) = choice.delta.content.filter(|text| !text.is_empty()) {
                deltas.push(ChatDelta::Text(text.into_owned()));
            }
            for piece in choice.delta.tool_calls.into_iter().flatten() {
                self.join(piece)?;
            }
            if choice.finish_reason.is_some() {
                self.finished = true;
                deltas.extend(self.calls().into_iter().map(ChatDelta::ToolCall));
            }
        }
        Ok(deltas)
    }

    fn join(&mut self, piece: CallPiece<'_>) -> Result<(), ProviderError> {
        let call = self.calls.entry(piece.index).or_default();
        if let Some(id) = piece.id.filter(|id| !id.is_empty()) {
            call.id = id.into_owned();
        }
        if let Some(function) = piece.function {
            if let Some(name) = function.name {
                call.name.push_str(&name);
            }
            call.arguments.push_str(function.arguments.as_deref().unwrap_or(""));
        }
        if call.arguments.len() > LONGEST_ARGUMENTS || self.calls.len() > MOST_CALLS {
            return Err(error_of(ProviderErrorKind::Unavailable, "the reply asks for too much"));
        }
        Ok(())
    }

    fn calls(&mut self) -> Vec<ToolCall> {
        std::mem::take(&mut self.calls).into_values().collect()
    }
}

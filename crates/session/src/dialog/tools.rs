//! Calls tools over the guarded HTTP client.
//!
//! Law: a tool that writes carries an idempotency key made of call, tool and arguments, so that a repeated request
//! (a retry, a barge-in, an impatient model) does the work once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::ports::OutboundHttp;
use app::ports::outbound_http::HttpRequest;
use serde_json::Value;

/// How a tool call went.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolOutcome {
    /// HTTP status, if an answer came.
    pub status: Option<u16>,
    /// The answer, read as JSON where it is JSON, else as text.
    pub body: Value,
    /// How long it took.
    pub duration_ms: u64,
    /// Why it failed: no answer, or a status of 400 and above.
    pub error: Option<String>,
}

/// Runs tools for one call.
#[derive(Clone)]
pub struct Tools {
    http: Arc<dyn OutboundHttp>,
}

/// A tool call, rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// Address.
    pub url: String,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// JSON body, if any.
    pub body: Option<Value>,
    /// For the whole exchange.
    pub timeout: Duration,
    /// For tools that write.
    pub idempotency_key: Option<String>,
}

impl Tools {
    /// Tools over `http`.
    pub fn new(http: Arc<dyn OutboundHttp>) -> Self {
        Self { http }
    }

    /// One exchange; never fails, says how it went.
    pub async fn call(&self, request: ToolRequest) -> ToolOutcome {
        let begun = Instant::now();
        let ToolRequest { method, url, mut headers, body, timeout, idempotency_key } = request;
        if body.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type".into(), "application/json".into()));
        }
        headers.extend(idempotency_key.map(|key| ("idempotency-key".to_owned(), key)));
        let body = body.map(|b| b.to_string().into_bytes());
        let answer = self.http.send(HttpRequest { method, url, headers, body, timeout, body_excerpt: None }).await;
        let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        match answer {
            Ok(answer) => ToolOutcome {
                status: Some(answer.status),
                body: serde_json::from_slice(&answer.body)
                    .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&answer.body).into_owned())),
                duration_ms,
                error: (answer.status >= 400).then(|| format!("status {}", answer.status)),
            },
            Err(error) => ToolOutcome { status: None, body: Value::Null, duration_ms, error: Some(error.to_string()) },
        }
    }
}

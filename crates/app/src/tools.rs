//! An agent's tools: HTTP requests to places that its author names, over the guarded client.
//!
//! Law: a call's dialog and the button beside the tool go this one way. A tool that writes carries an idempotency key
//! made of call, tool and content, so that a repeated request (a retry, a barge-in, an impatient model) does the work
//! once. An exchange never fails, it says how it went.

use std::sync::Arc;
use std::time::Duration;

use domain::CallId;
use domain::api_key::Permission;
use domain::refusal::{Refusal, RefusalCode};
use machines::flow::{ToolRequest, tool_request};
use serde_json::Value;
use tokio::time::Instant;

use crate::ports::OutboundHttp;
use crate::ports::outbound_http::HttpRequest;
use crate::refusals::{invalid, not_found};
use crate::{Platform, Principal};

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

/// Runs tools for one call, or for one talk.
#[derive(Clone)]
pub struct Tools {
    http: Arc<dyn OutboundHttp>,
    call: CallId,
}

impl Tools {
    /// Tools over `http`; keys of those that write begin with `call`.
    pub fn new(http: Arc<dyn OutboundHttp>, call: CallId) -> Self {
        Self { http, call }
    }

    /// One exchange.
    pub async fn call(&self, request: ToolRequest) -> ToolOutcome {
        let begun = Instant::now();
        let ToolRequest { method, url, mut headers, body, timeout_ms, idempotency_key } = request;
        if body.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type".into(), "application/json".into()));
        }
        headers.extend(idempotency_key.map(|key| ("idempotency-key".to_owned(), format!("{}-{key}", self.call))));
        let request = HttpRequest {
            method: method.as_str().to_owned(),
            url,
            headers,
            body: body.map(|body| body.to_string().into_bytes()),
            timeout: Duration::from_millis(timeout_ms),
            body_excerpt: None,
        };
        let answer = self.http.send(request).await;
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

impl Platform {
    /// Runs a tool of an agent's draft as a call would, with the draft's sample values where `arguments` (a JSON object)
    /// does not say. Its texts find what is given as `{{x}}` and as `{{arguments.x}}`.
    pub async fn test_tool(
        &self,
        principal: &Principal,
        agent: &str,
        tool: &str,
        arguments: Value,
    ) -> Result<ToolOutcome, Refusal> {
        principal.require(Permission::AgentsWrite)?;
        let agent = self.find_agent(principal, agent).await?;
        if principal.agent.is_some_and(|bound| bound != agent.id) {
            return Err(Refusal::new(RefusalCode::PermissionDenied, "this API key is bound to another agent"));
        }
        let definition = &agent.draft;
        let spec = definition.tools.get(tool).ok_or_else(|| not_found("tool of the agent's draft"))?;
        let Value::Object(given) = arguments else {
            return Err(invalid("/arguments", "must be an object"));
        };
        let samples = definition.sample_variables().into_iter().map(|(name, value)| (name, Value::String(value)));
        let mut context = serde_json::Map::from_iter(samples);
        context.extend(given.clone());
        context.insert("arguments".into(), Value::Object(given));
        let request = tool_request(spec, &Value::Object(context), tool)
            .map_err(|missing| invalid("/arguments", format!("the tool was not called: {missing}")))?;
        // Each test is a call of its own: what it writes, it writes again.
        Ok(Tools::new(self.webhooks.http.clone(), CallId(self.clock.uuid())).call(request).await)
    }
}

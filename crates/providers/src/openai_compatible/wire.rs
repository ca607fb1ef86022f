//! The bodies of the chat-completions wire, and the translation from and to our own.

use std::borrow::Cow;

use app::ports::language_model::{ChatMessage, ChatRequest, ToolCall, ToolSpec};
use serde::{Deserialize, Serialize};

use super::OpenAiSettings;

#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
}

/// Source: <https://platform.openai.com/docs/api-reference/models/list>.
#[derive(Deserialize)]
pub(super) struct Models {
    pub(super) data: Vec<Model>,
}

#[derive(Deserialize)]
pub(super) struct Model {
    pub(super) id: String,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Call<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: CalledFunction<'a>,
}

#[derive(Serialize)]
struct CalledFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

#[derive(Serialize)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a serde_json::Value,
}

/// The request's body.
pub(super) fn body<'a>(request: &'a ChatRequest, settings: &OpenAiSettings) -> Body<'a> {
    Body {
        model: &request.model,
        messages: request.messages.iter().map(message).collect(),
        tools: request.tools.iter().map(tool).collect(),
        stream: true,
        stream_options: StreamOptions { include_usage: true },
        temperature: settings.temperature,
        max_completion_tokens: settings.max_tokens,
    }
}

fn message(message: &ChatMessage) -> Message<'_> {
    let plain = |role, text| Message { role, content: Some(text), tool_calls: Vec::new(), tool_call_id: None };
    match message {
        ChatMessage::System(text) => plain("system", text),
        ChatMessage::User(text) => plain("user", text),
        ChatMessage::Assistant { text, tool_calls } => Message {
            role: "assistant",
            content: Some(text.as_str()).filter(|text| !text.is_empty() || tool_calls.is_empty()),
            tool_calls: tool_calls.iter().map(call).collect(),
            tool_call_id: None,
        },
        ChatMessage::Tool { id, content } => Message { tool_call_id: Some(id), ..plain("tool", content) },
    }
}

fn call(call: &ToolCall) -> Call<'_> {
    let function = CalledFunction { name: &call.name, arguments: &call.arguments };
    Call { id: &call.id, kind: "function", function }
}

fn tool(tool: &ToolSpec) -> Tool<'_> {
    let function = Function { name: &tool.name, description: &tool.description, parameters: &tool.parameters };
    Tool { kind: "function", function }
}

/// One streamed chunk. Fields we do not need are not looked at, so that every server's extras are fine.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(default, borrow)]
    pub(super) choices: Vec<Choice<'a>>,
    pub(super) usage: Option<Usage>,
    pub(super) error: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(default, borrow)]
    pub(super) delta: Delta<'a>,
    #[serde(borrow)]
    pub(super) finish_reason: Option<Cow<'a, str>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(borrow)]
    pub(super) content: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) tool_calls: Option<Vec<CallPiece<'a>>>,
}

/// Pieces of one call share an index; id and name come only with the first.
#[derive(Debug, Deserialize)]
pub(super) struct CallPiece<'a> {
    #[serde(default)]
    pub(super) index: usize,
    #[serde(borrow)]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) function: Option<FunctionPiece<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FunctionPiece<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) arguments: Option<Cow<'a, str>>,
}

/// Token counts.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Usage {
    pub(super) prompt_tokens: Option<u32>,
    pub(super) completion_tokens: Option<u32>,
}

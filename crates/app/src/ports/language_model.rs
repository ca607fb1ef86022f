//! Language models: messages and tools in, deltas out.

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::ProviderError;

/// A provider of chat completion.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// Starts a reply. Dropping the receiver cancels it.
    async fn reply(
        &self,
        request: ChatRequest,
    ) -> Result<mpsc::Receiver<Result<ChatDelta, ProviderError>>, ProviderError>;
    /// Names of the models that it offers, as far as it tells.
    async fn models(&self) -> Result<Vec<String>, ProviderError>;
}

/// What a reply is asked for with.
#[derive(Clone, Debug, Default)]
pub struct ChatRequest {
    /// Model of the provider.
    pub model: String,
    /// The conversation so far; agent turns hold what was heard.
    pub messages: Vec<ChatMessage>,
    /// Tools the model may ask for.
    pub tools: Vec<ToolSpec>,
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub enum ChatMessage {
    /// Instructions.
    System(String),
    /// What the callee said.
    User(String),
    /// What the agent said, and the tools it asked for.
    Assistant {
        /// Text that was heard.
        text: String,
        /// Tool calls.
        tool_calls: Vec<ToolCall>,
    },
    /// Result of a tool.
    Tool {
        /// Id of the tool call it answers.
        id: String,
        /// JSON or plain text.
        content: String,
    },
}

/// A tool the model may ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    /// Name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON schema of its arguments.
    pub parameters: serde_json::Value,
}

/// The model asks for a tool; the engine decides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolCall {
    /// The model's id for it.
    pub id: String,
    /// Name of the tool.
    pub name: String,
    /// JSON text as it came.
    pub arguments: String,
}

/// A piece of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum ChatDelta {
    /// Text to say.
    Text(String),
    /// A complete tool call.
    ToolCall(ToolCall),
    /// The reply is complete.
    Done {
        /// Tokens of the request, if told.
        prompt_tokens: Option<u32>,
        /// Tokens of the reply, if told.
        completion_tokens: Option<u32>,
    },
}

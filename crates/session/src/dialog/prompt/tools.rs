//! The tools that a prompt agent's model may ask for: the engine's own, and the HTTP requests of the definition.
//!
//! Law: the model names a tool and its arguments, the author says what is sent where. What a tool that writes has done is
//! not done again in the same talk: the model is told the first result.

use std::collections::HashMap;
use std::sync::Arc;

use app::ports::language_model::{ToolCall, ToolSpec};
use app::tools::{ToolOutcome, Tools};
use domain::agent_definition::AgentDefinition;
use domain::call::Variables;
use machines::flow::{ToolRequest, tool_request};
use serde_json::{Map, Value, json};

/// Longest result that a model is told, in characters: more crowds the talk out of its memory.
const MOST_RESULT: usize = 8_000;

/// The HTTP tools of one talk.
pub struct ModelTools {
    definition: Arc<AgentDefinition>,
    variables: Map<String, Value>,
    http: Tools,
    /// What tools that write came to, by their keys.
    written: HashMap<String, String>,
}

impl ModelTools {
    /// The tools of a definition, with the talk's variables.
    pub fn new(definition: Arc<AgentDefinition>, variables: &Variables, http: Tools) -> Self {
        let variables = variables.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
        Self { definition, variables, http, written: HashMap::new() }
    }

    /// All that the model is offered.
    pub(super) fn specs(&self) -> Vec<ToolSpec> {
        let http = self.definition.tools.iter().map(|(name, tool)| ToolSpec {
            name: name.clone(),
            description: tool.description.clone(),
            parameters: tool.parameters.clone().unwrap_or_else(|| json!({ "type": "object", "properties": {} })),
        });
        engine_tools().into_iter().chain(http).collect()
    }

    /// The request that the model asks for, or what it is told instead.
    pub(super) fn request(&self, call: &ToolCall) -> Result<Asked, String> {
        let tool = self.definition.tools.get(&call.name).ok_or("There is no such tool.")?;
        // Some servers leave the arguments of a tool without parameters empty.
        let text = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
        let Ok(Value::Object(arguments)) = serde_json::from_str(text) else {
            return Err("Not called: the arguments are not a JSON object.".into());
        };
        let mut context = self.variables.clone();
        context.insert("arguments".into(), Value::Object(arguments));
        let request = tool_request(tool, &Value::Object(context), &call.name)
            .map_err(|missing| format!("Not called: {missing}."))?;
        if let Some(result) = request.idempotency_key.as_ref().and_then(|key| self.written.get(key)) {
            return Err(result.clone());
        }
        Ok(Asked { writes: tool.writes, request })
    }

    /// Makes the exchange.
    pub(super) fn send(&self, request: ToolRequest) -> impl Future<Output = ToolOutcome> + Send + 'static {
        let http = self.http.clone();
        async move { http.call(request).await }
    }

    /// What the model is told of an exchange; `key` is that of a tool that writes.
    pub(super) fn result(&mut self, key: Option<String>, outcome: &ToolOutcome) -> String {
        let body = match &outcome.body {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        let body: String = body.chars().take(MOST_RESULT).collect();
        if let Some(error) = &outcome.error {
            return json!({ "error": error, "answer": body }).to_string();
        }
        let result = if body.is_empty() { "Done.".to_owned() } else { body };
        if let Some(key) = key {
            self.written.insert(key, result.clone());
        }
        result
    }
}

/// A request that a model asked for.
pub(super) struct Asked {
    /// Whether it is carried through whatever the callee does meanwhile.
    pub(super) writes: bool,
    /// What is sent.
    pub(super) request: ToolRequest,
}

fn engine_tools() -> Vec<ToolSpec> {
    let tool = |name: &str, description: &str, properties: Value| ToolSpec {
        name: name.into(),
        description: description.into(),
        parameters: json!({ "type": "object", "properties": properties }),
    };
    vec![
        tool(
            "hang_up",
            "End the call after a goodbye, once its purpose is fulfilled or the callee wants to stop.",
            json!({ "goodbye": { "type": "string" }, "outcome": { "type": "string" } }),
        ),
        tool("opt_out", "The callee does not want to be called again.", json!({})),
        tool("transfer", "Hand the callee over to a person.", json!({ "to": { "type": "string" } })),
    ]
}

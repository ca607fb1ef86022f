//! From a document to a definition: YAML or JSON, bounded, with the place of a fault.

use schemars::schema_for;

use super::AgentDefinition;

/// Largest document, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;
/// Deepest nesting of a document.
const MAX_DEPTH: usize = 32;
/// Most nodes of a document, aliases resolved.
const MAX_NODES: usize = 50_000;

/// What is wrong with a definition, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{path}: {detail}")]
pub struct DefinitionError {
    /// Keys from the root, such as `flow.steps.greet.say.next`; `.` for the whole document.
    pub path: String,
    /// What is wrong there, as a sentence for the author.
    pub detail: String,
}

impl DefinitionError {
    pub(super) fn new(path: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { path: path.into(), detail: detail.into() }
    }
}

impl AgentDefinition {
    /// Reads a document, YAML or JSON. The definition need not be complete: see `check`.
    pub fn parse(text: &str) -> Result<Self, DefinitionError> {
        if text.len() > MAX_BYTES {
            return Err(DefinitionError::new(".", format!("larger than {MAX_BYTES} bytes")));
        }
        if text.trim_start().starts_with('{') { parse_json(text) } else { parse_yaml(text) }
    }
}

/// JSON schema of the document.
pub fn definition_schema() -> serde_json::Value {
    let mut schema = schema_for!(AgentDefinition).to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".into(), "Outdial agent definition".into());
    }
    schema
}

fn parse_json(text: &str) -> Result<AgentDefinition, DefinitionError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let definition = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|e| DefinitionError::new(e.path().to_string(), e.inner().to_string()))?;
    deserializer.end().map_err(|e| DefinitionError::new(".", e.to_string()))?;
    Ok(definition)
}

fn parse_yaml(text: &str) -> Result<AgentDefinition, DefinitionError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: MAX_DEPTH, max_nodes: MAX_NODES, max_documents: 1 },
        with_snippet: false,
        // YAML 1.2: a text that says "yes" or "y" is a text.
        strict_booleans: true,
    };
    let mut path = String::from(".");
    let parsed = serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
        serde_path_to_error::deserialize(deserializer).map_err(|e| {
            path = e.path().to_string();
            e.into_inner()
        })
    });
    parsed.map_err(|e| DefinitionError::new(path, e.to_string()))
}

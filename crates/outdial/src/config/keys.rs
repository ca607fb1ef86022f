//! Every key of the configuration, read off the structs themselves: loader and reference cannot forget one.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Config;

/// Section that holds one table a name: `llm.<name>.<key>`.
pub(super) const NAMED_SECTION: &str = "llm";

/// One key.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Section, such as `server`.
    pub section: String,
    /// Key within it.
    pub name: String,
    /// Whether the section holds one table a name.
    pub named: bool,
    /// How a value is written.
    pub kind: Kind,
    /// What it is for.
    pub description: String,
    /// The default; `None` where there is none.
    pub default: Option<Value>,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
}

impl Key {
    /// As it stands in messages: `server.listen`.
    pub fn path(&self) -> String {
        let Self { section, name, .. } = self;
        if self.named { format!("{section}.<name>.{name}") } else { format!("{section}.{name}") }
    }

    /// Its environment variable.
    pub fn variable(&self) -> String {
        let middle = if self.named { "_<NAME>" } else { "" };
        format!("OUTDIAL_{}{middle}_{}", self.section.to_uppercase(), self.name.to_uppercase())
    }
}

/// All keys in the order of the structs.
pub fn keys() -> Vec<Key> {
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<Config>().to_value();
    let mut keys = Vec::new();
    for (section, body) in properties(&schema) {
        let named = section == NAMED_SECTION;
        let body = if named { &body["additionalProperties"] } else { body };
        for (name, value) in properties(body) {
            keys.push(Key {
                section: section.clone(),
                name: name.clone(),
                named,
                kind: kind(value),
                description: value["description"].as_str().unwrap_or_default().replace('\n', " "),
                default: value.get("default").filter(|v| !v.is_null()).cloned(),
            });
        }
    }
    keys
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

fn kind(schema: &Value) -> Kind {
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => Vec::from_iter(one.as_str()),
    };
    match types.first() {
        Some(&"integer") => Kind::Integer,
        Some(&"boolean") => Kind::Boolean,
        _ => Kind::Text,
    }
}

//! Values that stand for a whole organization or for its people, and are filled into texts where a call brings none.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{ContextVariableId, OrganizationId};
use crate::time::Timestamp;

/// A variable that is known by name before any call.
#[derive(Clone, Debug, PartialEq)]
pub struct ContextVariable {
    /// Its id.
    pub id: ContextVariableId,
    /// Tenant it belongs to.
    pub organization: OrganizationId,
    /// Counts up within the tenant; some dialects name it by this.
    pub integer: i64,
    /// Whose value it holds.
    pub scope: ContextScope,
    /// Its name in texts; unique within its scope.
    pub name: String,
    /// How it is shown and read.
    pub form: VariableForm,
    /// Its value, where it is the organization's; people have theirs in their profiles.
    pub value: Option<Value>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whose value a variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContextScope {
    /// Each person's own.
    Contact,
    /// The organization's.
    Business,
}

impl ContextScope {
    /// Lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Business => "business",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Contact, Self::Business].into_iter().find(|scope| scope.as_str() == text)
    }
}

/// How a variable is shown and read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VariableForm {
    /// What people call it.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// What its values are.
    pub kind: ValueKind,
    /// The values to choose from, of a `select`.
    pub options: Vec<String>,
}

/// What the values of a variable are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// Anything that can be written.
    #[default]
    Text,
    /// A number.
    Number,
    /// A day, `2026-11-26`.
    Date,
    /// Yes or no.
    Boolean,
    /// One of several words.
    Select,
}

impl ValueKind {
    /// Lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::Boolean => "boolean",
            Self::Select => "select",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Text, Self::Number, Self::Date, Self::Boolean, Self::Select].into_iter().find(|k| k.as_str() == text)
    }
}

impl VariableForm {
    /// Whether `value` is one that the variable can have; `null` takes a value away.
    pub fn takes(&self, value: &Value) -> bool {
        match (self.kind, value) {
            (_, Value::Null) | (ValueKind::Text, _) => true,
            (ValueKind::Number, Value::Number(_)) | (ValueKind::Boolean, Value::Bool(_)) => true,
            (ValueKind::Number, Value::String(text)) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
            (ValueKind::Boolean, Value::String(text)) => matches!(text.as_str(), "true" | "false"),
            (ValueKind::Date, Value::String(text)) => text.parse::<jiff::civil::Date>().is_ok(),
            (ValueKind::Select, Value::String(text)) => self.options.contains(text),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_those_of_their_kind() {
        let of = |kind| VariableForm { kind, options: vec!["gold".into()], ..VariableForm::default() };
        let table = [
            (ValueKind::Text, json!({"any": "thing"}), true),
            (ValueKind::Number, json!(3.5), true),
            (ValueKind::Number, json!("12"), true),
            (ValueKind::Number, json!("twelve"), false),
            (ValueKind::Number, json!("inf"), false),
            (ValueKind::Date, json!("2026-11-26"), true),
            (ValueKind::Date, json!("2026-02-30"), false),
            (ValueKind::Boolean, json!(true), true),
            (ValueKind::Boolean, json!(1), false),
            (ValueKind::Select, json!("gold"), true),
            (ValueKind::Select, json!("tin"), false),
            (ValueKind::Select, json!(null), true),
        ];
        for (kind, value, takes) in table {
            assert_eq!(of(kind).takes(&value), takes, "{kind:?} {value}");
        }
    }
}

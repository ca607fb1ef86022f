//! Variables as the vendors send them, made into ours: names with texts.
//!
//! Law: one pass. A value is text from here on and is never read as a template or as JSON again.

use domain::call::Variables;
use serde_json::{Map, Value};

/// Deepest nesting that is taken apart; what lies deeper stays JSON text.
const DEPTH: usize = 4;

/// A value as the agent says it: text as it is, numbers and truth values as JSON writes them, nothing for null.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A text that may be missing: `null` and blanks are none. `None` for a value of another kind.
pub(crate) fn word(value: &Value) -> Option<Option<String>> {
    match value {
        Value::Null => Some(None),
        Value::String(text) => Some(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A list of texts; `None` for everything else.
pub(crate) fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect()
}

/// Every pair of an object, nested ones as JSON text.
pub(crate) fn flat(object: &Map<String, Value>) -> Variables {
    object.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// Every pair of an object; what is nested is there as JSON text and under dotted names too, so that an agent may say
/// `{{custom_context.account_status}}`. A name that was given outright wins over one that was taken apart.
pub(crate) fn nested(object: &Map<String, Value>) -> Variables {
    let mut variables = Variables::new();
    for (name, value) in object {
        take_apart(name, value, DEPTH, &mut variables);
    }
    variables.extend(flat(object));
    variables
}

fn take_apart(name: &str, value: &Value, depth: usize, into: &mut Variables) {
    if let (Value::Object(inner), 1..) = (value, depth) {
        for (key, value) in inner {
            take_apart(&format!("{name}.{key}"), value, depth - 1, into);
        }
    }
    into.insert(name.to_owned(), text(value));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn values_of_every_kind_become_text() {
        let given =
            object(json!({"a": "Ann", "n": 12.50, "b": true, "z": null, "l": [1, "x"], "o": {"k": 1}, "e": ""}));
        let read = flat(&given);
        let want =
            [("a", "Ann"), ("n", "12.5"), ("b", "true"), ("z", ""), ("l", "[1,\"x\"]"), ("o", "{\"k\":1}"), ("e", "")];
        assert_eq!(read.len(), want.len());
        for (name, text) in want {
            assert_eq!(read[name], text, "{name}");
        }
    }

    #[test]
    fn what_is_nested_is_there_under_dotted_names() {
        let given = object(
            json!({"custom_context": {"account_status": "premium", "deep": {"er": 1}}, "a.b": "given", "a": {"b": "taken apart"}}),
        );
        let read = nested(&given);
        assert_eq!(read["custom_context.account_status"], "premium");
        assert_eq!(read["custom_context.deep.er"], "1");
        assert_eq!(read["custom_context"], r#"{"account_status":"premium","deep":{"er":1}}"#);
        assert_eq!(read["a.b"], "given");
    }

    #[test]
    fn a_tower_of_objects_does_not_topple() {
        let mut tower = json!("top");
        for _ in 0..100 {
            tower = json!({ "x": tower });
        }
        assert!(nested(&object(json!({ "x": tower }))).len() <= DEPTH + 2);
    }
}

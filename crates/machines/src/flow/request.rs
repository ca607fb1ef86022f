//! A tool's HTTP request, filled in.
//!
//! Law: a value never changes the shape of a request: it is percent-encoded in an address (RFC 3986, 2.1), cannot end
//! a header line (RFC 9110, 5.5), and stays inside its JSON value. What is missing stops the request.

use domain::agent_definition::flow::Tool;
use domain::agent_definition::template::{TemplateError, render};
use serde_json::Value;

use super::io::ToolRequest;

/// The request, or the value that it lacks. `key_base` names call and tool, for the idempotency key.
pub fn tool_request(tool: &Tool, context: &Value, key_base: &str) -> Result<ToolRequest, TemplateError> {
    let url = url(&tool.url, context)?;
    let mut headers = Vec::new();
    for (name, value) in &tool.headers {
        let value: String = render(value, context)?.chars().filter(|c| !c.is_control()).collect();
        headers.push((name.clone(), value));
    }
    let body = tool.body.as_ref().map(|body| json(body, context)).transpose()?;
    let key = tool.writes.then(|| {
        let body = body.as_ref().map(Value::to_string).unwrap_or_default();
        let content = format!("{}\n{url}\n{body}", tool.method.as_str());
        format!("{key_base}-{:016x}", fnv1a(content.as_bytes()))
    });
    Ok(ToolRequest { method: tool.method, url, headers, body, timeout_ms: tool.timeout_ms, idempotency_key: key })
}

/// Values are encoded, but for one that the address begins with: that is the author's base address.
fn url(template: &str, context: &Value) -> Result<String, TemplateError> {
    let (base, rest) = match template.split_once("}}") {
        Some((base, rest)) if template.starts_with("{{") => (format!("{base}}}}}"), rest),
        _ => (String::new(), template),
    };
    Ok(render(&base, context)? + &render(rest, &encoded(context))?)
}

fn encoded(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(percent_encoded(text)),
        Value::Array(items) => items.iter().map(encoded).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), encoded(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn json(body: &Value, context: &Value) -> Result<Value, TemplateError> {
    match body {
        Value::String(text) => match whole_placeholder(text, context) {
            Some(value) => Ok(value.clone()),
            None => render(text, context).map(Value::String),
        },
        Value::Array(items) => items.iter().map(|item| json(item, context)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| Ok((key.clone(), json(value, context)?))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(body.clone()),
    }
}

/// `"{{values.amount}}"` alone keeps its type: a number stays a number.
fn whole_placeholder<'a>(text: &str, context: &'a Value) -> Option<&'a Value> {
    let path = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    path.split('.').try_fold(context, |at, key| at.get(key))
}

/// FNV-1a, 64 bit: tells a call's few requests apart, and is the same on every machine.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

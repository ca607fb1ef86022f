//! Both signatures of Voxpria's webhooks, and the bytes that they are made over.
//!
//! Law: the receivers of one family parse the body, write it again with `JSON.stringify` and sign that. So our bytes
//! must be what JavaScript writes: compact, a whole number without `.0`, nothing escaped that need not be, and keys that
//! look like array indices first and in order (ECMA-262, 10.1.11.1).

use std::io::Write;

use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Map, Number, Value};

use crate::webhooks::{hex, sha256_of};

/// `x-voxpria-signature`: `sha256=` and the hex of the HMAC over the body.
pub fn of_body(secret: &str, body: &[u8]) -> String {
    sha256_of(secret, body)
}

/// `X-Webhook-Signature`: `t=…,v1=…`, the HMAC being over time, a dot and the body. `unix` is in seconds.
pub fn of_time_and_body(secret: &str, unix: i64, body: &[u8]) -> String {
    format!("t={unix},v1={}", hex(secret, &[unix.to_string().as_bytes(), b".", body]))
}

/// The value as JavaScript's `JSON.stringify` writes it after `JSON.parse`.
pub fn stringify(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, JavaScript);
    // Neither a value nor a vector can refuse to be written; what is written is UTF-8.
    let _ = in_order(value).serialize(&mut writer);
    String::from_utf8(bytes).unwrap_or_default()
}

/// The same value with its keys in JavaScript's order, and every number a double: JavaScript has no others.
fn in_order(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(in_order).collect()),
        Value::Object(object) => {
            let (mut indices, names): (Vec<_>, Vec<_>) = object.iter().partition(|(key, _)| index(key).is_some());
            indices.sort_by_key(|(key, _)| index(key));
            let pairs = indices.into_iter().chain(names);
            Value::Object(pairs.map(|(key, value)| (key.clone(), in_order(value))).collect::<Map<_, _>>())
        }
        Value::Number(number) => {
            number.as_f64().and_then(Number::from_f64).map_or_else(|| value.clone(), Value::Number)
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

/// An array index: a whole number below 2³² − 1 in its shortest form.
fn index(key: &str) -> Option<u32> {
    let number: u32 = key.parse().ok()?;
    (number != u32::MAX && number.to_string() == key).then_some(number)
}

/// Compact, with numbers as `Number::toString` writes them (ECMA-262, 6.1.6.1.20): `1`, not `1.0`; `1e+21`, not `1e21`.
struct JavaScript;

impl Formatter for JavaScript {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> std::io::Result<()> {
        writer.write_all(ryu_js::Buffer::new().format_finite(value).as_bytes())
    }
}

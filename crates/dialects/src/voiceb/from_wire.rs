//! A click-to-call body read into a request of ours.

use domain::call::Variables;
use serde_json::{Map, Value};

use super::errors::ClickToCallError;
use crate::variables;

/// Variable names of the platform's own, which a request cannot set.
const RESERVED: [&str; 2] = ["voiceb", "system"];

/// What a click asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Click {
    /// The number as written.
    pub phone: String,
    /// Values for the script's `{{name}}`, without reserved names.
    pub variables: Variables,
    /// Names that were left out because they are reserved.
    pub reserved: Vec<String>,
}

/// Reads the body. `variables` may be missing: an older page of the documents does not know it.
pub fn click(body: &Map<String, Value>) -> Result<Click, ClickToCallError> {
    let phone = match body.get("phone") {
        Some(Value::String(phone)) if !phone.trim().is_empty() => phone.trim().to_owned(),
        // A number without quotes is a number all the same; forms send them so.
        Some(Value::Number(digits)) => digits.to_string(),
        _ => return Err(ClickToCallError::InvalidPhone),
    };
    let given = match body.get("variables") {
        None | Some(Value::Null) => Variables::new(),
        Some(Value::Object(given)) => variables::flat(given),
        Some(_) => return Err(ClickToCallError::InvalidBody),
    };
    let (reserved, variables): (Variables, Variables) = given.into_iter().partition(|(name, _)| is_reserved(name));
    Ok(Click { phone, variables, reserved: reserved.into_keys().collect() })
}

fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    RESERVED.iter().any(|prefix| name.starts_with(prefix))
}

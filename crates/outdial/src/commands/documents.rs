//! Documents that a person edits: read from YAML or JSON, printed as YAML.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;

use crate::output::Output;

/// A document as it stands in a file or, for `-`, on standard input. What it means is the server's to judge, whose errors
/// name the field.
pub(super) fn read(file: &Path) -> Result<Value> {
    let name = || file.display().to_string();
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    } else {
        std::fs::read_to_string(file).with_context(name)?
    };
    serde_saphyr::from_str(&text).with_context(name)
}

/// Prints a document, without the fields that say nothing, so that it can be edited and set again.
pub(super) fn show<T: Serialize>(document: &T, output: Output) -> Result<()> {
    if output.json {
        return Ok(output.value(document)?);
    }
    let mut value = serde_json::to_value(document)?;
    if let Value::Object(fields) = &mut value {
        fields.retain(|_, field| !field.is_null());
    }
    Ok(output.line(serde_saphyr::to_string(&value)?.trim_end())?)
}

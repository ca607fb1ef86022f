//! File, environment and flags into one [`Config`].

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::Config;
use super::error::ConfigError;
use super::keys::{Key, Kind, NAMED_SECTION, keys};

/// Variables with our prefix that belong to the client commands.
const CLIENT_VARIABLES: &[&str] = &["OUTDIAL_URL", "OUTDIAL_API_KEY", "OUTDIAL_CONFIG"];

/// What the command line says over everything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config`: the file, which must exist.
    pub config: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--listen`.
    pub listen: Option<SocketAddr>,
}

/// Where each key's value came from, for the error that names it.
type Origins = BTreeMap<String, String>;

/// Reads the configuration. `environment` is the process's; only variables that begin with `OUTDIAL_` matter.
pub fn load(flags: &Flags, environment: impl Iterator<Item = (String, String)>) -> Result<Config, ConfigError> {
    let mut origins = Origins::new();
    let file = flags.config.as_deref();
    let mut table = match file {
        Some(path) => read_file(path)?,
        None => Table::new(),
    };
    for (variable, text) in environment {
        if variable.starts_with("OUTDIAL_") && !CLIENT_VARIABLES.contains(&variable.as_str()) {
            overlay(&mut table, &mut origins, &variable, &text)?;
        }
    }
    if let Some(dir) = &flags.data_dir {
        put(&mut table, &mut origins, &["data", "dir"], text_of(dir), "--data-dir");
    }
    if let Some(listen) = flags.listen {
        put(&mut table, &mut origins, &["server", "listen"], Value::String(listen.to_string()), "--listen");
    }
    let from_file = file.map_or_else(|| "default".to_owned(), |path| path.display().to_string());
    serde_path_to_error::deserialize(Value::Table(table)).map_err(|e| {
        let key = e.path().to_string();
        let origin = origins.get(&key).cloned().unwrap_or(from_file);
        let detail = format!("{}{}", plainly(e.inner().message()), default_of(&key));
        ConfigError { key: if key == "." { String::new() } else { key }, origin, detail }
    })
}

fn read_file(path: &Path) -> Result<Table, ConfigError> {
    let wrong = |detail: String| ConfigError { key: String::new(), origin: path.display().to_string(), detail };
    let text = std::fs::read_to_string(path)
        .map_err(|e| wrong(format!("cannot be read: {e}; give another file with --config or leave it out")))?;
    text.parse::<Table>().map_err(|e| {
        let line = e.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        wrong(format!("line {line} is not TOML: {}", e.message()))
    })
}

fn overlay(table: &mut Table, origins: &mut Origins, variable: &str, text: &str) -> Result<(), ConfigError> {
    let known = keys();
    for key in &known {
        if let Some(path) = path_of(key, variable) {
            let value = read_value(key, text).map_err(|detail| ConfigError {
                key: path.join("."),
                origin: variable.to_owned(),
                detail,
            })?;
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            put(table, origins, &path, value, variable);
            return Ok(());
        }
    }
    let detail = "no key has this variable; docs/configuration.md lists them all".to_owned();
    Err(ConfigError { key: String::new(), origin: variable.to_owned(), detail })
}

/// The path that `variable` sets when it is the key's own.
fn path_of(key: &Key, variable: &str) -> Option<Vec<String>> {
    if !key.named {
        return (key.variable() == variable).then(|| vec![key.section.clone(), key.name.clone()]);
    }
    let prefix = format!("OUTDIAL_{}_", NAMED_SECTION.to_uppercase());
    let suffix = format!("_{}", key.name.to_uppercase());
    let name = variable.strip_prefix(&prefix)?.strip_suffix(&suffix)?;
    let name = name.to_lowercase().replace('_', "-");
    (!name.is_empty()).then(|| vec![key.section.clone(), name, key.name.clone()])
}

fn read_value(key: &Key, text: &str) -> Result<Value, String> {
    match key.kind {
        Kind::Text => Ok(Value::String(text.to_owned())),
        Kind::Integer => text.parse().map(Value::Integer).map_err(|_| "must be a whole number".to_owned()),
        Kind::Boolean => text.parse().map(Value::Boolean).map_err(|_| "must be true or false".to_owned()),
    }
}

fn put(table: &mut Table, origins: &mut Origins, path: &[&str], value: Value, origin: &str) {
    origins.insert(path.join("."), origin.to_owned());
    let Some((last, sections)) = path.split_last() else { return };
    let mut here = table;
    for section in sections {
        let slot = here.entry((*section).to_owned()).or_insert_with(|| Value::Table(Table::new()));
        // A section that the file wrote as something else than a table is refused below by its type.
        let Value::Table(inner) = slot else { return };
        here = inner;
    }
    here.insert((*last).to_owned(), value);
}

/// The words of the parsers below for what nobody calls a struct or a socket address.
fn plainly(message: &str) -> String {
    if message.contains("socket address syntax") {
        return "must be address:port, such as 127.0.0.1:8080".into();
    }
    match message.split_once(", expected struct ") {
        Some((what, section)) => format!("{what}, expected a section such as [{}]", section.to_lowercase()),
        None => message.to_owned(),
    }
}

fn default_of(path: &str) -> String {
    let key = keys().into_iter().find(|key| key.path() == path);
    key.and_then(|key| key.default).map(|value| format!("; the default is {value}")).unwrap_or_default()
}

fn text_of(path: &Path) -> Value {
    Value::String(path.display().to_string())
}

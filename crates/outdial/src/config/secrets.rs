//! The master key's place.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{KeySource, MasterKeys};

use super::{Config, ConfigError};

/// The master key, under which secrets lie sealed in the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    /// The key itself, 64 hexadecimal digits; former keys may follow after a comma. Meant for the environment; it
    /// does not belong in a file that others read.
    pub key: Option<SecretText>,
    /// File that holds the key, the current one in its first line and former ones below; without it `master.key`
    /// below `data.dir`, which the first start makes.
    pub key_file: Option<PathBuf>,
}

/// Text that is shown nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SecretText(String);

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hidden")
    }
}

impl Config {
    /// Where the master key comes from.
    pub fn master_key(&self) -> Result<KeySource, ConfigError> {
        let Secrets { key, key_file } = &self.secrets;
        let wrong =
            |origin: &str, detail: String| ConfigError { key: "secrets.key".into(), origin: origin.to_owned(), detail };
        match (key, key_file) {
            (Some(_), Some(file)) => {
                let detail = "secrets.key and secrets.key_file are both set; leave one of them out";
                Err(wrong(&file.display().to_string(), detail.into()))
            }
            (Some(SecretText(text)), None) => {
                MasterKeys::parse(text).map(KeySource::Keys).map_err(|e| wrong("not shown", e.to_string()))
            }
            (None, Some(file)) => Ok(KeySource::File(file.clone())),
            (None, None) => Ok(KeySource::File(self.data.dir.join("master.key"))),
        }
    }
}

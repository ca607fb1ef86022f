//! What is wrong with the configuration, in one line that names the key and the remedy.

use std::fmt;

/// Exit code of a bad configuration (`EX_CONFIG` of sysexits.h).
pub const EXIT_CONFIG: u8 = 78;

/// A configuration that the server will not start with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The key, such as `server.listen`; empty where the file as a whole is at fault.
    pub key: String,
    /// Where the value came from: a file, a variable, a flag.
    pub origin: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("configuration: ")?;
        if !self.key.is_empty() {
            write!(f, "{} ", self.key)?;
        }
        // One line, whatever a parser below wrote.
        let detail = self.detail.split_whitespace().collect::<Vec<_>>().join(" ");
        write!(f, "({}): {detail}", self.origin)
    }
}

impl std::error::Error for ConfigError {}

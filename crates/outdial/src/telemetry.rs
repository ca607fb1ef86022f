//! The log on standard error.
//!
//! Law: no secret, no speech and no number reaches it. The SIP stack writes whole messages, credentials included, so
//! it is silenced here whatever the filter says.

use telephony::signalling::rsip::LOG_DIRECTIVE;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::config::{ConfigError, Log, LogFormat};

/// Starts the log; once a process.
pub fn start(log: &Log) -> Result<(), ConfigError> {
    let wrong = |detail: String| ConfigError { key: "log.level".into(), origin: log.level.clone(), detail };
    let filter = EnvFilter::builder()
        .parse(&log.level)
        .map_err(|e| wrong(format!("{e}; take a level such as info, or a filter such as info,telephony=debug")))?;
    let filter = match LOG_DIRECTIVE.parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(BoxMakeWriter::new(std::io::stderr));
    let started = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    started.map_err(|e| wrong(format!("the log could not be started: {e}")))
}

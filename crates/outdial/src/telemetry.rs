//! The log on standard error.
//!
//! Law: no secret, no speech and no number reaches it. The SIP stack writes whole messages, credentials included, the
//! phoneme library the words it speaks, and the NATS client may write what it carries; all are silenced here whatever
//! the filter says.

use telephony::signalling::rsip::LOG_DIRECTIVE;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::config::{ConfigError, Log, LogFormat};

/// The phoneme library writes the words it is given.
const WORDS_DIRECTIVE: &str = "misaki_rs=off";

/// The NATS client may write what it carries.
const MESSAGES_DIRECTIVE: &str = "async_nats=off";

/// Starts the log; once a process.
pub fn start(log: &Log) -> Result<(), ConfigError> {
    let wrong = |detail: String| ConfigError { key: "log.level".into(), origin: log.level.clone(), detail };
    let filter = EnvFilter::builder()
        .parse(&log.level)
        .map_err(|e| wrong(format!("{e}; take a level such as info, or a filter such as info,telephony=debug")))?;
    let silenced =
        [LOG_DIRECTIVE, WORDS_DIRECTIVE, MESSAGES_DIRECTIVE].into_iter().filter_map(|directive| directive.parse().ok());
    let filter = silenced.fold(filter, EnvFilter::add_directive);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(BoxMakeWriter::new(std::io::stderr));
    let started = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    started.map_err(|e| wrong(format!("the log could not be started: {e}")))
}

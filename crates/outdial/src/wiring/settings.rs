//! Configuration into what each part is started with.

use std::fmt::Display;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use api::ServerLimits;
use app::ports::LanguageModel;
use app::ports::providers::{Provider, ProviderKind, Voice};
use dialer::DialerSettings;
use outbound::OutboundSettings;
use providers::{Embedded, EmbeddedOptions, OpenAiCompatible, OpenAiSettings, PROVIDERS};
use retention::PurgerSettings;
use telephony::signalling::rsip::SipConfig;
use telephony::{MediaConfig, PortRange, TelephoneConfig};
use webhooks::DelivererSettings;

use crate::config::{Config, ConfigError, LanguageModel as ModelConfig};

/// Workers of each kind when the configuration leaves it to us: speech comes in bursts, and a second worker halves the
/// wait of whoever comes second.
const MOST_WORKERS: usize = 4;

/// What cannot be had because of a key's value, as the error that names the key.
pub(super) fn wrong(key: &str, value: impl Display, error: &impl Display) -> ConfigError {
    ConfigError { key: key.into(), origin: value.to_string(), detail: error.to_string() }
}

/// A lease of less would not outlive the time that a dial has from its commit to its INVITE.
const SHORTEST_LEASE_S: u64 = 4;
/// A call that nobody holds waits as long as its last holder's lease.
const LONGEST_LEASE_S: u64 = 300;

pub(super) fn dialer(config: &Config) -> Result<DialerSettings, ConfigError> {
    let lease_s = config.limits.lease_s;
    if !(SHORTEST_LEASE_S..=LONGEST_LEASE_S).contains(&lease_s) {
        let bounds = format!("must lie between {SHORTEST_LEASE_S} and {LONGEST_LEASE_S} seconds");
        return Err(wrong("limits.lease_s", lease_s, &bounds));
    }
    let max_calls = config.limits.live_calls as usize;
    let name = config.cluster.node_name.clone().unwrap_or_else(host_name);
    if name.trim().is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(wrong("cluster.node_name", name, &"must have 1 to 100 characters and no control characters"));
    }
    // The lock on the folder says that nobody else is on an embedded database; on a server there may be.
    let alone = config.data.database_url.is_none();
    Ok(DialerSettings { name, max_calls, alone, ..DialerSettings::with_lease(Duration::from_secs(lease_s)) })
}

/// What the machine is called; a system that does not say is no reason not to start.
fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "node".to_owned() } else { name }
}

pub(super) fn embedded(config: &Config) -> EmbeddedOptions {
    let by_processors = available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
    let workers = |set: u16| if set == 0 { by_processors } else { usize::from(set) };
    EmbeddedOptions {
        stt_workers: workers(config.speech.stt_workers),
        tts_workers: workers(config.speech.tts_workers),
        ..EmbeddedOptions::default()
    }
}

pub(super) fn outbound(config: &Config) -> Result<OutboundSettings, ConfigError> {
    let text = &config.outbound_http.allowed_ports;
    let ports = text.split(',').map(str::trim).filter(|port| !port.is_empty()).map(|port| {
        let read = port.parse::<u16>().ok().filter(|port| *port > 0);
        read.ok_or_else(|| wrong("outbound_http.allowed_ports", port, &"is not a port; write them as 80,443"))
    });
    Ok(OutboundSettings {
        allow_private: config.outbound_http.allow_private,
        allowed_ports: ports.collect::<Result<_, _>>()?,
        ..OutboundSettings::default()
    })
}

pub(crate) fn server_limits(config: &Config) -> Result<ServerLimits, ConfigError> {
    let (server, seconds) = (&config.server, Duration::from_secs);
    if server.connections == 0 {
        return Err(wrong("server.connections", 0, &"must be at least 1"));
    }
    if server.connections_per_address == 0 {
        return Err(wrong("server.connections_per_address", 0, &"must be at least 1"));
    }
    if !(1..=300).contains(&server.head_s) {
        return Err(wrong("server.head_s", server.head_s, &"must lie between 1 and 300 seconds"));
    }
    // An event stream has a heartbeat every 15 seconds.
    if !(20..=3_600).contains(&server.idle_s) {
        return Err(wrong("server.idle_s", server.idle_s, &"must lie between 20 and 3600 seconds"));
    }
    Ok(ServerLimits {
        connections: server.connections as usize,
        per_address: server.connections_per_address as usize,
        head: seconds(server.head_s.into()),
        idle: seconds(server.idle_s.into()),
    })
}

pub(super) fn deliverer(config: &Config) -> Result<DelivererSettings, ConfigError> {
    let timeout = Duration::from_secs(u64::from(config.webhooks.timeout_s));
    if !(Duration::from_secs(1)..=Duration::from_secs(60)).contains(&timeout) {
        return Err(wrong("webhooks.timeout_s", config.webhooks.timeout_s, &"must lie between 1 and 60 seconds"));
    }
    Ok(DelivererSettings {
        timeout,
        // What comes before and after the exchange is quick beside it.
        lease: timeout * 2 + Duration::from_secs(25),
        keep: Duration::from_hours(24 * u64::from(config.webhooks.keep_days)),
        ..DelivererSettings::default()
    })
}

pub(super) fn purger(config: &Config) -> Result<PurgerSettings, ConfigError> {
    let every_s = config.retention.every_s;
    if !(1..=86_400).contains(&every_s) {
        return Err(wrong("retention.every_s", every_s, &"must lie between 1 and 86400 seconds"));
    }
    Ok(PurgerSettings { every: Duration::from_secs(every_s.into()) })
}

pub(super) fn telephone(config: &Config) -> TelephoneConfig {
    let processors = available_parallelism().map_or(1, usize::from);
    let threads = match config.media.threads {
        // One thread carries some hundreds of calls.
        0 => processors.div_ceil(4),
        set => usize::from(set),
    };
    let ports = PortRange::Fixed { first: config.media.ports.first, last: config.media.ports.last };
    TelephoneConfig {
        sip: SipConfig { listen: config.sip.listen, external: config.sip.external_address, ..SipConfig::default() },
        media: MediaConfig { threads, ports },
    }
}

pub(super) fn language_model(name: &str, model: &ModelConfig) -> Result<Arc<dyn LanguageModel>, ConfigError> {
    let wrong = |detail: String| ConfigError { key: format!("llm.{name}"), origin: model.base_url.clone(), detail };
    let key = match &model.api_key_env {
        None => None,
        Some(variable) => Some(crate::config::secret(variable).ok_or_else(|| {
            wrong(format!("the environment variable {variable} is not set; set it to the provider's key"))
        })?),
    };
    OpenAiCompatible::new(OpenAiSettings::new(&model.base_url, key))
        .map(|m| Arc::new(m) as Arc<dyn LanguageModel>)
        .map_err(|e| wrong(e.to_string()))
}

/// What calls hear, speak and think with, for people.
pub(super) fn provider_list(config: &Config) -> Vec<Provider> {
    let mut list = Vec::new();
    for info in PROVIDERS.iter().filter(|info| info.name == providers::embedded::NAME) {
        let kinds = [
            (info.speech_to_text, ProviderKind::SpeechToText, "Moonshine tiny"),
            (info.text_to_speech, ProviderKind::TextToSpeech, "hibari"),
            (info.embedder, ProviderKind::Embedder, "MiniLM"),
            (info.turn_detector, ProviderKind::TurnDetector, "smart-turn"),
        ];
        let offered = kinds.into_iter().filter(|(offered, ..)| *offered);
        list.extend(offered.map(|(_, kind, model)| Provider {
            kind,
            name: info.name.into(),
            local: true,
            configured: true,
            detail: model.into(),
        }));
    }
    let model = |name: &str, configured, detail| Provider {
        kind: ProviderKind::LanguageModel,
        name: name.into(),
        local: false,
        configured,
        detail,
    };
    let host = |base_url| providers::openai_compatible::host(base_url).unwrap_or_default();
    list.extend(config.llm.iter().map(|(name, llm)| model(name, true, host(&llm.base_url))));
    if config.llm.is_empty() {
        let remedy = "set llm.NAME.base_url in the configuration; agents with a prompt need one".to_owned();
        list.push(model(providers::openai_compatible::NAME, false, remedy));
    }
    list
}

/// The voices of the embedded provider.
pub(super) fn voices() -> Vec<Voice> {
    let voice =
        |name: &str| Voice { provider: providers::embedded::NAME.into(), name: name.into(), language: "en".into() };
    Embedded::voices().map(voice).collect()
}

//! The child's side: puts a server together, says where it listens, and ends with its standard input.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use api::{ApiState, Metrics};
use app::ports::Clock;
use app::{Platform, Webhooks};
use bus::{CallRegistry, LocalBus};
use clap::Args;
use dialer::{Dialer, DialerSettings};
use outbound::{GuardedClient, OutboundSettings};
use outdial::config::Config;
use outdial::wiring::SystemClock;
use serde_json::json;
use session::{Recorder, SessionContext, Speech, WarmAgents};
use store::SqlStore;
use telephony::{MediaConfig, PortRange, SipTelephone, TelephoneConfig};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::stubs;

/// How the child is started.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Embedded models instead of providers that answer at once.
    #[arg(long)]
    models: Option<PathBuf>,
    /// Take calls and dial none.
    #[arg(long)]
    no_dialer: bool,
    /// No server at all but the least that could stand in its place, which dials this address.
    #[arg(long)]
    floor: Option<SocketAddr>,
    /// Folder of the data.
    #[arg(long)]
    data_dir: PathBuf,
    /// What to set up.
    #[arg(long)]
    provision: PathBuf,
}

/// Runs a server until standard input ends.
pub(crate) async fn serve(args: Serve) -> Result<()> {
    if let Some(far_end) = args.floor {
        return super::floor::serve(&args.data_dir, far_end).await;
    }
    let mut config = Config::default();
    config.server.listen = ([127, 0, 0, 1], 0).into();
    config.sip.listen = ([127, 0, 0, 1], 0).into();
    config.data.dir.clone_from(&args.data_dir);
    outdial::telemetry::start(&config.log)?;
    match &args.models {
        Some(models) => {
            config.speech.models_dir.clone_from(models);
            let server = outdial::serve::Server::start(&config, Some(&args.provision)).await?;
            say(&format!("listening on http://{}", server.address))?;
            let telephone = Arc::clone(&server.node.telephone);
            answer(&telephone).await
        }
        None => without_models(&config, &args).await,
    }
}

/// The wiring of `outdial::wiring::Node` and `outdial::serve::Server`, with stubs for speech.
async fn without_models(config: &Config, args: &Serve) -> Result<()> {
    std::fs::create_dir_all(&config.data.dir)?;
    let listener = TcpListener::bind(config.server.listen).await?;
    let address = listener.local_addr()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let store = Arc::new(SqlStore::open_with(&config.database().to_string_lossy(), config.master_key()?).await?);
    let ports = PortRange::Fixed { first: config.media.ports.first, last: config.media.ports.last };
    let media = MediaConfig { threads: 1, ports };
    let telephone = Arc::new(SipTelephone::bind(TelephoneConfig { media, ..TelephoneConfig::default() }).await?);
    let (live, registry) = (Arc::new(LocalBus::new()), CallRegistry::new());
    let recordings = config.recordings_dir();
    let context = SessionContext {
        store: store.clone(),
        bus: live.clone(),
        registry: Arc::new(registry.clone()),
        clock: Arc::clone(&clock),
        telephone: telephone.clone(),
        http: Arc::new(GuardedClient::new(OutboundSettings::default())?),
        speech: Speech {
            stt: Arc::new(stubs::Ears::default()),
            tts: Arc::new(stubs::Voice::new()),
            embedder: Arc::new(stubs::Meaning),
            turn_detector: None,
        },
        language_models: std::collections::BTreeMap::new(),
        recorder: Recorder::start(&recordings, domain::RecordingFolderId(clock.uuid()))?,
        warm: WarmAgents::default(),
        leases: session::LeaseHold::default(),
    };
    let webhooks = Webhooks::new(context.http.clone());
    let platform = Platform {
        store,
        bus: live,
        control: Arc::new(registry),
        clock,
        webhooks,
        chats: app::ChatRoom::default(),
        trunks: app::TrunkProbes::default(),
        providers: app::ProviderTrials::default(),
    };
    outdial::provision::apply(&platform, &args.provision).await?;
    let (stop, hang_up, mut tasks) = (CancellationToken::new(), CancellationToken::new(), JoinSet::new());
    if !args.no_dialer {
        let node = domain::NodeId(context.clock.uuid());
        let dialer = Dialer::new(node, Arc::new(context), DialerSettings::default());
        tasks.spawn(dialer.run(stop.clone(), hang_up.clone()));
    }
    let ready = watch::Sender::new(true);
    let metrics = Arc::new(Metrics::default());
    let state = ApiState {
        links: app::RecordingLinks::default(),
        default_dialect: domain::dialect::Dialect::Klen,
        request_limits: api::RequestLimits::default(),
        platform: platform.clone(),
        recordings: Arc::from(recordings.as_path()),
        proxies: Arc::default(),
        gate: Arc::default(),
        metrics: Arc::clone(&metrics),
        ready: ready.subscribe(),
        stop: stop.clone(),
    };
    let (events, ended) = (platform.bus.subscribe_here(), stop.clone());
    tasks.spawn(async move { metrics.follow(events, ended).await });
    let router = api::router(state);
    tasks.spawn(async move {
        // A server that breaks down shows as requests that fail.
        let _ = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await;
    });
    say(&format!("listening on http://{address}"))?;
    answer(&telephone).await
}

/// One line of counters for each line that comes in; over when nothing comes any more.
async fn answer(telephone: &SipTelephone) -> Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while lines.next_line().await?.is_some() {
        let counters = telephone.media_counters();
        let counted = json!({
            "legs": telephone.legs(),
            "slots": counters.slots.load(Ordering::Relaxed),
            "late_5ms": counters.late_5ms.load(Ordering::Relaxed),
            "late_20ms": counters.late_20ms.load(Ordering::Relaxed),
            "suspensions": counters.suspensions.load(Ordering::Relaxed),
        });
        say(&counted.to_string())?;
    }
    Ok(())
}

/// The parent is done with a server that counts nothing.
pub(super) async fn until_input_ends() -> Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while lines.next_line().await?.is_some() {}
    Ok(())
}

pub(super) fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("the parent is gone")
}

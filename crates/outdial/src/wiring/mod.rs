//! Puts a node together from its parts, and takes it apart again in order.
//!
//! Law: this is the only place that names every part. Parts start from the ground up (store, speech, telephone,
//! dialer) and stop the other way round: no new calls, live calls end, then the rest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use api::NativePayloads;
use app::ports::{Clock, LanguageModel, OutboundHttp};
use app::{ChatRoom, Platform, ProviderTrials, RecordingLinks, TrunkProbes, Webhooks};
use dialer::Dialer;
use domain::{NodeId, RecordingFolderId};
use machines::delivery::Schedule;
use outbound::GuardedClient;
use providers::{Embedded, ModelDirectory};
use retention::{Purger, PurgerContext, RecordingsFolder};
use session::{LeaseHold, NodeProviders, Recorder, SessionContext, Speech, TextChats, VoiceTalks, WarmAgents};
use store::SqlStore;
use telephony::{SipTelephone, SocketAudio};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use webhooks::{Deliverer, DelivererContext, Dialects};

use crate::config::{Config, ConfigError};

mod clock;
mod reach;
mod settings;
mod sole_owner;

pub use clock::SystemClock;
use reach::Reach;
pub(crate) use reach::nats_settings;
pub(crate) use settings::server_limits;
use sole_owner::SoleOwner;

/// Time that the far ends get to answer our BYEs when the node stops.
const SHUT_DOWN: Duration = Duration::from_secs(3);

/// A running node.
pub struct Node {
    /// The use cases.
    pub platform: Platform,
    /// Folder of finished recordings.
    pub recordings: PathBuf,
    /// Addresses under which they play without a key.
    pub links: RecordingLinks,
    /// What deletes by age, to be hurried on.
    pub purger: Arc<Purger>,
    /// Speech, for simulated callees beside the node.
    pub embedded: Arc<Embedded>,
    /// The telephone, for its counters.
    pub telephone: Arc<SipTelephone>,
    store: Arc<SqlStore>,
    reach: Reach,
    stop: CancellationToken,
    hang_up: CancellationToken,
    tasks: JoinSet<()>,
    told: CancellationToken,
    telling: JoinSet<()>,
    _owner: SoleOwner,
}

impl Node {
    /// Starts every part. An error names what could not be had and the remedy.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        let dialer_settings = settings::dialer(config)?;
        let owner = SoleOwner::of(&config.data.dir)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let recordings = config.recordings_dir();
        let (models_dir, options) = (config.speech.models_dir.clone(), settings::embedded(config));
        // Models take a second to load and the database a few milliseconds: side by side.
        let loading = tokio::task::spawn_blocking(move || Embedded::load(&ModelDirectory::new(models_dir), &options));
        let store = Arc::new(SqlStore::open_with(&config.database_target(), config.master_key()?).await?);
        // The lock on the folder says that nobody else is on an embedded database; on a server there may be.
        if config.data.database_url.is_none() {
            let left = store.expire_leases(clock.now()).await.context("calls of the process before this one")?;
            if left > 0 {
                tracing::warn!(calls = left, "the process before this one held calls; those not dialed go on now");
            }
        }
        let telephone = SipTelephone::bind(settings::telephone(config)).await;
        let telephone = Arc::new(telephone.map_err(|e| settings::wrong("sip.listen", config.sip.listen, &e))?);
        let folder = folder(&recordings, clock.as_ref())?;
        let recorder = Recorder::start(&recordings, folder.id()).context("recordings folder")?;
        let embedded = loading.await.context("loading the speech models")?;
        let embedded = Arc::new(
            embedded.map_err(|e| settings::wrong("speech.models_dir", config.speech.models_dir.display(), &e))?,
        );
        let http: Arc<dyn OutboundHttp> = Arc::new(GuardedClient::new(settings::outbound(config)?)?);
        let node = NodeId(clock.uuid());
        let reach = Reach::of(config, node).await?;
        let context = SessionContext {
            store: store.clone(),
            bus: reach.bus.clone(),
            registry: reach.registry.clone(),
            clock: Arc::clone(&clock),
            telephone: telephone.clone(),
            http: http.clone(),
            speech: Speech {
                stt: embedded.speech_to_text(),
                tts: embedded.text_to_speech(),
                embedder: embedded.embedder(),
                turn_detector: Some(embedded.turn_detector()),
            },
            language_models: language_models(config)?,
            recorder,
            warm: WarmAgents::default(),
            leases: LeaseHold::default(),
        };
        let (stop, hang_up) = (CancellationToken::new(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        let context = Arc::new(context);
        let voices = VoiceTalks { context: context.clone(), lines: Arc::new(SocketAudio) };
        let chats = ChatRoom::new(Arc::new(TextChats(context.clone()))).with_voices(Arc::new(voices));
        let list = settings::provider_list(config);
        let providers = NodeProviders { context: context.clone(), list, voices: settings::voices() };
        let providers = ProviderTrials::new(Arc::new(providers));
        tasks.spawn(Dialer::new(node, context, dialer_settings).run(stop.clone(), hang_up.clone()));
        let (bus, control) = (reach.bus.clone(), reach.control.clone());
        let purger = purger(node, config, (store.clone(), clock.clone()), folder)?;
        tasks.spawn(purger.clone().run(stop.clone()));
        let webhooks = Webhooks::new(http).with_vendors(dialects::webhooks::events);
        let links = RecordingLinks::new(store.link_keys(), &config.public_url());
        let trunks = TrunkProbes::new(telephone.clone());
        let (told, mut telling) = (CancellationToken::new(), JoinSet::new());
        let platform = Platform { store: store.clone(), bus, control, clock, webhooks, chats, trunks, providers };
        telling.spawn(deliverer(config, &platform, links.clone())?.run(told.clone()));
        Ok(Self {
            platform,
            recordings,
            links,
            purger,
            embedded,
            telephone,
            store,
            reach,
            stop,
            hang_up,
            tasks,
            told,
            telling,
            _owner: owner,
        })
    }

    /// Dials no more, lets live calls end for up to `grace`, ends the rest, closes everything.
    pub async fn stop(mut self, grace: Duration) {
        self.stop.cancel();
        let drained = tokio::time::timeout(grace, drain(&mut self.tasks)).await;
        if drained.is_err() {
            self.hang_up.cancel();
            // Bounded by the lifecycle's own deadlines.
            drain(&mut self.tasks).await;
        }
        // The last events of the last calls are told before the node goes.
        self.told.cancel();
        drain(&mut self.telling).await;
        self.telephone.shut_down(SHUT_DOWN).await;
        self.reach.close().await;
        self.store.close().await;
    }
}

/// The folder of recordings, with an id from its first use on.
fn folder(recordings: &Path, clock: &dyn Clock) -> Result<RecordingsFolder, ConfigError> {
    RecordingsFolder::open(recordings, RecordingFolderId(clock.uuid()))
        .map_err(|e| settings::wrong("recordings.dir", recordings.display(), &e))
}

/// What tells the outside of events.
fn deliverer(config: &Config, platform: &Platform, links: RecordingLinks) -> Result<Deliverer, ConfigError> {
    Ok(Deliverer::new(DelivererContext {
        store: platform.store.clone(),
        bus: platform.bus.clone(),
        clock: platform.clock.clone(),
        http: platform.webhooks.http.clone(),
        dialects: Dialects::new(Arc::new(NativePayloads)),
        links,
        schedule: Schedule::default(),
        counts: platform.webhooks.counts.clone(),
        settings: settings::deliverer(config)?,
    }))
}

fn purger(
    node: NodeId,
    config: &Config,
    (store, clock): (Arc<SqlStore>, Arc<dyn Clock>),
    folder: RecordingsFolder,
) -> Result<Arc<Purger>, ConfigError> {
    let settings = settings::purger(config)?;
    Ok(Arc::new(Purger::new(node, PurgerContext { store, clock, folder, settings })))
}

async fn drain(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}

fn language_models(config: &Config) -> anyhow::Result<BTreeMap<String, Arc<dyn LanguageModel>>> {
    config.llm.iter().map(|(name, model)| Ok((name.clone(), settings::language_model(name, model)?))).collect()
}

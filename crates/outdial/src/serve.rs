//! `outdial serve`: a node, its HTTP server, and their way up and down.
//!
//! Law: nothing is listened on before everything behind it works; on the way down the node takes no new work and its
//! live calls end first, while readers still see them end.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use api::{ApiState, Metrics, RequestLimits, TrustedProxies};
use app::gate::Gate;
use app::manage_keys::NewKey;
use app::manage_organizations::OrganizationSettings;
use app::{Platform, Principal};
use domain::api_key::Permission;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cli;
use crate::config::{self, Config, ConfigError};
use crate::output::{Output, complain};
use crate::provision::SetUp;
use crate::signals::Signals;
use crate::telemetry;
use crate::wiring::{self, Node};

/// Organization that a first start makes.
const DEFAULT_ORGANIZATION: &str = "default";
/// Requests get this long to finish after the streams were ended.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// Pause between two writes of which keys were used; they are kept to the minute.
const WRITE_USES_EVERY: Duration = Duration::from_secs(15);

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// The node behind it.
    pub node: Node,
    /// The admin key, where this start made it.
    pub admin_key: Option<String>,
    /// The code by which the first owner comes in, while nobody has an account.
    pub set_up_code: Option<String>,
    gate: Arc<Gate>,
    ready: watch::Sender<bool>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

/// Runs the server until a signal ends it.
pub async fn run(args: &cli::Serve, output: Output) -> Result<()> {
    let config = config::load(&args.server.flags(), std::env::vars())?;
    telemetry::start(&config.log)?;
    let mut signals = Signals::listen()?;
    let server = Server::start(&config, args.provision.as_deref()).await?;
    announce(&server, &config, output)?;
    let name = signals.next().await;
    tracing::info!(signal = name, "stopping");
    tokio::select! {
        biased;
        () = server.stop(config.drain()) => {}
        _ = signals.next() => anyhow::bail!("stopped at once by a second signal; live calls were cut off"),
    }
    tracing::info!("stopped");
    Ok(())
}

fn announce(server: &Server, config: &Config, output: Output) -> Result<()> {
    if let Some(key) = &server.admin_key {
        let file = config.admin_key_file();
        output.line(&format!("admin key, shown once: {key} (also in {})", file.display()))?;
    }
    if let Some(code) = &server.set_up_code {
        output.line(&format!("first owner, within a day: http://{}/app/setup#{code}", server.address))?;
    }
    output.line(&format!("listening on http://{}", server.address))?;
    Ok(())
}

impl Server {
    /// Brings everything up: folder, port, node, first key, provisioning, HTTP.
    pub async fn start(config: &Config, provisioning: Option<&Path>) -> Result<Self> {
        let set_up = provisioning.map(SetUp::read).transpose()?;
        let limits = wiring::server_limits(config)?;
        make_data_dir(&config.data.dir)?;
        // The port first: it fails at once, while models take a second.
        let listener = bind(config.server.listen).await?;
        let address = listener.local_addr()?;
        let config = &config.clone().listening_at(address);
        let node = Node::start(config).await?;
        let named = set_up.as_ref().and_then(SetUp::first_organization);
        let organization = named.unwrap_or(DEFAULT_ORGANIZATION).to_owned();
        let admin_key = match set_up {
            Some(set_up) => {
                set_up.apply(&node.platform).await?;
                None
            }
            None => first_key(&node.platform, &config.admin_key_file()).await?,
        };
        let set_up_code = first_owner_code(&node.platform, &organization).await?;
        let (ready, stop, mut tasks) = (watch::Sender::new(true), CancellationToken::new(), JoinSet::new());
        let (metrics, gate) = (Arc::new(Metrics::default()), Arc::new(Gate::default()));
        let proxies = Arc::new(TrustedProxies::new(config.server.trusted_proxies.0.clone()));
        let state = ApiState {
            default_dialect: config.server.default_dialect.into(),
            request_limits: RequestLimits {
                klen: bound(config.server.klen_requests_per_minute),
                voxpria: bound(config.server.voxpria_requests_per_hour),
            },
            platform: node.platform.clone(),
            recordings: Arc::from(node.recordings.as_path()),
            links: node.links.clone(),
            proxies: proxies.clone(),
            gate: gate.clone(),
            metrics: metrics.clone(),
            ready: ready.subscribe(),
            stop: stop.clone(),
        };
        let (bus, counting) = (node.platform.bus.subscribe_here(), stop.clone());
        tasks.spawn(async move { metrics.follow(bus, counting).await });
        let (uses, noting, ended) = (gate.clone(), node.platform.clone(), stop.clone());
        tasks.spawn(async move { write_uses(&uses, &noting, &ended).await });
        tasks.spawn(api::serve(listener, api::router(state), limits, proxies, stop.clone()));
        Ok(Self { address, node, admin_key, set_up_code, gate, ready, stop, tasks })
    }

    /// Takes everything down: no new calls, live ones end within `drain`, then streams and requests.
    pub async fn stop(mut self, drain: Duration) {
        self.ready.send_replace(false);
        self.gate.write_uses(&self.node.platform).await;
        self.node.stop(drain).await;
        self.stop.cancel();
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_REQUESTS, finished).await.is_err() {
            tracing::warn!("some requests did not finish in time and were cut off");
        }
    }
}

/// Zero is no bound.
fn bound(most: u32) -> Option<u32> {
    (most > 0).then_some(most)
}

/// Writes now and then which keys were used.
async fn write_uses(gate: &Gate, platform: &Platform, stop: &CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(WRITE_USES_EVERY)).await.is_some() {
        gate.write_uses(platform).await;
    }
}

fn make_data_dir(dir: &Path) -> Result<(), ConfigError> {
    let wrong = |e: std::io::Error| ConfigError {
        key: "data.dir".into(),
        origin: dir.display().to_string(),
        detail: format!("cannot be made or read: {e}; give another folder with --data-dir or change its owner"),
    };
    std::fs::create_dir_all(dir).and_then(|()| std::fs::read_dir(dir).map(drop)).map_err(wrong)
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ConfigError> {
    TcpListener::bind(address).await.map_err(|e| {
        let remedy = match e.kind() {
            std::io::ErrorKind::AddrInUse => "stop the program that has the port, or give another with --listen",
            std::io::ErrorKind::AddrNotAvailable => "this machine has no such address; give another with --listen",
            std::io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege; give another with --listen",
            _ => "give another with --listen",
        };
        ConfigError { key: "server.listen".into(), origin: address.to_string(), detail: format!("{e}; {remedy}") }
    })
}

/// Makes the first organization and its admin key where there are none. A start that broke off between the two is
/// mended by the next.
async fn first_key(platform: &Platform, file: &Path) -> Result<Option<String>> {
    let organization = match platform.organization_named(DEFAULT_ORGANIZATION).await? {
        Some(found) => found,
        None => {
            let settings = OrganizationSettings { name: DEFAULT_ORGANIZATION.into(), ..Default::default() };
            platform.create_organization(settings).await?
        }
    };
    let operator = Principal::operator(organization.id);
    if !platform.list_keys(&operator).await?.is_empty() {
        return Ok(None);
    }
    let new = NewKey { name: "admin".into(), permissions: Permission::OF_OPERATOR.to_vec(), ..NewKey::default() };
    let secret = platform.create_key(&operator, new).await?.secret;
    if let Err(error) = write_secret(file, &secret) {
        complain(&format!("the admin key could not be written to {}: {error}", file.display()));
    }
    Ok(Some(secret))
}

/// Draws the code by which the first owner comes in, while nobody has an account. Every start draws one; each works for
/// a day, until one of them was used.
async fn first_owner_code(platform: &Platform, organization: &str) -> Result<Option<String>> {
    if !platform.needs_set_up().await? {
        return Ok(None);
    }
    match platform.organization_named(organization).await? {
        Some(found) => Ok(Some(platform.draw_set_up_code(found.id).await?)),
        None => Ok(None),
    }
}

/// Writes a secret that only its owner can read.
fn write_secret(path: &Path, secret: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    writeln!(file, "{secret}")?;
    file.sync_all()
}

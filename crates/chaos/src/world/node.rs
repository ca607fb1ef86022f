//! One `outdial serve` process, its signals, and its way back.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// An unoptimised build that loads models on a busy machine.
const START: Duration = Duration::from_secs(60);
/// A node that was told to stop lets its calls end (`limits.drain_s`) and closes everything.
const STOP: Duration = Duration::from_secs(40);
const START_AGAIN: Duration = Duration::from_millis(300);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How a node is started.
#[derive(Clone, Debug)]
pub(crate) struct NodeSettings {
    pub(crate) outdial: PathBuf,
    pub(crate) models: PathBuf,
    /// Folder of the node's data and log.
    pub(crate) folder: PathBuf,
    pub(crate) provision: PathBuf,
    /// More environment, such as the database's address.
    pub(crate) environment: Vec<(&'static str, String)>,
    pub(crate) media_ports: (u16, u16),
    pub(crate) lease_s: Option<u64>,
    /// Somebody starts it again when it ends by itself, as an init system does: it may find its database down.
    pub(crate) supervised: bool,
}

/// A node that is running, stopped or dead.
pub(crate) struct Node {
    /// Where it hears HTTP, over all its lives.
    pub(crate) address: SocketAddr,
    settings: NodeSettings,
    process: Option<Child>,
    http: reqwest::Client,
    lives: usize,
}

impl Node {
    /// Chooses a port; nothing runs yet.
    pub(crate) fn new(settings: NodeSettings) -> Result<Self> {
        std::fs::create_dir_all(&settings.folder)?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(1)).build()?;
        Ok(Self { address, settings, process: None, http, lives: 0 })
    }

    /// Starts the process and does not wait for it.
    pub(crate) fn spawn(&mut self) -> Result<()> {
        let NodeSettings { outdial, models, folder, provision, environment, media_ports, lease_s, .. } = &self.settings;
        self.lives += 1;
        let log = std::fs::File::create(folder.join(format!("log.{:03}", self.lives)))?;
        let mut command = Command::new(outdial);
        command.args(["serve", "--listen", &self.address.to_string(), "--data-dir"]).arg(folder.join("data"));
        command.arg("--provision").arg(provision).env_clear();
        command.env("OUTDIAL_SPEECH_MODELS_DIR", models);
        command.env("OUTDIAL_SPEECH_STT_WORKERS", "1").env("OUTDIAL_SPEECH_TTS_WORKERS", "1");
        command.env("OUTDIAL_OUTBOUND_HTTP_ALLOW_PRIVATE", "true").env("OUTDIAL_LIMITS_DRAIN_S", "4");
        command.env("OUTDIAL_MEDIA_PORTS", format!("{}-{}", media_ports.0, media_ports.1));
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        if let Some(lease) = lease_s {
            command.env("OUTDIAL_LIMITS_LEASE_S", lease.to_string());
        }
        let output = log.try_clone()?;
        command.stdin(Stdio::null()).stdout(output).stderr(log).kill_on_drop(true);
        self.process = Some(command.spawn().with_context(|| format!("cannot start {}", outdial.display()))?);
        Ok(())
    }

    /// Whether it says that it is ready.
    pub(crate) async fn is_ready(&self) -> bool {
        let answer = self.http.get(format!("http://{}/readyz", self.address)).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Waits until it says that it is ready.
    pub(crate) async fn ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + START;
        loop {
            if self.is_ready().await {
                return Ok(());
            }
            let process = self.process.as_mut().context("the node is not running")?;
            if let Some(status) = process.try_wait()? {
                if self.settings.supervised && Instant::now() < deadline {
                    sleep(START_AGAIN).await;
                    self.spawn()?;
                    continue;
                }
                bail!("the node ended by itself with {status}; its log is {}", self.log().display());
            }
            if Instant::now() > deadline {
                bail!("the node is not ready after {} s; its log is {}", START.as_secs(), self.log().display());
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Log of the current life.
    pub(crate) fn log(&self) -> PathBuf {
        self.settings.folder.join(format!("log.{:03}", self.lives))
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        let pid =
            self.process.as_ref().and_then(Child::id).and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(pid.context("the node is not running")?, signal).context("the signal was not delivered")
    }

    /// Waits for the end of the process.
    pub(crate) async fn gone(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let ended = tokio::time::timeout(STOP, process.wait()).await;
        ended.with_context(|| format!("the node did not stop; its log is {}", self.log().display()))??;
        Ok(())
    }
}

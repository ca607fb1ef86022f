//! What the nodes stand on: real PostgreSQL and NATS servers, of the system's packages, on loopback.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

const START: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Who runs PostgreSQL where we are root, which it refuses to be.
const POSTGRES_USER: &str = "postgres";

/// A server that can be killed and comes back at its address.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    program: PathBuf,
    arguments: Vec<String>,
    log: PathBuf,
    user: Option<(u32, u32)>,
    process: Option<Child>,
    lives: usize,
}

impl Server {
    fn new(program: PathBuf, log: PathBuf, user: Option<(u32, u32)>) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        Ok(Self { address, program, arguments: Vec::new(), log, user, process: None, lives: 0 })
    }

    /// Starts it and waits until it takes connections.
    pub(crate) async fn start(&mut self) -> Result<()> {
        self.lives += 1;
        let log = std::fs::File::create(self.log.with_extension(format!("{:03}", self.lives)))?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        self.process = Some(command.spawn().with_context(|| format!("cannot start {}", self.program.display()))?);
        let deadline = Instant::now() + START;
        while TcpStream::connect(self.address).is_err() {
            ensure!(
                Instant::now() < deadline,
                "{} does not listen; its log is {}",
                self.program.display(),
                self.log.display()
            );
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Sends a signal to it and to the processes that it started, as PostgreSQL has one for every connection.
    pub(crate) fn signal_all(&self, signal: Signal) -> Result<()> {
        let first = self.process.as_ref().and_then(Child::id).context("the server is not running")?;
        let children = format!("/proc/{first}/task/{first}/children");
        let children = std::fs::read_to_string(&children).with_context(|| children)?;
        let all = [first.to_string()].into_iter().chain(children.split_ascii_whitespace().map(str::to_owned));
        for (n, id) in all.enumerate() {
            let sent = kill_process(Pid::from_raw(id.parse()?).context("no process has the id 0")?, signal);
            // One that served a connection may have ended with it.
            if n == 0 {
                sent?;
            }
        }
        Ok(())
    }

    /// Kills it with `signal` and waits until it is gone.
    pub(crate) async fn kill(&mut self, signal: Signal) -> Result<()> {
        let mut process = self.process.take().context("the server is not running")?;
        let pid = process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(pid.context("the server is not running")?, signal)?;
        tokio::time::timeout(START, process.wait()).await.context("the server did not stop")??;
        Ok(())
    }
}

/// An empty PostgreSQL below `folder`, not started.
pub(crate) async fn postgres(folder: &Path) -> Result<Server> {
    let programs = postgres_programs()?;
    let home = folder.join("postgres");
    std::fs::create_dir_all(&home)?;
    let user = if geteuid().is_root() { Some(ids_of(POSTGRES_USER).await?) } else { None };
    if let Some((user, group)) = user {
        // The run's folder is ours alone; PostgreSQL must be able to pass through it.
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711))?;
        chown(&home, Some(user), Some(group))?;
    }
    let data = home.join("data");
    let mut make = Command::new(programs.join("initdb"));
    make.args(["--auth=trust", "--username=outdial", "--encoding=UTF8", "--no-locale", "--no-sync", "-D"]).arg(&data);
    make.current_dir(&home).stdin(Stdio::null());
    if let Some((user, group)) = user {
        make.uid(user).gid(group);
    }
    let made = make.output().await.context("initdb")?;
    ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
    let mut server = Server::new(programs.join("postgres"), folder.join("postgres.log"), user)?;
    let setting = |text: String| ["-c".to_owned(), text];
    server.arguments = vec!["-D".to_owned(), data.display().to_string()];
    server.arguments.extend(setting(format!("port={}", server.address.port())));
    server.arguments.extend(setting("listen_addresses=127.0.0.1".into()));
    server.arguments.extend(setting("unix_socket_directories=".into()));
    Ok(server)
}

/// A NATS server, not started.
pub(crate) fn nats(folder: &Path) -> Result<Server> {
    let mut server = Server::new("nats-server".into(), folder.join("nats.log"), None)?;
    let port = server.address.port().to_string();
    server.arguments = ["--addr", "127.0.0.1", "--port", &port].map(str::to_owned).to_vec();
    Ok(server)
}

/// The newest installed PostgreSQL, where Debian puts it.
fn postgres_programs() -> Result<PathBuf> {
    let versions =
        std::fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed (apt-get install postgresql)")?;
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    found.sort();
    found
        .pop()
        .map(|(_, programs)| programs)
        .context("PostgreSQL's server is not installed (apt-get install postgresql)")
}

async fn ids_of(user: &str) -> Result<(u32, u32)> {
    let id = async |what: &str| -> Result<u32> {
        let told = Command::new("id").args([what, user]).output().await.context("id")?;
        String::from_utf8_lossy(&told.stdout).trim().parse().with_context(|| format!("there is no user {user}"))
    };
    Ok((id("-u").await?, id("-g").await?))
}

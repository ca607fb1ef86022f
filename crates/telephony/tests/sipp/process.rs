//! One sipp process that plays a scenario of this folder. The tests of other crates include this file too.

use std::fs::{File, TryLockError};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};

/// The longest a scenario may take.
const LIMIT: Duration = Duration::from_secs(40);
/// The longest sipp may take to open its port.
const OPENS: Duration = Duration::from_secs(20);

/// One sipp process.
pub(crate) struct Sipp {
    child: Child,
    folder: TempDir,
    /// Where it takes requests.
    pub(crate) address: SocketAddr,
    _ports: Ports,
}

impl Sipp {
    /// Starts sipp with `scenario`, a file of this folder without its ending, in sipp's transport `mode` (`u1`, `t1`).
    /// Without a `target` it waits for a call, and its port is open when this returns; with one it calls.
    pub(crate) async fn start(scenario: &str, mode: &str, target: Option<SocketAddr>) -> Self {
        let folder = TempDir::new().unwrap();
        let ports = Ports::reserve();
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../telephony/tests/sipp");
        let mut command = Command::new("sipp");
        if let Some(target) = target {
            command.arg(target.to_string());
        }
        let mut child = command
            .arg("-sf")
            .arg(scenarios.join(format!("{scenario}.xml")))
            .args(["-i", "127.0.0.1", "-p", &ports.sip().to_string(), "-mp", &ports.media().to_string(), "-rtp_echo"])
            .args(["-m", "1", "-nostdin", "-t", mode, "-recv_timeout", "30000", "-trace_err", "-error_file"])
            .arg(folder.path().join("errors"))
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("sipp cannot be started ({error}); run `make setup-test`"));
        let address = SocketAddr::from(([127, 0, 0, 1], ports.sip()));
        if target.is_none() {
            let opened = tokio::select! {
                () = listening(address.port(), mode) => true,
                _ = child.wait() => false,
            };
            let sipp = Self { child, folder, address, _ports: ports };
            if !opened {
                sipp.finished().await;
                panic!("sipp ended before a call came");
            }
            return sipp;
        }
        Self { child, folder, address, _ports: ports }
    }

    /// Waits for the scenario's end and fails with sipp's own words when it did not go as written.
    pub(crate) async fn finished(self) {
        let output = tokio::time::timeout(LIMIT, self.child.wait_with_output()).await.expect("sipp ends").unwrap();
        let errors = std::fs::read_to_string(self.folder.path().join("errors")).unwrap_or_default();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the scenario failed: {}\n{errors}\n{stderr}", output.status);
    }
}

/// Ports that no other test takes: sipp must be told its ports, so a port that was free a moment ago is not enough.
/// They lie below the range that the kernel draws from, and each block is held by the lock on its file.
struct Ports {
    first: u16,
    _held: File,
}

impl Ports {
    const FIRST: u16 = 10_000;
    const BLOCK: u16 = 10;
    const BLOCKS: u16 = 1_000;

    fn reserve() -> Self {
        // Processes begin at different blocks, so that a block just given up, its TCP state still fading, is not taken.
        let begin = u16::try_from(std::process::id() % u32::from(Self::BLOCKS)).unwrap();
        (0..Self::BLOCKS)
            .find_map(|offset| Self::block((begin + offset) % Self::BLOCKS))
            .expect("a block of ports is free")
    }

    fn block(block: u16) -> Option<Self> {
        let lock = std::env::temp_dir().join(format!("outdial-sipp-ports-{block}.lock"));
        let held = File::create(lock).unwrap();
        match held.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return None,
            Err(TryLockError::Error(error)) => panic!("a lock on ports: {error}"),
        }
        let ports = Self { first: Self::FIRST + block * Self::BLOCK, _held: held };
        let free =
            |port| UdpSocket::bind(("127.0.0.1", port)).is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok();
        // sipp's echo takes the media port and the one two above it.
        [ports.sip(), ports.media(), ports.media() + 2].into_iter().all(free).then_some(ports)
    }

    fn sip(&self) -> u16 {
        self.first
    }

    fn media(&self) -> u16 {
        self.first + 2
    }
}

/// Waits until somebody listens on the port, without touching it: binding it ourselves could be in sipp's way.
async fn listening(port: u16, mode: &str) {
    let (table, state) = if mode.starts_with('t') { ("/proc/net/tcp", "0A") } else { ("/proc/net/udp", "07") };
    let local = format!(":{port:04X} ");
    let there = || {
        std::fs::read_to_string(table).unwrap().lines().any(|line| {
            let mut fields = line.split_ascii_whitespace().skip(1);
            let address = fields.next().unwrap_or_default();
            format!("{address} ").contains(&local) && fields.nth(1) == Some(state)
        })
    };
    let looks = async {
        let mut looks = tokio::time::interval(Duration::from_millis(5));
        while !there() {
            looks.tick().await;
        }
    };
    tokio::time::timeout(OPENS, looks).await.expect("sipp opens its port");
}

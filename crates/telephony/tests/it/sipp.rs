//! sipp as the far end, playing a scenario of `tests/sipp`.

use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use telephony::signalling::SipTransport;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// The longest a scenario may take.
const LIMIT: Duration = Duration::from_secs(20);

/// One sipp process.
pub(crate) struct Sipp {
    child: Child,
    folder: TempDir,
    pub(crate) address: SocketAddr,
}

impl Sipp {
    /// Starts a far end that waits for a call.
    pub(crate) async fn answering(scenario: &str) -> Self {
        Self::start(scenario, SipTransport::Udp, None).await
    }

    pub(crate) async fn answering_over(scenario: &str, transport: SipTransport) -> Self {
        Self::start(scenario, transport, None).await
    }

    /// Starts a far end that calls `target`.
    pub(crate) async fn calling(scenario: &str, target: SocketAddr) -> Self {
        Self::start(scenario, SipTransport::Udp, Some(target)).await
    }

    async fn start(scenario: &str, transport: SipTransport, target: Option<SocketAddr>) -> Self {
        let folder = TempDir::new().unwrap();
        let (port, media) = (free_port(), free_port());
        let mut command = Command::new("sipp");
        if let Some(target) = target {
            command.arg(target.to_string());
        }
        let child = command
            .args(["-sf", path(scenario).to_str().unwrap(), "-i", "127.0.0.1", "-p", &port.to_string()])
            .args(["-mp", &media.to_string(), "-rtp_echo", "-m", "1", "-nostdin", "-trace_err", "-error_file"])
            .arg(folder.path().join("errors"))
            .args(["-t", if transport == SipTransport::Tcp { "t1" } else { "u1" }, "-recv_timeout", "15000"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("sipp cannot be started ({error}); install the Debian package sip-tester"));
        if target.is_none() {
            listening(port, transport).await;
        }
        Self { child, folder, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    /// Waits for the scenario's end and fails with sipp's own words when it did not go as written.
    pub(crate) async fn finished(self) {
        let output = tokio::time::timeout(LIMIT, self.child.wait_with_output()).await.expect("sipp ends").unwrap();
        let errors = std::fs::read_to_string(self.folder.path().join("errors")).unwrap_or_default();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the scenario failed: {}\n{errors}\n{stderr}", output.status);
    }
}

fn path(scenario: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sipp").join(format!("{scenario}.xml"))
}

/// A port that was free a moment ago. sipp cannot be told to take any.
fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until somebody listens on the port, without touching it: binding it ourselves could be in sipp's way.
async fn listening(port: u16, transport: SipTransport) {
    let (table, state) = match transport {
        SipTransport::Udp => ("/proc/net/udp", "07"),
        SipTransport::Tcp => ("/proc/net/tcp", "0A"),
    };
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
    tokio::time::timeout(LIMIT, looks).await.expect("sipp opens its port");
}

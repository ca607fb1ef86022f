//! What a call costs: dials sipp (Debian package sip-tester) many times over loopback, lets every call speak and hear
//! its echo, and prints CPU, memory, lateness and loss.
//!
//! `cargo run --release -p telephony --example load -- [CALLS] [SECONDS]`
#![expect(clippy::print_stdout, reason = "the figures are the purpose of this program")]

use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use app::ports::telephone::{Dial, Leg, LegCommand, LegEvent, LegStats, MediaEvent, PlayChunk, Telephone as _};
use domain::callee::Callee;
use domain::ids::{AttemptId, OrganizationId, TrunkId};
use domain::phone_number::PhoneNumber;
use domain::time::Timestamp;
use domain::trunk::{SipTransport, Trunk};
use telephony::{SipTelephone, TelephoneConfig};
use tokio::task::JoinSet;
use uuid::Uuid;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Calls dialed a second.
const RATE: u64 = 50;
/// A command found its leg gone.
const OVER: &str = "the leg is over";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let calls: usize = arguments.next().map_or(Ok(50), |text| text.parse())?;
    let seconds: u64 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let port = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut sipp = far_end(port, calls)?;
    let telephone = Arc::new(SipTelephone::bind(TelephoneConfig::default()).await?);
    let trunk = Arc::new(trunk(port));
    let (spoken, ready) = tokio::sync::mpsc::channel(calls.max(1));
    let mut legs = JoinSet::new();
    let mut pace = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
    for number in 0..calls {
        pace.tick().await;
        let leg = telephone.dial(dial(&trunk, number)?).await?;
        legs.spawn(talk(leg, spoken.clone(), Duration::from_secs(seconds + 5 + calls as u64 / RATE)));
    }
    drop(spoken);
    all_speak(ready, calls).await?;
    let before = (Instant::now(), cpu_time()?);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let (wall, cpu) = (before.0.elapsed(), cpu_time()? - before.1);
    let memory = resident_kb()?;
    let mut total = LegStats::default();
    while let Some(stats) = legs.join_next().await {
        let stats = stats??;
        total.packets_sent += stats.packets_sent;
        total.packets_received += stats.packets_received;
        total.packets_lost += stats.packets_lost;
        total.events_dropped += stats.events_dropped;
        total.jitter_ms = total.jitter_ms.max(stats.jitter_ms);
    }
    let counters = telephone.media_counters();
    let core = 100.0 * cpu.as_secs_f64() / wall.as_secs_f64();
    println!("calls {calls}, {:.1} s", wall.as_secs_f64());
    println!("cpu {core:.2} % of a core, {:.4} % a call; resident {memory} kB", core / calls as f64);
    println!(
        "slots {}, 5 ms late {}, 20 ms late {}, suspensions {}",
        counters.slots.load(Ordering::Relaxed),
        counters.late_5ms.load(Ordering::Relaxed),
        counters.late_20ms.load(Ordering::Relaxed),
        counters.suspensions.load(Ordering::Relaxed),
    );
    println!("{total:?}");
    telephone.shut_down(Duration::from_secs(5)).await;
    sipp.wait()?;
    Ok(())
}

fn far_end(port: u16, calls: usize) -> Result<std::process::Child, Failure> {
    let media = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sipp/answer.xml");
    let child = Command::new("sipp")
        .arg("-sf")
        .arg(scenario)
        .args(["-i", "127.0.0.1", "-p", &port.to_string(), "-mp", &media.to_string(), "-rtp_echo", "-nostdin"])
        .args(["-m", &calls.to_string(), "-l", &calls.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(child)
}

fn trunk(port: u16) -> Trunk {
    Trunk {
        id: TrunkId(Uuid::nil()),
        organization: OrganizationId(Uuid::nil()),
        name: "load".to_owned(),
        address: format!("127.0.0.1:{port}"),
        transport: SipTransport::Udp,
        credentials: None,
        calls_per_second: None,
        channels: None,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

fn dial(trunk: &Arc<Trunk>, number: usize) -> Result<Dial, Failure> {
    Ok(Dial {
        attempt: AttemptId(Uuid::from_u128(number as u128)),
        trunk: Arc::clone(trunk),
        to: Callee::parse("+15550002222", None)?,
        from: PhoneNumber::parse("+15550001000", None)?,
        ring_timeout: Duration::from_secs(30),
        media_timeout: Duration::from_secs(30),
    })
}

/// Waits until every call has been answered and its first voice has left.
async fn all_speak(mut ready: tokio::sync::mpsc::Receiver<()>, calls: usize) -> Result<(), Failure> {
    for _ in 0..calls {
        tokio::time::timeout(Duration::from_secs(30), ready.recv()).await?.ok_or("a call ended early")?;
    }
    Ok(())
}

/// Two seconds of voice, two of silence, until the time is over.
async fn talk(mut leg: Leg, spoken: tokio::sync::mpsc::Sender<()>, time: Duration) -> Result<LegStats, Failure> {
    let wobble = |n: u32| (f64::from(n) * (2.0 + f64::from(n / 800 % 5)) / 40.0).sin() * 6000.0;
    let voice: Arc<[i16]> = (0..16_000).map(|n| wobble(n) as i16).collect();
    let mut sentence = tokio::time::interval(Duration::from_secs(4));
    let end = tokio::time::sleep(time);
    tokio::pin!(end);
    let (mut utterance, mut answered, mut listens, mut over) = (0, false, true, false);
    loop {
        tokio::select! {
            () = &mut end, if !over => {
                over = true;
                leg.commands.send(LegCommand::HangUp).await.map_err(|_| OVER)?;
            }
            _ = sentence.tick(), if answered && !over => {
                utterance += 1;
                let samples = Arc::clone(&voice);
                leg.commands.send(LegCommand::Play(PlayChunk { utterance, generation: 0, samples, last: true })).await.map_err(|_| OVER)?;
            }
            event = leg.media.recv(), if listens => match event {
                Some(MediaEvent::PlayStarted { utterance: 1, .. }) => spoken.send(()).await?,
                Some(_) => {}
                None => listens = false,
            },
            event = leg.events.recv() => match event {
                Some(LegEvent::Answered { .. }) => answered = true,
                Some(LegEvent::Closed(stats)) => return Ok(stats),
                Some(_) => {}
                None => return Err("the leg ended without Closed".into()),
            },
        }
    }
}

/// User and system time of this process.
fn cpu_time() -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace().collect();
    // After the name: user time is the 12th field and system time the 13th, in hundredths of a second.
    let ticks: u64 = fields.get(11).ok_or("no user time")?.parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

fn resident_kb() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

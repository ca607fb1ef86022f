//! Media threads: every packet of every call passes here, on threads of our own.
//!
//! Law: no await, no lock, no allocation per packet, and nothing that can block. A thread wakes once a millisecond
//! while it has calls: it reads what came, sends for the calls whose slot it is, and sleeps again; a command wakes
//! it at once. So a packet waits at most a millisecond, and the number of wake-ups does not grow with the calls.
//! Stands between the sockets and the conversation: speech, digits and marks go up, voice comes down.

mod call;
mod latch;
pub(crate) mod listen;
pub(crate) mod outbox;
mod ports;
mod receive;
pub(crate) mod send;
mod speech;
pub(crate) mod track;
mod wheel;
mod worker;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use app::ports::telephone::{LegStats, MediaEvent, PlayChunk, StereoSink};
use tokio::sync::{mpsc, oneshot};

use crate::sdp::Negotiated;
pub use ports::PortRange;
use ports::{Ports, SocketPair};

/// Media events a conversation may leave lying: over a second of everything that can happen.
pub(crate) const EVENT_CAPACITY: usize = 128;
/// Commands waiting at a thread, of all its calls; it drains them every millisecond.
const COMMAND_CAPACITY: usize = 4096;
/// Milliseconds of a slot.
pub(crate) const SLOT_MS: u64 = 20;
/// How long a leg waits for its counters when it closes.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// How media is handled.
#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// Media threads; one carries some hundreds of calls.
    pub threads: usize,
    /// Where RTP ports come from.
    pub ports: PortRange,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self { threads: 1, ports: PortRange::default() }
    }
}

/// What the media threads dropped, and how they keep time.
#[derive(Debug, Default)]
pub struct MediaCounters {
    /// Datagrams that are no RTP or RTCP.
    pub malformed: AtomicU64,
    /// Packets from a source that is not the call's.
    pub foreign: AtomicU64,
    /// Slots served.
    pub slots: AtomicU64,
    /// Slots served 5 ms or more late.
    pub late_5ms: AtomicU64,
    /// Slots served 20 ms or more late.
    pub late_20ms: AtomicU64,
    /// Times a thread had been suspended so long that slots were left out.
    pub suspensions: AtomicU64,
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// A call to run.
#[derive(Debug)]
pub(crate) struct NewCall {
    pub(crate) agreed: Negotiated,
    pub(crate) events: mpsc::Sender<MediaEvent>,
    /// Silence of the far end after which `Inactive` comes.
    pub(crate) inactivity: Duration,
}

/// What a running call can be told.
pub(crate) enum CallCommand {
    /// A new description is in force.
    Describe(Negotiated),
    Play(PlayChunk),
    Flush {
        generation: u32,
    },
    Digits(String),
    /// A digit that came by signalling.
    HeardDigit(char),
    Record(Box<dyn StereoSink>),
    Listen(Box<dyn StereoSink>),
}

pub(crate) enum Command {
    Start { index: u32, sockets: SocketPair, call: Box<NewCall> },
    Call { index: u32, command: CallCommand },
    Remove { index: u32, stats: Option<oneshot::Sender<LegStats>> },
}

/// One thread as seen from outside.
struct ThreadHandle {
    commands: mpsc::Sender<Command>,
    thread: Thread,
    /// Places for calls that are free again, and the first never used.
    places: Mutex<(Vec<u32>, u32)>,
    calls: AtomicUsize,
}

impl ThreadHandle {
    fn take_place(&self) -> u32 {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.0.pop().unwrap_or_else(|| {
            places.1 += 1;
            places.1 - 1
        })
    }

    fn give_place(&self, index: u32) {
        self.calls.fetch_sub(1, Ordering::Relaxed);
        self.places.lock().unwrap_or_else(PoisonError::into_inner).0.push(index);
    }

    async fn send(&self, command: Command) {
        // Fails only when the thread has stopped, and then the call is over.
        if self.commands.send(command).await.is_ok() {
            self.thread.unpark();
        }
    }
}

/// The media threads of a telephone.
pub(crate) struct MediaThreads {
    threads: Vec<Arc<ThreadHandle>>,
    ports: Ports,
    counters: Arc<MediaCounters>,
    stop: Arc<AtomicBool>,
    running: Mutex<Vec<JoinHandle<()>>>,
}

impl MediaThreads {
    pub(crate) fn start(config: MediaConfig) -> io::Result<Self> {
        let counters = Arc::new(MediaCounters::default());
        let stop = Arc::new(AtomicBool::new(false));
        let (mut threads, mut running) = (Vec::new(), Vec::new());
        for number in 0..config.threads.max(1) {
            let (commands, received) = mpsc::channel(COMMAND_CAPACITY);
            let worker = worker::Worker::new(received, counters.clone(), stop.clone())?;
            let joined = std::thread::Builder::new().name(format!("media-{number}")).spawn(move || worker.run())?;
            threads.push(Arc::new(ThreadHandle {
                commands,
                thread: joined.thread().clone(),
                places: Mutex::default(),
                calls: AtomicUsize::new(0),
            }));
            running.push(joined);
        }
        Ok(Self { threads, ports: Ports::new(config.ports), counters, stop, running: Mutex::new(running) })
    }

    pub(crate) fn counters(&self) -> &MediaCounters {
        &self.counters
    }

    /// Binds the sockets of a call to come, on the thread with the fewest calls.
    pub(crate) fn open(&self, ip: IpAddr) -> io::Result<MediaLeg> {
        let sockets = self.ports.bind(ip)?;
        let local = sockets.rtp.local_addr()?;
        let emptiest = self.threads.iter().min_by_key(|thread| thread.calls.load(Ordering::Relaxed));
        let thread = emptiest.expect("at least one thread was started").clone();
        let index = thread.take_place();
        Ok(MediaLeg { local, index, thread, sockets: Some(sockets), running: false })
    }

    /// Stops the threads and waits for them; they end within a millisecond.
    pub(crate) fn shut_down(&self) {
        self.stop.store(true, Ordering::Release);
        for thread in &self.threads {
            thread.thread.unpark();
        }
        let running = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in running {
            if thread.join().is_err() {
                tracing::error!("a media thread had panicked");
            }
        }
    }
}

impl Drop for MediaThreads {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// The media of one leg: sockets first, then a running call.
pub(crate) struct MediaLeg {
    local: SocketAddr,
    index: u32,
    thread: Arc<ThreadHandle>,
    sockets: Option<SocketPair>,
    running: bool,
}

impl MediaLeg {
    /// The address RTP is received at.
    pub(crate) fn local(&self) -> SocketAddr {
        self.local
    }

    pub(crate) async fn start(&mut self, call: NewCall) {
        let Some(sockets) = self.sockets.take() else { return };
        self.running = true;
        self.thread.send(Command::Start { index: self.index, sockets, call: Box::new(call) }).await;
    }

    pub(crate) async fn command(&self, command: CallCommand) {
        self.thread.send(Command::Call { index: self.index, command }).await;
    }

    /// Ends the call and gives its counters; the sockets are closed when this returns.
    pub(crate) async fn close(&mut self) -> LegStats {
        if !std::mem::take(&mut self.running) {
            return LegStats::default();
        }
        let (stats, counted) = oneshot::channel();
        self.thread.send(Command::Remove { index: self.index, stats: Some(stats) }).await;
        tokio::time::timeout(CLOSE_LIMIT, counted).await.ok().and_then(Result::ok).unwrap_or_default()
    }
}

impl Drop for MediaLeg {
    fn drop(&mut self) {
        if self.running {
            // A leg task that was aborted. Should the queue be full the place is lost, not the thread.
            if self.thread.commands.try_send(Command::Remove { index: self.index, stats: None }).is_err() {
                return;
            }
            self.thread.thread.unpark();
        }
        // The thread takes commands in order, so a new call in this place starts after the old one is gone.
        self.thread.give_place(self.index);
    }
}

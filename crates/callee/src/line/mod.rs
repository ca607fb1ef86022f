//! The RTP side of calls, on own threads: packets in to speech, digits and echo; sounds and digits out.
//!
//! Law: an absolute schedule of 20 ms per call; nothing on a line's way blocks; every queue is bounded, and what
//! does not fit is counted as an overrun.

mod impairment;
mod listener;
mod session;
pub(crate) mod sounds;
mod speaker;
mod tape;
mod thread;

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use media::g711::Codec;
use tokio::sync::{mpsc, oneshot};

use crate::persona::LineQuality;
use session::Session;
pub(crate) use tape::Tape;

/// Samples a second of everything on a line.
pub(crate) const SAMPLE_RATE: u32 = media::SAMPLE_RATE;

/// Commands a thread may have waiting; each call sends a few a second.
const COMMANDS: usize = 1_024;
/// Events a call may have waiting: some ten seconds of speech in frames of 100 ms, with room.
const EVENTS: usize = 256;
/// Longest wait for a line to close.
const CLOSING: Duration = Duration::from_secs(1);

/// What was agreed by offer and answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    /// Where packets go; also the only source taken, once one from there was seen.
    pub(crate) remote: Option<SocketAddr>,
    pub(crate) codec: Codec,
    pub(crate) payload_type: u8,
    /// Payload type of telephone events.
    pub(crate) events: Option<u8>,
    /// Whether the other side wants packets.
    pub(crate) send: bool,
}

/// What a line needs from the start.
pub(crate) struct LineSetup {
    /// Zero of the call's clock.
    pub(crate) origin: Instant,
    pub(crate) quality: LineQuality,
    /// Whether both sides are recorded.
    pub(crate) tape: bool,
}

/// What a line is told.
pub(crate) enum LineCommand {
    Stream(Stream),
    /// From now on sounds count as heard after the answer, and music begins.
    Answered,
    Play {
        sound: u32,
        samples: Arc<[i16]>,
        text: String,
    },
    Digits {
        sound: u32,
        keys: String,
    },
}

/// What a line tells. Segments count up from 0.
#[derive(Debug)]
pub(crate) enum LineEvent {
    SpeechBegan { start_ms: u64 },
    Speech { segment: u32, samples: Arc<[i16]> },
    SpeechEnded { segment: u32, end_ms: u64 },
    Digit(char),
    Played { sound: u32, text: String, start_ms: u64, end_ms: u64 },
}

/// What is left of a line.
#[derive(Default)]
pub(crate) struct Closed {
    pub(crate) first_packet_ms: Option<u64>,
    pub(crate) first_sound_ms: Option<u64>,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    pub(crate) dropped: u64,
    pub(crate) overruns: u64,
    pub(crate) tape: Option<Tape>,
}

/// What goes to a thread.
enum Order {
    Open(u32, Box<Session>),
    Tell(u32, LineCommand),
    Close(u32, Option<oneshot::Sender<Closed>>),
}

/// The threads.
pub(crate) struct Lines {
    ip: IpAddr,
    threads: Vec<SyncSender<Order>>,
    next: AtomicU32,
}

impl Lines {
    /// The threads end when the last line and this are gone.
    pub(crate) fn start(threads: usize, ip: IpAddr) -> io::Result<Self> {
        let start = |n| {
            let (orders, inbox) = sync_channel(COMMANDS);
            std::thread::Builder::new().name(format!("callee-rtp-{n}")).spawn(move || thread::run(&inbox))?;
            Ok(orders)
        };
        Ok(Self { ip, threads: (0..threads).map(start).collect::<io::Result<_>>()?, next: AtomicU32::new(0) })
    }

    /// Opens a port and gives it to a thread.
    pub(crate) fn open(&self, setup: LineSetup) -> io::Result<(Line, mpsc::Receiver<LineEvent>)> {
        let socket = UdpSocket::bind(SocketAddr::new(self.ip, 0))?;
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (events, inbox) = mpsc::channel(EVENTS);
        let session = Session::new(socket, setup, events, u64::from(id) << 17 | u64::from(local.port()));
        let orders = self.threads[id as usize % self.threads.len()].clone();
        let full = || io::Error::other("the media thread is overloaded");
        orders.try_send(Order::Open(id, Box::new(session))).map_err(|_| full())?;
        Ok((Line { local, id, orders, closed: false }, inbox))
    }
}

/// One line. Dropping it closes it.
pub(crate) struct Line {
    /// Where it hears RTP.
    pub(crate) local: SocketAddr,
    id: u32,
    orders: SyncSender<Order>,
    closed: bool,
}

impl Line {
    /// Never waits; a thread that far behind loses the command, which the call's own deadlines survive.
    pub(crate) fn command(&self, command: LineCommand) {
        if self.orders.try_send(Order::Tell(self.id, command)).is_err() {
            tracing::warn!("a media thread of the far end is overloaded");
        }
    }

    /// Closes it and takes what is left; `None` when the thread is gone or overloaded.
    pub(crate) async fn close(&mut self) -> Option<Closed> {
        let (done, closed) = oneshot::channel();
        self.closed = true;
        self.orders.try_send(Order::Close(self.id, Some(done))).ok()?;
        tokio::time::timeout(CLOSING, closed).await.ok()?.ok()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.closed {
            let _ = self.orders.try_send(Order::Close(self.id, None));
        }
    }
}

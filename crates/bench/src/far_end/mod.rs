//! The far end of every measured call: a SIP and RTP endpoint whose clock is the measure.
//!
//! Law: it shares nothing with the server but the wire, and it stamps what comes the moment the kernel hands it over:
//! one thread blocks on SIP, one on RTP, and a third paces what is sent. It runs in another process than the server, so
//! that the server's processor time is the server's alone.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

mod call;
mod sip;
mod voice;

pub(crate) use call::{Call, Intervals, Turn};
pub(crate) use voice::Clip;

/// A thread looks this often whether it shall end.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A frame is 20 ms; the calls are spread over four slots of it.
const SLOT: Duration = Duration::from_millis(5);
const SLOTS: usize = 4;

/// What the far end does with a call.
#[derive(Clone, Debug)]
pub(crate) struct Behaviour {
    /// 486 at once instead of an answer.
    pub(crate) busy: bool,
    /// INVITE to 200.
    pub(crate) answer_after: Duration,
    /// Said in turn, one clip after each turn of the agent; the last is repeated for ever if `repeats`.
    pub(crate) clips: Arc<[Clip]>,
    pub(crate) repeats: bool,
    /// Silence of the agent that is taken for the end of its turn.
    pub(crate) agent_done: Duration,
    /// Runs the server's own detector beside each clip, to know where it must have placed the end of speech.
    pub(crate) detector: bool,
}

/// What all threads share.
struct Shared {
    sip: UdpSocket,
    rtp: UdpSocket,
    rtp_port: u16,
    book: Mutex<Book>,
    stop: AtomicBool,
}

#[derive(Default)]
struct Book {
    behaviour: Option<Behaviour>,
    calls: Vec<Call>,
    by_call_id: HashMap<String, usize>,
    by_source: HashMap<u16, usize>,
    answers_due: Vec<(Instant, usize)>,
    /// Whether intervals between packets count.
    measuring: bool,
}

/// A running far end; it ends when it is dropped.
pub(crate) struct FarEnd {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl FarEnd {
    /// Binds two free loopback ports.
    pub(crate) fn start(behaviour: Behaviour) -> io::Result<Self> {
        let (sip, rtp) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
        rtp.set_read_timeout(Some(LOOK_EVERY))?;
        let rtp_port = rtp.local_addr()?.port();
        let book = Mutex::new(Book { behaviour: Some(behaviour), ..Book::default() });
        let shared = Arc::new(Shared { sip, rtp, rtp_port, book, stop: AtomicBool::new(false) });
        let thread = |name: &str, body: fn(&Shared)| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name(name.into()).spawn(move || body(&shared))
        };
        let threads = vec![thread("sip", sip::run)?, thread("hear", hear)?, thread("say", say)?];
        Ok(Self { shared, threads })
    }

    /// Where it hears SIP.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.shared.sip.local_addr()
    }

    /// Forgets the calls so far and behaves otherwise from now on.
    pub(crate) fn reset(&self, behaviour: Behaviour) {
        *self.shared.book() = Book { behaviour: Some(behaviour), ..Book::default() };
    }

    /// Looks at every call so far, in the order of their INVITEs.
    pub(crate) fn look<T>(&self, at: impl FnOnce(&[Call]) -> T) -> T {
        at(&self.shared.book().calls)
    }

    /// Counts intervals between packets from now on, or no more.
    pub(crate) fn measure(&self, on: bool) {
        self.shared.book().measuring = on;
    }
}

impl Drop for FarEnd {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

fn hear(shared: &Shared) {
    let mut datagram = [0; 1500];
    while !shared.stopped() {
        let Ok((length, source)) = shared.rtp.recv_from(&mut datagram) else { continue };
        let now = Instant::now();
        let mut book = shared.book();
        let measuring = book.measuring;
        if let Some(&call) = book.by_source.get(&source.port()) {
            book.calls[call].heard(&datagram[..length], now, measuring);
        }
    }
}

fn say(shared: &Shared) {
    let (mut next, mut slot) = (Instant::now(), 0);
    let mut packet = [0; 172];
    while !shared.stopped() {
        #[expect(clippy::disallowed_methods, reason = "a load paces its packets by an absolute schedule")]
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        let count = shared.book().calls.len();
        // The lock is taken call by call, so that hearing never waits for a whole slot of sends.
        for index in (slot..count).step_by(SLOTS) {
            let mut book = shared.book();
            let Some(call) = book.calls.get_mut(index) else { break };
            if let Some((length, to)) = call.next_packet(Instant::now(), &mut packet) {
                let _ = shared.rtp.send_to(&packet[..length], to);
                call.sent(Instant::now());
            }
        }
        slot = (slot + 1) % SLOTS;
        next += SLOT;
    }
}

//! One media thread. Law: whatever woke it, it does what is due and sleeps until the next millisecond; a burst at
//! one port cannot keep it from the other calls.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};
use tokio::sync::mpsc;

use super::call::Call;
use super::wheel::Wheel;
use super::{CallCommand, Command, MediaCounters, NewCall, SocketPair, count};

/// A millisecond, the step of the wheel.
const TICK: Duration = Duration::from_millis(1);
/// Behind by more than this the thread was suspended: missed slots are left out instead of sent in a burst.
const SUSPENDED: u64 = 60;
/// Readiness events taken at once; more are taken at the next tick.
const READY_AT_ONCE: usize = 1024;

/// A call in its place.
struct Seat {
    call: Call,
    slot: usize,
}

pub(super) struct Worker {
    commands: mpsc::Receiver<Command>,
    counters: Arc<MediaCounters>,
    stop: Arc<AtomicBool>,
    poll: Poll,
    ready: Events,
    /// Sockets that had more than one visit's worth of packets.
    unfinished: Vec<usize>,
    seats: Vec<Option<Seat>>,
    calls: usize,
    wheel: Wheel,
    started: Instant,
    /// The next tick to serve.
    tick: u64,
    due: Vec<u32>,
}

impl Worker {
    pub(super) fn new(
        commands: mpsc::Receiver<Command>,
        counters: Arc<MediaCounters>,
        stop: Arc<AtomicBool>,
    ) -> io::Result<Self> {
        Ok(Self {
            commands,
            counters,
            stop,
            poll: Poll::new()?,
            ready: Events::with_capacity(READY_AT_ONCE),
            unfinished: Vec::new(),
            seats: Vec::new(),
            calls: 0,
            wheel: Wheel::default(),
            started: Instant::now(),
            tick: 0,
            due: Vec::new(),
        })
    }

    pub(super) fn run(mut self) {
        while !self.stop.load(Ordering::Acquire) {
            self.take_commands();
            let now = Instant::now();
            if self.now_tick(now) >= self.tick {
                self.read_sockets(now);
                self.serve_ticks(now);
            }
            self.sleep();
        }
    }

    /// Sleeps to the next tick, or without calls until somebody calls. A wake-up that came in between is not lost:
    /// `unpark` leaves a token.
    fn sleep(&self) {
        if self.calls == 0 {
            std::thread::park();
            return;
        }
        let wake = self.started + TICK * u32::try_from(self.tick).unwrap_or(u32::MAX);
        let left = wake.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            std::thread::park_timeout(left);
        }
    }

    fn now_tick(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.started).as_millis()).unwrap_or(u64::MAX)
    }

    fn take_commands(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Start { index, sockets, call } => self.start(index, sockets, *call),
                Command::Call { index, command } => self.command(index, command),
                Command::Remove { index, stats } => {
                    let stopped = self.remove(index);
                    if let (Some(stats), Some(mut call)) = (stats, stopped) {
                        // The leg may have given up waiting.
                        let _ = stats.send(call.close(Instant::now()));
                    }
                }
            }
        }
    }

    fn start(&mut self, index: u32, sockets: SocketPair, new: NewCall) {
        let now = Instant::now();
        if self.calls == 0 {
            // An idle thread keeps no ticks; the wheel goes on from here.
            self.tick = self.now_tick(now);
        }
        let mut call = match Call::new(sockets, new, now, self.tick) {
            Ok(call) => call,
            Err(error) => {
                tracing::error!(%error, "a call's sockets cannot be used");
                return;
            }
        };
        let place = index as usize;
        let registry = self.poll.registry();
        let registered = call
            .sockets()
            .into_iter()
            .enumerate()
            .try_for_each(|(side, socket)| registry.register(socket, Token(place * 2 + side), Interest::READABLE));
        if let Err(error) = registered {
            tracing::error!(%error, "a call's sockets cannot be watched");
            return;
        }
        if self.seats.len() <= place {
            self.seats.resize_with(place + 1, || None);
        }
        // The first frame leaves at once, whatever the slot: the far end waits for it.
        let slot = self.wheel.add(index, self.tick);
        self.seats[place] = Some(Seat { call, slot });
        self.calls += 1;
        self.send_now(index, now);
    }

    fn command(&mut self, index: u32, command: CallCommand) {
        let now = Instant::now();
        let Some(seat) = self.seats.get_mut(index as usize).and_then(Option::as_mut) else { return };
        if seat.call.on_command(command, now) {
            self.send_now(index, now);
        }
    }

    /// Sends the call's next frame now and lets its slot follow.
    fn send_now(&mut self, index: u32, now: Instant) {
        let tick = self.now_tick(now);
        let Some(seat) = self.seats.get_mut(index as usize).and_then(Option::as_mut) else { return };
        if !seat.call.pacing.head_start(tick) {
            return;
        }
        seat.call.slot(now);
        seat.slot = self.wheel.rephase(index, seat.slot, tick);
    }

    fn remove(&mut self, index: u32) -> Option<Call> {
        let mut seat = self.seats.get_mut(index as usize).and_then(Option::take)?;
        self.wheel.remove(index, seat.slot);
        self.calls -= 1;
        for socket in seat.call.sockets() {
            // The socket is closed next, which takes it out of the poll in any case.
            let _ = self.poll.registry().deregister(socket);
        }
        Some(seat.call)
    }

    fn read_sockets(&mut self, now: Instant) {
        let unfinished = std::mem::take(&mut self.unfinished);
        for token in unfinished {
            self.read(token, now);
        }
        if let Err(error) = self.poll.poll(&mut self.ready, Some(Duration::ZERO)) {
            if error.kind() != io::ErrorKind::Interrupted {
                tracing::error!(%error, "a media thread cannot watch its sockets");
            }
            return;
        }
        let mut tokens = std::mem::take(&mut self.due);
        tokens.clear();
        tokens.extend(self.ready.iter().map(|event| u32::try_from(event.token().0).unwrap_or(u32::MAX)));
        for token in &tokens {
            self.read(*token as usize, now);
        }
        self.due = tokens;
    }

    fn read(&mut self, token: usize, now: Instant) {
        let Some(seat) = self.seats.get_mut(token / 2).and_then(Option::as_mut) else { return };
        let finished = if token.is_multiple_of(2) {
            seat.call.read_rtp(now, &self.counters)
        } else {
            seat.call.read_rtcp(now, &self.counters)
        };
        if !finished {
            self.unfinished.push(token);
        }
    }

    fn serve_ticks(&mut self, now: Instant) {
        let current = self.now_tick(now);
        if current.saturating_sub(self.tick) > SUSPENDED {
            count(&self.counters.suspensions);
            self.tick = current;
            for seat in self.seats.iter_mut().flatten() {
                seat.call.pacing.skip_to(current);
            }
        }
        while self.tick <= current {
            let late = current - self.tick;
            let mut due = std::mem::take(&mut self.due);
            due.clear();
            due.extend_from_slice(self.wheel.due(self.tick));
            for index in &due {
                self.serve(*index, now, late);
            }
            self.due = due;
            self.tick += 1;
        }
    }

    fn serve(&mut self, index: u32, now: Instant, late: u64) {
        let Some(seat) = self.seats.get_mut(index as usize).and_then(Option::as_mut) else { return };
        if !seat.call.pacing.is_due(self.tick) {
            return;
        }
        count(&self.counters.slots);
        if late >= 5 {
            count(&self.counters.late_5ms);
        }
        if late >= 20 {
            count(&self.counters.late_20ms);
        }
        seat.call.slot(now);
    }
}

//! The pacing of lines: a wheel of four slots of 5 ms, so that calls are spread over the 20 ms of a frame.
//!
//! Law: the schedule is absolute. A thread that was kept from running catches up, and gives up frames only when it
//! is a second behind.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::Order;
use super::session::Session;

const SLOT: Duration = Duration::from_millis(5);
const SLOTS: u32 = 4;
const TOO_LATE: Duration = Duration::from_secs(1);

/// Serves lines until nobody can give an order any more.
pub(super) fn run(inbox: &Receiver<Order>) {
    let mut lines: HashMap<u32, Box<Session>> = HashMap::new();
    let mut next = Instant::now();
    let mut slot = 0;
    loop {
        let wait =
            if lines.is_empty() { Duration::from_secs(60) } else { next.saturating_duration_since(Instant::now()) };
        match inbox.recv_timeout(wait) {
            Ok(order) => {
                if lines.is_empty() {
                    next = Instant::now();
                }
                obey(order, &mut lines);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = Instant::now();
        if now.saturating_duration_since(next) > TOO_LATE {
            next = now;
        }
        for (id, line) in &mut lines {
            line.flush(now);
            if id % SLOTS == slot {
                line.tick(now, next);
            }
        }
        slot = (slot + 1) % SLOTS;
        next += SLOT;
    }
}

fn obey(order: Order, lines: &mut HashMap<u32, Box<Session>>) {
    match order {
        Order::Open(id, session) => {
            lines.insert(id, session);
        }
        Order::Tell(id, command) => {
            if let Some(line) = lines.get_mut(&id) {
                line.obey(command);
            }
        }
        Order::Close(id, done) => {
            if let (Some(line), Some(done)) = (lines.remove(&id), done) {
                let _ = done.send(line.close(Instant::now()));
            }
        }
    }
}

//! Whose turn it is among calls that wait: every scope (an agent, a number, an organization, a trunk) is a line with a
//! pace and a number of calls at once, and a call goes when it is let through by all of its lines.
//!
//! Law: all lines take the call or none does; within a line nobody overtakes; a call that has to wait stands in one
//! line and holds up nobody in another. Who came before all others goes as soon as its lines have room, wherever it
//! stands, so nobody waits for ever.

use std::collections::BTreeMap;

use domain::time::Timestamp;

use super::{Gcra, Grant};

/// Place of a call among all: when it is due, and its number among those due at that moment.
pub type Place = (i64, i64);

/// What a scope may bear; nothing set means no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// Starts a second.
    pub pace: Option<Gcra>,
    /// Calls at once.
    pub at_once: Option<u32>,
}

impl Limit {
    /// Nothing is limited.
    pub fn is_none(&self) -> bool {
        self.pace.is_none() && self.at_once.is_none()
    }
}

/// How a scope stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What it may bear.
    pub limit: Limit,
    /// Theoretical arrival time, `None` if nothing was granted yet.
    pub tat: Option<Timestamp>,
    /// Calls that are up.
    pub live: u32,
    /// Place of the first call that stands in the line.
    pub first: Option<Place>,
}

impl Line {
    /// Until when the pace lets nobody through; `None` when the next may go by it.
    fn paced_until(&self, now: Timestamp) -> Option<Timestamp> {
        match self.limit.pace?.check(self.tat, now) {
            Grant::Now { .. } => None,
            Grant::WaitUntil(until) => Some(until),
        }
    }

    fn is_full(&self) -> bool {
        self.limit.at_once.is_some_and(|most| self.live >= most)
    }

    /// Whether the first of the line may go at `now`.
    pub fn has_room(&self, now: Timestamp) -> bool {
        !self.is_full() && self.paced_until(now).is_none()
    }

    /// When the line is to be looked at again: once the pace allows one, or any time for one that is full.
    pub fn ready_at(&self, now: Timestamp) -> Timestamp {
        self.paced_until(now).unwrap_or(now)
    }
}

/// What is said to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn<K> {
    /// It goes, and every line has counted it.
    Now,
    /// It stands in this line.
    Behind(K),
}

/// The lines of one claim. Calls ask in the order in which they are due.
#[derive(Clone, Debug)]
pub struct Turns<K> {
    now: Timestamp,
    lines: BTreeMap<K, Line>,
}

impl<K: Ord + Copy> Turns<K> {
    /// Lines as they stand at `now`; scopes that are not among them have no limit.
    pub fn new(now: Timestamp, lines: BTreeMap<K, Line>) -> Self {
        Self { now, lines }
    }

    /// Asks for a call that goes through `scopes` and stands in the line of `stands_in`, if in any. One that is `paced`
    /// had its turn by pace when it was accepted.
    pub fn ask(&mut self, scopes: &[K], place: Place, stands_in: Option<K>, paced: bool) -> Turn<K> {
        let closed = scopes.iter().copied().find(|key| {
            let behind = (stands_in != Some(*key) && !paced).then_some(place);
            !self.lets_through(*key, behind, paced)
        });
        if let Some(key) = closed {
            if let Some(line) = self.lines.get_mut(&key) {
                line.first = Some(line.first.map_or(place, |first| first.min(place)));
            }
            return Turn::Behind(key);
        }
        for key in scopes {
            let Some(line) = self.lines.get_mut(key) else { continue };
            line.live = line.live.saturating_add(1);
            if let (false, Some(Grant::Now { new_tat })) =
                (paced, line.limit.pace.map(|pace| pace.check(line.tat, self.now)))
            {
                line.tat = Some(new_tat);
            }
        }
        Turn::Now
    }

    /// `behind`: the place of one that must not go before those who stand in the line already.
    fn lets_through(&self, key: K, behind: Option<Place>, paced: bool) -> bool {
        let Some(line) = self.lines.get(&key).filter(|line| !line.limit.is_none()) else { return true };
        let overtakes = line.first.zip(behind).is_some_and(|(first, place)| first < place);
        !overtakes && !line.is_full() && (paced || line.paced_until(self.now).is_none())
    }

    /// Counts turns by pace that were taken without a call's standing in line.
    pub fn grant(&mut self, granted: impl IntoIterator<Item = (K, Timestamp)>) {
        for (key, new_tat) in granted {
            if let Some(line) = self.lines.get_mut(&key) {
                line.tat = Some(new_tat);
            }
        }
    }

    /// The lines as they stand after all that was asked.
    pub fn lines(&self) -> &BTreeMap<K, Line> {
        &self.lines
    }

    /// How one line stands.
    pub fn line(&self, key: K) -> Option<&Line> {
        self.lines.get(&key)
    }
}

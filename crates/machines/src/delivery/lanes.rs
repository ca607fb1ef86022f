//! Room for tries, so that no endpoint takes another's: each has a lane of its own, and only so many are under way.

use std::collections::BTreeMap;

/// Lanes that are remembered without a try under way: the troubled ones. Forgetting one costs a few places once.
const REMEMBERED: usize = 4_096;

/// Tries under way in one process, by endpoint.
#[derive(Clone, Debug)]
pub struct Lanes<K> {
    total: usize,
    each: usize,
    under_way: BTreeMap<K, Lane>,
    busy: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Lane {
    under_way: usize,
    /// The last try failed: one at a time until one succeeds, so that an endpoint that hangs holds one place only.
    troubled: bool,
}

impl<K: Ord + Clone> Lanes<K> {
    /// At most `total` tries at once, at most `each` to one endpoint.
    pub fn new(total: usize, each: usize) -> Self {
        Self { total: total.max(1), each: each.max(1), under_way: BTreeMap::new(), busy: 0 }
    }

    /// Tries under way.
    pub fn under_way(&self) -> usize {
        self.busy
    }

    /// How many more may begin, whatever the endpoint.
    pub fn room(&self) -> usize {
        self.total - self.busy.min(self.total)
    }

    /// How many more may begin towards `key`.
    pub fn room_for(&self, key: &K) -> usize {
        let lane = self.under_way.get(key).copied().unwrap_or_default();
        let each = if lane.troubled { 1 } else { self.each };
        each.saturating_sub(lane.under_way).min(self.room())
    }

    /// Endpoints with less room than others, and how much.
    pub fn rooms(&self) -> BTreeMap<K, usize> {
        self.under_way.keys().map(|key| (key.clone(), self.room_for(key))).collect()
    }

    /// A try begins; false when there is no room for it.
    pub fn begin(&mut self, key: &K) -> bool {
        if self.room_for(key) == 0 {
            return false;
        }
        self.under_way.entry(key.clone()).or_default().under_way += 1;
        self.busy += 1;
        true
    }

    /// A try ended, well or not. One that never began is ignored.
    pub fn end(&mut self, key: &K, success: bool) {
        let Some(lane) = self.under_way.get_mut(key).filter(|lane| lane.under_way > 0) else { return };
        lane.under_way -= 1;
        lane.troubled = !success;
        self.busy -= 1;
        if lane.under_way == 0 && !lane.troubled {
            self.under_way.remove(key);
        }
        if self.under_way.len() > REMEMBERED {
            self.under_way.retain(|_, lane| lane.under_way > 0);
        }
    }
}

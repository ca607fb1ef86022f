//! Remembers rendered clauses: greetings, questions and confirmations of a script are said in every call.
//!
//! Law: bounded in bytes; the one unused for longest goes first.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use app::ports::text_to_speech::WordTime;

use super::clauses::Clause;

/// All that the sound of a clause depends on.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PhraseKey {
    pub(crate) voice: &'static str,
    /// Thousandths.
    pub(crate) speed: u32,
    pub(crate) rate: u32,
    /// As written, and whether it is the last of its text (no pause follows).
    pub(crate) text: String,
    pub(crate) last: bool,
    pub(crate) pronunciations: Arc<BTreeMap<String, String>>,
}

impl PhraseKey {
    /// The written form of a clause tells its reading.
    pub(crate) fn text_of(clause: &Clause) -> String {
        clause.readings.iter().map(|reading| reading.written.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// A rendered clause.
#[derive(Clone)]
pub(crate) struct Rendered {
    pub(crate) samples: Arc<[i16]>,
    pub(crate) words: Arc<[WordTime]>,
}

/// The cache. Kept under a lock for the length of a look-up only.
pub(crate) struct PhraseCache {
    limit: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    phrases: HashMap<PhraseKey, (Rendered, u64)>,
    bytes: usize,
    clock: u64,
}

impl PhraseCache {
    /// Holds at most `limit` bytes of samples; 0 switches it off.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, inner: Mutex::default() }
    }

    pub(crate) fn find(&self, key: &PhraseKey) -> Option<Rendered> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let now = inner.clock;
        let (rendered, used) = inner.phrases.get_mut(key)?;
        *used = now;
        Some(rendered.clone())
    }

    pub(crate) fn keep(&self, key: PhraseKey, rendered: &Rendered) {
        let size = size_of_val(&*rendered.samples);
        // One long text must not push out everything else.
        if size > self.limit / 8 {
            return;
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let now = inner.clock;
        if let Some((old, _)) = inner.phrases.insert(key, (rendered.clone(), now)) {
            inner.bytes -= size_of_val(&*old.samples);
        }
        inner.bytes += size;
        while inner.bytes > self.limit {
            // A scan: a few hundred entries, and only when something new is kept.
            let Some(oldest) = inner.phrases.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| key.clone())
            else {
                break;
            };
            if let Some((gone, _)) = inner.phrases.remove(&oldest) {
                inner.bytes -= size_of_val(&*gone.samples);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> PhraseKey {
        PhraseKey {
            voice: "heart",
            speed: 1000,
            rate: 8000,
            text: text.to_owned(),
            last: true,
            pronunciations: Arc::default(),
        }
    }

    #[test]
    fn the_phrase_unused_for_longest_makes_room() {
        let cache = PhraseCache::new(2400);
        let phrase = Rendered { samples: vec![0; 100].into(), words: Arc::new([]) };
        for i in 0..12 {
            cache.keep(key(&i.to_string()), &phrase);
        }
        assert!(cache.find(&key("0")).is_some());
        cache.keep(key("new"), &phrase);
        assert!(cache.find(&key("0")).is_some(), "just used");
        assert!(cache.find(&key("1")).is_none(), "oldest");
        assert!(cache.find(&key("new")).is_some());
    }
}

//! What the agent is saying, and how much of it was heard.
//!
//! Law: history holds what was heard. A word counts as heard when at least half of it left before the cut; what was
//! not heard can be said again. Positions are samples of the utterance as it was played, never wall time.
//!
//! On a call's way: between text to speech and the leg's playout marks; its answers become the agent's turns.

use std::collections::VecDeque;

#[cfg(test)]
mod tests;

/// Utterances in the order in which they are said. Numbers are the caller's and count up.
#[derive(Debug, Default)]
pub struct SpeechQueue {
    utterances: VecDeque<Utterance>,
    ignored: u64,
}

/// Most utterances that wait or play at once; a reply has a handful of clauses, so more is a runaway model.
pub const MAX_UTTERANCES: usize = 256;

/// Words that a provider may have left out between two of its word times.
const LOOK_AHEAD: usize = 4;

#[derive(Debug)]
struct Utterance {
    number: u64,
    text: String,
    words: Vec<SpokenWord>,
    samples: u64,
    complete: bool,
    started: bool,
}

/// A word and where it lies in its utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokenWord {
    /// As it stands in the text, with its punctuation.
    pub word: String,
    /// First sample.
    pub start: u64,
    /// One past the last sample.
    pub end: u64,
}

/// What became of an utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Number of the utterance.
    pub utterance: u64,
    /// What was heard of it; empty if nothing was.
    pub text: String,
    /// What was meant to be said.
    pub intended: String,
    /// What was not heard; empty if it was said to the end.
    pub remaining: String,
}

impl Heard {
    /// Whether a part of it was not heard.
    pub fn was_cut(&self) -> bool {
        !self.remaining.is_empty()
    }
}

impl SpeechQueue {
    /// Nothing to say yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Something will be said. False when the queue is full or the number is known; nothing is queued then.
    pub fn queue(&mut self, utterance: u64, text: impl Into<String>) -> bool {
        let known = self.utterances.iter().any(|u| u.number == utterance);
        if known || self.utterances.len() >= MAX_UTTERANCES {
            self.ignored += 1;
            return false;
        }
        self.utterances.push_back(Utterance {
            number: utterance,
            text: text.into(),
            words: Vec::new(),
            samples: 0,
            complete: false,
            started: false,
        });
        true
    }

    /// Audio of an utterance was handed to the leg. `words` lie within the chunk, `(word, start, end)` in samples; they
    /// may be empty where the provider gives no times. `last` says that no more audio comes.
    pub fn audio_ready(
        &mut self,
        utterance: u64,
        samples: u64,
        words: impl IntoIterator<Item = (String, u64, u64)>,
        last: bool,
    ) {
        let Some(utterance) = self.find(utterance) else { return };
        let offset = utterance.samples;
        utterance.words.extend(words.into_iter().map(|(word, start, end)| SpokenWord {
            word,
            start: offset.saturating_add(start),
            end: offset.saturating_add(end.max(start)),
        }));
        utterance.samples = offset.saturating_add(samples);
        utterance.complete |= last;
    }

    /// The words of an utterance that waits or plays.
    pub fn text(&self, utterance: u64) -> Option<&str> {
        self.utterances.iter().find(|u| u.number == utterance).map(|u| u.text.as_str())
    }

    /// Its first frame left.
    pub fn started(&mut self, utterance: u64) {
        if let Some(utterance) = self.find(utterance) {
            utterance.started = true;
        }
    }

    /// Its last frame left: all of it was heard.
    pub fn finished(&mut self, utterance: u64) -> Option<Heard> {
        let utterance = self.take(utterance)?;
        Some(Heard {
            utterance: utterance.number,
            text: utterance.text.clone(),
            intended: utterance.text,
            remaining: String::new(),
        })
    }

    /// It was cut after `samples_played` samples.
    pub fn cut(&mut self, utterance: u64, samples_played: u64) -> Option<Heard> {
        self.take(utterance).map(|u| u.heard_at(samples_played))
    }

    /// Takes everything that has not begun to play off the queue, in order: after a cut, what will not be said.
    pub fn drop_waiting(&mut self) -> Vec<Heard> {
        let (playing, waiting) = self.utterances.drain(..).partition(|u| u.started);
        self.utterances = playing;
        let waiting: VecDeque<Utterance> = waiting;
        waiting.into_iter().map(|u| u.heard_at(0)).collect()
    }

    /// Whether a sound of the agent is on the line.
    pub fn is_speaking(&self) -> bool {
        self.utterances.iter().any(|u| u.started)
    }

    /// Whether nothing plays and nothing waits.
    pub fn is_empty(&self) -> bool {
        self.utterances.is_empty()
    }

    /// Samples that were handed over and have not finished playing.
    pub fn queued_samples(&self) -> u64 {
        self.utterances.iter().map(|u| u.samples).sum()
    }

    /// Marks that named no known utterance, and refused ones.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    fn find(&mut self, number: u64) -> Option<&mut Utterance> {
        let found = self.utterances.iter_mut().find(|u| u.number == number);
        if found.is_none() {
            self.ignored += 1;
        }
        found
    }

    fn take(&mut self, number: u64) -> Option<Utterance> {
        let Some(index) = self.utterances.iter().position(|u| u.number == number) else {
            self.ignored += 1;
            return None;
        };
        self.utterances.remove(index)
    }
}

impl Utterance {
    fn heard_at(self, samples_played: u64) -> Heard {
        let split = self.heard_bytes(samples_played);
        let (text, remaining) = self.text.split_at(split);
        Heard {
            utterance: self.number,
            text: text.trim_end().to_owned(),
            remaining: remaining.trim_start().to_owned(),
            intended: self.text,
        }
    }

    /// Length of the heard part of the text.
    fn heard_bytes(&self, samples_played: u64) -> usize {
        if samples_played == 0 {
            return 0;
        }
        if self.complete && samples_played >= self.samples {
            return self.text.len();
        }
        if self.words.is_empty() {
            return self.heard_bytes_by_share(samples_played);
        }
        // A word is heard when half of it left.
        let heard = self.words.iter().take_while(|w| samples_played.saturating_sub(w.start) * 2 >= w.end - w.start);
        heard.filter(|w| w.start < samples_played).fold(0, |at, word| end_of_word(&self.text, at, &word.word))
    }

    /// Without word times the text is taken to run evenly, and a begun word as not heard.
    fn heard_bytes_by_share(&self, samples_played: u64) -> usize {
        if self.samples == 0 {
            return 0;
        }
        let share = samples_played.min(self.samples) as f64 / self.samples as f64;
        let target = (share * self.text.len() as f64) as usize;
        let mut at = 0;
        loop {
            let end = next_word_end(&self.text, at);
            if end > target || end == at {
                return at;
            }
            at = end;
        }
    }
}

/// End of `word` among the next few words of `text`; the next word's end where the provider spells it differently.
fn end_of_word(text: &str, from: usize, word: &str) -> usize {
    let mut at = from;
    for _ in 0..LOOK_AHEAD {
        let end = next_word_end(text, at);
        if text[at..end].trim_start() == word {
            return end;
        }
        at = end;
    }
    next_word_end(text, from)
}

/// End of the first word at or after `from`; `from` itself if there is none.
fn next_word_end(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    let Some(start) = rest.find(|c: char| !c.is_whitespace()) else { return from };
    let length = rest[start..].find(char::is_whitespace).unwrap_or(rest.len() - start);
    from + start + length
}

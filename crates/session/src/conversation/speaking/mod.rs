//! The agent's side: texts to the voice, sound to the leg, marks back to what was heard.
//!
//! Law: one generation speaks at a time. A flush raises it; whatever still carries an older one is dropped here, in the
//! voice and on the media thread. A reply becomes a turn of the transcript when it is finished or cut.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use app::ports::telephone::{LegCommand, PlayChunk};
use domain::time::CallMs;
use machines::speech_queue::{Heard, SpeechQueue};
use tokio::sync::mpsc;

use crate::voice::{Sound, Text};

/// A reply that was said, or a part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Said {
    /// What was heard.
    pub(super) heard: String,
    /// What was meant to be said.
    pub(super) intended: String,
    /// First sample on the line.
    pub(super) start: CallMs,
    /// Last sample on the line.
    pub(super) end: CallMs,
    /// A person had it said.
    pub(super) by_person: bool,
}

/// The first frame of an utterance left.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Started {
    /// Whether it may be interrupted.
    pub(super) interruptible: bool,
    /// Whether it begins a reply.
    pub(super) begins: bool,
    /// Whether a person has it said.
    pub(super) by_person: bool,
    /// The words.
    pub(super) text: String,
    /// The reply that ended with it: a person's words are a reply of their own.
    pub(super) before: Option<Said>,
}

/// Something that was cut off and may be said again.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unsaid {
    pub(super) text: String,
    manner: Manner,
    /// Nothing of it was heard.
    whole: bool,
}

/// How an utterance is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Manner {
    interruptible: bool,
    by_person: bool,
}

impl Manner {
    const DIALOG: Self = Self { interruptible: true, by_person: false };
}

/// The agent's voice on the line.
pub(super) struct Speaking {
    queue: SpeechQueue,
    texts: mpsc::Sender<Text>,
    generation: Arc<AtomicU32>,
    next_utterance: u64,
    /// How utterances are said, until they end.
    manners: HashMap<u64, Manner>,
    /// Chunks that are ready before the agent may speak.
    held: Vec<PlayChunk>,
    floor_open: bool,
    commands: Option<mpsc::Sender<LegCommand>>,
    /// The reply being said.
    reply: Option<Said>,
    /// What a flush cut off, in order.
    unsaid: Vec<Unsaid>,
    /// A flush was sent while an utterance played; its mark is awaited.
    awaits_cut: bool,
    /// Texts that a flush took off the queue, as part of what the reply was meant to be.
    waiting: String,
}

impl Speaking {
    pub(super) fn new(texts: mpsc::Sender<Text>, generation: Arc<AtomicU32>) -> Self {
        Self {
            queue: SpeechQueue::new(),
            texts,
            generation,
            next_utterance: 1,
            manners: HashMap::new(),
            held: Vec::new(),
            floor_open: false,
            commands: None,
            reply: None,
            unsaid: Vec::new(),
            awaits_cut: false,
            waiting: String::new(),
        }
    }

    pub(super) fn connect(&mut self, commands: mpsc::Sender<LegCommand>) {
        self.commands = Some(commands);
    }

    /// Nothing plays and nothing waits.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// Queues a text; false when the voice cannot take any more.
    pub(super) fn say(&mut self, text: String, interruptible: bool) -> bool {
        self.say_so(text, Manner { interruptible, by_person: false })
    }

    /// Queues a text that a person has the agent say.
    pub(super) fn say_for_person(&mut self, text: String) -> bool {
        self.say_so(text, Manner { interruptible: true, by_person: true })
    }

    /// Queues what was cut off.
    pub(super) fn say_again(&mut self, unsaid: Unsaid) -> bool {
        self.say_so(unsaid.text, unsaid.manner)
    }

    /// Whether a person has this utterance said.
    pub(super) fn is_for_person(&self, utterance: u64) -> bool {
        self.manners.get(&utterance).is_some_and(|manner| manner.by_person)
    }

    fn say_so(&mut self, text: String, manner: Manner) -> bool {
        let utterance = self.next_utterance;
        self.next_utterance += 1;
        let generation = self.generation.load(Ordering::Acquire);
        if !self.queue.queue(utterance, text.clone()) {
            return false;
        }
        self.manners.insert(utterance, manner);
        if self.texts.try_send(Text { utterance, generation, text }).is_err() {
            self.queue.cut(utterance, 0);
            return false;
        }
        true
    }

    /// The agent has the floor: what is ready goes out at once.
    pub(super) fn open_floor(&mut self) {
        self.floor_open = true;
        for chunk in std::mem::take(&mut self.held) {
            self.command(LegCommand::Play(chunk));
        }
    }

    /// Sound of an utterance. True when it goes to the line now.
    pub(super) fn sound(&mut self, sound: Sound) -> Result<bool, (u64, app::ports::ProviderError)> {
        match sound {
            Sound::Chunk { utterance, generation, chunk, .. } => {
                if generation < self.generation.load(Ordering::Acquire) {
                    return Ok(false);
                }
                let words = chunk.words.into_iter().map(|w| (w.word, w.start as u64, w.end as u64));
                self.queue.audio_ready(utterance, chunk.samples.len() as u64, words, chunk.last);
                let chunk = PlayChunk { utterance, generation, samples: chunk.samples, last: chunk.last };
                if self.floor_open {
                    self.command(LegCommand::Play(chunk));
                } else {
                    self.held.push(chunk);
                }
                Ok(self.floor_open)
            }
            Sound::Failed { utterance, generation, error } => {
                if generation >= self.generation.load(Ordering::Acquire) {
                    self.queue.cut(utterance, 0);
                    return Err((utterance, error));
                }
                Ok(false)
            }
        }
    }

    /// First frame of an utterance.
    pub(super) fn started(&mut self, utterance: u64, at: CallMs) -> Started {
        self.queue.started(utterance);
        let Manner { interruptible, by_person } = self.manner(utterance);
        let before = match &self.reply {
            Some(reply) if reply.by_person != by_person => self.close_reply(),
            _ => None,
        };
        let begins = self.reply.is_none();
        self.reply.get_or_insert_with(|| Said { start: at, by_person, ..Said::default() });
        let text = self.queue.text(utterance).unwrap_or_default().to_owned();
        Started { interruptible, begins, by_person, text, before }
    }

    fn manner(&self, utterance: u64) -> Manner {
        self.manners.get(&utterance).copied().unwrap_or(Manner::DIALOG)
    }

    /// Last frame of an utterance; gives the reply when nothing more is queued.
    pub(super) fn finished(&mut self, utterance: u64, at: CallMs) -> Option<Said> {
        let heard = self.queue.finished(utterance)?;
        self.awaits_cut = false;
        let manner = self.manners.remove(&utterance).unwrap_or(Manner::DIALOG);
        self.add_heard(&heard, at, manner);
        if self.queue.is_empty() { self.close_reply() } else { None }
    }

    /// Stops the voice; what was not said is kept until `forget_unsaid`. Gives the reply when nothing of it is on the
    /// line any more; otherwise the cut mark does.
    pub(super) fn flush(&mut self) -> Option<Said> {
        let generation = self.generation.fetch_add(1, Ordering::AcqRel) + 1;
        self.held.clear();
        self.unsaid.clear();
        self.waiting.clear();
        let replying = self.reply.as_ref().map(|reply| reply.by_person);
        for waiting in self.queue.drop_waiting() {
            let manner = self.manners.remove(&waiting.utterance).unwrap_or(Manner::DIALOG);
            if replying == Some(manner.by_person) {
                append(&mut self.waiting, &waiting.intended);
            }
            self.unsaid.push(Unsaid { text: waiting.intended, manner, whole: true });
        }
        self.command(LegCommand::Flush { generation });
        self.awaits_cut = !self.queue.is_empty();
        if self.awaits_cut { None } else { self.close_reply() }
    }

    /// Whether the mark of what a flush cut short is still on its way.
    pub(super) fn awaits_cut(&self) -> bool {
        self.awaits_cut
    }

    /// The cut mark of an utterance that was playing; gives the reply with what was heard of it.
    pub(super) fn cut(&mut self, utterance: u64, at: CallMs, samples_played: u64) -> Option<Said> {
        // Utterances that had not begun were taken off the queue when the flush was sent.
        let heard = self.queue.cut(utterance, samples_played)?;
        self.awaits_cut = false;
        let manner = self.manners.remove(&utterance).unwrap_or(Manner::DIALOG);
        if heard.was_cut() {
            let whole = heard.text.is_empty();
            self.unsaid.insert(0, Unsaid { text: heard.remaining.clone(), manner, whole });
        }
        self.add_heard(&heard, at, manner);
        self.close_reply()
    }

    fn close_reply(&mut self) -> Option<Said> {
        let mut reply = self.reply.take()?;
        append(&mut reply.intended, &std::mem::take(&mut self.waiting));
        Some(reply)
    }

    /// What the last flush cut off, to be said again.
    pub(super) fn take_unsaid(&mut self) -> Vec<Unsaid> {
        std::mem::take(&mut self.unsaid)
    }

    /// The callee took the floor for good. Gives what a person wanted said and nobody heard a word of.
    pub(super) fn forget_unsaid(&mut self) -> Vec<String> {
        let unsaid = std::mem::take(&mut self.unsaid).into_iter();
        unsaid.filter(|unsaid| unsaid.manner.by_person && unsaid.whole).map(|unsaid| unsaid.text).collect()
    }

    /// The call is over: what was said of a reply that did not come to its end.
    pub(super) fn close(&mut self) -> Option<Said> {
        self.close_reply().filter(|reply| !reply.heard.is_empty())
    }

    pub(super) fn command(&self, command: LegCommand) -> bool {
        // Full means a leg that does not drain 64 commands: it is gone, and its end is on its way.
        self.commands.as_ref().is_some_and(|commands| commands.try_send(command).is_ok())
    }

    fn add_heard(&mut self, heard: &Heard, at: CallMs, manner: Manner) {
        let by_person = manner.by_person;
        let reply = self.reply.get_or_insert_with(|| Said { start: at, by_person, ..Said::default() });
        append(&mut reply.heard, &heard.text);
        append(&mut reply.intended, &heard.intended);
        reply.end = at;
    }
}

fn append(text: &mut String, more: &str) {
    if !text.is_empty() && !more.is_empty() {
        text.push(' ');
    }
    text.push_str(more);
}

#[cfg(test)]
mod tests;

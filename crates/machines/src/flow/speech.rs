//! What the agent has said and how much of it was heard.

use crate::understanding::words::words;

/// Texts of the agent since the callee last spoke, and what an interruption cut off.
#[derive(Clone, Debug, Default)]
pub(super) struct Speech {
    /// Not yet played out, as far as we know.
    queued: Vec<String>,
    /// Said since the callee's last turn; what "could you repeat that" means.
    turn: Vec<String>,
    /// What was not heard of the last turn, from the sentence on that was cut.
    cut: Option<Cut>,
}

/// The unheard rest of an interrupted turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// From the start of the sentence that was cut.
    pub(super) rest: String,
    /// Whether only the last sentence, which asks, was cut, and after its first words; then an answer to it counts.
    pub(super) question_heard: bool,
}

impl Speech {
    pub(super) fn push(&mut self, text: &str) {
        self.queued.push(text.to_owned());
        self.turn.push(text.to_owned());
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.queued.is_empty()
    }

    pub(super) fn played_out(&mut self) {
        if !self.queued.is_empty() {
            self.queued.clear();
            self.cut = None;
        }
    }

    pub(super) fn interrupted(&mut self, heard_text: &str) {
        let queued = std::mem::take(&mut self.queued);
        self.cut = cut_at(&queued, heard_text);
    }

    pub(super) fn take_cut(&mut self) -> Option<Cut> {
        self.cut.take()
    }

    /// Begins a new turn and hands back what was said in the last one.
    pub(super) fn next_turn(&mut self) -> Vec<String> {
        std::mem::take(&mut self.turn)
    }

    /// The callee's words led to nothing being said: "repeat" still means the turn before.
    pub(super) fn keep_turn(&mut self, turn: Vec<String>) {
        if self.turn.is_empty() {
            self.turn = turn;
        }
    }
}

/// `heard` is the beginning of all that was queued, or of one of its texts: shells count either way.
fn cut_at(queued: &[String], heard: &str) -> Option<Cut> {
    let heard = words(heard);
    let begins = |text: &String| !heard.is_empty() && words(text).starts_with(&heard);
    let whole = words(&queued.join(" "));
    let from = if whole.starts_with(&heard) { 0 } else { queued.iter().position(begins).unwrap_or(0) };
    let text = queued.get(from..)?.join(" ");
    let sentences = sentences(&text);
    let mut left = heard.len();
    for (at, sentence) in sentences.iter().enumerate() {
        let count = words(sentence).len();
        // The last word of a sentence is often lost between the playout clock and the ear.
        if left + 1 < count {
            let question_heard = at + 1 == sentences.len() && left * 3 >= count;
            return Some(Cut { rest: sentences[at..].join(" "), question_heard });
        }
        left = left.saturating_sub(count);
    }
    None
}

fn sentences(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for word in text.split_whitespace() {
        if let Some(last) = all.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
        if word.ends_with(['.', '?', '!']) && !ABBREVIATIONS.contains(&word) {
            all.push(String::new());
        }
    }
    all.retain(|sentence| !sentence.is_empty());
    all
}

const ABBREVIATIONS: [&str; 8] = ["Mr.", "Mrs.", "Ms.", "Dr.", "St.", "No.", "a.m.", "p.m."];

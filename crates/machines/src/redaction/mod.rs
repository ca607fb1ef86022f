//! What an agent must not write down: card numbers, e-mail addresses, digits that were spoken or keyed.
//!
//! Law: applied to a fact before anybody else sees it, so that nothing downstream can leak what was never there: not the
//! log of events, not a webhook, not a listing. The conversation itself goes on with what was heard. When in doubt a
//! number is masked: a date too many is a nuisance, a card number is a breach.
//!
//! A number may be spoken over several turns. What a speaker's last turn ended with is remembered as long as nothing else
//! comes between, and from six digits on such a number is masked although it is not complete; of the first turn of a
//! card number at most five digits stay (PCI DSS 4.0.1, 3.4.1 allows six).

use domain::agent_definition::Redaction;
use domain::call_event::CallFact;
use domain::outcome::Outcome;
use domain::transcript::Speaker;
use serde_json::Value;

mod emails;
mod numbers;

#[cfg(test)]
mod tests;

use numbers::Run;

/// Stands in for a card number.
const CARD: &str = "[card number]";
/// Stands in for digits.
const DIGITS: &str = "[digits]";
/// Stands in for an e-mail address.
const EMAIL: &str = "[email]";
/// Digits of a number that goes on in another turn, from which on it is masked.
const UNFINISHED: usize = 6;
/// Digits that are masked where spoken digits are.
const SPOKEN: usize = 4;
/// Digits of a turn's end that are remembered: one less than the longest card number (ISO/IEC 7812-1).
const REMEMBERED: usize = 18;

/// Masks the facts of one call.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    cards: bool,
    emails: bool,
    digits: bool,
    agent: String,
    callee: String,
}

impl Redactor {
    /// Masks these kinds; none leaves everything as it is.
    pub fn new(kinds: &[Redaction]) -> Self {
        let has = |kind| kinds.contains(&kind);
        Self {
            cards: has(Redaction::CardNumbers),
            emails: has(Redaction::Emails),
            digits: has(Redaction::SpokenDigits),
            ..Self::default()
        }
    }

    /// Whether anything is masked at all.
    pub fn is_idle(&self) -> bool {
        !(self.cards || self.emails || self.digits)
    }

    /// The fact as it may be written down.
    #[must_use]
    pub fn fact(&mut self, fact: CallFact) -> CallFact {
        if self.is_idle() {
            return fact;
        }
        match fact {
            CallFact::Turn(mut turn) => {
                turn.intended = turn.intended.map(|text| self.alone(&text));
                turn.text = self.said(turn.speaker, &turn.text);
                CallFact::Turn(turn)
            }
            // Keys are pressed one by one; which of them belong to a card number shows only at the end.
            CallFact::Digits { sent: false, at_ms, .. } if self.cards || self.digits => {
                CallFact::Digits { sent: false, digits: DIGITS.to_owned(), at_ms }
            }
            CallFact::Slot { name, value } => CallFact::Slot { name, value: self.value(value) },
            CallFact::Tool { name, status, duration_ms, error } => {
                CallFact::Tool { name, status, duration_ms, error: error.map(|text| self.alone(&text)) }
            }
            CallFact::Note { text } => CallFact::Note { text: self.alone(&text) },
            CallFact::Trouble { part, detail } => CallFact::Trouble { part, detail: self.alone(&detail) },
            CallFact::Ended(mut ending) => {
                ending.outcome = ending.outcome.map(|outcome| self.outcome(outcome));
                CallFact::Ended(ending)
            }
            other => other,
        }
    }

    /// An outcome as it may be written down.
    #[must_use]
    pub fn outcome(&self, outcome: Outcome) -> Outcome {
        let slots = outcome.slots.into_iter().map(|(name, value)| (name, self.value(value))).collect();
        Outcome { slots, ..outcome }
    }

    /// Text that belongs to no turn.
    fn alone(&self, text: &str) -> String {
        let text = if self.emails { emails::masked(text) } else { text.to_owned() };
        self.numbers(&text, "", false).0
    }

    /// The next turn of a speaker.
    fn said(&mut self, speaker: Speaker, text: &str) -> String {
        let before = match speaker {
            Speaker::Agent => std::mem::take(&mut self.agent),
            Speaker::Callee => std::mem::take(&mut self.callee),
        };
        let text = if self.emails { emails::masked(text) } else { text.to_owned() };
        let (masked, after) = self.numbers(&text, &before, true);
        match speaker {
            Speaker::Agent => self.agent = after,
            Speaker::Callee => self.callee = after,
        }
        masked
    }

    /// Masks numbers, and says with which digits the text ended. `before` are those that the turn before ended with;
    /// `goes_on` says that another turn may follow.
    fn numbers(&self, text: &str, before: &str, goes_on: bool) -> (String, String) {
        if !(self.cards || self.digits) {
            return (text.to_owned(), String::new());
        }
        let runs = numbers::runs(text);
        let mut masked = String::with_capacity(text.len());
        let (mut at, mut after) = (0, String::new());
        for run in &runs {
            let before = if run.leads { before } else { "" };
            if let Some((range, label)) = self.mask(run, before, goes_on) {
                masked.push_str(&text[at..range.start]);
                masked.push_str(label);
                at = range.end;
            }
            if run.trails {
                let all = format!("{before}{}", run.digits());
                after = all[all.len().saturating_sub(REMEMBERED)..].to_owned();
            }
        }
        masked.push_str(&text[at..]);
        if runs.is_empty() && numbers::only_fillers(text) {
            // "Uh-huh" in between does not end a number.
            before.clone_into(&mut after);
        }
        (masked, after)
    }

    /// What of a run is masked, and by which words.
    fn mask(&self, run: &Run, before: &str, goes_on: bool) -> Option<(std::ops::Range<usize>, &'static str)> {
        if self.cards
            && let Some(range) = run.card(before)
        {
            return Some((range, CARD));
        }
        let all = before.len() + run.digits().len();
        let goes_on = !before.is_empty() || (goes_on && run.trails && !run.is_plain());
        if self.cards && goes_on && all >= UNFINISHED {
            return Some((run.whole(), DIGITS));
        }
        let dictated = run.is_dictated() || !before.is_empty();
        (self.digits && all >= SPOKEN && dictated && !run.is_plain()).then(|| (run.whole(), DIGITS))
    }

    /// A value that was understood: digits stand in it as a text of digits, however they were said.
    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => {
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                let bare = text.bytes().all(|b| b.is_ascii_digit() || b" -".contains(&b));
                let plain = numbers::runs(&text).iter().any(Run::is_plain);
                if self.digits && bare && digits >= SPOKEN && !plain {
                    return DIGITS.into();
                }
                self.alone(&text).into()
            }
            // A number that was understood as one is a quantity, unless it is a card's.
            Value::Number(number) if self.cards => {
                let card = numbers::runs(&number.to_string()).iter().any(|run| run.card("").is_some());
                if card { CARD.into() } else { Value::Number(number) }
            }
            Value::Array(values) => values.into_iter().map(|value| self.value(value)).collect(),
            Value::Object(map) => map.into_iter().map(|(name, value)| (name, self.value(value))).collect(),
            other => other,
        }
    }
}

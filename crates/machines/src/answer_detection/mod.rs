//! Who or what picked up: a person, a machine, a call screen, a menu, a fax.
//!
//! Law: nothing waits for it. The greeting is said at once and the idea is formed beside the conversation; it may
//! change, and while it is unsure the callee is a person. Every wait ends in `Unknown`, never in a closed gate.
//!
//! On a call's way: fed from the leg's speech marks, tones and recognised text; its decisions become facts through
//! the call lifecycle, and the agent's machine behaviour acts on them from `ACT_ON_MACHINE` on.

use std::collections::VecDeque;
use std::time::Duration;

use domain::outcome::{AnswerEvidence, AnsweredBy};
use domain::time::{CallMs, Mono, soonest};

use crate::Machine;
use crate::media_clock::MediaClock;
use crate::turn_taking::completeness::{is_greeting, words};

mod judgement;
mod phrases;
#[cfg(test)]
mod tests;

pub use judgement::ACT_ON_MACHINE;
use judgement::{Features, Judgement, LONG_GREETING_MS, WORDLESS_MS, judge};

/// A pause that ends a greeting.
const PAUSE: Duration = Duration::from_millis(1_000);
/// Nothing told by then: unknown.
const FAIL_OPEN: Duration = Duration::from_secs(10);
/// Texts are listened to for telling phrases for this long after the answer; later they belong to the conversation.
const LISTEN: Duration = Duration::from_secs(45);
/// Speech that begins this soon after the agent's answers it.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// A tone at 2,100 Hz (± 15 Hz, ITU-T T.30) of at least this length is a fax, not a beep.
const FAX_MS: u64 = 1_500;

/// What can be heard.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The call was answered.
    Answered,
    /// The callee began to speak.
    SpeechStarted {
        /// Where speech began.
        at: CallMs,
    },
    /// The callee fell silent.
    SpeechEnded {
        /// Where speech ended.
        at: CallMs,
        /// When that was noticed.
        noticed: CallMs,
    },
    /// Text of a segment of the callee, interim or not; replaces an earlier text of the same segment.
    Text {
        /// Segment.
        segment: u32,
        /// What was understood; may be empty.
        text: String,
    },
    /// All that the agent had to say was said, or was cut.
    AgentFinished {
        /// On the call's clock.
        at: CallMs,
    },
    /// A single tone ended.
    Beep {
        /// Where it ended.
        at: CallMs,
        /// Its frequency.
        hertz: f32,
        /// Its length.
        duration_ms: u64,
    },
}

/// What was found out.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A new or better idea.
    Decided {
        /// Who.
        answered_by: AnsweredBy,
        /// 0 to 1.
        confidence: f32,
        /// On the call's clock.
        at: CallMs,
        /// What it was decided by.
        evidence: AnswerEvidence,
    },
    /// A voicemail beep: from now on a message is recorded.
    BeepHeard {
        /// Where it ended.
        at: CallMs,
    },
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The pause is long enough to end the greeting.
    GreetingOver,
    /// The greeting is longer than people's.
    LongGreeting,
    /// Nothing told.
    FailOpen,
}

/// Answer detection of one call.
#[derive(Debug, Default)]
pub struct AnswerDetection {
    clock: MediaClock,
    answered: Option<Mono>,
    /// First sound of the greeting.
    greeting_began: Option<Mono>,
    /// Begin of what is being said now.
    speaking_since: Option<Mono>,
    /// Last sound, while silent.
    silent_since: Option<Mono>,
    agent_finished: Option<Mono>,
    /// What is being said now answers the agent.
    answers_agent: bool,
    first_speech: Option<Duration>,
    latest_text: Option<(u32, usize)>,
    words_before: usize,
    told: Vec<(u32, &'static str)>,
    features: Features,
    decided: Option<Judgement>,
    outbox: VecDeque<Output>,
    ignored: u64,
}

impl AnswerDetection {
    /// Before the answer.
    pub fn new() -> Self {
        Self::default()
    }

    /// The present idea and how sure it is.
    pub fn answered_by(&self) -> (AnsweredBy, f32) {
        self.decided.map_or((AnsweredBy::Unknown, 0.0), |d| (d.answered_by, d.confidence))
    }

    /// Whether the agent may act on its machine behaviour now.
    pub fn is_machine(&self) -> bool {
        let (answered_by, confidence) = self.answered_by();
        answered_by == AnsweredBy::Machine && confidence >= ACT_ON_MACHINE
    }

    /// Inputs that the state did not allow.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    fn speech_started(&mut self, now: Mono, at: CallMs) {
        let began = self.clock.observe(now, at);
        let (Some(answered), None) = (self.answered, self.speaking_since) else {
            self.ignored += 1;
            return;
        };
        self.end_greeting_by(began);
        self.speaking_since = Some(began);
        self.silent_since = None;
        self.first_speech.get_or_insert(began.since(answered));
        self.features.greeted = true;
        let first = *self.greeting_began.get_or_insert(began);
        // Pauses belong to the greeting, separate turns after it may answer the agent.
        let prompted = self.agent_finished.is_some_and(|end| began >= end && began.since(end) <= ANSWERS_WITHIN);
        self.answers_agent = prompted && self.features.greeting_over && began > first;
    }

    fn speech_ended(&mut self, now: Mono, at: CallMs, noticed: CallMs) {
        self.clock.observe(now, noticed);
        let ended = self.clock.observe(now, at);
        let Some(began) = self.speaking_since.take() else {
            self.ignored += 1;
            return;
        };
        self.silent_since = Some(ended.max(began));
        self.measure_greeting(ended);
        if std::mem::take(&mut self.answers_agent) {
            self.agent_finished = None;
            self.features.exchanges += 1;
            self.features.exchanges_since_phrase += 1;
        }
    }

    fn measure_greeting(&mut self, until: Mono) {
        if let (Some(began), false) = (self.greeting_began, self.features.greeting_over) {
            self.features.greeting_ms = u64::try_from(until.since(began).as_millis()).unwrap_or(u64::MAX);
        }
    }

    fn end_greeting_by(&mut self, now: Mono) {
        if self.silent_since.is_some_and(|since| now >= since + PAUSE) {
            self.features.greeting_over = true;
        }
    }

    fn text(&mut self, now: Mono, segment: u32, text: &str) {
        let listens = self.answered.is_some_and(|at| now.since(at) <= LISTEN);
        if !listens {
            self.ignored += 1;
            return;
        }
        let count = words(text).count();
        match self.latest_text {
            Some((latest, _)) if latest == segment => {}
            Some((_, before)) => self.words_before += before,
            None => {}
        }
        if self.latest_text.is_none_or(|(latest, _)| latest == segment) {
            self.features.says_hello = is_greeting(text);
        }
        self.latest_text = Some((segment, count));
        self.features.words = self.words_before + count;
        self.features.texts += 1;
        for (speaks, phrase) in phrases::find(text) {
            if !self.told.contains(&(segment, phrase)) {
                self.told.push((segment, phrase));
                if speaks != phrases::Speaks::Human {
                    self.features.exchanges_since_phrase = 0;
                }
                if !self.features.phrases.iter().any(|(_, known)| *known == phrase) {
                    self.features.phrases.push((speaks, phrase));
                }
            }
        }
    }

    fn beep(&mut self, now: Mono, at: CallMs, hertz: f32, duration_ms: u64) {
        self.clock.observe(now, at);
        if self.answered.is_none() {
            self.ignored += 1;
            return;
        }
        if (2_085.0..=2_115.0).contains(&hertz) && duration_ms >= FAX_MS {
            self.features.fax = true;
        } else {
            self.features.beep = true;
            self.outbox.push_back(Output::BeepHeard { at });
        }
    }

    fn settle(&mut self, now: Mono) {
        self.end_greeting_by(now);
        if self.speaking_since.is_some() {
            self.measure_greeting(now);
        }
        match judge(&self.features) {
            Some(judgement) => self.decide(now, judgement),
            None if self.decided.is_none() && self.answered.is_some_and(|at| now >= at + FAIL_OPEN) => {
                let why = if self.features.greeted { "nothing told" } else { "nobody spoke" };
                self.decide(now, Judgement { answered_by: AnsweredBy::Unknown, confidence: 0.0, why });
            }
            None => {}
        }
    }

    /// Tells a new idea, or the same with clearly more confidence.
    fn decide(&mut self, now: Mono, judgement: Judgement) {
        if let Some(known) = self.decided {
            let same = known.answered_by == judgement.answered_by;
            if same && judgement.confidence < known.confidence + 0.05 {
                return;
            }
        }
        self.decided = Some(judgement);
        self.outbox.push_back(Output::Decided {
            answered_by: judgement.answered_by,
            confidence: judgement.confidence,
            at: self.clock.at(now),
            evidence: AnswerEvidence {
                first_speech_ms: self.first_speech.and_then(|d| u64::try_from(d.as_millis()).ok()),
                greeting_ms: self.features.greeting_ms,
                beep: self.features.beep,
                words: self.features.phrases.iter().map(|(_, phrase)| (*phrase).to_owned()).collect(),
                why: judgement.why.to_owned(),
            },
        });
    }
}

impl Machine for AnswerDetection {
    type Input = Input;
    type Output = Output;
    type Why = Why;

    fn handle(&mut self, now: Mono, input: Input) {
        match input {
            Input::Answered if self.answered.is_none() => self.answered = Some(now),
            Input::Answered => self.ignored += 1,
            Input::SpeechStarted { at } => self.speech_started(now, at),
            Input::SpeechEnded { at, noticed } => self.speech_ended(now, at, noticed),
            Input::Text { segment, text } => self.text(now, segment, &text),
            Input::AgentFinished { at } => self.agent_finished = Some(self.clock.observe(now, at)),
            Input::Beep { at, hertz, duration_ms } => self.beep(now, at, hertz, duration_ms),
        }
        self.settle(now);
    }

    fn poll(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    fn deadline(&self) -> Option<(Mono, Why)> {
        let answered = self.answered?;
        let open = self.decided.is_none().then_some((answered + FAIL_OPEN, Why::FailOpen));
        if self.features.greeting_over {
            return open;
        }
        let pause = self.silent_since.map(|since| (since + PAUSE, Why::GreetingOver));
        let long = self.speaking_since.and(self.greeting_began).and_then(|began| {
            // The next length that tells and was not looked at yet.
            let ms = [LONG_GREETING_MS, WORDLESS_MS].into_iter().find(|ms| self.features.greeting_ms < *ms)?;
            Some((began + Duration::from_millis(ms), Why::LongGreeting))
        });
        soonest(soonest(pause, long), open)
    }

    fn on_deadline(&mut self, now: Mono) {
        if self.deadline().is_some_and(|(at, _)| at <= now) {
            self.settle(now);
        }
    }
}

//! The machine itself. Everything that waits is a row in `deadline`; what is due is done before a mutation returns.

use std::collections::VecDeque;
use std::time::Duration;

use domain::agent_definition::Opening;
use domain::time::{CallMs, Mono, soonest};

use super::segment::{Asked, Segment};
use super::{Input, Output, Settings, Why};
use crate::Machine;
use crate::media_clock::MediaClock;

/// Texts while the callee speaks are asked for no more often than this.
const MIN_INTERIM: Duration = Duration::from_millis(200);

/// Turn taking of one call.
#[derive(Debug)]
pub struct TurnTaking {
    pub(super) settings: Settings,
    pub(super) clock: MediaClock,
    pub(super) agent: Agent,
    pub(super) segment: Option<Segment>,
    pub(super) next_segment: u32,
    pub(super) next_request: u32,
    pub(super) interruptible: bool,
    pub(super) dictation: bool,
    pub(super) answered: Option<Mono>,
    pub(super) opened: bool,
    pub(super) quiet_since: Mono,
    pub(super) hold_until: Option<Mono>,
    pub(super) prompts: u32,
    pub(super) gave_up: bool,
    pub(super) outbox: VecDeque<Output>,
    pub(super) ignored: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Agent {
    /// The floor is free, or the callee's.
    Quiet,
    /// Words of the agent are on the way, to a turn or of its own accord.
    Replying { since: Mono, to_turn: bool, overdue: bool },
    /// Its voice is on the line.
    Speaking,
}

impl TurnTaking {
    /// Before the answer.
    pub fn new(settings: Settings) -> Self {
        Self {
            interruptible: settings.turn_taking.interruptible,
            settings,
            clock: MediaClock::default(),
            agent: Agent::Quiet,
            segment: None,
            next_segment: 1,
            next_request: 1,
            dictation: false,
            answered: None,
            opened: false,
            quiet_since: Mono::ZERO,
            hold_until: None,
            prompts: 0,
            gave_up: false,
            outbox: VecDeque::new(),
            ignored: 0,
        }
    }

    /// The segment that audio of the callee belongs to now; without one the audio is of no use.
    pub fn segment(&self) -> Option<u32> {
        self.segment.as_ref().map(|s| s.id)
    }

    /// Whether the agent's voice is on the line.
    pub fn is_agent_speaking(&self) -> bool {
        self.agent == Agent::Speaking
    }

    /// Inputs that the state did not allow.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    pub(super) fn say(&mut self, output: Output) {
        self.outbox.push_back(output);
    }

    pub(super) fn reply_is_due(&mut self, now: Mono, to_turn: bool) {
        self.agent = Agent::Replying { since: now, to_turn, overdue: false };
    }

    fn quiet(&mut self, now: Mono) {
        self.agent = Agent::Quiet;
        self.quiet_since = now;
    }

    fn open(&mut self, now: Mono) {
        self.opened = true;
        self.reply_is_due(now, false);
        self.say(Output::Open);
    }

    fn answered(&mut self, now: Mono) {
        if self.answered.is_some() {
            self.ignored += 1;
            return;
        }
        self.answered = Some(now);
        self.quiet_since = now;
        if self.settings.turn_taking.opening == Opening::SpeakFirst {
            self.open(now);
        }
    }

    fn agent_ended(&mut self, now: Mono, at: CallMs) {
        self.clock.observe(now, at);
        // After `StopAgent` or a new turn this is the echo of something already known.
        if self.agent == Agent::Speaking {
            self.quiet(now);
        }
    }

    fn speech_started(&mut self, now: Mono, at: CallMs) {
        let began = self.clock.observe(now, at);
        if self.answered.is_none() {
            self.ignored += 1;
            return;
        }
        match &mut self.segment {
            Some(segment) if segment.is_speaking() => self.ignored += 1,
            Some(segment) => {
                segment.resume(began);
                segment.next_interim = interim_at(&self.settings, now);
            }
            None => {
                let continues = matches!(self.agent, Agent::Replying { to_turn: true, .. });
                let segment = self.new_segment(began, at);
                let next_interim = interim_at(&self.settings, now);
                self.segment = Some(Segment { continues, next_interim, ..segment });
            }
        }
    }

    pub(super) fn new_segment(&mut self, began: Mono, at: CallMs) -> Segment {
        let id = self.next_segment;
        self.next_segment += 1;
        Segment::new(id, began, at)
    }

    fn speech_ended(&mut self, now: Mono, at: CallMs, noticed: CallMs) {
        self.clock.observe(now, noticed);
        let ended = self.clock.observe(now, at);
        match &mut self.segment {
            Some(segment) if segment.is_speaking() => {
                segment.ended = Some(ended.max(segment.burst));
                segment.end = at.max(segment.start);
            }
            _ => self.ignored += 1,
        }
    }

    fn text(&mut self, now: Mono, id: u32, request: u32, text: Option<String>) {
        let Some(segment) = self.segment.as_mut().filter(|s| s.id == id) else {
            self.ignored += 1;
            return;
        };
        if segment.asked.is_some_and(|asked| asked.request == request) {
            segment.known.get_or_insert(now);
            segment.failed = text.is_none();
            segment.text = text.unwrap_or_else(|| std::mem::take(&mut segment.text));
        } else if let (Some(text), None) = (text, segment.known) {
            // Of a part of what was said: better than nothing if no more comes.
            segment.text = text;
        }
    }

    fn digit(&mut self, now: Mono) {
        self.prompts = 0;
        self.hold_until = None;
        if self.agent == Agent::Speaking && self.interruptible {
            self.say(Output::StopAgent { segment: None });
            self.agent = Agent::Quiet;
        }
        // The key answers what was being said, so a cough before it has nothing to bring back.
        if let Some(segment) = &mut self.segment {
            segment.stopped = None;
        }
        self.quiet_since = now;
    }

    fn ask(&mut self, now: Mono, interim: bool) {
        let Some(segment) = &mut self.segment else { return };
        let request = self.next_request;
        self.next_request += 1;
        if !interim {
            segment.asked = Some(Asked { request, at: now });
        }
        let segment = segment.id;
        self.say(Output::RequestText { segment, request, interim });
    }

    /// Does everything that is due at `now`.
    fn settle(&mut self, now: Mono) {
        self.verify_over_agent();
        while let Some((at, why)) = self.deadline()
            && at <= now
        {
            self.fire(now, why);
            self.verify_over_agent();
        }
    }

    fn fire(&mut self, now: Mono, why: Why) {
        match why {
            Why::Opening => self.open(now),
            Why::Interrupt => self.stop_agent(),
            Why::Interim => {
                if let Some(segment) = &mut self.segment {
                    segment.next_interim = interim_at(&self.settings, now);
                }
                self.ask(now, true);
            }
            Why::AskText => self.ask(now, false),
            Why::Endpoint => self.close(now),
            Why::TextOverdue => {
                if let Some(segment) = &mut self.segment {
                    segment.known = Some(now);
                    segment.failed = true;
                }
            }
            Why::MaxTurn => {
                if let Some(segment) = &mut self.segment {
                    segment.forced = true;
                    let segment = segment.id;
                    self.say(Output::MaxTurn { segment });
                }
                self.ask(now, false);
            }
            Why::ReplyOverdue => self.reply_overdue(now),
            Why::Silence => self.prompt(now),
        }
    }

    fn reply_overdue(&mut self, now: Mono) {
        match self.agent {
            Agent::Replying { to_turn, overdue: false, .. } => {
                self.agent = Agent::Replying { since: now, to_turn, overdue: true };
                self.say(Output::ReplyOverdue);
            }
            // Not even a fallback came: the floor is free, and silence prompts take over.
            _ => self.quiet(now),
        }
    }
}

impl Machine for TurnTaking {
    type Input = Input;
    type Output = Output;
    type Why = Why;

    fn handle(&mut self, now: Mono, input: Input) {
        match input {
            Input::Answered => self.answered(now),
            Input::AgentStarted { at } => {
                self.clock.observe(now, at);
                self.opened = true;
                self.agent = Agent::Speaking;
            }
            Input::AgentFinished { at } | Input::AgentCut { at } => self.agent_ended(now, at),
            Input::NoReply if matches!(self.agent, Agent::Replying { .. }) => self.quiet(now),
            Input::NoReply => self.ignored += 1,
            Input::SpeechStarted { at } => self.speech_started(now, at),
            Input::SpeechEnded { at, noticed } => self.speech_ended(now, at, noticed),
            Input::Text { segment, request, text } => self.text(now, segment, request, Some(text)),
            Input::TextFailed { segment, request } => self.text(now, segment, request, None),
            Input::TurnHint { segment, score } => match self.segment.as_mut().filter(|s| s.id == segment) {
                Some(segment) => segment.hint = Some(score),
                None => self.ignored += 1,
            },
            Input::Digit => self.digit(now),
            Input::ExpectDictation(on) => self.dictation = on,
            Input::Interruptible(on) => self.interruptible = on && self.settings.turn_taking.interruptible,
            Input::Hold(on) => {
                self.hold_until = on.then(|| now + self.settings.hold);
                self.quiet_since = now;
            }
        }
        self.settle(now);
    }

    fn poll(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    fn deadline(&self) -> Option<(Mono, Why)> {
        let reply = match self.agent {
            Agent::Replying { since, .. } => Some((since + self.settings.reply_timeout, Why::ReplyOverdue)),
            Agent::Quiet | Agent::Speaking => None,
        };
        let segment = self.segment.as_ref().and_then(|s| self.segment_deadline(s));
        soonest(soonest(segment, reply), self.floor_deadline())
    }

    fn on_deadline(&mut self, now: Mono) {
        self.settle(now);
    }
}

pub(super) fn interim_at(settings: &Settings, now: Mono) -> Option<Mono> {
    settings.interim_every.map(|every| now + every.max(MIN_INTERIM))
}

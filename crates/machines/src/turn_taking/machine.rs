//! The machine itself. Everything that waits is a row in `deadline`; what is due is done before a mutation returns.

use std::collections::VecDeque;
use std::time::Duration;

use domain::agent_definition::Opening;
use domain::time::{CallMs, Mono, soonest};

use super::completeness::{has_words, is_affirmative_sound, is_backchannel, is_greeting};
use super::segment::{Asked, Segment, Stopped};
use super::{CommittedTurn, Input, Output, Settings, Why};
use crate::Machine;
use crate::media_clock::MediaClock;

/// Speech that began this soon after the answer is taken for the callee's "Hello?".
const PICK_UP: Duration = Duration::from_millis(2_500);
/// A "Hello?" takes the floor only when it grows longer than this; people say it in well under a second.
const PICK_UP_INTERRUPT: Duration = Duration::from_millis(1_200);
/// Somebody who spoke for this long said something, even if speech recognition broke down over it.
const SPOKE: Duration = Duration::from_millis(1_000);
/// Shortest maximum turn; a definition with less would take the floor from everybody.
const MIN_MAX_TURN: Duration = Duration::from_secs(1);
/// Texts while the callee speaks are asked for no more often than this.
const MIN_INTERIM: Duration = Duration::from_millis(200);

/// Turn taking of one call.
#[derive(Debug)]
pub struct TurnTaking {
    settings: Settings,
    clock: MediaClock,
    agent: Agent,
    segment: Option<Segment>,
    next_segment: u32,
    next_request: u32,
    interruptible: bool,
    dictation: bool,
    answered: Option<Mono>,
    opened: bool,
    quiet_since: Mono,
    hold_until: Option<Mono>,
    prompts: u32,
    gave_up: bool,
    outbox: VecDeque<Output>,
    ignored: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Agent {
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

    fn say(&mut self, output: Output) {
        self.outbox.push_back(output);
    }

    fn reply_is_due(&mut self, now: Mono, to_turn: bool) {
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

    fn new_segment(&mut self, began: Mono, at: CallMs) -> Segment {
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

    /// Time that speech needs to stop the agent by its length alone.
    fn interrupt_after(&self, segment: &Segment) -> Duration {
        let usual = Duration::from_millis(self.settings.turn_taking.interrupt_after_ms);
        if self.is_pick_up(segment) { usual.max(PICK_UP_INTERRUPT) } else { usual }
    }

    /// Whether this is what the callee says while picking up, into the agent's first words.
    fn is_pick_up(&self, segment: &Segment) -> bool {
        self.settings.turn_taking.opening == Opening::SpeakFirst
            && self.answered.is_some_and(|at| segment.started <= at + PICK_UP)
    }

    /// The agent speaks, or is about to, and this segment has not stopped it.
    fn is_over_agent(&self, segment: &Segment) -> bool {
        self.agent != Agent::Quiet && segment.stopped.is_none()
    }

    fn stop_agent(&mut self) {
        let stopped = match self.agent {
            Agent::Speaking => Stopped::Speaking,
            Agent::Replying { .. } => Stopped::Replying,
            Agent::Quiet => return,
        };
        let Some(segment) = &mut self.segment else { return };
        segment.stopped = Some(stopped);
        let segment = Some(segment.id);
        self.agent = Agent::Quiet;
        self.say(Output::StopAgent { segment });
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

    /// The text of something said into the agent's speech decides whether it takes the floor.
    fn verify_over_agent(&mut self) {
        let Some(segment) = &self.segment else { return };
        let decidable = segment.known.is_some() && (!segment.is_speaking() || segment.forced);
        if !decidable || !self.is_over_agent(segment) {
            return;
        }
        let nothing = !has_words(&segment.text) && !segment.failed;
        if nothing || is_backchannel(&segment.text) || (self.is_pick_up(segment) && is_greeting(&segment.text)) {
            let segment = self.segment.take().expect("looked at above");
            self.set_aside(segment);
        } else if self.interruptible {
            self.stop_agent();
        }
    }

    /// Not a turn. Text that was said is kept for the transcript.
    fn set_aside(&mut self, segment: Segment) {
        let Segment { id: segment, text, start, end, .. } = segment;
        self.say(if has_words(&text) {
            Output::Aside { segment, text, start, end }
        } else {
            Output::Discard { segment }
        });
    }

    /// The silence is long enough, or the turn too long: decide what it was.
    fn close(&mut self, now: Mono) {
        let Some(mut segment) = self.segment.take() else { return };
        let still_speaking = segment.is_speaking();
        if still_speaking {
            segment.end = self.clock.at(now).max(segment.start);
        }
        let silent = !has_words(&segment.text);
        let understood_nothing = silent && !(segment.failed && segment.length() >= SPOKE);
        let filler =
            is_backchannel(&segment.text) && (segment.stopped.is_some() || !is_affirmative_sound(&segment.text));
        let hello = segment.stopped.is_some() && self.is_pick_up(&segment) && is_greeting(&segment.text);
        if understood_nothing || filler || hello {
            let forced = segment.forced;
            self.false_alarm(now, segment, silent);
            if forced && self.agent == Agent::Quiet {
                // Endless sound without a word (hold music, a fan) is no conversation either.
                self.prompt(now);
            }
        } else {
            self.commit(now, segment);
        }
        if still_speaking {
            let at = self.clock.at(now);
            let segment = self.new_segment(now, at);
            let next_interim = interim_at(&self.settings, now);
            self.segment = Some(Segment { carried_over: true, next_interim, ..segment });
        }
    }

    fn false_alarm(&mut self, now: Mono, segment: Segment, silent: bool) {
        let (id, stopped) = (segment.id, segment.stopped);
        let to_turn = segment.continues;
        self.set_aside(segment);
        if !silent {
            self.prompts = 0;
            self.quiet_since = now;
        }
        if stopped.is_some() {
            self.say(Output::Resume { segment: id });
            self.reply_is_due(now, to_turn);
        }
    }

    fn commit(&mut self, now: Mono, segment: Segment) {
        let ended = segment.ended.unwrap_or(now);
        let waited = now.since(ended);
        let endpoint = segment.endpoint(&self.settings.turn_taking, self.dictation);
        let waited_for_text = segment.known.map_or(Duration::ZERO, |known| known.since(ended + endpoint).min(waited));
        let turn = CommittedTurn {
            segment: segment.id,
            text: segment.text,
            start: segment.start,
            end: segment.end,
            waited,
            waited_for_text,
            interrupted: segment.stopped == Some(Stopped::Speaking),
            continues: segment.continues && segment.stopped == Some(Stopped::Replying),
            before_opening: !self.opened,
        };
        self.opened = true;
        self.prompts = 0;
        self.hold_until = None;
        self.reply_is_due(now, true);
        self.say(Output::CommitTurn(turn));
    }

    fn prompt(&mut self, now: Mono) {
        self.prompts += 1;
        if self.prompts > self.settings.max_silence_prompts {
            self.gave_up = true;
            self.say(Output::SilenceTimeout);
        } else {
            self.reply_is_due(now, false);
            self.say(Output::SilencePrompt { count: self.prompts });
        }
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

    fn segment_deadline(&self, segment: &Segment) -> Option<(Mono, Why)> {
        let settings = &self.settings;
        let profile = &settings.turn_taking;
        let over_agent = self.is_over_agent(segment);
        let mut due = None;
        let mut row = |at: Mono, why: Why| due = soonest(due, Some((at, why)));
        if let (Some(asked), None) = (segment.asked, segment.known) {
            row(asked.at + settings.text_timeout, Why::TextOverdue);
        }
        if segment.is_speaking() {
            if over_agent && self.interruptible && !segment.carried_over {
                row(segment.burst + self.interrupt_after(segment), Why::Interrupt);
            }
            if !segment.forced {
                let max_turn = Duration::from_millis(profile.max_turn_ms).max(MIN_MAX_TURN);
                row(segment.started + max_turn, Why::MaxTurn);
                if let Some(at) = segment.next_interim {
                    row(at, Why::Interim);
                }
            }
        }
        match (segment.ended, segment.known) {
            (_, Some(known)) if segment.forced && !over_agent => row(known, Why::Endpoint),
            (Some(ended), Some(_)) if !over_agent => {
                row(ended + segment.endpoint(profile, self.dictation), Why::Endpoint);
            }
            (Some(ended), None) if segment.asked.is_none() => {
                let endpoint = Duration::from_millis(profile.endpoint_ms);
                row(ended + settings.speculate_after.min(endpoint), Why::AskText);
            }
            _ => {}
        }
        due
    }

    fn floor_deadline(&self) -> Option<(Mono, Why)> {
        if self.gave_up || self.segment.is_some() {
            return None;
        }
        let answered = self.answered?;
        if !self.opened {
            return Some((answered + self.settings.listen_first, Why::Opening));
        }
        let silent = self.quiet_since + self.settings.silence_prompt;
        (self.agent == Agent::Quiet).then(|| (self.hold_until.map_or(silent, |hold| hold.max(silent)), Why::Silence))
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

fn interim_at(settings: &Settings, now: Mono) -> Option<Mono> {
    settings.interim_every.map(|every| now + every.max(MIN_INTERIM))
}

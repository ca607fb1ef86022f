//! Plays a persona. Law: sans-IO; after every `handle`, drain `poll` to `None` and then read `deadline`.
//!
//! A turn of the agent is over when the line was quiet for `turn_end_ms` and the text of all of it has come (or is
//! overdue). Then the first of these answers: words that make it hang up, the script's next step, a rule, `otherwise`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::time::Mono;

use super::document::{Act, CompiledPersona, Persona, Rule};
use super::words::{Pattern, normalise};

mod floor;
mod vocabulary;

pub use vocabulary::{Do, Input, Sound};

/// Longest wait for the text of a turn that is over.
const TEXT_OVERDUE: Duration = Duration::from_millis(3_000);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Alerting,
    Talking { answered: Mono },
    Over,
}

struct Queued {
    act: Act,
    not_before: Mono,
    /// Waits until the agent is quiet.
    polite: bool,
}

/// The agent's current turn.
#[derive(Default)]
struct AgentTurn {
    began: Option<Mono>,
    speaking: bool,
    quiet_since: Mono,
    texts_due: u32,
    text: String,
    /// The persona talked over it, so that it is not answered once more when it ends.
    talked_over: bool,
}

/// One call of a persona.
pub struct Machine {
    script: Arc<CompiledPersona>,
    /// Nothing is understood: every turn of the agent fits every pattern of the script.
    deaf: bool,
    invited: Mono,
    phase: Phase,
    rung: bool,
    opened: bool,
    turn: AgentTurn,
    turns: u32,
    step: usize,
    fired: Vec<u32>,
    interrupted: Vec<bool>,
    backchannels: u32,
    backchannel_at: Option<Mono>,
    digits: String,
    queue: VecDeque<Queued>,
    pause_until: Option<Mono>,
    playing: Option<u32>,
    next_sound: u32,
    /// Last moment that somebody made a sound.
    last_sound: Mono,
    out: VecDeque<Do>,
}

impl Machine {
    /// A call that was invited at `now`. `deaf` when there is no recogniser.
    pub fn new(script: Arc<CompiledPersona>, deaf: bool, now: Mono) -> Self {
        let mut machine = Self {
            fired: vec![0; script.persona.rules.len()],
            interrupted: vec![false; script.persona.interruptions.len()],
            script,
            deaf,
            invited: now,
            phase: Phase::Alerting,
            rung: false,
            opened: false,
            turn: AgentTurn::default(),
            turns: 0,
            step: 0,
            backchannels: 0,
            backchannel_at: None,
            digits: String::new(),
            queue: VecDeque::new(),
            pause_until: None,
            playing: None,
            next_sound: 1,
            last_sound: now,
            out: VecDeque::new(),
        };
        machine.advance(now);
        machine
    }

    /// Takes an input.
    pub fn handle(&mut self, now: Mono, input: Input) {
        if self.phase == Phase::Over {
            return;
        }
        match input {
            Input::Tick => {}
            Input::Over => {
                self.phase = Phase::Over;
                self.queue.clear();
                self.out.clear();
            }
            Input::AgentSpeaks => self.on_speech(now),
            Input::AgentSilent { since } => {
                self.turn.speaking = false;
                self.turn.quiet_since = since;
                self.turn.texts_due += 1;
                self.last_sound = since;
            }
            Input::Interim(text) => self.interrupt_at_words(now, &normalise(&text)),
            Input::Text(text) => self.on_text(now, &text),
            Input::Digit(key) => self.on_digit(now, key),
            Input::Played(sound) => {
                if self.playing == Some(sound) {
                    self.playing = None;
                    self.last_sound = now;
                }
            }
        }
        self.advance(now);
    }

    /// The next thing to do; drain to `None`.
    pub fn poll(&mut self) -> Option<Do> {
        self.out.pop_front()
    }

    /// When to `handle(Input::Tick)`.
    pub fn deadline(&self) -> Option<Mono> {
        let pick_up = &self.persona().pick_up;
        match self.phase {
            Phase::Over => None,
            Phase::Alerting => {
                let ring = pick_up.ring_after_ms.filter(|_| !self.rung).map(|ms| self.invited + ms_of(ms));
                let answer = (!pick_up.never).then(|| self.invited + ms_of(pick_up.answer_after_ms));
                [ring, answer, self.queue_deadline()].into_iter().flatten().min()
            }
            Phase::Talking { answered } => {
                let p = self.persona();
                let open = (!self.opened).then(|| answered + ms_of(p.opening_after_ms));
                let end = Some(answered + Duration::from_secs(p.hang_up.after_s));
                let all = [
                    open,
                    end,
                    self.queue_deadline(),
                    self.turn_deadline(),
                    self.talk_deadline(),
                    self.idle_deadline(),
                ];
                all.into_iter().flatten().min()
            }
        }
    }

    /// Whether the call is over or about to be.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Whether interim texts are of use right now.
    pub fn wants_interim(&self) -> bool {
        self.script.interruptions.iter().zip(&self.interrupted).any(|(patterns, done)| !done && !patterns.is_empty())
    }

    fn persona(&self) -> &Persona {
        &self.script.persona
    }

    fn on_speech(&mut self, now: Mono) {
        self.turn.speaking = true;
        self.last_sound = now;
        if self.turn.began.is_none() {
            self.turn.began = Some(now);
            self.backchannel_at = self.persona().backchannel.as_ref().map(|b| now + ms_of(b.every_ms));
        }
    }

    fn on_text(&mut self, now: Mono, text: &str) {
        self.turn.texts_due = self.turn.texts_due.saturating_sub(1);
        let text = normalise(text);
        self.interrupt_at_words(now, &text);
        if !text.is_empty() {
            if !self.turn.text.is_empty() {
                self.turn.text.push(' ');
            }
            self.turn.text.push_str(&text);
        }
    }

    fn on_digit(&mut self, now: Mono, key: char) {
        self.last_sound = now;
        self.digits.push(key);
        let pressed = |rule: &Rule| rule.when_digits.as_ref().is_some_and(|keys| self.digits.ends_with(keys));
        let Some(n) = self.persona().rules.iter().position(pressed) else { return };
        self.digits.clear();
        // A menu stops talking when a key is pressed; what is being played runs out, the rest is dropped.
        self.queue.clear();
        self.fire_rule(now, n);
    }

    fn advance(&mut self, now: Mono) {
        match self.phase {
            Phase::Over => {}
            Phase::Alerting => self.alert(now),
            Phase::Talking { answered } => self.talk(now, answered),
        }
        self.play_queue(now);
    }

    fn alert(&mut self, now: Mono) {
        let pick_up = &self.script.persona.pick_up;
        if !self.rung && pick_up.ring_after_ms.is_some_and(|ms| now >= self.invited + ms_of(ms)) {
            self.rung = true;
            self.out.push_back(Do::Ring { early_media: !pick_up.early_media.is_empty() });
            let acts = pick_up.early_media.clone();
            self.enqueue(acts, now, false);
        }
        let pick_up = &self.script.persona.pick_up;
        if pick_up.never || now < self.invited + ms_of(pick_up.answer_after_ms) {
            return;
        }
        self.queue.clear();
        self.pause_until = None;
        self.playing = None;
        if let Some(code) = pick_up.refuse {
            self.phase = Phase::Over;
            self.out.push_back(Do::Refuse(code));
        } else {
            self.phase = Phase::Talking { answered: now };
            self.last_sound = now;
            self.out.push_back(Do::Answer);
            self.talk(now, now);
        }
    }

    fn talk(&mut self, now: Mono, answered: Mono) {
        let after = self.persona().hang_up.after_s;
        let silence = self.persona().hang_up.after_silence_s.map(Duration::from_secs);
        let idle = self.is_idle();
        if now >= answered + Duration::from_secs(after)
            || silence.is_some_and(|limit| idle && now >= self.last_sound + limit)
        {
            return self.hang_up();
        }
        if !self.opened && now >= answered + ms_of(self.persona().opening_after_ms) {
            self.opened = true;
            if self.persona().opening_over_agent || self.turn.began.is_none() && self.turns == 0 {
                let acts = self.persona().opening.clone();
                self.enqueue(acts, now, false);
            }
        }
        let again = self.persona().repeat_opening_after_s.map(Duration::from_secs);
        if self.opened && idle && again.is_some_and(|after| now >= self.last_sound + after) {
            self.last_sound = now;
            let acts = self.persona().opening.clone();
            self.enqueue(acts, now, false);
        }
        self.interrupt_by_time(now);
        self.backchannel(now);
        if self.turn_over(now) {
            self.reply(now);
        }
    }

    fn is_idle(&self) -> bool {
        !self.turn.speaking && self.playing.is_none() && self.queue.is_empty() && self.pause_until.is_none()
    }

    fn turn_over(&self, now: Mono) -> bool {
        self.turn_deadline().is_some_and(|at| now >= at)
    }

    /// When the agent's turn will be over if nothing more is said.
    fn turn_deadline(&self) -> Option<Mono> {
        if self.turn.speaking || self.turn.began.is_none() {
            return None;
        }
        let quiet = self.turn.quiet_since + ms_of(self.persona().turn_end_ms);
        let text = self.turn.quiet_since + TEXT_OVERDUE;
        Some(if self.turn.texts_due == 0 { quiet } else { quiet.max(text) })
    }

    fn reply(&mut self, now: Mono) {
        let AgentTurn { text, talked_over, quiet_since, .. } = std::mem::take(&mut self.turn);
        self.turn.quiet_since = quiet_since;
        self.turns += 1;
        if self.script.hang_up.iter().any(|pattern| pattern.found_in(&text)) {
            return self.hang_up();
        }
        if talked_over {
            return;
        }
        let waits = self.script.script.get(self.step);
        if waits.is_some_and(|patterns| self.fits(patterns, &text, true)) {
            let step = self.persona().script[self.step].clone();
            self.step += 1;
            return self.answer_with(now, step.after_ms, step.say, step.then);
        }
        let may_fire = |n: &usize| self.persona().rules[*n].times.is_none_or(|times| self.fired[*n] < times);
        let rule =
            (0..self.script.rules.len()).find(|n| may_fire(n) && self.fits(&self.script.rules[*n], &text, false));
        if let Some(n) = rule {
            return self.fire_rule(now, n);
        }
        let acts = self.persona().otherwise.clone();
        self.answer_with(now, None, None, acts);
    }

    fn fits(&self, patterns: &[Pattern], text: &str, empty_fits: bool) -> bool {
        if patterns.is_empty() {
            return empty_fits;
        }
        (self.deaf && empty_fits) || patterns.iter().any(|pattern| pattern.found_in(text))
    }

    fn fire_rule(&mut self, now: Mono, n: usize) {
        self.fired[n] += 1;
        let rule = self.persona().rules[n].clone();
        self.answer_with(now, rule.after_ms, rule.say, rule.then);
    }

    fn answer_with(&mut self, now: Mono, after_ms: Option<u64>, say: Option<String>, then: Vec<Act>) {
        let after = after_ms.unwrap_or(self.persona().reply_after_ms);
        let acts = say.map(Act::Say).into_iter().chain(then).collect();
        self.enqueue(acts, now + ms_of(after), true);
    }

    fn enqueue(&mut self, acts: Vec<Act>, not_before: Mono, polite: bool) {
        self.queue.extend(acts.into_iter().map(|act| Queued { act, not_before, polite }));
    }

    fn idle_deadline(&self) -> Option<Mono> {
        if !self.is_idle() {
            return None;
        }
        let silence = self.persona().hang_up.after_silence_s;
        let again = self.persona().repeat_opening_after_s.filter(|_| self.opened);
        [silence, again].into_iter().flatten().map(|s| self.last_sound + Duration::from_secs(s)).min()
    }

    /// When the first queued act can begin; `None` while a sound is being played or the agent has the floor.
    fn queue_deadline(&self) -> Option<Mono> {
        if self.playing.is_some() {
            return None;
        }
        if self.pause_until.is_some() {
            return self.pause_until;
        }
        let next = self.queue.front()?;
        if !next.polite || !matches!(next.act, Act::Say(_)) {
            return Some(next.not_before);
        }
        if self.turn.speaking {
            return None;
        }
        Some(next.not_before.max(self.turn.quiet_since + ms_of(self.persona().turn_end_ms)))
    }

    fn play_queue(&mut self, now: Mono) {
        while self.phase != Phase::Over && self.queue_deadline().is_some_and(|at| now >= at) {
            if self.pause_until.take().is_some() {
                self.last_sound = now;
                continue;
            }
            let Some(next) = self.queue.pop_front() else { return };
            match next.act {
                Act::PauseMs(ms) => self.pause_until = Some(now + ms_of(ms)),
                Act::HangUp => self.hang_up(),
                Act::Say(text) => self.play(Sound::Words(text)),
                Act::Tone { hz, and_hz, ms } => self.play(Sound::Tone { hz, and_hz, ms }),
                Act::MelodyMs(ms) => self.play(Sound::Melody(ms)),
                Act::Digits(keys) => self.play(Sound::Digits(keys)),
                Act::Recording(path) => self.play(Sound::Recording(path)),
            }
        }
    }

    fn play(&mut self, sound: Sound) {
        self.playing = Some(self.next_sound);
        self.out.push_back(Do::Play(self.next_sound, sound));
        self.next_sound += 1;
    }

    fn hang_up(&mut self) {
        self.phase = Phase::Over;
        self.queue.clear();
        self.out.push_back(Do::HangUp);
    }
}

const fn ms_of(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

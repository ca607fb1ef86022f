//! Tables and properties of `turn_taking`.

use std::time::Duration;

use domain::agent_definition::{Limits, Opening, TurnTaking as Profile};
use domain::time::{CallMs, Mono};
use proptest::prelude::*;

use super::completeness::{is_backchannel, is_greeting, looks_complete};
use super::*;
use crate::Machine;

mod properties;
mod scenes;
mod texts;

/// The media clock starts this long after the process.
const ORIGIN: u64 = 10_000;

/// A conversation under test; times are milliseconds of the call's clock.
struct Floor {
    machine: TurnTaking,
    now: u64,
    outputs: Vec<Output>,
}

impl Floor {
    fn with(profile: Profile) -> Self {
        let settings = Settings { interim_every: None, ..Settings::new(&profile, &Limits::default()) };
        Self { machine: TurnTaking::new(settings), now: 0, outputs: Vec::new() }
    }

    fn answered() -> Self {
        let mut floor = Self::with(Profile::default());
        floor.gets(0, Input::Answered);
        floor
    }

    /// The greeting was said and the floor is free at 4,000.
    fn greeted() -> Self {
        let mut floor = Self::answered();
        floor.gets(50, Input::AgentStarted { at: CallMs(50) });
        floor.gets(4_000, Input::AgentFinished { at: CallMs(4_000) });
        floor.outputs.clear();
        floor
    }

    /// The agent speaks since 5,000, well after pick-up.
    fn agent_speaks() -> Self {
        let mut floor = Self::greeted();
        floor.gets(5_000, Input::AgentStarted { at: CallMs(5_000) });
        floor
    }

    fn mono(ms: u64) -> Mono {
        Mono::from_millis(ORIGIN + ms)
    }

    /// An input at a time; deadlines before it fire first, at their time. Returns what came of it.
    fn gets(&mut self, at: u64, input: Input) -> Vec<Output> {
        let before = self.outputs.len();
        self.until(at);
        self.machine.handle(Self::mono(at), input);
        self.drain();
        self.outputs[before..].to_vec()
    }

    /// Time passes.
    fn until(&mut self, at: u64) -> Vec<Output> {
        let before = self.outputs.len();
        while let Some((due, _)) = self.machine.deadline().filter(|(due, _)| *due <= Self::mono(at)) {
            self.machine.on_deadline(due);
            self.drain();
        }
        self.now = at;
        self.outputs[before..].to_vec()
    }

    fn drain(&mut self) {
        self.outputs.extend(std::iter::from_fn(|| self.machine.poll()));
    }

    /// Speech from `start` to `end`, noticed by the detector 60 and 100 ms late.
    fn speech(&mut self, start: u64, end: u64) {
        self.gets(start + 60, Input::SpeechStarted { at: CallMs(start) });
        self.gets(end + 100, Input::SpeechEnded { at: CallMs(end), noticed: CallMs(end + 100) });
    }

    /// The answer to the latest request for text.
    fn text(&mut self, at: u64, text: &str) -> Vec<Output> {
        let before = self.outputs.len();
        self.until(at);
        let (segment, request) = self.latest_request().expect("text was asked for");
        self.gets(at, Input::Text { segment, request, text: text.into() });
        self.outputs[before..].to_vec()
    }

    fn latest_request(&self) -> Option<(u32, u32)> {
        self.outputs.iter().rev().find_map(|o| match o {
            Output::RequestText { segment, request, interim: false } => Some((*segment, *request)),
            _ => None,
        })
    }

    fn turns(&self) -> Vec<&CommittedTurn> {
        self.outputs
            .iter()
            .filter_map(|o| match o {
                Output::CommitTurn(turn) => Some(turn),
                _ => None,
            })
            .collect()
    }

    fn has(&self, output: &Output) -> bool {
        self.outputs.contains(output)
    }

    fn stopped(&self) -> bool {
        self.outputs.iter().any(|o| matches!(o, Output::StopAgent { .. }))
    }
}

//! Tables and properties of `call_lifecycle`.

use std::time::Duration;

use domain::call_event::{CallFact, Ending};
use domain::outcome::{Blame, CallStatus};
use domain::time::Mono;
use proptest::prelude::*;

use super::*;
use crate::Machine;

mod properties;
mod races;
mod verdicts;

fn attempt() -> AttemptId {
    "att_018f0000000070008000000000000001".parse().unwrap()
}

fn timeouts() -> Timeouts {
    Timeouts::from_limits(&Limits { ring_timeout_s: 45, max_duration_s: 600, ..Limits::default() })
}

/// A call under test with its own clock; keeps every output.
struct Line {
    machine: CallLifecycle,
    now: Mono,
    outputs: Vec<Output>,
}

impl Line {
    fn new() -> Self {
        let now = Mono::from_millis(1_000);
        Self { machine: CallLifecycle::new(timeouts(), now), now, outputs: Vec::new() }
    }

    /// A call whose INVITE is out.
    fn dialed() -> Self {
        let mut line = Self::new();
        line.gets(Input::Claimed { attempt: attempt() });
        line.gets(Input::DialCommitted);
        line.gets(Input::InviteSent { sip_call_id: "c1@x".into() });
        line
    }

    fn ringing() -> Self {
        let mut line = Self::dialed();
        line.gets(Input::Provisional { code: 180, early_media: false });
        line
    }

    fn answered() -> Self {
        let mut line = Self::ringing();
        line.gets(Input::Answered { codec: "PCMU".into() });
        line
    }

    fn gets(&mut self, input: Input) -> Vec<Output> {
        self.machine.handle(self.now, input);
        self.drain()
    }

    fn drain(&mut self) -> Vec<Output> {
        let new: Vec<Output> = std::iter::from_fn(|| self.machine.poll()).collect();
        self.outputs.extend(new.iter().cloned());
        new
    }

    fn waits(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    fn waits_for(&mut self, want: Why) -> Vec<Output> {
        let (at, why) = self.machine.deadline().expect("a deadline");
        assert_eq!(why, want);
        self.now = at;
        self.machine.on_deadline(at);
        self.drain()
    }

    /// Leg and session close; the call ends.
    fn closes(&mut self) -> Ending {
        self.gets(Input::LegClosed(LineCounters { packets_sent: 7, ..LineCounters::default() }));
        self.gets(Input::SessionEnded { outcome: None });
        self.ending()
    }

    fn ending(&self) -> Ending {
        let Some(Output::Note(CallFact::Ended(ending))) = self.outputs.last() else {
            panic!("not ended: {:?}", self.outputs.last())
        };
        assert!(self.machine.is_over());
        (**ending).clone()
    }

    fn facts(&self) -> Vec<&'static str> {
        self.outputs
            .iter()
            .filter_map(|o| match o {
                Output::Note(fact) | Output::Do(Effect::CommitDial { fact, .. }) => Some(fact.name()),
                Output::Do(_) => None,
            })
            .collect()
    }

    fn count(&self, effect: &Effect) -> usize {
        self.outputs.iter().filter(|o| matches!(o, Output::Do(e) if e == effect)).count()
    }
}

fn words(ending: &Ending) -> (CallStatus, EndReason, Blame) {
    (ending.status, ending.end_reason, ending.blame)
}

fn refused(code: u16) -> Input {
    Input::Refused { code, reason: "because".into(), q850: None, local: false }
}

#[test]
fn a_conversation_leaves_its_facts_in_order_and_counts_from_the_answer() {
    let mut line = Line::answered();
    line.gets(Input::AnsweredBy {
        answered_by: AnsweredBy::Human,
        confidence: 0.9,
        at_ms: CallMs(900),
        evidence: AnswerEvidence::default(),
    });
    line.gets(Input::FirstAudio { after_answer_ms: 40.0 });
    line.waits(Duration::from_secs(20));
    assert_eq!(
        line.gets(Input::AgentHangup { reason: EndReason::AgentHangup }),
        [Output::Do(Effect::SendBye), Output::Do(Effect::StopSession)]
    );
    line.waits(Duration::from_secs(3));
    line.gets(Input::Reported(CallFact::RecordingReady {
        path: "r.wav".into(),
        folder: None,
        duration_ms: 20_000,
        bytes: 1,
    }));
    let ending = line.closes();
    assert_eq!(words(&ending), (CallStatus::Completed, EndReason::AgentHangup, Blame::Us));
    assert_eq!(ending.duration_ms, 20_000);
    assert_eq!(ending.answered_by, AnsweredBy::Human);
    assert_eq!(ending.evidence.sip_codes, [180, 200]);
    assert_eq!(ending.evidence.packets_sent, 7);
    assert_eq!(ending.evidence.answer_to_first_audio_ms, Some(40.0));
    assert_eq!(ending.evidence.sip_call_id.as_deref(), Some("c1@x"));
    let facts = ["call.dialing", "call.ringing", "call.answered", "call.answered_by", "call.recording_ready"];
    assert_eq!(line.facts(), [&facts[..], &["call.ended"]].concat());
    assert_eq!(line.machine.ignored(), 0);
}

#[test]
fn the_invite_leaves_only_after_the_dial_is_durable() {
    let mut line = Line::new();
    let commit = line.gets(Input::Claimed { attempt: attempt() });
    assert!(matches!(commit.as_slice(), [Output::Do(Effect::CommitDial { .. })]));
    assert_eq!(line.gets(Input::DialCommitted), [Output::Do(Effect::SendInvite)]);
    assert_eq!(line.gets(Input::DialCommitted), [], "a second commit dials nobody");
    assert_eq!(line.machine.ignored(), 1);
}

#[test]
fn a_dial_that_policy_blocks_says_why_and_sends_nothing() {
    let mut line = Line::new();
    line.gets(Input::Blocked { reason: EndReason::Suppressed });
    assert_eq!(words(&line.ending()), (CallStatus::Failed, EndReason::Suppressed, Blame::ApiClient));
    assert_eq!(line.facts(), ["call.ended"]);
}

#[test]
fn a_dial_that_its_own_commit_forbids_sends_nothing_and_closes_the_session() {
    let mut line = Line::new();
    line.gets(Input::Claimed { attempt: attempt() });
    let stopped = line.gets(Input::Blocked { reason: EndReason::Suppressed });
    assert_eq!(stopped, [Output::Do(Effect::StopSession)]);
    line.gets(Input::SessionEnded { outcome: None });
    assert_eq!(words(&line.ending()), (CallStatus::Failed, EndReason::Suppressed, Blame::ApiClient));
    assert_eq!(line.count(&Effect::SendInvite), 0);
}

#[test]
fn every_state_gives_up_by_its_own_deadline() {
    let mut line = Line::new();
    line.waits_for(Why::Claim);
    assert_eq!(line.ending().status, CallStatus::Failed);

    let mut line = Line::new();
    line.gets(Input::Claimed { attempt: attempt() });
    line.waits_for(Why::Commit);
    line.waits_for(Why::Ending);
    assert_eq!(words(&line.ending()), (CallStatus::Failed, EndReason::Unknown, Blame::Us));

    let mut line = Line::new();
    line.gets(Input::Claimed { attempt: attempt() });
    line.gets(Input::DialCommitted);
    line.waits_for(Why::Invite);
    assert_eq!(line.gets(Input::InviteSent { sip_call_id: "late".into() }), [Output::Do(Effect::SendCancel)]);
    assert_eq!(line.closes().end_reason, EndReason::CarrierUnavailable);

    let mut line = Line::dialed();
    assert_eq!(line.waits_for(Why::SetUp), [Output::Do(Effect::SendCancel)]);
    line.waits_for(Why::Cancel);
    line.waits_for(Why::Ending);
    assert_eq!(words(&line.ending()), (CallStatus::Failed, EndReason::CarrierUnavailable, Blame::Carrier));

    let mut line = Line::ringing();
    assert_eq!(line.waits_for(Why::Ring), [Output::Do(Effect::SendCancel)]);
    line.gets(refused(487));
    assert_eq!(words(&line.closes()), (CallStatus::NoAnswer, EndReason::NoAnswer, Blame::Callee));

    let mut line = Line::answered();
    assert_eq!(line.waits_for(Why::MaxDuration), [Output::Do(Effect::SendBye), Output::Do(Effect::StopSession)]);
    let ending = line.closes();
    assert_eq!(words(&ending), (CallStatus::Completed, EndReason::MaxDuration, Blame::Us));
    assert_eq!(ending.duration_ms, 600_000);

    let mut line = Line::answered();
    line.machine.timeouts.affords = Some(Duration::from_secs(120));
    line.waits_for(Why::MoneyCap);
    let ending = line.closes();
    assert_eq!(words(&ending), (CallStatus::Completed, EndReason::MoneyCap, Blame::ApiClient));
    assert_eq!(ending.duration_ms, 120_000);
}

#[test]
fn a_100_is_not_ringing_and_does_not_stop_the_set_up_timer() {
    let mut line = Line::dialed();
    let (at, _) = line.machine.deadline().unwrap();
    assert_eq!(line.gets(Input::Provisional { code: 100, early_media: false }), []);
    assert_eq!(line.machine.deadline(), Some((at, Why::SetUp)));
}

#[test]
fn only_the_first_ringing_is_a_fact_and_the_rest_is_evidence() {
    let mut line = Line::ringing();
    assert_eq!(line.gets(Input::Provisional { code: 183, early_media: true }), []);
    line.gets(refused(486));
    let ending = line.closes();
    assert_eq!(ending.evidence.sip_codes, [180, 183, 486]);
    assert!(ending.evidence.early_media);
}

#[test]
fn progress_without_alerting_is_no_proof_that_the_phone_rang() {
    let mut line = Line::dialed();
    line.gets(Input::Provisional { code: 183, early_media: true });
    line.gets(refused(603));
    assert_eq!(words(&line.closes()), (CallStatus::Rejected, EndReason::Rejected, Blame::Unknown));

    let mut line = Line::ringing();
    line.gets(refused(603));
    assert_eq!(words(&line.closes()), (CallStatus::Rejected, EndReason::Rejected, Blame::Callee));
}

#[test]
fn endless_progress_does_not_grow_the_evidence() {
    let mut line = Line::dialed();
    for _ in 0..10_000 {
        line.gets(Input::Provisional { code: 183, early_media: true });
    }
    line.gets(refused(503));
    assert!(line.closes().evidence.sip_codes.len() < 100);
}

#[test]
fn facts_about_state_are_not_the_reporters_to_write() {
    let mut line = Line::answered();
    let ended = CallFact::Ended(Box::new(Line::answered_and_ended()));
    for fact in [CallFact::Queued, CallFact::Answered { codec: "x".into() }, ended] {
        assert_eq!(line.gets(Input::Reported(fact)), []);
    }
    assert_eq!(line.machine.ignored(), 3);
    assert_eq!(line.gets(Input::Reported(CallFact::OptedOut)), [Output::Note(CallFact::OptedOut)]);
}

impl Line {
    fn answered_and_ended() -> Ending {
        let mut line = Self::answered();
        line.gets(Input::RemoteBye { q850: None });
        line.closes()
    }
}

#[test]
fn a_lost_lease_silences_the_machine_and_ends_the_leg() {
    let mut line = Line::answered();
    let effects = line.gets(Input::LeaseLost);
    assert_eq!(effects, [Output::Do(Effect::SendBye), Output::Do(Effect::StopSession)]);
    line.gets(Input::LegClosed(LineCounters::default()));
    assert_eq!(line.gets(Input::SessionEnded { outcome: None }), []);
    assert!(line.machine.is_over());
    assert!(!line.facts().contains(&"call.ended"), "another node writes the end");
}

//! Documents, word errors, checks and reports, by tables.

use domain::outcome::{AnsweredBy, CallStatus, EndReason, Outcome};
use domain::time::CallMs;
use domain::transcript::{Speaker, Turn};
use serde_json::json;

use super::check::check;
use super::word_errors::{word_error_rate, words};
use super::*;
use crate::record::{CallView, HeardSegment, SaidSegment};

#[test]
fn words_that_only_look_different_are_the_same() {
    let same = [
        ("I'm fine, that's OK.", "i am fine that is okay"),
        ("at three p.m.", "At 3 PM"),
        ("twenty-one", "21"),
        ("Tomorrow at ten o'clock", "tomorrow at 10"),
        ("Goodbye!", "good bye"),
    ];
    for (one, other) in same {
        assert_eq!(words(one), words(other));
    }
    assert_ne!(words("twenty, then one"), words("21"));
}

#[test]
fn counts_changed_dropped_and_added_words() {
    let cases = [
        ("yes I can make it", "yes I can make it", 0.0),
        ("yes I can make it", "yes I can take it", 0.2),
        ("yes I can make it", "I can make it", 0.2),
        ("yes I can make it", "oh yes I can make it", 0.2),
        ("one two", "", 1.0),
        ("", "", 0.0),
        ("", "noise", 1.0),
        ("a", "a b c", 2.0),
    ];
    for (said, heard, rate) in cases {
        assert!((word_error_rate(said, heard) - rate).abs() < 1e-6, "{said} / {heard}");
    }
}

fn scenario(yaml: &str) -> Result<Scenario, ScenarioError> {
    Scenario::parse(&format!("name: n\nagent: a\n{yaml}"))
}

#[test]
fn refuses_what_cannot_be_run() {
    let bad = [
        ("expect: {}", "built_in"),
        ("built_in: nobody\nexpect: {}", "built_in"),
        ("built_in: talks\npersona: {}\nexpect: {}", "built_in"),
        ("built_in: talks", "expect"),
        ("built_in: talks\nexpect: { statu: completed }", "statu"),
        ("built_in: talks\nexpect: { status: done }", "done"),
        ("built_in: talks\nexpect: { callee_heard: ['('] }", "callee_heard"),
        ("persona: { script: [{ wait_for: ['('] }] }\nexpect: {}", "script[0]"),
    ];
    for (yaml, place) in bad {
        let error = scenario(yaml).unwrap_err().to_string();
        assert!(error.contains(place), "{yaml}: {error}");
    }
    assert!(scenario("built_in: talks\nexpect: { slots: { day: null } }").is_ok());
}

#[test]
fn the_schemas_name_their_keys() {
    let schema = Scenario::schema();
    assert_eq!(schema["additionalProperties"], json!(false));
    assert!(schema["properties"]["expect"].is_object());
    assert!(crate::Persona::schema()["properties"]["interruptions"].is_object());
}

/// The published schema; `UPDATE_SCHEMA=1` writes it anew.
#[test]
fn the_published_schema_is_that_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schema/scenario.schema.json");
    let schema = serde_json::to_string_pretty(&Scenario::schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &schema).unwrap();
    }
    assert!(std::fs::read_to_string(path).unwrap() == schema, "docs/schema/scenario.schema.json is stale");
}

fn turn(number: u32, speaker: Speaker, text: &str, interrupted: bool) -> Turn {
    let (start_ms, end_ms) = (CallMs(u64::from(number) * 1_000), CallMs(u64::from(number) * 1_000 + 900));
    Turn {
        number,
        speaker,
        text: text.into(),
        intended: None,
        start_ms,
        end_ms,
        interrupted,
        by_person: false,
        latency: None,
    }
}

fn call() -> EndedCall {
    EndedCall {
        id: "call_1".into(),
        status: CallStatus::Completed,
        end_reason: Some(EndReason::AgentHangup),
        answered_by: AnsweredBy::Human,
        outcome: Some(Outcome {
            name: "confirmed".into(),
            slots: json!({ "day": "2026-11-26", "people": 3 }).as_object().cloned().unwrap(),
            evidence_turns: vec![2],
        }),
        duration_ms: 21_000,
        turns: vec![
            turn(1, Speaker::Agent, "Hi, this is Ava", true),
            turn(2, Speaker::Callee, "yes I can take it", false),
        ],
        events: vec!["call.queued".into(), "call.ended".into()],
    }
}

fn far_end() -> CallView {
    let heard = |start_ms, end_ms, text: &str| HeardSegment { start_ms, end_ms, text: text.into() };
    let said = |start_ms, end_ms, text: &str| SaidSegment { start_ms, end_ms, text: text.into() };
    CallView {
        answered_ms: Some(1_000),
        first_sound_ms: Some(1_180),
        heard: vec![heard(1_180, 3_350, "Hi, this is Ava."), heard(6_000, 7_000, "Wonderful, goodbye.")],
        said: vec![said(3_000, 5_100, "Yes, I can make it."), said(8_000, 8_500, "")],
        ..CallView::default()
    }
}

/// What fails of an expectation, by name.
fn failures(expect: &str) -> Vec<String> {
    let expect = scenario(&format!("built_in: talks\nexpect: {{ {expect} }}")).unwrap().expect;
    let checks = check(&expect, &call(), Some(&far_end()));
    assert!(!checks.is_empty(), "{expect:?} looks at nothing");
    checks.into_iter().filter(|check| !check.passed).map(|check| check.name).collect()
}

#[test]
fn every_expectation_can_pass_and_fail() {
    let table = [
        ("status: completed", "status: busy"),
        ("end_reason: agent_hangup", "end_reason: callee_hangup"),
        ("answered_by: human", "answered_by: machine"),
        ("outcome: confirmed", "outcome: cancelled"),
        ("slots: { day: '2026-11-26', people: '3' }", "slots: { day: '2026-11-27' }"),
        ("slots: { day: null }", "slots: { hour: null }"),
        ("callee_heard: ['this is ava', 'good ?bye']", "callee_heard: [invoice]"),
        ("callee_not_heard: [invoice]", "callee_not_heard: [wonderful]"),
        ("agent_heard: { max_word_error_rate: 0.2 }", "agent_heard: { max_word_error_rate: 0.1 }"),
        ("interrupted: true", "interrupted: false"),
        ("cut_within_ms: 350", "cut_within_ms: 349"),
        ("max_answer_to_first_audio_ms: 180", "max_answer_to_first_audio_ms: 179"),
        ("max_reply_ms: 900", "max_reply_ms: 899"),
        ("max_duration_s: 21", "max_duration_s: 20"),
        ("min_duration_s: 21", "min_duration_s: 22"),
        ("events: [call.ended]", "events: [call.opted_out]"),
        ("no_events: [call.opted_out]", "no_events: [call.ended]"),
    ];
    for (good, bad) in table {
        assert_eq!(failures(good), Vec::<String>::new(), "{good}");
        assert_eq!(failures(bad).len(), 1, "{bad}");
    }
}

#[test]
fn without_a_far_end_what_it_must_have_heard_fails() {
    let expect = Expect {
        callee_heard: vec!["hello".into()],
        max_answer_to_first_audio_ms: Some(1_000),
        callee_not_heard: vec!["invoice".into()],
        ..Expect::default()
    };
    let passed: Vec<bool> = check(&expect, &call(), None).into_iter().map(|check| check.passed).collect();
    assert_eq!(passed, [false, true, false]);
}

fn report() -> Report {
    let good = ScenarioReport {
        scenario: "good one".into(),
        agent: "a".into(),
        call: Some("call_1".into()),
        checks: vec![Check { name: "status".into(), passed: true, detail: "Completed".into() }],
        turns: Vec::new(),
        far_end: None,
        took_ms: 12_345,
    };
    let bad = ScenarioReport {
        scenario: "bad & \"quoted\" <one>".into(),
        checks: vec![
            Check { name: "outcome".into(), passed: false, detail: "none, expected \"x\"".into() },
            Check { name: "status".into(), passed: true, detail: "Completed".into() },
        ],
        turns: call().turns,
        ..good.clone()
    };
    Report { scenarios: vec![good, bad] }
}

#[test]
fn reports_to_a_terminal() {
    let expected = "\
pass  good one (a; 1 of 1 checks, 12.3 s)
FAIL  bad & \"quoted\" <one> (a; 1 of 2 checks, 12.3 s)
      outcome: none, expected \"x\"
         1.0 s  agent   Hi, this is Ava (cut short)
         2.0 s  callee  yes I can take it
2 scenarios, 1 failed
";
    assert_eq!(report().terminal(), expected);
}

#[test]
fn reports_to_programs() {
    assert_eq!(report().json()["passed"], json!(false));
    assert_eq!(report().json()["scenarios"][1]["checks"][0]["passed"], json!(false));
    let expected = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuite name=\"outdial simulate\" tests=\"2\" failures=\"1\">
  <testcase name=\"good one\" classname=\"a\" time=\"12.345\">
  </testcase>
  <testcase name=\"bad &amp; &quot;quoted&quot; &lt;one&gt;\" classname=\"a\" time=\"12.345\">
    <failure message=\"outcome: none, expected &quot;x&quot;\"/>
  </testcase>
</testsuite>
";
    assert_eq!(report().junit(), expected);
}

#[test]
fn the_scenarios_of_the_examples_can_be_run() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for agent in ["lead-callback", "appointment-reminder", "payment-reminder"] {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(examples.join(agent).join("scenarios")).unwrap() {
            let path = entry.unwrap().path();
            let scenario = Scenario::parse(&std::fs::read_to_string(&path).unwrap())
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!(scenario.agent, agent);
            assert_ne!(scenario.expect, Expect::default());
            names.push(path.file_stem().unwrap().to_string_lossy().into_owned());
        }
        for needed in ["interruption", "voicemail", "opt-out"] {
            assert!(names.iter().any(|name| name == needed), "{agent} lacks {needed}");
        }
    }
}

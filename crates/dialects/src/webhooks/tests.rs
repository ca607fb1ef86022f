//! What each vendor's receivers are told, event by event, as bytes.

use domain::agent_names::AgentNames;
use domain::call::Call;
use domain::call_event::{CallEvent, CallFact, Ending};
use domain::dialect::Dialect;
use domain::money::Money;
use domain::organization_event::{OrganizationEvent, OrganizationFact};
use domain::outcome::{AnsweredBy, Blame, CallStatus, EndReason};
use domain::time::CallMs;
use domain::transcript::{Speaker, Turn};
use domain::{EventId, WebhookEndpointId};
use uuid::Uuid;

use super::{self as webhooks, CallStory, Story, Wanted};
use crate::fixtures::{answered_call, at, queued_call};

fn event(call: &Call, fact: CallFact) -> CallEvent {
    let id = EventId(Uuid::from_u128(9));
    let (organization, at) = (call.organization, at("2024-01-10T10:31:50Z"));
    CallEvent { id, call: call.id, organization, sequence: 7, position: 1, at, fact }
}

fn ended(call: &Call) -> CallFact {
    CallFact::Ended(Box::new(Ending {
        status: call.status,
        end_reason: call.end_reason.unwrap_or(EndReason::Busy),
        blame: Blame::Us,
        answered_by: AnsweredBy::Human,
        duration_ms: 125_000,
        outcome: call.outcome.clone(),
        evidence: call.evidence.clone(),
    }))
}

/// The first of what is told.
fn told(dialect: Dialect, call: &Call, fact: CallFact, wanted: &[&str]) -> Option<String> {
    all_told(dialect, call, fact, wanted).into_iter().next()
}

fn all_told(dialect: Dialect, call: &Call, fact: CallFact, wanted: &[&str]) -> Vec<String> {
    let names = AgentNames {
        integer: 123,
        voicing: Uuid::from_u128(5),
        klen: "assistant_abc123".into(),
        vonage: "60c09d70e6a68858f4220848".into(),
        voxpria: "agent_abc123".into(),
    };
    let turn = |number, speaker, text: &str| Turn {
        number,
        speaker,
        text: text.into(),
        intended: None,
        start_ms: CallMs(0),
        end_ms: CallMs(1),
        interrupted: false,
        by_person: false,
        latency: None,
    };
    let turns = [turn(1, Speaker::Agent, "Hello?"), turn(2, Speaker::Callee, "Grüß Gott/\"")];
    let event = event(call, fact);
    let recording_url = Some("https://calls.example.org/r.wav");
    let story = Story::Call(CallStory { call, event: &event, names: Some(&names), turns: &turns, recording_url });
    let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
    let bodies = webhooks::of(dialect).map(|vendor| (vendor.bodies)(&story, Wanted(&wanted))).unwrap_or_default();
    bodies.into_iter().map(|body| String::from_utf8(body).unwrap()).collect()
}

fn busy_call() -> Call {
    Call {
        status: CallStatus::Busy,
        end_reason: Some(EndReason::Busy),
        ended_at: Some(at("2024-01-10T10:29:45.475Z")),
        ..queued_call()
    }
}

#[test]
fn voxpria_is_told_in_javascripts_own_bytes() {
    let (call, _) = answered_call();
    let body = told(Dialect::Voxpria, &call, ended(&call), &["call.completed"]).unwrap();
    let want = concat!(
        r#"{"event":"call.completed","timestamp":"2024-01-10T10:31:50Z","data":{"#,
        r#""callId":"call_f4a0e9b112344e8a9c56abcdef123456","id":"call_f4a0e9b112344e8a9c56abcdef123456","#,
        r#""agentId":"agent_abc123","status":"completed","duration":125,"#,
        r#""toNumber":"+14155551234","phoneNumber":"+14155551234","#,
        r#""recording":"https://calls.example.org/r.wav","transcript":"Agent: Hello?\nUser: Grüß Gott/\"","#,
        r#""summary":"confirmed","outcome":"successful","#,
    );
    assert!(body.starts_with(want), "{body}\n{want}");
    let names = |fact: CallFact, call: &Call| {
        let body = told(Dialect::Voxpria, call, fact, &["*"])?;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        Some((body["event"].as_str().unwrap().to_owned(), body["data"]["status"].as_str().unwrap().to_owned()))
    };
    let pair = |event: &str, status: &str| Some((event.to_owned(), status.to_owned()));
    assert_eq!(names(CallFact::Answered { codec: "PCMU".into() }, &call), pair("call.started", "completed"));
    assert_eq!(names(ended(&busy_call()), &busy_call()), pair("call.failed", "busy"));
    assert_eq!(names(CallFact::Queued, &call), None);
    assert_eq!(told(Dialect::Voxpria, &call, ended(&call), &["call.failed"]), None, "nobody asked for it");
}

#[test]
fn voxpria_signs_twice_with_the_documented_vectors() {
    let body = concat!(
        r#"{"event":"call.completed","timestamp":"2025-02-09T12:00:00Z","data":{"callId":"call_xyz789","#,
        r#""status":"completed","duration":127,"toNumber":"+14155551234","recording":null,"transcript":null}}"#
    );
    let sign = webhooks::of(Dialect::Voxpria).unwrap().sign;
    let want = [
        ("x-voxpria-signature", "sha256=0f3068da65176d1d54bb7797155901516e326ee3dccb5a6cc41cf64e9b683ccc"),
        ("x-webhook-signature", "t=1700000000,v1=5d8ec3ad9a990260738ae276d1d40b5ed249927c14adcb93bc78872215384d15"),
    ];
    let want = want.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(sign("whsec_test", 1_700_000_000, body.as_bytes()), want);
}

#[test]
fn voxpria_hears_of_low_credit() {
    let (balance, threshold) = (Money::from_micros(1_500_000), Money::from_micros(5_000_000));
    let fact = OrganizationFact::WalletLowBalance { balance, threshold, currency: "USD".into() };
    let organization = queued_call().organization;
    let event = OrganizationEvent { id: EventId(Uuid::nil()), organization, at: at("2024-01-10T10:31:50Z"), fact };
    let of = |dialect| {
        (webhooks::of(dialect).unwrap().bodies)(&Story::Organization(&event), Wanted(&["*".to_owned()])).pop()
    };
    let want = concat!(
        r#"{"event":"credit.low","timestamp":"2024-01-10T10:31:50Z","#,
        r#""data":{"currentBalance":1.5,"threshold":5,"currency":"USD"}}"#
    );
    assert_eq!(String::from_utf8(of(Dialect::Voxpria).unwrap()).unwrap(), want);
    assert_eq!((of(Dialect::Klen), of(Dialect::Voicing), of(Dialect::Vonage)), (None, None, None));
}

#[test]
fn klen_is_told_what_it_would_read() {
    let (call, _) = answered_call();
    let event_of = |wanted: &[&str], fact: CallFact, call: &Call| {
        let body: serde_json::Value = serde_json::from_str(&told(Dialect::Klen, call, fact, wanted)?).unwrap();
        Some((body["event"].as_str().unwrap().to_owned(), body["data"].clone()))
    };
    let (event, data) = event_of(&["call.ended"], ended(&call), &call).unwrap();
    assert_eq!((&*event, &data["id"], &data["duration_seconds"]), ("call.ended", &789.into(), &125.into()));
    assert_eq!(data["agent"]["assistant_id"], "assistant_abc123");
    assert_eq!(data["transcript"], "Agent: Hello?\nUser: Grüß Gott/\"");
    let events = |wanted: &[&str]| -> Vec<String> {
        let all = all_told(Dialect::Klen, &call, ended(&call), wanted).into_iter();
        all.map(|body| serde_json::from_str::<serde_json::Value>(&body).unwrap()["event"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(events(&["*"]), ["call.ended", "call.transcript", "call.summary"], "one after the other");
    assert_eq!(events(&["call.summary", "call.ended"]), ["call.ended", "call.summary"]);
    assert_eq!(events(&["call.transcript"]), ["call.transcript"]);
    assert_eq!(event_of(&["*"], ended(&busy_call()), &busy_call()).unwrap().0, "call.failed");
    assert_eq!(event_of(&["call.ended"], ended(&busy_call()), &busy_call()), None);
    let answered = CallFact::Answered { codec: "PCMU".into() };
    assert_eq!(event_of(&["call.started"], answered, &call).unwrap().0, "call.started");
    let sign = webhooks::of(Dialect::Klen).unwrap().sign;
    let (name, value) = sign("whsec_test", 0, b"{}").remove(0);
    assert_eq!((&*name, value.len()), ("x-klen-signature", "sha256=".len() + 64));
}

#[test]
fn voicing_is_told_once_and_vonage_only_of_calls_that_nobody_took() {
    let (call, _) = answered_call();
    let body = told(Dialect::Voicing, &call, ended(&call), &["post_call"]).unwrap();
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&body["event"], &body["status"], &body["duration"]),
        (&"post_call".into(), &"completed".into(), &125.into())
    );
    assert_eq!(
        (&body["assistant_id"], &body["analysis"]["outcome"]),
        (&Uuid::from_u128(5).to_string().into(), &"confirmed".into())
    );
    assert_eq!(told(Dialect::Voicing, &call, CallFact::Answered { codec: "PCMU".into() }, &["*"]), None);

    assert_eq!(told(Dialect::Vonage, &call, ended(&call), &[]), None, "it was picked up");
    let body = told(Dialect::Vonage, &busy_call(), ended(&busy_call()), &[]).unwrap();
    let want = concat!(
        r#"{"agent_id":"60c09d70e6a68858f4220848","to":"14155551234","#,
        r#""conversation_uuid":"CON-f4a0e9b1-1234-4e8a-9c56-abcdef123456","status":"busy","#,
        r#""timestamp":"2024-01-10T10:29:45.475Z","session_id":"f4a0e9b1-1234-4e8a-9c56-abcdef123456"}"#
    );
    assert_eq!(body, want);
    assert_eq!(told(Dialect::VoiceB, &call, ended(&call), &["*"]), None);
}

#[test]
fn a_test_event_reaches_every_vendors_receivers() {
    let fact = OrganizationFact::WebhookTest { endpoint: WebhookEndpointId(Uuid::nil()) };
    let organization = queued_call().organization;
    let event = OrganizationEvent { id: EventId(Uuid::nil()), organization, at: at("2024-01-10T10:31:50Z"), fact };
    for dialect in [Dialect::Klen, Dialect::Voicing, Dialect::Voxpria] {
        let body = (webhooks::of(dialect).unwrap().bodies)(&Story::Organization(&event), Wanted(&[])).pop();
        let want = r#"{"event":"webhook.test","timestamp":"2024-01-10T10:31:50Z","data":{}}"#;
        assert_eq!(String::from_utf8(body.unwrap()).unwrap(), want, "{dialect:?}");
    }
}

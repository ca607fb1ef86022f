//! The documented bodies, and bodies of every kind.

use domain::outcome::{CallStatus, EndReason};
use domain::refusal::{Refusal, RefusalCode, RefusalFacts};
use serde_json::{Map, Value, json};

use super::errors::StudioError;
use super::from_wire::{Asked, make_call};
use super::to_wire::{session_started, status_callback};
use crate::fixtures::{answered_call, at, queued_call};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

#[test]
fn the_documented_body_is_read() {
    let body = json!({
        "agent_id": "60c09d70e6a68858f4220848", "to": "9725411116037", "hangup_on_answer_machine": false,
        "session_parameters": [{"name": "PROPERTY_VALUE", "value": "500"}]
    });
    let read = make_call(&object(body)).unwrap();
    assert_eq!(read.agent, Asked::Id("60c09d70e6a68858f4220848".into()));
    assert_eq!(read.to, "+9725411116037");
    assert_eq!(read.variables["PROPERTY_VALUE"], "500");
    assert_eq!((read.hangup_on_answer_machine, read.status_url), (false, None));
}

#[test]
fn destinations_are_digits_or_sip_addresses() {
    let table = [
        ("972542233016", Some("+972542233016")),
        ("+972542233016", Some("+972542233016")),
        ("sip:sipnumber@sipaddress", Some("sip:sipnumber@sipaddress")),
        ("SIP:bob@Example.org:5080", Some("sip:bob@example.org:5080")),
        ("972-54-2233016", None),
        ("(972)542233016", None),
        ("sip:", None),
        ("sip:@host", None),
        ("sip:bob", None),
        ("sip:bob@ho st", None),
        ("sip:a@b@c", None),
        ("tel:+97254", None),
        ("call me", None),
        ("\u{20ac}1234", None),
    ];
    for (to, want) in table {
        let read = make_call(&object(json!({"agent_id": "a", "to": to})));
        match want {
            Some(want) => assert_eq!(read.unwrap().to, want, "{to}"),
            None => assert_eq!(read.unwrap_err(), StudioError::bad_number(), "{to}"),
        }
    }
}

#[test]
fn a_number_in_from_names_the_agent_and_wins() {
    let read = make_call(&object(json!({"agent_id": "a", "from": "15550001000", "to": "1"}))).unwrap();
    assert_eq!(read.agent, Asked::Number("+15550001000".into()));
}

#[test]
fn bad_bodies_are_a_400() {
    for body in [
        json!({}),
        json!({"to": "1"}),
        json!({"agent_id": "a"}),
        json!({"agent_id": "", "to": "1"}),
        json!({"agent_id": ["a"], "to": "1"}),
        json!({"agent_id": "a", "to": {}}),
        json!({"agent_id": "a", "to": "1", "session_parameters": {}}),
        json!({"agent_id": "a", "to": "1", "session_parameters": [{"value": "x"}]}),
        json!({"agent_id": "a", "to": "1", "session_parameters": ["x"]}),
        json!({"agent_id": "a", "to": "1", "hangup_on_answer_machine": "yes"}),
        json!({"agent_id": "a", "to": "1", "status_url": 7.5e300, "session_parameters": 1}),
    ] {
        assert_eq!(make_call(&object(body.clone())).unwrap_err().status, 400, "{body}");
    }
}

#[test]
fn errors_have_the_documented_texts() {
    let of = |code| StudioError::of_make_call(&Refusal::new(code, "x"), "60c0");
    let table = [
        (RefusalCode::AgentNotFound, 404, "ID 60c0 is not an ID to any agent or published version"),
        (RefusalCode::AgentNotPublished, 404, "published version for Agent 60c0 was not found"),
        (RefusalCode::AgentDisabled, 404, "published version for Agent 60c0 was not found"),
        (RefusalCode::AgentHasNoNumber, 404, "Version information for number 60c0 doesn't exist"),
        (RefusalCode::InvalidNumber, 400, "Bad destination number format"),
        (RefusalCode::Unauthenticated, 401, "Not Authorised"),
        (RefusalCode::Unavailable, 500, "Failed to fetch preconfigured session information"),
        (RefusalCode::RateLimited, 429, "Too Many Requests"),
    ];
    for (code, status, message) in table {
        let error = of(code);
        assert_eq!((error.status, error.message.as_str()), (status, message), "{code:?}");
    }
    let limit = RefusalFacts::Limit { name: "agent".into(), retry_after: std::time::Duration::from_millis(700) };
    let limited = Refusal { facts: Some(Box::new(limit)), ..Refusal::new(RefusalCode::RateLimited, "x") };
    assert_eq!(StudioError::from(&limited).retry_after, Some(std::time::Duration::from_millis(700)));
}

#[test]
fn an_accepted_call_is_a_session() {
    let mut call = queued_call();
    call.created_at = at("2020-10-14T09:42:07.151657Z");
    let json = serde_json::to_string(&session_started(&call)).unwrap();
    let want =
        r#"{"session_id":"f4a0e9b1-1234-4e8a-9c56-abcdef123456","session_start_time":"2020-10-14T09:42:07.151657"}"#;
    assert_eq!(json, want);
}

#[test]
fn the_callback_has_five_words_and_is_silent_about_answered_calls() {
    let mut call = queued_call();
    call.ended_at = Some(at("2022-05-31T06:40:45.475Z"));
    for (status, reason, word) in [
        (CallStatus::Canceled, EndReason::Canceled, "cancelled"),
        (CallStatus::Rejected, EndReason::Rejected, "rejected"),
        (CallStatus::Busy, EndReason::Busy, "busy"),
        (CallStatus::NoAnswer, EndReason::NoAnswer, "timeout"),
        (CallStatus::Failed, EndReason::CarrierUnavailable, "failed"),
        (CallStatus::Failed, EndReason::Suppressed, "failed"),
    ] {
        (call.status, call.end_reason) = (status, Some(reason));
        let sent = status_callback(&call, "60c0").unwrap();
        assert_eq!((sent.status, sent.to.as_str()), (word, "14155551234"));
        assert_eq!(sent.timestamp, "2022-05-31T06:40:45.475Z");
        assert!(sent.conversation_uuid.starts_with("CON-"));
    }
    assert_eq!(status_callback(&answered_call().0, "60c0"), None);
}

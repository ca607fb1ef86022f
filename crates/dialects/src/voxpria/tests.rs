//! The documented bodies and vectors, and bodies of every kind.

use domain::outcome::{AnsweredBy, CallStatus, EndReason};
use domain::refusal::{Refusal, RefusalCode};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::errors::VoxpriaError;
use super::from_wire::{list_calls, trigger};
use super::signature::{of_body, of_time_and_body, stringify};
use super::to_wire;
use super::wire::Success;
use crate::content::Content;
use crate::fixtures::{answered_call, at, queued_call, raw_query};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

#[test]
fn both_signatures_are_those_of_the_vectors() {
    let body = r#"{"event":"call.completed","timestamp":"2025-02-09T12:00:00Z","data":{"callId":"call_xyz789","status":"completed","duration":127,"toNumber":"+14155551234","recording":null,"transcript":null}}"#;
    let secret = "whsec_test";
    let sha256 = "sha256=0f3068da65176d1d54bb7797155901516e326ee3dccb5a6cc41cf64e9b683ccc";
    assert_eq!(of_body(secret, body.as_bytes()), sha256);
    let v1 = "t=1700000000,v1=5d8ec3ad9a990260738ae276d1d40b5ed249927c14adcb93bc78872215384d15";
    assert_eq!(of_time_and_body(secret, 1_700_000_000, body.as_bytes()), v1);
    assert_eq!(stringify(&serde_json::from_str(body).unwrap()), body, "written again it is the same");
}

#[test]
fn bytes_are_what_javascript_writes() {
    for (given, want) in [
        (r#"{"b":1,"a":2}"#, r#"{"b":1,"a":2}"#),
        (r#"{"b":1,"10":2,"9":3,"a":{"2":1,"1":0}}"#, r#"{"9":3,"10":2,"b":1,"a":{"1":0,"2":1}}"#),
        (
            r#"{"01":1,"1":2,"-1":3,"4294967295":4,"4294967294":5}"#,
            r#"{"1":2,"4294967294":5,"01":1,"-1":3,"4294967295":4}"#,
        ),
        (r#"[1.0, 2.50, -0.0, 1e3, 0.1, 1e21, 123e-9, 0.00001]"#, r#"[1,2.5,0,1000,0.1,1e+21,1.23e-7,0.00001]"#),
        (r#"["é/\/\u00e9\u2028", "\n\u0001"]"#, "[\"é//é\u{2028}\",\"\\n\\u0001\"]"),
        (r#"[9007199254740993]"#, r#"[9007199254740992]"#),
    ] {
        assert_eq!(stringify(&serde_json::from_str(given).unwrap()), want, "{given}");
    }
}

#[test]
fn the_documented_body_is_read() {
    let body = json!({"agentId": "agent_abc123", "toNumber": "+14155551234",
        "variables": {"customerName": "John Doe", "accountNumber": "12345"}});
    let read = trigger(&object(body)).unwrap();
    assert_eq!((read.agent_id.as_str(), read.to_number.as_str()), ("agent_abc123", "+14155551234"));
    assert_eq!(read.variables["customerName"], "John Doe");
    for bad in [
        json!({}),
        json!({"agentId": "a"}),
        json!({"toNumber": "+1"}),
        json!({"agentId": 1, "toNumber": "+1"}),
        json!({"agentId": "a", "toNumber": "+1", "variables": "x"}),
    ] {
        assert_eq!(trigger(&object(bad)).unwrap_err().code, "validation_error");
    }
}

#[test]
fn answers_read_as_documented() {
    let mut call = queued_call();
    call.created_at = at("2025-02-09T12:00:00Z");
    let body = serde_json::to_string(&Success::of(to_wire::triggered(&call, "agent_abc123"))).unwrap();
    let want = r#"{"success":true,"data":{"callId":"call_f4a0e9b112344e8a9c56abcdef123456","status":"queued","toNumber":"+14155551234","agentId":"agent_abc123","createdAt":"2025-02-09T12:00:00Z"}}"#;
    assert_eq!(body, want);
    let (call, now) = answered_call();
    let record = serde_json::to_value(to_wire::record(&call, "agent_abc123", Content::default(), now)).unwrap();
    assert_eq!(
        (&record["status"], &record["duration"], &record["outcome"]),
        (&json!("completed"), &json!(125), &json!("successful"))
    );
    assert_eq!(
        (&record["startedAt"], &record["completedAt"]),
        (&json!("2024-01-10T10:30:00Z"), &json!("2024-01-10T10:32:05Z"))
    );
}

#[test]
fn seven_statuses_and_an_outcome_after_the_end() {
    assert_eq!(to_wire::outcome(&queued_call()), None);
    let (done, _) = answered_call();
    let table = [
        (CallStatus::Completed, EndReason::Transferred, "completed", "transferred"),
        (CallStatus::Completed, EndReason::VoicemailMessageLeft, "completed", "voicemail"),
        (CallStatus::Completed, EndReason::CalleeHangup, "completed", "successful"),
        (CallStatus::Busy, EndReason::Busy, "busy", "no_answer"),
        (CallStatus::NoAnswer, EndReason::NoAnswer, "no_answer", "no_answer"),
        (CallStatus::Rejected, EndReason::Rejected, "failed", "failed"),
        (CallStatus::Canceled, EndReason::Canceled, "failed", "failed"),
        (CallStatus::Failed, EndReason::NodeLost, "failed", "failed"),
    ];
    for (status, reason, word, outcome) in table {
        let call = domain::call::Call { status, end_reason: Some(reason), ..done.clone() };
        assert_eq!((to_wire::status(status), to_wire::outcome(&call)), (word, Some(outcome)), "{status:?}");
    }
    let machine = domain::call::Call { answered_by: AnsweredBy::Machine, ..done };
    assert_eq!(to_wire::outcome(&machine), Some("voicemail"));
}

#[test]
fn every_refusal_has_a_body_that_klen_clients_can_read_too() {
    for code in RefusalCode::ALL {
        let error = VoxpriaError::from(&Refusal::new(*code, "x"));
        assert!((400..=500).contains(&error.status), "{code:?}");
    }
    let body = super::wire::Failed { success: false, error: "unauthorized", message: "m".into() };
    let json = serde_json::to_value(body).unwrap();
    assert!(json["error"].is_string() && json["message"].is_string());
}

#[test]
fn a_list_is_bounded_and_its_filters_are_checked() {
    let read = list_calls(&raw_query(&[("page", "3"), ("limit", "50")])).unwrap();
    assert_eq!((read.page, read.limit), (3, 50));
    assert_eq!(list_calls(&raw_query(&[("per_page", "900")])).unwrap().limit, 100);
    for bad in [("page", "0"), ("limit", "x"), ("status", "in-progress")] {
        assert_eq!(list_calls(&raw_query(&[bad])).unwrap_err().code, "validation_error", "{bad:?}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |x| serde_json::Number::from_f64(x).map(Value::Number)),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec(("[0-9]{0,3}|.{0,6}", inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn writing_again_changes_nothing(value in any_json()) {
        let once = stringify(&value);
        let again: Value = serde_json::from_str(&once).unwrap();
        prop_assert_eq!(stringify(&again), once);
    }
}

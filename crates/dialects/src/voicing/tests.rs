//! The documented bodies, and bodies of every kind.

use domain::refusal::{Refusal, RefusalCode};
use serde_json::{Map, Value, json};

use super::errors::VoicingError;
use super::from_wire::{ids, page, publish};
use super::to_wire;
use crate::fixtures::{answered_call, raw_query};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn sample() -> Value {
    json!({
        "assistant_id": "019addcc-b878-7b10-85f1-49f21342f947",
        "phone_number": "7XXXXXXXX2",
        "input_variables": {"name": "John Doe", "plan_type": "Premium"},
        "telephony_provider": "default"
    })
}

#[test]
fn the_documented_body_is_read() {
    let read = publish(&object(sample())).unwrap();
    assert_eq!(
        (read.assistant_id.as_str(), read.phone_number.as_str()),
        ("019addcc-b878-7b10-85f1-49f21342f947", "7XXXXXXXX2")
    );
    assert_eq!((read.variables["name"].as_str(), read.variables["plan_type"].as_str()), ("John Doe", "Premium"));
    let mut without = object(sample());
    without.remove("input_variables");
    assert!(publish(&without).unwrap().variables.is_empty());
}

#[test]
fn what_is_missing_or_wrong_is_a_400_with_the_documented_words() {
    for name in ["assistant_id", "phone_number", "telephony_provider"] {
        for bad in [None, Some(Value::Null), Some(json!("")), Some(json!([]))] {
            let mut body = object(sample());
            match bad {
                None => drop(body.remove(name)),
                Some(bad) => drop(body.insert(name.into(), bad)),
            }
            let error = publish(&body).unwrap_err();
            assert_eq!(error.status, 400, "{name}");
            assert!(error.detail.starts_with("Error fetching assistant: ") && error.detail.contains(name), "{error:?}");
        }
    }
    let mut other = object(sample());
    other.insert("telephony_provider".into(), json!("twilio"));
    assert_eq!(publish(&other).unwrap_err().status, 400);
}

#[test]
fn bulk_ids_keep_their_order_and_stand_once() {
    let read = ids(&object(json!({"call_ids": ["CA2", "CA1", "CA2", 7]}))).unwrap();
    assert_eq!(read, ["CA2", "CA1", "7"]);
    let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    for bad in [json!({}), json!({"call_ids": "CA1"}), json!({"call_ids": [null]}), json!({ "call_ids": many })] {
        assert_eq!(ids(&object(bad)).unwrap_err().status, 400);
    }
}

#[test]
fn a_list_is_asked_for_by_page_and_filters() {
    let read = page(&raw_query(&[])).unwrap();
    assert_eq!((read.page, read.limit), (1, 10));
    let read =
        page(&raw_query(&[("page", "2"), ("limit", "1000"), ("start_date", "2024-01-10"), ("unknown", "x")])).unwrap();
    assert_eq!((read.page, read.limit), (2, 100));
    assert_eq!(read.from.unwrap().to_string(), "2024-01-10T00:00:00Z");
    for bad in [("page", "0"), ("page", "x"), ("limit", "-1"), ("status", "done"), ("end_date", "tomorrow")] {
        assert_eq!(page(&raw_query(&[bad])).unwrap_err().status, 400, "{bad:?}");
    }
}

#[test]
fn errors_have_the_documented_texts() {
    let said = |error: VoicingError| (error.status, error.detail);
    assert_eq!(said(VoicingError::invalid_token()), (401, "Invalid API token".into()));
    let id = "019addcc-b878-7b10-85f1-49f21342f947";
    let missing = Refusal::new(RefusalCode::AgentNotFound, "x");
    assert_eq!(said(VoicingError::of_publish(&missing, id)), (404, format!("Assistant with ID {id} not found")));
    let down = Refusal::new(RefusalCode::Unavailable, "x");
    assert_eq!(said(VoicingError::of_publish(&down, id)), (500, "Failed to publish outbound call".into()));
    for code in RefusalCode::ALL {
        assert!((400..=500).contains(&VoicingError::from(&Refusal::new(*code, "x")).status), "{code:?}");
    }
}

#[test]
fn a_call_reads_as_documented() {
    let (call, now) = answered_call();
    let record = to_wire::record(&call, "019addcc-b878-7b10-85f1-49f21342f947", now);
    let json = serde_json::to_value(super::wire::Details { success: true, call: record }).unwrap();
    assert_eq!(json["success"], true);
    assert_eq!(json["status"], "completed");
    assert_eq!(json["duration"], 125);
    assert_eq!(
        (&json["started_at"], &json["ended_at"]),
        (&json!("2024-01-10T10:30:00Z"), &json!("2024-01-10T10:32:05Z"))
    );
}

//! The documented vectors, and bodies of every kind.

use domain::refusal::{Refusal, RefusalCode};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::errors::ClickToCallError;
use super::from_wire::{Click, click};
use super::signature::is_valid;

const SECRET: &str = "test_secret";
/// As `JSON.stringify` writes it.
const NODE: (&str, &str) = (
    r#"{"phone":"+34612345678","variables":{"name":"John","product":"VoiceB AI"}}"#,
    "800f0bee9ec914805e6a343f779fd1f184d70870a51804cfc7c3a0c5f5b48f3f",
);
/// As `json.dumps` writes it.
const PYTHON: (&str, &str) = (
    r#"{"phone": "+34612345678", "variables": {"name": "John", "product": "VoiceB AI"}}"#,
    "1d2a3753565b1ec7eb2842601d200101d20c70de2ad2a0f6beb6dc6b223f76ce",
);

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

#[test]
fn both_documented_languages_sign_their_own_bytes() {
    for (body, signature) in [NODE, PYTHON] {
        assert!(is_valid(SECRET, body.as_bytes(), signature));
        assert!(is_valid(SECRET, body.as_bytes(), &signature.to_uppercase()));
        assert!(!is_valid("other", body.as_bytes(), signature));
    }
    assert!(!is_valid(SECRET, NODE.0.as_bytes(), PYTHON.1), "the same object, other bytes");
}

#[test]
fn what_is_no_signature_is_refused() {
    let long = format!("{}00", NODE.1);
    let prefixed = format!("sha256={}", NODE.1);
    for signature in ["", "800f", &NODE.1[..63], &long, &prefixed, &NODE.1.replace('8', "g"), "\u{20ac}"] {
        assert!(!is_valid(SECRET, NODE.0.as_bytes(), signature), "{signature:?}");
    }
}

#[test]
fn a_click_is_read_with_and_without_variables() {
    let whole = click(&object(serde_json::from_str(NODE.0).unwrap())).unwrap();
    let variables = [("name", "John"), ("product", "VoiceB AI")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(whole, Click { phone: "+34612345678".into(), variables, reserved: Vec::new() });
    for body in [json!({"phone": "+1"}), json!({"phone": "+1", "variables": null, "more": [1]})] {
        assert!(click(&object(body)).unwrap().variables.is_empty());
    }
    assert_eq!(click(&object(json!({"phone": 34_612_345_678_u64}))).unwrap().phone, "34612345678");
}

#[test]
fn reserved_names_are_left_out_and_named() {
    let body = json!({"phone": "+1", "variables": {"system_date": "x", "VoiceB_x": "y", "name": "Ann"}});
    let read = click(&object(body)).unwrap();
    assert_eq!(read.variables.keys().collect::<Vec<_>>(), ["name"]);
    assert_eq!(read.reserved, ["VoiceB_x", "system_date"]);
}

#[test]
fn bad_bodies_have_their_codes() {
    for (body, error) in [
        (json!({}), ClickToCallError::InvalidPhone),
        (json!({"phone": ""}), ClickToCallError::InvalidPhone),
        (json!({"phone": "  "}), ClickToCallError::InvalidPhone),
        (json!({"phone": null}), ClickToCallError::InvalidPhone),
        (json!({"phone": ["+1"]}), ClickToCallError::InvalidPhone),
        (json!({"phone": "+1", "variables": []}), ClickToCallError::InvalidBody),
        (json!({"phone": "+1", "variables": "x"}), ClickToCallError::InvalidBody),
    ] {
        assert_eq!(click(&object(body.clone())), Err(error), "{body}");
    }
}

#[test]
fn every_refusal_has_a_code_and_the_documented_statuses_hold() {
    for code in RefusalCode::ALL {
        let body = ClickToCallError::from(Refusal::new(*code, "x")).body();
        assert!(body.code.starts_with("ctc:0") && (400..=503).contains(&body.status), "{code:?}");
    }
    let json = serde_json::to_string(&ClickToCallError::InvalidApiKey.body()).unwrap();
    assert_eq!(json, r#"{"code":"ctc:003","message":"Invalid API key","status":403}"#);
}

proptest! {
    #[test]
    fn whatever_is_sent_is_read_or_refused(body in ".{0,200}", signature in ".{0,80}") {
        prop_assert!(!is_valid(SECRET, body.as_bytes(), &signature));
        if let Ok(Value::Object(body)) = serde_json::from_str(&body) {
            drop(click(&body));
        }
    }
}

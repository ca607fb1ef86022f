//! The documented bodies, and bodies of every kind.

use domain::agent_names::AgentNames;
use domain::money::{Money, Price};
use domain::refusal::{Refusal, RefusalCode, RefusalFacts};
use serde_json::{Map, Value, json};

use super::errors::KlenError;
use super::from_wire::{AgentName, initiate, list_calls};
use super::to_wire;
use crate::content::Content;
use crate::fixtures::{answered_call, at, queued_call, raw_query};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn names() -> AgentNames {
    AgentNames {
        integer: 123,
        klen: "assistant_abc123".into(),
        ..AgentNames::of(domain::AgentId(uuid::Uuid::from_u128(2)), 123)
    }
}

#[test]
fn an_agent_is_named_in_three_ways() {
    for (id, want) in [
        (json!(123), AgentName::Integer(123)),
        (json!("123"), AgentName::Integer(123)),
        (json!("assistant_abc123"), AgentName::Assistant("assistant_abc123".into())),
    ] {
        let read = initiate(&object(json!({"phone_number": "+15551234567", "agent_id": id}))).unwrap();
        assert_eq!(read.agent, want);
    }
}

#[test]
fn nested_variables_keep_their_shape_and_get_dotted_names() {
    let body = json!({"phone_number": "+15551234567", "agent_id": 1, "contact_id": 45, "variables": {
        "customer_name": "John", "custom_context": {"previous_purchase": "Plan", "account_status": "active"}}});
    let read = initiate(&object(body)).unwrap();
    assert_eq!(read.contact_id, Some(45));
    assert_eq!(read.variables["customer_name"], "John");
    assert_eq!(read.variables["custom_context.account_status"], "active");
}

#[test]
fn faults_are_named_in_the_documented_order() {
    for (body, code) in [
        (json!({}), "missing_phone_number"),
        (json!({"phone_number": ""}), "missing_phone_number"),
        (json!({"phone_number": null, "agent_id": 1}), "missing_phone_number"),
        (json!({"phone_number": ["x"], "agent_id": 1}), "invalid_phone_number"),
        (json!({"phone_number": "+1"}), "missing_agent_id"),
        (json!({"phone_number": "+1", "agent_id": " "}), "missing_agent_id"),
        (json!({"phone_number": "+1", "agent_id": 1.5}), "agent_not_found"),
        (json!({"phone_number": "+1", "agent_id": {}}), "validation_error"),
        (json!({"phone_number": "+1", "agent_id": 1, "contact_id": "x"}), "validation_error"),
        (json!({"phone_number": "+1", "agent_id": 1, "variables": []}), "validation_error"),
    ] {
        assert_eq!(initiate(&object(body.clone())).unwrap_err().code, code, "{body}");
    }
}

#[test]
fn refusals_have_the_documented_codes() {
    for (code, status, word) in [
        (RefusalCode::InvalidNumber, 400, "invalid_phone_number"),
        (RefusalCode::Unauthenticated, 401, "invalid_key"),
        (RefusalCode::PermissionDenied, 403, "permission_denied"),
        (RefusalCode::Suppressed, 403, "do_not_call"),
        (RefusalCode::AgentNotFound, 404, "agent_not_found"),
        (RefusalCode::AgentHasNoNumber, 404, "no_phone_number"),
        (RefusalCode::RateLimited, 429, "rate_limit_exceeded"),
        (RefusalCode::Unavailable, 500, "server_error"),
    ] {
        let error = KlenError::from(&Refusal::new(code, "x"));
        assert_eq!((error.status, error.code), (status, word), "{code:?}");
    }
}

#[test]
fn a_402_says_what_is_there_and_what_is_needed() {
    let price = Price {
        currency: "USD".into(),
        rate_per_minute: "0.10".parse().unwrap(),
        increment_s: 60,
        per_attempt: Money::ZERO,
        minimum_s: 0,
        most: None,
    };
    let facts = RefusalFacts::Funds { balance: "0.05".parse().unwrap(), required: "0.50".parse().unwrap(), price };
    let refusal = Refusal { facts: Some(Box::new(facts)), ..Refusal::new(RefusalCode::InsufficientFunds, "x") };
    let error = KlenError::from(&refusal);
    assert_eq!((error.status, error.code), (402, "insufficient_funds"));
    assert_eq!((&error.more["current_balance"], &error.more["required_rate"]), (&json!(0.05), &json!(0.1)));
}

#[test]
fn an_accepted_call_reads_as_documented() {
    let mut call = queued_call();
    call.created_at = at("2025-04-24T10:15:30Z");
    let agent = to_wire::agent("Appointment Scheduler", &names());
    let body = serde_json::to_value(to_wire::initiated(&call, agent)).unwrap();
    assert_eq!((&body["id"], &body["status"], &body["type"]), (&json!(789), &json!("queued"), &json!("outbound")));
    let want = json!({"id": 123, "name": "Appointment Scheduler", "assistant_id": "assistant_abc123"});
    assert_eq!(body["agent"], want);
    assert_eq!(
        (&body["created_at"], &body["estimated_start"]),
        (&json!("2025-04-24T10:15:30Z"), &json!("2025-04-24T10:15:35Z"))
    );
}

#[test]
fn the_id_is_a_string_in_lists_and_an_integer_elsewhere() {
    let (call, now) = answered_call();
    let agent = to_wire::agent("Appointment Scheduler", &names());
    let item = serde_json::to_value(to_wire::item(&call, &agent, None, &Content::default(), now)).unwrap();
    let detail = serde_json::to_value(to_wire::detail(&call, agent, None, Content::default(), now)).unwrap();
    assert_eq!(item["id"], detail["call_id"]);
    assert_eq!((&item["agent_id"], &detail["id"]), (&json!("assistant_abc123"), &json!(789)));
    assert_eq!((&item["duration_seconds"], &detail["status"]), (&json!(125), &json!("completed")));
}

#[test]
fn a_list_is_bounded_and_its_filters_are_checked() {
    let read = list_calls(&raw_query(&[("limit", "500"), ("status", "in-progress"), ("agent_id", "123")])).unwrap();
    assert_eq!((read.page, read.limit, read.agent), (1, 100, Some(AgentName::Integer(123))));
    for bad in [("page", "0"), ("limit", "x"), ("status", "done"), ("type", "sideways")] {
        assert_eq!(list_calls(&raw_query(&[bad])).unwrap_err().code, "validation_error", "{bad:?}");
    }
}

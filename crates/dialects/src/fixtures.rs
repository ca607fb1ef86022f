//! Calls and requests that the tests of several dialects look at.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use domain::audit::Origin;
use domain::call::{Call, Parties};
use domain::callee::Callee;
use domain::outcome::{AnsweredBy, Blame, CallStatus, EndReason, Outcome};
use domain::phone_number::PhoneNumber;
use domain::time::Timestamp;
use domain::{AgentId, AgentVersionId, CallId, OrganizationId};
use uuid::Uuid;

use crate::raw::{Body, Raw};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A request without a body.
pub(crate) fn raw_query(query: &[(&str, &str)]) -> Raw {
    Raw {
        method: Method::GET,
        path: "/".into(),
        headers: HeaderMap::new(),
        query: query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        origin: Origin::default(),
        body: Body::Whole(Bytes::new()),
    }
}

/// A call that was just accepted.
pub(crate) fn queued_call() -> Call {
    let parties = Parties {
        organization: OrganizationId(Uuid::from_u128(1)),
        agent: AgentId(Uuid::from_u128(2)),
        agent_slug: "lead-callback".into(),
        agent_version: AgentVersionId(Uuid::from_u128(3)),
        to: Callee::parse("+14155551234", None).unwrap(),
        from: PhoneNumber::parse("+15550001000", None).unwrap(),
    };
    Call {
        sequence: 789,
        variables: [("name".to_owned(), "John Doe".to_owned())].into(),
        last_event: 1,
        ..Call::queued(
            CallId(Uuid::parse_str("f4a0e9b1-1234-4e8a-9c56-abcdef123456").unwrap()),
            parties,
            at("2024-01-10T10:29:40Z"),
        )
    }
}

/// The same call after two minutes and five seconds of talk, and a time long after it.
pub(crate) fn answered_call() -> (Call, Timestamp) {
    let call = Call {
        status: CallStatus::Completed,
        end_reason: Some(EndReason::AgentHangup),
        blame: Some(Blame::Us),
        answered_by: AnsweredBy::Human,
        outcome: Some(Outcome { name: "confirmed".into(), ..Outcome::default() }),
        dialed_at: Some(at("2024-01-10T10:29:41Z")),
        answered_at: Some(at("2024-01-10T10:30:00.4Z")),
        ended_at: Some(at("2024-01-10T10:32:05.9Z")),
        last_event: 20,
        ..queued_call()
    };
    (call, at("2026-01-01T00:00:00Z"))
}

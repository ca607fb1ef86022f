//! Bodies of events of a call.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Entry;
use crate::wire::calls::Call;
use crate::wire::events::CallEvent;

pub(super) const fn entry(name: &'static str, meaning: &'static str) -> Entry {
    Entry { name, meaning, schema: "CallWebhook" }
}

/// What is sent when something happened to a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallWebhook {
    /// Name of the event.
    #[schema(example = "call.ended")]
    pub r#type: String,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The call and the event.
    pub data: CallNews,
}

/// A call and what happened to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallNews {
    /// The call as it stood after the event.
    pub call: Call,
    /// The event, with its own data.
    pub event: CallEvent,
}

impl CallWebhook {
    /// The body of an event.
    pub fn of(call: domain::call::Call, event: domain::call_event::CallEvent) -> Self {
        Self {
            r#type: event.fact.name().to_owned(),
            timestamp: event.at,
            data: CallNews { call: call.into(), event: event.into() },
        }
    }
}

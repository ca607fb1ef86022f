//! What goes over the wire for the legs that are alive, written down.
//!
//! Law: only messages of our own legs, by their Call-ID; a stranger's cost a look and nothing more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use app::ports::telephone::SipTrace;
use domain::time::Timestamp;
use rsipstack::sip::{HeadersExt, SipMessage};
use rsipstack::transaction::endpoint::MessageInspector;
use rsipstack::transport::SipAddr;

/// The traces of all legs, by Call-ID.
#[derive(Clone, Default)]
pub(super) struct Traces(Arc<Mutex<HashMap<String, SipTrace>>>);

impl Traces {
    /// A leg's, from now on until it is removed.
    pub(super) fn of(&self, call_id: &str) -> SipTrace {
        self.lock().entry(call_id.to_owned()).or_default().clone()
    }

    /// The leg is over, with everything that went to and fro for it.
    pub(super) fn remove(&self, call_id: &str) {
        let gone = self.lock().remove(call_id);
        if let Some(trace) = gone {
            trace.finish();
        }
    }

    fn note(&self, sent: bool, message: &SipMessage) {
        let Ok(call_id) = message.call_id_header() else { return };
        let trace = self.lock().get(call_id.value()).cloned();
        if let Some(trace) = trace
            && let Ok(at) = Timestamp::try_from(SystemTime::now())
        {
            trace.note(at, sent, &message.to_string());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, SipTrace>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MessageInspector for Traces {
    fn before_send(&self, message: SipMessage, _: Option<&SipAddr>) -> SipMessage {
        self.note(true, &message);
        message
    }

    /// The stack asks twice of a response: as it comes from the wire, and as it is handed on, without a source.
    fn after_received(&self, message: SipMessage, from: Option<&SipAddr>) -> SipMessage {
        if from.is_some() {
            self.note(false, &message);
        }
        message
    }
}

//! Ends a call on request. Terminal and idempotent: asking again changes nothing.

use std::time::Duration;

use domain::EventId;
use domain::api_key::Permission;
use domain::call::Call;
use domain::call_event::{CallFact, Ending};
use domain::outcome::{Blame, CallStatus, EndReason};
use domain::refusal::{Refusal, RefusalCode};

use crate::ports::live::LiveEvent;
use crate::ports::store::{NewEvent, StoreError};
use crate::{Platform, Principal};

/// A call can change hands between our read and our write, and a node that has just claimed one cannot be asked yet; each
/// round reads it afresh, after a wait that doubles.
const ROUNDS: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(10);

impl Platform {
    /// Ends a call: one that waits is canceled here and comes back terminal; a live one is asked to hang up and
    /// comes back as it stands, its terminal event follows; one that is over comes back unchanged.
    pub async fn hang_up_call(&self, principal: &Principal, name: &str) -> Result<Call, Refusal> {
        principal.require(Permission::CallsWrite)?;
        for round in 0..ROUNDS {
            if round > 0 {
                tokio::time::sleep(FIRST_WAIT * 2_u32.pow(round - 1)).await;
            }
            let call = self.find_call(principal, name).await?;
            if call.status.is_terminal() {
                return Ok(call);
            }
            if call.status == CallStatus::Queued {
                match self.cancel_queued(call.clone()).await {
                    Ok(canceled) => return Ok(canceled),
                    Err(StoreError::Fenced) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            if self.control.hang_up(call.id).await {
                return Ok(call);
            }
        }
        Err(Refusal::new(
            RefusalCode::Unavailable,
            "the call is changing hands and could not be reached; repeat the request",
        ))
    }

    async fn cancel_queued(&self, mut call: Call) -> Result<Call, StoreError> {
        let now = self.clock.now();
        let ended = CallFact::Ended(Box::new(Ending {
            status: CallStatus::Canceled,
            end_reason: EndReason::Canceled,
            blame: Blame::ApiClient,
            answered_by: call.answered_by,
            duration_ms: 0,
            outcome: None,
            evidence: call.evidence.clone(),
        }));
        call.apply(now, &ended);
        let fact = NewEvent { id: EventId(self.clock.uuid()), at: now, fact: ended };
        let event = self.store.end_queued(&call, fact).await?;
        call.last_event = event.sequence;
        self.bus.publish(LiveEvent::Fact(event));
        Ok(call)
    }
}

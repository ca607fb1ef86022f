//! Calls that end without a session of ours: the node that held them is gone, or policy forbade the dial.

use app::ports::live::LiveEvent;
use app::ports::store::{Lease, NewEvent};
use domain::EventId;
use domain::call::Call;
use domain::call_event::{CallFact, Ending};
use domain::outcome::{Blame, CallStatus, EndReason};
use session::SessionContext;

/// The call may have rung when its node went away: it is over, and it is not dialed again.
pub(crate) async fn end_as_node_lost(context: &SessionContext, lease: Lease, call: Call) {
    let status = if call.answered_at.is_some() { CallStatus::Completed } else { CallStatus::Failed };
    end(context, lease, call, status, EndReason::NodeLost, Blame::Us).await;
}

/// The call was never dialed and will not be.
pub(crate) async fn end_undialed(context: &SessionContext, lease: Lease, call: Call, end_reason: EndReason) {
    end(context, lease, call, CallStatus::Failed, end_reason, Blame::ApiClient).await;
}

async fn end(
    context: &SessionContext,
    lease: Lease,
    mut call: Call,
    status: CallStatus,
    end_reason: EndReason,
    blame: Blame,
) {
    let at = context.clock.now();
    let duration_ms =
        call.answered_at.and_then(|answered| u64::try_from(at.duration_since(answered).as_millis()).ok()).unwrap_or(0);
    let ending = Ending {
        status,
        end_reason,
        blame,
        answered_by: call.answered_by,
        duration_ms,
        outcome: call.outcome.clone(),
        evidence: call.evidence.clone(),
    };
    let fact = CallFact::Ended(Box::new(ending));
    call.apply(at, &fact);
    let event = NewEvent { id: EventId(context.clock.uuid()), at, fact };
    match context.store.append(lease, &call, vec![event]).await {
        Ok(events) => events.into_iter().for_each(|e| context.bus.publish(LiveEvent::Fact(e))),
        // The lease lapses again and the next sweep, here or elsewhere, comes back to it.
        Err(error) => tracing::error!(call.id = %lease.call, %error, "terminal event not written"),
    }
}

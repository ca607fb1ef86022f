//! What went over the wire for a call, kept after its end.
//!
//! Law: best effort. The call is over and told; whoever asks what went over the wire asks later.

use std::time::Duration;

use app::ports::telephone::SipTrace;
use domain::call::Call;

use crate::SessionContext;

/// A BYE is sent twice by then (RFC 3261, 17.1.2.2 with T1 of half a second); a far end that is silent longer is not
/// waited for: its answer is missing from the trace, as it was from the wire.
const LAST_ANSWER: Duration = Duration::from_secs(1);

/// SIP messages that are not kept by then are lost.
const DEADLINE: Duration = Duration::from_secs(5);

/// Keeps them, with nobody's number but the call's own where the agent masks what is said.
pub(crate) async fn keep(context: &SessionContext, call: &Call, trace: &SipTrace, masked: bool) {
    let _ = tokio::time::timeout(LAST_ANSWER, trace.finished()).await;
    let mut messages = trace.messages();
    if masked {
        messages = messages.of_own(&[call.to.as_str(), call.from.as_str()]);
    }
    let kept = context.store.keep_sip_messages(call.organization, call.id, messages);
    match tokio::time::timeout(DEADLINE, kept).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(call.id = %call.id, %error, "its SIP messages are lost"),
        Err(_) => tracing::warn!(call.id = %call.id, "its SIP messages are lost: the database was too slow"),
    }
}

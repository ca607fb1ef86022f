//! Policy right before the INVITE: what was allowed at create may not be any more.

use app::ports::store::ClaimedCall;
use domain::outcome::EndReason;
use domain::time::Timestamp;
use session::SessionContext;

/// The database could not be asked; policy that cannot be read stops the dial.
const STORE_RETRY: std::time::Duration = std::time::Duration::from_secs(1);

/// What policy says.
pub(crate) enum Verdict {
    /// Go.
    Dial,
    /// Ask again then.
    Later(Timestamp),
    /// End the call without dialing.
    Never(EndReason),
}

/// The do-not-call list.
pub(crate) async fn check(context: &SessionContext, claimed: &ClaimedCall) -> Verdict {
    let now = context.clock.now();
    let call = &claimed.call;
    match context.store.suppression(call.organization, &call.to).await {
        Ok(None) => Verdict::Dial,
        Ok(Some(_)) => Verdict::Never(EndReason::Suppressed),
        Err(_) => Verdict::Later(now + STORE_RETRY),
    }
}

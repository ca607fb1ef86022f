//! Policy right before the INVITE: what was allowed at create may not be any more.

use app::policy_gate;
use app::ports::store::ClaimedCall;
use domain::outcome::EndReason;
use domain::time::Timestamp;
use machines::policy;
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

/// The rules of organization and agent as they are now. What must hold in the commit, too, is left with the call.
pub(crate) async fn check(context: &SessionContext, claimed: &mut ClaimedCall) -> Verdict {
    match policy_gate::at_dial(&*context.store, &*context.clock, &claimed.call).await {
        Ok((policy::Verdict::Allow, guard)) => {
            claimed.guard = guard;
            Verdict::Dial
        }
        Ok((policy::Verdict::Later(at, _), _)) => Verdict::Later(at),
        Ok((policy::Verdict::Refuse(reason), _)) => Verdict::Never(reason.end_reason()),
        Err(error) => {
            tracing::warn!(call.id = %claimed.call.id, %error, "policy not readable; the call waits");
            Verdict::Later(context.clock.now() + STORE_RETRY)
        }
    }
}

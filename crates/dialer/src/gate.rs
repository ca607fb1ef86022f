//! Policy right before the INVITE: what was allowed at create may not be any more.

use app::ports::store::ClaimedCall;
use domain::outcome::EndReason;
use domain::time::Timestamp;
use session::SessionContext;

/// A channel may be free again after this long.
const CHANNEL_RETRY: std::time::Duration = std::time::Duration::from_millis(500);
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

/// Suppression and the trunk's channels.
pub(crate) async fn check(context: &SessionContext, claimed: &ClaimedCall) -> Verdict {
    let now = context.clock.now();
    let call = &claimed.call;
    match context.store.suppression(call.organization, &call.to).await {
        Ok(None) => {}
        Ok(Some(_)) => return Verdict::Never(EndReason::Suppressed),
        Err(_) => return Verdict::Later(now + STORE_RETRY),
    }
    let Some(channels) = claimed.trunk.channels else { return Verdict::Dial };
    match context.store.live_calls(claimed.trunk.id, now).await {
        // Our own lease counts among the live ones.
        Ok(live) if live <= u64::from(channels) => Verdict::Dial,
        Ok(_) => Verdict::Later(now + CHANNEL_RETRY),
        Err(_) => Verdict::Later(now + STORE_RETRY),
    }
}

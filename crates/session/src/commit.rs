//! The commit that lets an INVITE leave, and whether it still holds when the INVITE is about to.

use std::time::{Duration, Instant};

use app::ports::store::{AboutToDial, DialGuard, Lease, NewEvent, StoreError};
use domain::AttemptId;
use domain::call::Call;

use crate::SessionContext;

const COMMIT_RETRY: Duration = Duration::from_millis(100);
/// An INVITE leaves within this of asking for the commit, or the lease is asked for again: a process that stood still in
/// between (SIGSTOP, a suspended machine) may have lost the call. Well below what any lease has left after a commit.
const DIAL_WITHIN: Duration = Duration::from_secs(2);
/// An INVITE leaves only while the lease is known to hold for this much longer.
const LEASE_LEFT: Duration = Duration::from_secs(1);

/// The commit that lets an INVITE leave.
#[derive(Clone)]
pub(crate) struct Commit {
    pub(crate) attempt: AttemptId,
    pub(crate) event: NewEvent,
    /// State of the call that goes with it.
    pub(crate) call: Call,
    pub(crate) guard: DialGuard,
    pub(crate) asked: Instant,
}

impl Commit {
    /// Writes it; a store that is busy is asked again.
    pub(crate) async fn ask(&self, context: &SessionContext, lease: Lease) -> Result<AboutToDial, StoreError> {
        let Self { attempt, event, call, guard, .. } = self;
        loop {
            match context.store.about_to_dial(lease, call, *attempt, event.clone(), guard.clone()).await {
                Err(StoreError::Unavailable(why)) => {
                    tracing::warn!(call.id = %lease.call, why, "dial not committed, trying again");
                    tokio::time::sleep(COMMIT_RETRY).await;
                }
                answer => return answer,
            }
        }
    }

    /// Asks again until the answer is as young as an INVITE needs it.
    pub(crate) async fn still_holds(mut self, context: &SessionContext, lease: Lease) -> Result<(), StoreError> {
        while self.asked.elapsed() > DIAL_WITHIN || !context.leases.holds_for(LEASE_LEFT) {
            tracing::warn!(call.id = %lease.call, "stood still or heard no heartbeat since the dial was committed; asking for the lease again");
            context.leases.until_it_holds_for(LEASE_LEFT).await;
            let asked = Instant::now();
            if matches!(self.ask(context, lease).await?, AboutToDial::Forbidden(_)) {
                return Err(StoreError::Fenced);
            }
            self.asked = asked;
        }
        Ok(())
    }
}

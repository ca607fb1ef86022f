//! The calls that this node knows to be its own: those whose sessions run here.
//!
//! Law: a heartbeat names these and renews no others. A claim whose answer was lost, a call that could not be put back,
//! an end that could not be written: whatever the database counts as ours and we do not know lapses like the calls of a
//! lost node, and the next sweep, here or elsewhere, resolves it by evidence. A claim in flight is not raced: it brings
//! a lease of its own, and its calls stand here before the next heartbeat leaves.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::ports::store::Lease;
use domain::CallId;

/// Shared by the dialer and its sessions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held(Arc<Mutex<BTreeSet<(CallId, u64)>>>);

/// Keeps one call among those held, until dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    held: Held,
    call: CallId,
    epoch: u64,
}

impl Held {
    /// The node holds this call from now on.
    pub(crate) fn hold(&self, lease: Lease) -> Hold {
        let Lease { call, epoch, .. } = lease;
        self.all().insert((call, epoch));
        Hold { held: self.clone(), call, epoch }
    }

    /// What a heartbeat names.
    pub(crate) fn calls(&self) -> Vec<CallId> {
        let mut calls: Vec<CallId> = self.all().iter().map(|(call, _)| *call).collect();
        // A session that lost its lease may still be ending when the same call is claimed again.
        calls.dedup();
        calls
    }

    fn all(&self) -> MutexGuard<'_, BTreeSet<(CallId, u64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.held.all().remove(&(self.call, self.epoch));
    }
}

#[cfg(test)]
mod tests {
    use domain::NodeId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_call_is_named_as_long_as_any_hold_on_it_lasts() {
        let held = Held::default();
        let lease =
            |call: u128, epoch| Lease { call: CallId(Uuid::from_u128(call)), node: NodeId(Uuid::from_u128(9)), epoch };
        let (first, _other) = (held.hold(lease(1, 1)), held.hold(lease(2, 1)));
        let again = held.hold(lease(1, 2));
        assert_eq!(held.calls(), [lease(1, 1).call, lease(2, 1).call], "once each");
        drop(first);
        assert_eq!(held.calls().len(), 2);
        drop(again);
        assert_eq!(held.calls(), [lease(2, 1).call]);
    }
}

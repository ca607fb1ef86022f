//! The way to the sessions of live calls: each registers while it lives, and is asked here.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::ports::live::{CallAudio, Control, NotHeard, Steer, Steered};
use app::ports::{CallControl, SessionRegistry};
use async_trait::async_trait;
use domain::CallId;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// A session that is there answers within this; it may be waiting for the database.
const ANSWER: Duration = Duration::from_millis(800);

type Sessions = HashMap<CallId, (u64, mpsc::Sender<Control>)>;

/// Sessions by call. Clones share the same sessions.
#[derive(Clone, Debug, Default)]
pub struct CallRegistry {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    sessions: Sessions,
    registered: u64,
}

impl CallRegistry {
    /// A registry without sessions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sessions that are registered.
    pub fn live(&self) -> usize {
        self.lock().sessions.len()
    }

    /// Asks a session something; `None` where none answered in time.
    async fn ask<T>(&self, call: CallId, request: impl FnOnce(oneshot::Sender<T>) -> Control) -> Option<T> {
        let control = self.lock().sessions.get(&call).map(|(_, control)| control.clone())?;
        let (answer, answered) = oneshot::channel();
        control.try_send(request(answer)).ok()?;
        timeout(ANSWER, answered).await.ok()?.ok()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing that runs under the lock can panic half-way.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionRegistry for CallRegistry {
    /// A later registration of the same call takes the place of an earlier one: the lease moved on, and the newest
    /// holder is the right one to ask.
    fn register(&self, call: CallId, control: mpsc::Sender<Control>) -> Box<dyn Any + Send + Sync> {
        let mut inner = self.lock();
        inner.registered += 1;
        let ticket = inner.registered;
        inner.sessions.insert(call, (ticket, control));
        Box::new(Registration { registry: self.clone(), call, ticket })
    }
}

#[async_trait]
impl CallControl for CallRegistry {
    async fn hang_up(&self, call: CallId) -> bool {
        let control = self.lock().sessions.get(&call).map(|(_, control)| control.clone());
        control.is_some_and(|control| control.try_send(Control::HangUp).is_ok())
    }

    async fn steer(&self, call: CallId, steer: Steer) -> Steered {
        self.ask(call, |answer| Control::Steer(steer, answer)).await.unwrap_or(Steered::NotHeld)
    }

    async fn listen(&self, call: CallId) -> Result<CallAudio, NotHeard> {
        self.ask(call, Control::Listen).await.unwrap_or(Err(NotHeard::NotHeld))
    }
}

/// Keeps a session reachable; dropping it takes the session out.
#[derive(Debug)]
struct Registration {
    registry: CallRegistry,
    call: CallId,
    ticket: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut inner = self.registry.lock();
        if inner.sessions.get(&self.call).is_some_and(|(ticket, _)| *ticket == self.ticket) {
            inner.sessions.remove(&self.call);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(n: u128) -> CallId {
        CallId(uuid::Uuid::from_u128(n))
    }

    #[tokio::test]
    async fn a_request_reaches_the_session_of_its_call_only() {
        let registry = CallRegistry::new();
        let (control_one, mut one) = mpsc::channel(4);
        let (control_two, mut two) = mpsc::channel(4);
        let _guards = (registry.register(call(1), control_one), registry.register(call(2), control_two));
        assert!(registry.hang_up(call(1)).await);
        assert!(matches!(one.recv().await, Some(Control::HangUp)));
        assert!(two.try_recv().is_err());
    }

    #[tokio::test]
    async fn nobody_holds_a_call_that_was_never_registered_or_whose_session_is_gone() {
        let registry = CallRegistry::new();
        assert!(!registry.hang_up(call(1)).await);
        let (control, requests) = mpsc::channel(4);
        let guard = registry.register(call(1), control);
        drop(requests);
        assert!(!registry.hang_up(call(1)).await, "the session is gone but for its guard");
        drop(guard);
        assert!(!registry.hang_up(call(1)).await);
        assert_eq!(registry.live(), 0);
    }

    #[tokio::test]
    async fn an_old_guard_does_not_take_out_the_session_that_came_after_it() {
        let registry = CallRegistry::new();
        let (control_old, _old) = mpsc::channel(4);
        let (control_new, mut new) = mpsc::channel(4);
        let old_guard = registry.register(call(1), control_old);
        let _new_guard = registry.register(call(1), control_new);
        drop(old_guard);
        assert!(registry.hang_up(call(1)).await);
        assert!(matches!(new.recv().await, Some(Control::HangUp)));
    }

    #[tokio::test]
    async fn a_session_that_does_not_take_its_messages_counts_as_not_holding_the_call() {
        let registry = CallRegistry::new();
        let (control, _requests) = mpsc::channel(1);
        let _guard = registry.register(call(1), control);
        assert!(registry.hang_up(call(1)).await);
        assert!(!registry.hang_up(call(1)).await);
    }
}

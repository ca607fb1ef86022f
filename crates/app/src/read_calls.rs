//! Reading calls and their events. A call answers to any of its names.

use domain::api_key::Permission;
use domain::call::{Call, CallKey};
use domain::call_event::{CallEvent, CallFact};
use domain::refusal::Refusal;
use domain::sip_trace::SipMessages;
use domain::transcript::Turn;
use domain::{CallId, OrganizationId};

use crate::ports::store::{CallFilter, Page, Store, StoreError};
use crate::refusals::{invalid, not_found};
use crate::{Platform, Principal};

/// Most rows of one answer.
pub const MAX_PAGE: u32 = 200;
/// Most events of one answer.
pub const MAX_EVENTS: u32 = 1_000;

/// What was said in a call up to its event with this sequence number, that one included.
pub async fn turns(
    store: &dyn Store,
    organization: OrganizationId,
    call: CallId,
    until: u32,
) -> Result<Vec<Turn>, StoreError> {
    let (mut turns, mut after) = (Vec::new(), 0);
    while after < until {
        let events = store.events(organization, call, after, MAX_EVENTS).await?;
        let Some(last) = events.last() else { break };
        after = last.sequence;
        turns.extend(events.into_iter().filter(|event| event.sequence <= until).filter_map(|event| match event.fact {
            CallFact::Turn(turn) => Some(turn),
            _ => None,
        }));
    }
    Ok(turns)
}

impl Platform {
    /// One call by `call_…` id, bare UUID, integer sequence or SIP Call-ID.
    pub async fn get_call(&self, principal: &Principal, name: &str) -> Result<Call, Refusal> {
        principal.require(Permission::CallsRead)?;
        self.find_call(principal, name).await
    }

    /// Newest first.
    pub async fn list_calls(&self, principal: &Principal, filter: &CallFilter) -> Result<Page<Call>, Refusal> {
        principal.require(Permission::CallsRead)?;
        if filter.limit == 0 || filter.limit > MAX_PAGE {
            return Err(invalid("/limit", format!("must lie between 1 and {MAX_PAGE}")));
        }
        Ok(self.store.calls(principal.organization, filter).await?)
    }

    /// Events of one call after a sequence number (0 for all), in order; at most `limit` and [`MAX_EVENTS`].
    pub async fn call_events(
        &self,
        principal: &Principal,
        name: &str,
        after: u32,
        limit: u32,
    ) -> Result<Vec<CallEvent>, Refusal> {
        let call = self.get_call(principal, name).await?;
        Ok(self.store.events(principal.organization, call.id, after, limit.min(MAX_EVENTS)).await?)
    }

    /// What was said in a call so far, turn by turn.
    pub async fn turns(&self, principal: &Principal, call: &Call) -> Result<Vec<Turn>, Refusal> {
        principal.require(Permission::CallsRead)?;
        Ok(turns(&*self.store, principal.organization, call.id, u32::MAX).await?)
    }

    /// The SIP messages of a call that is over; empty where none were kept, or they went with what was said.
    pub async fn sip_messages(&self, principal: &Principal, name: &str) -> Result<SipMessages, Refusal> {
        let call = self.get_call(principal, name).await?;
        Ok(self.store.sip_messages(principal.organization, call.id).await?.unwrap_or_default())
    }

    /// Events of all calls of the tenant after a position (0 for all), in order; at most `limit` and [`MAX_EVENTS`].
    pub async fn events_after(
        &self,
        principal: &Principal,
        position: i64,
        limit: u32,
    ) -> Result<Vec<CallEvent>, Refusal> {
        principal.require(Permission::CallsRead)?;
        Ok(self.store.events_after(principal.organization, position, limit.min(MAX_EVENTS)).await?)
    }

    /// The call of an address that plays its recording; the address stands in for a key.
    pub async fn recorded_call(&self, organization: OrganizationId, call: CallId) -> Result<Option<Call>, Refusal> {
        Ok(self.store.call(organization, &CallKey::Id(call)).await?)
    }

    pub(crate) async fn find_call(&self, principal: &Principal, name: &str) -> Result<Call, Refusal> {
        let key = CallKey::parse(name);
        self.store.call(principal.organization, &key).await?.ok_or_else(|| not_found("call"))
    }
}

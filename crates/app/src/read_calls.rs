//! Reading calls and their events. A call answers to any of its names.

use domain::api_key::Permission;
use domain::call::{Call, CallKey};
use domain::call_event::CallEvent;
use domain::refusal::Refusal;
use domain::{CallId, OrganizationId};

use crate::ports::store::{CallFilter, Page};
use crate::refusals::{invalid, not_found};
use crate::{Platform, Principal};

/// Most rows of one answer.
pub const MAX_PAGE: u32 = 200;
/// Most events of one answer.
pub const MAX_EVENTS: u32 = 1_000;

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

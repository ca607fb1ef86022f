//! What became of events on their way outside, and sending them again.

use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::call_event::CallEvent;
use domain::refusal::Refusal;
use domain::time::Timestamp;
use domain::webhook::{Delivery, DeliveryAttempt};
use domain::{DeliveryId, EventId};

use crate::ports::store::{DeliveryFilter, Page, Replay};
use crate::read_calls::MAX_PAGE;
use crate::refusals::{conflict, invalid, not_found};
use crate::{Platform, Principal};

/// From where to send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplaySince {
    /// Events at or after a time.
    Time(Timestamp),
    /// Events at or after the time of this one.
    Event(EventId),
}

impl Platform {
    /// Newest first, of one endpoint or all.
    pub async fn list_deliveries(
        &self,
        principal: &Principal,
        filter: &DeliveryFilter,
    ) -> Result<Page<Delivery>, Refusal> {
        principal.require(Permission::WebhooksRead)?;
        if filter.limit == 0 || filter.limit > MAX_PAGE {
            return Err(invalid("/limit", format!("must lie between 1 and {MAX_PAGE}")));
        }
        Ok(self.store.deliveries(principal.organization, filter).await?)
    }

    /// One delivery with every try.
    pub async fn get_delivery(
        &self,
        principal: &Principal,
        id: DeliveryId,
    ) -> Result<(Delivery, Vec<DeliveryAttempt>), Refusal> {
        principal.require(Permission::WebhooksRead)?;
        self.store.delivery(principal.organization, id).await?.ok_or_else(|| not_found("delivery"))
    }

    /// Sends a delivery again, at once and under its id, with a new round of tries.
    pub async fn resend_delivery(&self, principal: &Principal, id: DeliveryId) -> Result<Delivery, Refusal> {
        principal.require(Permission::WebhooksWrite)?;
        let (delivery, _) =
            self.store.delivery(principal.organization, id).await?.ok_or_else(|| not_found("delivery"))?;
        match self.store.endpoint(principal.organization, delivery.endpoint).await? {
            None => return Err(conflict("the webhook of this delivery is gone")),
            Some(endpoint) if endpoint.disabled.is_some() => {
                return Err(conflict("the webhook of this delivery is switched off; switch it on first"));
            }
            Some(_) => {}
        }
        let store = self.audited(principal, AuditAction::WebhookReplayed, id, Changes::none());
        let resent = store.resend_delivery(principal.organization, id, self.clock.now()).await?;
        resent.ok_or_else(|| not_found("delivery"))
    }

    /// Sends events again to an endpoint: those that were given up or never sent, and with `delivered_too` those that
    /// arrived. Returns how many.
    pub async fn replay_webhook(
        &self,
        principal: &Principal,
        name: &str,
        since: ReplaySince,
        delivered_too: bool,
    ) -> Result<u64, Refusal> {
        principal.require(Permission::WebhooksWrite)?;
        let endpoint = self.listed(principal, name).await?;
        if endpoint.disabled.is_some() {
            return Err(conflict("the webhook is switched off; switch it on first"));
        }
        let since = match since {
            ReplaySince::Time(at) => at,
            ReplaySince::Event(id) => self.event_of(principal, id).await?.at,
        };
        let replay = Replay { endpoint: endpoint.id, since, delivered_too, now: self.clock.now() };
        let sent = self.store.replay(principal.organization, replay).await?;
        let changes = Changes::none().with("since", since.to_string()).with("deliveries", sent);
        let entry = self.audit_entry(principal, AuditAction::WebhookReplayed, endpoint.id, changes);
        self.store.append_audit(&entry).await?;
        Ok(sent)
    }

    async fn event_of(&self, principal: &Principal, id: EventId) -> Result<CallEvent, Refusal> {
        let found = self.store.event(principal.organization, id).await?;
        found.ok_or_else(|| invalid("/since_event", "no such event in this organization"))
    }
}

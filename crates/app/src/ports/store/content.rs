//! What a call left behind beside its events: its SIP messages; and forgetting what was said and what it sounded like.

use async_trait::async_trait;
use domain::sip_trace::SipMessages;
use domain::time::Timestamp;
use domain::{CallId, OrganizationId};

use super::StoreError;

/// Keeping, and forgetting on request. The call itself, its events and its evidence stay.
#[async_trait]
pub trait ContentStore: Send + Sync {
    /// Takes the recording off a call that is over; false where there is none. The file is gone by then.
    async fn forget_recording(
        &self,
        organization: OrganizationId,
        call: CallId,
        at: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Empties turns, digits, slots, variables and metadata of a call that is over, in its events too, and what receivers
    /// of its webhooks answered; with `mask_number` all but two digits of the number that was called go as well. False
    /// where the call is not over. Repeating it changes nothing.
    async fn forget_content(
        &self,
        organization: OrganizationId,
        call: CallId,
        at: Timestamp,
        mask_number: bool,
    ) -> Result<bool, StoreError>;
    /// Keeps the SIP messages of a call; they go with its content. The first time counts.
    async fn keep_sip_messages(
        &self,
        organization: OrganizationId,
        call: CallId,
        messages: SipMessages,
    ) -> Result<(), StoreError>;
    /// The SIP messages of a call; `None` where none were kept, or they are gone.
    async fn sip_messages(&self, organization: OrganizationId, call: CallId)
    -> Result<Option<SipMessages>, StoreError>;
}

//! What was said in a call and what it sounded like, once it is to be forgotten.

use async_trait::async_trait;
use domain::time::Timestamp;
use domain::{CallId, OrganizationId};

use super::StoreError;

/// Forgetting on request. The call itself, its events and its evidence stay.
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
}

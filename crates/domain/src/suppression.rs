//! Do-not-call entries. A number on the list is never dialed; an opt-out said in a call lands here at once.

use crate::ids::{CallId, OrganizationId, SuppressionId};
use crate::phone_number::PhoneNumber;
use crate::time::Timestamp;

/// One number that must not be called.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppression {
    /// Its id.
    pub id: SuppressionId,
    /// Tenant it holds for.
    pub organization: OrganizationId,
    /// The number.
    pub number: PhoneNumber,
    /// Why, such as `opt_out`.
    pub reason: String,
    /// The call in which it was said, if it was.
    pub call: Option<CallId>,
    /// Since when.
    pub created_at: Timestamp,
}

//! Ways out to the telephone network.

use async_trait::async_trait;
use domain::trunk::{CallerNumber, Trunk};
use domain::{NumberId, OrganizationId, TrunkId};

use super::StoreError;

/// Trunks and numbers.
#[async_trait]
pub trait TelephonyStore: Send + Sync {
    /// Stores a new trunk; `Duplicate("trunk")` when the name is taken.
    async fn insert_trunk(&self, trunk: &Trunk) -> Result<(), StoreError>;
    /// Replaces a stored trunk.
    async fn update_trunk(&self, trunk: &Trunk) -> Result<(), StoreError>;
    /// By name or id.
    async fn trunk(&self, organization: OrganizationId, name: &str) -> Result<Option<Trunk>, StoreError>;
    /// All of a tenant, by name.
    async fn trunks(&self, organization: OrganizationId) -> Result<Vec<Trunk>, StoreError>;
    /// Removes a trunk without numbers; false when there is none such.
    async fn delete_trunk(&self, organization: OrganizationId, id: TrunkId) -> Result<bool, StoreError>;
    /// Stores a new number; `Duplicate("number")` when the tenant has it already.
    async fn insert_number(&self, number: &CallerNumber) -> Result<(), StoreError>;
    /// Replaces a stored number.
    async fn update_number(&self, number: &CallerNumber) -> Result<(), StoreError>;
    /// One number by id.
    async fn number(&self, organization: OrganizationId, id: NumberId) -> Result<Option<CallerNumber>, StoreError>;
    /// All of a tenant.
    async fn numbers(&self, organization: OrganizationId) -> Result<Vec<CallerNumber>, StoreError>;
    /// Removes a number that no agent calls from; false when there is none such.
    async fn delete_number(&self, organization: OrganizationId, id: NumberId) -> Result<bool, StoreError>;
}

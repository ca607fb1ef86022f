//! Tenants and what is theirs.

use std::net::IpAddr;

use async_trait::async_trait;
use domain::api_key::ApiKey;
use domain::callee::Callee;
use domain::caps::Caps;
use domain::organization::Organization;
use domain::suppression::Suppression;
use domain::time::Timestamp;
use domain::{ApiKeyId, OrganizationId, SuppressionId};

use super::StoreError;

/// A key was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// Which.
    pub key: ApiKeyId,
    /// When, to the minute.
    pub at: Timestamp,
    /// From where, if that is known.
    pub from: Option<IpAddr>,
}

/// Tenants, keys, suppressions.
#[async_trait]
pub trait TenantStore: Send + Sync {
    /// Stores a new tenant; `Duplicate("organization")` when the name is taken.
    async fn insert_organization(&self, organization: &Organization) -> Result<(), StoreError>;
    /// Replaces a stored tenant.
    async fn update_organization(&self, organization: &Organization) -> Result<(), StoreError>;
    /// By id.
    async fn organization(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError>;
    /// By name.
    async fn organization_named(&self, name: &str) -> Result<Option<Organization>, StoreError>;
    /// Stores a new key; `Duplicate("key")` when the secret is known already.
    async fn insert_key(&self, key: &ApiKey) -> Result<(), StoreError>;
    /// Replaces a stored key (name, permissions, revocation).
    async fn update_key(&self, key: &ApiKey) -> Result<(), StoreError>;
    /// Notes when and from where keys were last used; earlier uses change nothing. Apart from `update_key`, so that it
    /// cannot undo a revocation.
    async fn keys_used(&self, uses: Vec<KeyUse>) -> Result<(), StoreError>;
    /// By SHA-256 of its secret, or of the one before it.
    async fn key_by_hash(&self, sha256: &[u8; 32]) -> Result<Option<ApiKey>, StoreError>;
    /// All of a tenant.
    async fn keys(&self, organization: OrganizationId) -> Result<Vec<ApiKey>, StoreError>;
    /// One key.
    async fn key(&self, organization: OrganizationId, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError>;
    /// What may be used up with a key; asked for with every create, so it may be a second old.
    async fn key_caps(&self, organization: OrganizationId, id: ApiKeyId) -> Result<Option<Caps>, StoreError>;
    /// Stores a do-not-call entry; a number that is on the list already stays as it is, unless its entry gives way
    /// (`Suppression::gives_way_to`). Committed before the call's "about to dial", it stops the dial.
    async fn suppress(&self, entry: &Suppression) -> Result<(), StoreError>;
    /// The number's entry on the list, in force or lapsed.
    async fn suppression(
        &self,
        organization: OrganizationId,
        number: &Callee,
    ) -> Result<Option<Suppression>, StoreError>;
    /// All of a tenant, newest first.
    async fn suppressions(&self, organization: OrganizationId) -> Result<Vec<Suppression>, StoreError>;
    /// Takes a number off the list; false when it was not on it.
    async fn unsuppress(&self, organization: OrganizationId, id: SuppressionId) -> Result<bool, StoreError>;
}

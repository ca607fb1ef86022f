//! Who is asking, and what they may do. Every use case takes a [`Principal`]; a door makes one from a key.

use domain::api_key::{ApiKey, Permission};
use domain::audit::{Actor, Origin};
use domain::dialect::Dialect;
use domain::refusal::{Refusal, RefusalCode};
use domain::time::Timestamp;
use domain::{AgentId, ApiKeyId, OrganizationId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::Platform;

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Tenant it acts for.
    pub organization: OrganizationId,
    /// Key it came with; `None` for the operator of this installation.
    pub key: Option<ApiKeyId>,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// API that its key opens.
    pub dialect: Dialect,
    /// What it may do in that dialect's own words; empty means all of them.
    pub scopes: Vec<String>,
    /// What its key is for, in the words of some dialects.
    pub category: Option<String>,
    /// The only agent it may act for, if its key is bound to one.
    pub agent: Option<AgentId>,
    /// Who that is to the audit log.
    pub actor: Actor,
    /// From where it asks.
    pub origin: Origin,
}

impl Principal {
    /// The operator of this installation, acting for a tenant: command line, provisioning, demo.
    pub fn operator(organization: OrganizationId) -> Self {
        let (actor, origin) = (Actor::Operator, Origin::default());
        let (permissions, dialect) = (Permission::OF_OPERATOR.to_vec(), Dialect::Native);
        Self {
            organization,
            key: None,
            permissions,
            dialect,
            scopes: Vec::new(),
            category: None,
            agent: None,
            actor,
            origin,
        }
    }

    /// The provisioning document, acting for a tenant.
    pub fn provisioning(organization: OrganizationId) -> Self {
        Self { actor: Actor::Provisioning, ..Self::operator(organization) }
    }

    /// Whether its key holds one of these words of its dialect; a key without words holds all.
    pub fn has_scope(&self, words: &[&str]) -> bool {
        self.scopes.is_empty() || self.scopes.iter().any(|held| held == "*" || words.contains(&held.as_str()))
    }

    /// Whether `wanted` is covered.
    pub fn allows(&self, wanted: Permission) -> bool {
        self.permissions.iter().any(|held| held.covers(wanted))
    }

    /// Refuses with `PermissionDenied` what is not covered.
    pub fn require(&self, wanted: Permission) -> Result<(), Refusal> {
        if self.allows(wanted) {
            return Ok(());
        }
        let detail = format!("this key lacks the permission {}", wanted.as_str());
        Err(Refusal::new(RefusalCode::PermissionDenied, detail))
    }
}

/// What is kept of a key's secret.
pub fn secret_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

impl Platform {
    /// Finds the key that `secret` belongs to. Unknown, revoked, expired and switched-off secrets are told apart to
    /// nobody: all are `Unauthenticated`. A known key from an address beyond its list is `AddressNotAllowed`. Doors
    /// come in by [`crate::gate::Gate`], which counts failures and notes uses.
    pub async fn authenticate(&self, secret: &str, origin: Origin) -> Result<Principal, Refusal> {
        let hash = secret_hash(secret);
        let found = self.store.key_by_hash(&hash).await?;
        let now = self.clock.now();
        let key = found
            .filter(|key| opens(key, &hash, now) && key.is_live(now))
            .ok_or_else(|| Refusal::new(RefusalCode::Unauthenticated, "the API key is not known here"))?;
        if !key.admits(origin.address) {
            let detail = "this API key may not be used from this address; its list of addresses says from where";
            return Err(Refusal::new(RefusalCode::AddressNotAllowed, detail));
        }
        Ok(Principal {
            organization: key.organization,
            key: Some(key.id),
            permissions: key.permissions,
            dialect: key.dialect,
            scopes: key.scopes,
            category: key.category,
            agent: key.agent,
            actor: Actor::Key(key.id),
            origin,
        })
    }
}

/// Compares in constant time. The secret of before a rotation opens until its overlap ends.
fn opens(key: &ApiKey, hash: &[u8; 32], now: Timestamp) -> bool {
    let current = bool::from(key.secret_sha256.ct_eq(hash));
    let previous = key.previous.is_some_and(|old| bool::from(old.sha256.ct_eq(hash)) && now < old.until);
    current || previous
}

//! Who is asking, and what they may do. Every use case takes a [`Principal`]; a door makes one from a key.

use domain::api_key::Permission;
use domain::audit::{Actor, Origin};
use domain::refusal::{Refusal, RefusalCode};
use domain::time::Timestamp;
use domain::{ApiKeyId, OrganizationId};
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
    /// Who that is to the audit log.
    pub actor: Actor,
    /// From where it asks.
    pub origin: Origin,
}

impl Principal {
    /// The operator of this installation, acting for a tenant: command line, provisioning, demo.
    pub fn operator(organization: OrganizationId) -> Self {
        let (actor, origin) = (Actor::Operator, Origin::default());
        Self { organization, key: None, permissions: vec![Permission::All], actor, origin }
    }

    /// The provisioning document, acting for a tenant.
    pub fn provisioning(organization: OrganizationId) -> Self {
        Self { actor: Actor::Provisioning, ..Self::operator(organization) }
    }

    /// Whether `wanted` is covered.
    pub fn allows(&self, wanted: Permission) -> bool {
        self.permissions.iter().any(|held| *held == Permission::All || *held == wanted)
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
    /// Finds the key that `secret` belongs to. Unknown and revoked secrets are told apart to nobody:
    /// both are `Unauthenticated`.
    pub async fn authenticate(&self, secret: &str, origin: Origin) -> Result<Principal, Refusal> {
        let hash = secret_hash(secret);
        let found = self.store.key_by_hash(&hash).await?;
        let key = found
            .filter(|key| bool::from(key.secret_sha256.ct_eq(&hash)) && key.revoked_at.is_none())
            .ok_or_else(|| Refusal::new(RefusalCode::Unauthenticated, "the API key is not known here"))?;
        let minute = to_the_minute(self.clock.now());
        if key.last_used_at.is_none_or(|last| last < minute) {
            self.store.key_used(key.id, minute).await?;
        }
        Ok(Principal {
            organization: key.organization,
            key: Some(key.id),
            permissions: key.permissions,
            actor: Actor::Key(key.id),
            origin,
        })
    }
}

fn to_the_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}

//! API keys. The secret is shown once, when the key is made.
//!
//! Law: nobody hands out what they do not hold: a key's permissions are covered by its maker's.

use domain::ApiKeyId;
use domain::api_key::{ApiKey, Permission};
use domain::audit::{AuditAction, Changes};
use domain::caps::Caps;
use domain::refusal::{Refusal, RefusalCode};

use crate::principal::secret_hash;
use crate::refusals::{invalid, label, not_found};
use crate::{Platform, Principal};

/// A new key.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub permissions: Vec<Permission>,
}

/// A key together with its secret, which is not to be had again.
#[derive(Clone)]
pub struct CreatedKey {
    /// The key.
    pub key: ApiKey,
    /// `od_` and 43 letters and digits.
    pub secret: String,
}

impl std::fmt::Debug for CreatedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedKey").field("key", &self.key.id).finish_non_exhaustive()
    }
}

impl Platform {
    /// Makes a key and tells its secret, once.
    pub async fn create_key(&self, principal: &Principal, new: NewKey) -> Result<CreatedKey, Refusal> {
        let secret = draw_secret()?;
        let key = self.store_key(principal, new, &secret).await?;
        Ok(CreatedKey { key, secret })
    }

    /// All keys, revoked ones too, without their secrets.
    pub async fn list_keys(&self, principal: &Principal) -> Result<Vec<ApiKey>, Refusal> {
        principal.require(Permission::KeysRead)?;
        Ok(self.store.keys(principal.organization).await?)
    }

    /// One key without its secret.
    pub async fn get_key(&self, principal: &Principal, id: ApiKeyId) -> Result<ApiKey, Refusal> {
        principal.require(Permission::KeysRead)?;
        self.store.key(principal.organization, id).await?.ok_or_else(|| not_found("key"))
    }

    /// Makes a key useless from now on. Idempotent.
    pub async fn revoke_key(&self, principal: &Principal, id: ApiKeyId) -> Result<ApiKey, Refusal> {
        principal.require(Permission::KeysWrite)?;
        let mut key = self.store.key(principal.organization, id).await?.ok_or_else(|| not_found("key"))?;
        if key.revoked_at.is_none() {
            key.revoked_at = Some(self.clock.now());
            self.audited(principal, AuditAction::KeyRevoked, key.id, Changes::none()).update_key(&key).await?;
        }
        Ok(key)
    }

    pub(crate) async fn store_key(&self, principal: &Principal, new: NewKey, secret: &str) -> Result<ApiKey, Refusal> {
        principal.require(Permission::KeysWrite)?;
        label("/name", &new.name)?;
        if new.permissions.is_empty() {
            return Err(invalid("/permissions", "must name at least one permission"));
        }
        if let Some(beyond) = new.permissions.iter().find(|wanted| !principal.allows(**wanted)) {
            let detail = format!("you cannot grant {}, since your own key lacks it", beyond.as_str());
            return Err(Refusal::field(RefusalCode::PermissionDenied, "/permissions", detail));
        }
        let key = ApiKey {
            caps: Caps::default(),
            id: ApiKeyId(self.clock.uuid()),
            organization: principal.organization,
            name: new.name,
            hint: hint(secret),
            secret_sha256: secret_hash(secret),
            permissions: new.permissions,
            created_at: self.clock.now(),
            last_used_at: None,
            revoked_at: None,
        };
        let permissions: Vec<&str> = key.permissions.iter().map(|p| p.as_str()).collect();
        let changes = Changes::none().with("name", key.name.as_str()).with("permissions", permissions);
        self.audited(principal, AuditAction::KeyCreated, key.id, changes).insert_key(&key).await?;
        Ok(key)
    }
}

/// Enough of a secret to tell keys apart, never more than a third of it.
fn hint(secret: &str) -> String {
    secret.chars().take((secret.chars().count() / 3).min(7)).collect()
}

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 43 digits to base 62 hold 256 bits.
const SECRET_DIGITS: usize = 43;

/// Draws a secret of 256 random bits. Bytes of 248 and above are drawn anew, so that each digit is as likely as any
/// other.
fn draw_secret() -> Result<String, Refusal> {
    let mut secret = String::from("od_");
    let mut random = [0_u8; 64];
    while secret.len() < 3 + SECRET_DIGITS {
        getrandom::fill(&mut random)
            .map_err(|_| Refusal::new(RefusalCode::Unavailable, "the system has no randomness to draw a key from"))?;
        let digits = random.iter().filter(|b| **b < 248).map(|b| char::from(ALPHABET[usize::from(b % 62)]));
        let missing = 3 + SECRET_DIGITS - secret.len();
        secret.extend(digits.take(missing));
    }
    Ok(secret)
}

//! API keys. The secret is shown once, when the key is made or rotated.
//!
//! Law: nobody hands out what they do not hold: whoever makes, changes or rotates a key covers its permissions. What is
//! kept of a secret is its SHA-256.

use std::time::Duration;

use domain::ApiKeyId;
use domain::api_key::{ApiKey, Permission, PreviousSecret};
use domain::audit::{AuditAction, Changes};
use domain::dialect::Dialect;
use domain::refusal::{Refusal, RefusalCode};
use domain::time::Timestamp;
use ipnet::IpNet;

use crate::principal::secret_hash;
use crate::refusals::{conflict, invalid, label, not_found};
use crate::{Platform, Principal};

/// How long the old secret goes on working where nobody says.
pub const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);
/// Longest that it may.
pub const MAX_OVERLAP: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Most words and networks of one key.
const MOST: usize = 64;

/// A new key.
#[derive(Clone, Debug, Default)]
pub struct NewKey {
    /// What people call it.
    pub name: String,
    /// API that it opens.
    pub dialect: Dialect,
    /// What it is for, in the words of some dialects.
    pub category: Option<String>,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// What it may do in its dialect's own words; empty means all of them. The native dialect has none.
    pub scopes: Vec<String>,
    /// Networks it may be used from; empty allows all.
    pub allowed_ips: Vec<IpNet>,
    /// The only agent it may be used for, by slug or id.
    pub agent: Option<String>,
    /// Not to be used from then on.
    pub expires_at: Option<Timestamp>,
}

/// What to change of a key; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct KeyChange {
    /// New name.
    pub name: Option<String>,
    /// New category; `Some(None)` takes it away.
    pub category: Option<Option<String>>,
    /// New permissions.
    pub permissions: Option<Vec<Permission>>,
    /// New words of its dialect.
    pub scopes: Option<Vec<String>>,
    /// New networks.
    pub allowed_ips: Option<Vec<IpNet>>,
    /// New end; `Some(None)` lifts it.
    pub expires_at: Option<Option<Timestamp>>,
    /// Switches it off or on again.
    pub disabled: Option<bool>,
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

    /// Changes what a key may do and where. Idempotent.
    pub async fn update_key(&self, principal: &Principal, id: ApiKeyId, change: KeyChange) -> Result<ApiKey, Refusal> {
        principal.require(Permission::KeysWrite)?;
        let before = self.find_key(principal, id).await?;
        covers(principal, &before.permissions)?;
        let mut key = before.clone();
        key.name = change.name.unwrap_or(key.name);
        key.category = change.category.unwrap_or(key.category);
        key.permissions = change.permissions.unwrap_or(key.permissions);
        key.scopes = change.scopes.unwrap_or(key.scopes);
        key.allowed_ips = change.allowed_ips.unwrap_or(key.allowed_ips);
        key.expires_at = change.expires_at.unwrap_or(key.expires_at);
        match change.disabled {
            Some(true) => key.disabled_at = key.disabled_at.or_else(|| Some(self.clock.now())),
            Some(false) => key.disabled_at = None,
            None => {}
        }
        check(&key)?;
        covers(principal, &key.permissions)?;
        if key != before {
            let changes = differences(Some(&before), &key);
            self.audited(principal, AuditAction::KeyUpdated, id, changes).update_key(&key).await?;
        }
        Ok(key)
    }

    /// Gives a key a new secret, which is told once; the old one works for `overlap` longer. One that was still
    /// working from the rotation before stops at once.
    pub async fn rotate_key(
        &self,
        principal: &Principal,
        id: ApiKeyId,
        overlap: Duration,
    ) -> Result<CreatedKey, Refusal> {
        principal.require(Permission::KeysWrite)?;
        if overlap > MAX_OVERLAP {
            return Err(invalid("/overlap_s", format!("must be at most {} seconds", MAX_OVERLAP.as_secs())));
        }
        let mut key = self.find_key(principal, id).await?;
        covers(principal, &key.permissions)?;
        if key.revoked_at.is_some() {
            return Err(conflict("a revoked key gets no new secret; make another key"));
        }
        let secret = draw_secret()?;
        let until = self.clock.now() + overlap;
        key.previous = (!overlap.is_zero()).then_some(PreviousSecret { sha256: key.secret_sha256, until });
        key.secret_sha256 = secret_hash(&secret);
        key.hint = hint(&secret);
        let changes = Changes::none().with("overlap_s", overlap.as_secs());
        self.audited(principal, AuditAction::KeyRotated, id, changes).update_key(&key).await?;
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
        self.find_key(principal, id).await
    }

    /// Makes a key useless from now on, with both of its secrets. Idempotent.
    pub async fn revoke_key(&self, principal: &Principal, id: ApiKeyId) -> Result<ApiKey, Refusal> {
        principal.require(Permission::KeysWrite)?;
        let mut key = self.find_key(principal, id).await?;
        if key.revoked_at.is_none() {
            key.revoked_at = Some(self.clock.now());
            key.previous = None;
            self.audited(principal, AuditAction::KeyRevoked, id, Changes::none()).update_key(&key).await?;
        }
        Ok(key)
    }

    /// Stores a key with a given secret.
    pub(crate) async fn store_key(&self, principal: &Principal, new: NewKey, secret: &str) -> Result<ApiKey, Refusal> {
        principal.require(Permission::KeysWrite)?;
        let agent = match &new.agent {
            Some(name) => Some(self.find_agent(principal, name).await?.id),
            None => None,
        };
        let now = self.clock.now();
        let permissions = match new.dialect {
            Dialect::Native => new.permissions,
            _ if new.permissions.is_empty() => Permission::OF_OTHER_DIALECTS.to_vec(),
            _ => new.permissions,
        };
        let key = ApiKey {
            name: new.name,
            hint: hint(secret),
            dialect: new.dialect,
            category: new.category,
            permissions,
            scopes: new.scopes,
            allowed_ips: new.allowed_ips,
            agent,
            expires_at: new.expires_at,
            ..ApiKey::new(ApiKeyId(self.clock.uuid()), principal.organization, secret_hash(secret), now)
        };
        check(&key)?;
        covers(principal, &key.permissions)?;
        if key.expires_at.is_some_and(|end| end <= now) {
            return Err(invalid("/expires_at", "must lie in the future"));
        }
        self.audited(principal, AuditAction::KeyCreated, key.id, differences(None, &key)).insert_key(&key).await?;
        Ok(key)
    }

    async fn find_key(&self, principal: &Principal, id: ApiKeyId) -> Result<ApiKey, Refusal> {
        self.store.key(principal.organization, id).await?.ok_or_else(|| not_found("key"))
    }
}

fn covers(principal: &Principal, permissions: &[Permission]) -> Result<(), Refusal> {
    match permissions.iter().find(|wanted| !principal.allows(**wanted)) {
        None => Ok(()),
        Some(beyond) => {
            let detail = format!("you cannot grant {}, since your own key lacks it", beyond.as_str());
            Err(Refusal::field(RefusalCode::PermissionDenied, "/permissions", detail))
        }
    }
}

fn check(key: &ApiKey) -> Result<(), Refusal> {
    label("/name", &key.name)?;
    if let Some(category) = &key.category {
        label("/category", category)?;
    }
    if key.permissions.is_empty() {
        return Err(invalid("/permissions", "must name at least one permission"));
    }
    if key.dialect == Dialect::Native && !key.scopes.is_empty() {
        return Err(invalid("/scopes", "the native API has permissions only"));
    }
    if key.scopes.len() > MOST || key.scopes.iter().any(|word| !is_scope(word)) {
        return Err(invalid("/scopes", "must be at most 64 words of letters, digits and `_:.*-`"));
    }
    if key.allowed_ips.len() > MOST {
        return Err(invalid("/allowed_ips", "must be at most 64 networks"));
    }
    Ok(())
}

fn is_scope(word: &str) -> bool {
    (1..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:.*-".contains(&b))
}

fn differences(before: Option<&ApiKey>, after: &ApiKey) -> Changes {
    let permissions = |key: &ApiKey| key.permissions.iter().map(|p| p.as_str()).collect::<Vec<_>>();
    let networks = |key: &ApiKey| key.allowed_ips.iter().map(ToString::to_string).collect::<Vec<_>>();
    let moment = |at: Option<Timestamp>| at.map(|at| at.to_string());
    Changes::none()
        .of("name", before.map(|k| k.name.as_str()), after.name.as_str())
        .of("dialect", before.map(|k| k.dialect.as_str()), after.dialect.as_str())
        .of("category", before.and_then(|k| k.category.as_deref()), after.category.as_deref())
        .of("permissions", before.map(permissions), permissions(after))
        .of("scopes", before.map(|k| k.scopes.clone()).unwrap_or_default(), after.scopes.clone())
        .of("allowed_ips", before.map(networks).unwrap_or_default(), networks(after))
        .of("agent", before.and_then(|k| k.agent).map(|id| id.to_string()), after.agent.map(|id| id.to_string()))
        .of("expires_at", before.and_then(|k| moment(k.expires_at)), moment(after.expires_at))
        .of("disabled", before.is_some_and(|k| k.disabled_at.is_some()), after.disabled_at.is_some())
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
    random_word("od_")
}

/// `beginning` and 43 random letters and digits.
pub(crate) fn random_word(beginning: &str) -> Result<String, Refusal> {
    let mut word = String::from(beginning);
    let mut random = [0_u8; 64];
    let length = beginning.len() + SECRET_DIGITS;
    while word.len() < length {
        getrandom::fill(&mut random)
            .map_err(|_| Refusal::new(RefusalCode::Unavailable, "the system has no randomness to draw a key from"))?;
        let digits = random.iter().filter(|b| **b < 248).map(|b| char::from(ALPHABET[usize::from(b % 62)]));
        let missing = length - word.len();
        word.extend(digits.take(missing));
    }
    Ok(word)
}

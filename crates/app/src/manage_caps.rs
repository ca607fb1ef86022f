//! Caps of organizations and keys, and the brakes that were tripped. Setting them is the operator's business
//! (`wallet:write`): a key must not lift its own bounds.

use domain::ApiKeyId;
use domain::api_key::{ApiKey, Permission};
use domain::audit::{AuditAction, Changes};
use domain::caps::Caps;
use domain::organization::Organization;
use domain::refusal::Refusal;

use crate::ports::store::Brake;
use crate::refusals::{invalid, not_found, positive};
use crate::{Platform, Principal};

impl Platform {
    /// Caps of the organization that asks.
    pub async fn get_caps(&self, principal: &Principal) -> Result<Caps, Refusal> {
        principal.require(Permission::WalletRead)?;
        Ok(self.own_organization(principal).await?.caps)
    }

    /// Replaces the caps of the organization.
    pub async fn set_caps(&self, principal: &Principal, caps: Caps) -> Result<Caps, Refusal> {
        principal.require(Permission::WalletWrite)?;
        check(&caps)?;
        let organization = self.own_organization(principal).await?;
        if organization.caps == caps {
            return Ok(caps);
        }
        let changes = Changes::none().of("caps", document(&organization.caps), document(&caps));
        let changed = Organization { caps: caps.clone(), ..organization };
        self.audited(principal, AuditAction::CapsUpdated, changed.id, changes).update_organization(&changed).await?;
        Ok(caps)
    }

    /// Caps of a key.
    pub async fn get_key_caps(&self, principal: &Principal, id: ApiKeyId) -> Result<Caps, Refusal> {
        principal.require(Permission::WalletRead)?;
        let key = self.store.key(principal.organization, id).await?.ok_or_else(|| not_found("key"))?;
        Ok(key.caps)
    }

    /// Replaces the caps of a key.
    pub async fn set_key_caps(&self, principal: &Principal, id: ApiKeyId, caps: Caps) -> Result<Caps, Refusal> {
        principal.require(Permission::WalletWrite)?;
        check(&caps)?;
        let key = self.store.key(principal.organization, id).await?.ok_or_else(|| not_found("key"))?;
        let changes = Changes::none().of("caps", document(&key.caps), document(&caps));
        let changed = ApiKey { caps: caps.clone(), ..key };
        self.audited(principal, AuditAction::CapsUpdated, changed.id, changes).update_key(&changed).await?;
        Ok(caps)
    }

    /// Brakes that hold now.
    pub async fn list_brakes(&self, principal: &Principal) -> Result<Vec<Brake>, Refusal> {
        principal.require(Permission::WalletRead)?;
        Ok(self.store.brakes(principal.organization, self.clock.now()).await?)
    }

    /// Releases a brake, by whom it holds (`key_…` or `org_…`). Its counters begin anew.
    pub async fn release_brake(&self, principal: &Principal, scope: &str) -> Result<(), Refusal> {
        principal.require(Permission::WalletWrite)?;
        let audited = self.audited(principal, AuditAction::BrakeReleased, scope, Changes::none());
        match audited.release_brake(principal.organization, scope).await? {
            true => Ok(()),
            false => Err(not_found("brake")),
        }
    }
}

fn document(caps: &Caps) -> serde_json::Value {
    serde_json::to_value(caps).unwrap_or_default()
}

fn check(caps: &Caps) -> Result<(), Refusal> {
    positive("/calls_per_second", caps.calls_per_second)?;
    for (pointer, money) in [("/money_per_day", caps.money_per_day), ("/money_per_month", caps.money_per_month)] {
        if money.is_some_and(domain::money::Money::is_negative) {
            return Err(invalid(pointer, "must not be negative"));
        }
    }
    Ok(())
}

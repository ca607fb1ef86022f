//! Numbers that agents call from; each hangs on a trunk.

use domain::NumberId;
use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::phone_number::PhoneNumber;
use domain::refusal::{Refusal, RefusalCode};
use domain::trunk::CallerNumber;

use crate::refusals::{conflict, invalid, not_found};
use crate::{Platform, Principal};

/// A new number.
#[derive(Clone, Debug)]
pub struct NewNumber {
    /// The number, E.164 or national in the organization's default region.
    pub number: String,
    /// Trunk that carries its calls, by name or id.
    pub trunk: String,
}

impl Platform {
    /// Stores a new number. `Conflict` when the tenant has it already.
    pub async fn create_number(&self, principal: &Principal, new: NewNumber) -> Result<CallerNumber, Refusal> {
        principal.require(Permission::TelephonyWrite)?;
        let number = CallerNumber {
            id: NumberId(self.clock.uuid()),
            organization: principal.organization,
            number: self.parse_number(principal, "/number", &new.number).await?,
            trunk: self.trunk_of(principal, &new.trunk).await?,
            calls_per_second: None,
            live_calls: None,
            created_at: self.clock.now(),
        };
        let changes = Changes::none().with("trunk", number.trunk.to_string());
        self.audited(principal, AuditAction::NumberCreated, number.id, changes).insert_number(&number).await?;
        Ok(number)
    }

    /// Hangs a number on another trunk.
    pub async fn move_number(&self, principal: &Principal, name: &str, trunk: &str) -> Result<CallerNumber, Refusal> {
        principal.require(Permission::TelephonyWrite)?;
        let mut number = self.find_number(principal, name).await?;
        let before = number.trunk;
        number.trunk = self.trunk_of(principal, trunk).await?;
        let changes = Changes::none().of("trunk", before.to_string(), number.trunk.to_string());
        self.audited(principal, AuditAction::NumberUpdated, number.id, changes).update_number(&number).await?;
        Ok(number)
    }

    /// One number by `num_…` id or in E.164.
    pub async fn get_number(&self, principal: &Principal, name: &str) -> Result<CallerNumber, Refusal> {
        principal.require(Permission::TelephonyRead)?;
        self.find_number(principal, name).await
    }

    /// All numbers.
    pub async fn list_numbers(&self, principal: &Principal) -> Result<Vec<CallerNumber>, Refusal> {
        principal.require(Permission::TelephonyRead)?;
        Ok(self.store.numbers(principal.organization).await?)
    }

    /// Removes a number. `Conflict` while an agent or a call that is not over needs it.
    pub async fn delete_number(&self, principal: &Principal, name: &str) -> Result<(), Refusal> {
        principal.require(Permission::TelephonyWrite)?;
        let number = self.find_number(principal, name).await?;
        let store = self.audited(principal, AuditAction::NumberDeleted, number.id, Changes::none());
        if store.delete_number(principal.organization, number.id).await? {
            return Ok(());
        }
        Err(conflict("an agent or a call that is not over still needs this number; give the agent another one first"))
    }

    pub(crate) async fn find_number(&self, principal: &Principal, name: &str) -> Result<CallerNumber, Refusal> {
        let found = match name.parse::<NumberId>() {
            Ok(id) => self.store.number(principal.organization, id).await?,
            Err(_) => {
                let wanted = self.parse_number(principal, "/number", name).await?;
                let all = self.store.numbers(principal.organization).await?;
                all.into_iter().find(|n| n.number == wanted)
            }
        };
        found.ok_or_else(|| not_found("number"))
    }

    /// Reads a number that a listing is narrowed to.
    pub async fn number_asked(
        &self,
        principal: &Principal,
        text: Option<&str>,
    ) -> Result<Option<PhoneNumber>, Refusal> {
        match text {
            Some(text) => self.parse_number(principal, "/number", text).await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads a number in the organization's default region.
    pub(crate) async fn parse_number(
        &self,
        principal: &Principal,
        pointer: &str,
        text: &str,
    ) -> Result<PhoneNumber, Refusal> {
        let organization = self.own_organization(principal).await?;
        PhoneNumber::parse(text, organization.default_region.as_deref())
            .map_err(|why| Refusal::field(RefusalCode::InvalidNumber, pointer, why.to_string()))
    }

    async fn trunk_of(&self, principal: &Principal, name: &str) -> Result<domain::TrunkId, Refusal> {
        match self.find_trunk(principal, name).await {
            Ok(trunk) => Ok(trunk.id),
            Err(refusal) if refusal.code == RefusalCode::NotFound => {
                Err(invalid("/trunk", "no such trunk in this organization"))
            }
            Err(refusal) => Err(refusal),
        }
    }
}

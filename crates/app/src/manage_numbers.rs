//! Numbers that agents call from; each hangs on a trunk.

use domain::NumberId;
use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::callee::Callee;
use domain::phone_number::PhoneNumber;
use domain::refusal::{Refusal, RefusalCode};
use domain::trunk::CallerNumber;

use crate::refusals::{at_least_one, conflict, invalid, not_found, positive};
use crate::{Platform, Principal};

/// A new number.
#[derive(Clone, Debug, Default)]
pub struct NewNumber {
    /// The number, E.164 or national in the organization's default region.
    pub number: String,
    /// Trunk that carries its calls, by name or id.
    pub trunk: String,
    /// Most calls started a second, `None` for no limit of its own.
    pub calls_per_second: Option<f64>,
    /// Most calls at once, `None` for no limit of its own.
    pub live_calls: Option<u32>,
}

/// What to change of a number; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct NumberChange {
    /// Another trunk, by name or id.
    pub trunk: Option<String>,
    /// Most calls started a second; `Some(None)` lifts the limit.
    pub calls_per_second: Option<Option<f64>>,
    /// Most calls at once; `Some(None)` lifts the limit.
    pub live_calls: Option<Option<u32>>,
}

impl Platform {
    /// Stores a new number. `Conflict` when the tenant has it already.
    pub async fn create_number(&self, principal: &Principal, new: NewNumber) -> Result<CallerNumber, Refusal> {
        principal.require(Permission::TelephonyWrite)?;
        positive("/calls_per_second", new.calls_per_second)?;
        at_least_one("/live_calls", new.live_calls)?;
        let number = CallerNumber {
            id: NumberId(self.clock.uuid()),
            organization: principal.organization,
            number: self.parse_number(principal, "/number", &new.number).await?,
            trunk: self.trunk_of(principal, &new.trunk).await?,
            calls_per_second: new.calls_per_second,
            live_calls: new.live_calls,
            created_at: self.clock.now(),
        };
        let changes = differences(None, &number);
        self.audited(principal, AuditAction::NumberCreated, number.id, changes).insert_number(&number).await?;
        Ok(number)
    }

    /// Changes a number's trunk or limits. Calls that are up go on as they are.
    pub async fn update_number(
        &self,
        principal: &Principal,
        name: &str,
        change: NumberChange,
    ) -> Result<CallerNumber, Refusal> {
        principal.require(Permission::TelephonyWrite)?;
        let mut number = self.find_number(principal, name).await?;
        let before = number.clone();
        if let Some(trunk) = change.trunk {
            number.trunk = self.trunk_of(principal, &trunk).await?;
        }
        if let Some(limit) = change.calls_per_second {
            positive("/calls_per_second", limit)?;
            number.calls_per_second = limit;
        }
        if let Some(limit) = change.live_calls {
            at_least_one("/live_calls", limit)?;
            number.live_calls = limit;
        }
        let changes = differences(Some(&before), &number);
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
    pub async fn number_asked(&self, principal: &Principal, text: Option<&str>) -> Result<Option<Callee>, Refusal> {
        match text {
            Some(text) => self.parse_callee(principal, "/number", text).await.map(Some),
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

    /// Reads who is called: a SIP address, or a number in the organization's default region.
    pub(crate) async fn parse_callee(
        &self,
        principal: &Principal,
        pointer: &str,
        text: &str,
    ) -> Result<Callee, Refusal> {
        let organization = self.own_organization(principal).await?;
        Callee::parse(text, organization.default_region.as_deref())
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

fn differences(before: Option<&CallerNumber>, after: &CallerNumber) -> Changes {
    Changes::none()
        .of("trunk", before.map(|n| n.trunk.to_string()), after.trunk.to_string())
        .of("calls_per_second", before.and_then(|n| n.calls_per_second), after.calls_per_second)
        .of("live_calls", before.and_then(|n| n.live_calls), after.live_calls)
}

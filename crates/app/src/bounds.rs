//! What a create takes along: the price of the call with its hold, and the caps that it counts against.
//!
//! Law: this only looks and prepares; whether there is money and room is decided inside the transaction of the create.

use domain::agent_definition::AgentDefinition;
use domain::audit::{Actor, AuditAction, Changes};
use domain::callee::Callee;
use domain::caps::{CapUse, Caps};
use domain::money::{Money, Price};
use domain::organization::Organization;
use domain::refusal::{Refusal, RefusalCode, RefusalFacts};
use domain::time::Timestamp;
use domain::trunk::CallerNumber;
use machines::caps::{self, Asking};

use crate::ports::store::{Brake, CreateRefused};
use crate::refusals::{cap_reached, limited};
use crate::{Platform, Principal};

/// What the create of one call takes along.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bounds {
    /// Frozen into the call; its `most` is held back.
    pub(crate) price: Option<Price>,
    /// Counted.
    pub(crate) caps: Vec<CapUse>,
}

/// Who asks, with the caps that hold for them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) organization: &'a Organization,
    pub(crate) key_caps: Option<&'a Caps>,
}

impl Bounds {
    pub(crate) fn hold(&self) -> Option<Money> {
        self.price.as_ref().and_then(|price| price.most)
    }
}

impl Platform {
    /// Prices the call and finds its caps. Refuses where a brake holds the asker or the wallet is frozen.
    pub(crate) async fn bounds(
        &self,
        asker: Asker<'_>,
        definition: &AgentDefinition,
        caller: &CallerNumber,
        to: &Callee,
    ) -> Result<Bounds, Refusal> {
        let (organization, now) = (asker.organization, self.clock.now());
        let price = match self.store.wallet_terms(organization.id).await? {
            None => None,
            Some(terms) if terms.frozen => return Err(frozen()),
            Some(terms) => Some(terms.settings.price(to, caller.trunk, definition.limits.max_duration_s)),
        };
        let asking = Asking {
            organization: organization.id,
            caps: &organization.caps,
            key: asker.principal.key.zip(asker.key_caps),
            to,
            from: &caller.number,
            estimate: price.as_ref().and_then(|price| price.most),
            now,
        };
        let uses = caps::uses(asking, |_| 0);
        if !uses.iter().any(|use_| use_.brake) {
            return Ok(Bounds { price, caps: uses });
        }
        let usual = self.usual(asker, now).await?;
        let uses = caps::uses(asking, |owner| usual.iter().find(|(o, _)| o == owner).map_or(0, |(_, n)| *n));
        self.not_braked(organization, &uses, now).await?;
        Ok(Bounds { price, caps: uses })
    }

    /// Caps of the key that asks.
    pub(crate) async fn key_caps(&self, principal: &Principal) -> Result<Option<Caps>, Refusal> {
        match principal.key {
            None => Ok(None),
            Some(id) => Ok(self.store.key_caps(principal.organization, id).await?),
        }
    }

    /// Calls abroad in the usual hour of organization and key.
    async fn usual(&self, asker: Asker<'_>, now: Timestamp) -> Result<Vec<(String, i64)>, Refusal> {
        let owners = [Some(asker.organization.id.to_string()), asker.principal.key.map(|key| key.to_string())];
        let week = std::time::Duration::from_secs(caps::USUAL_HOURS.unsigned_abs() * 3_600);
        let mut usual = Vec::with_capacity(2);
        for owner in owners.into_iter().flatten() {
            let sum = self.store.used_since(&caps::usual_scope(&owner), now - week).await?;
            usual.push((owner, sum / caps::USUAL_HOURS));
        }
        Ok(usual)
    }

    async fn not_braked(&self, organization: &Organization, uses: &[CapUse], now: Timestamp) -> Result<(), Refusal> {
        let brakes = self.store.brakes(organization.id, now).await?;
        let holds = brakes.into_iter().find(|brake| uses.iter().any(|use_| use_.brake && use_.owner() == brake.scope));
        holds.map_or(Ok(()), |brake| Err(braked(&brake.cap, brake.until, now)))
    }

    /// What a refusal inside the transaction is to the one who asked; a brake that was run into is tripped.
    pub(crate) async fn refused(
        &self,
        refused: CreateRefused,
        price: Option<Price>,
        organization: &Organization,
        key: Option<&Caps>,
    ) -> Refusal {
        let now = self.clock.now();
        match (refused, price) {
            (CreateRefused::Funds { balance }, Some(price)) => {
                let detail = format!(
                    "the wallet has {balance} {} available, less than the call may cost; top it up",
                    price.currency
                );
                funds(&detail, balance, price)
            }
            (CreateRefused::Cap(cap), _) if cap.brake => self.trip(cap, organization, key, now).await,
            (CreateRefused::Cap(cap), _) => cap_reached(&cap, now),
            (other, _) => other.into(),
        }
    }

    async fn trip(&self, cap: CapUse, organization: &Organization, key: Option<&Caps>, now: Timestamp) -> Refusal {
        let caps = if cap.owner().starts_with("key_") { key } else { Some(&organization.caps) };
        let pause = caps.map_or_else(Default::default, |caps| caps.brakes.clone()).pause_s;
        let brake = Brake {
            scope: cap.owner().to_owned(),
            organization: organization.id,
            cap: cap.name(),
            tripped_at: now,
            until: now + std::time::Duration::from_secs(pause.max(1).into()),
        };
        let system = Principal { actor: Actor::System, ..Principal::operator(organization.id) };
        let changes = Changes::none().with("cap", cap.name()).with("until", brake.until.to_string());
        let audited = self.audited(&system, AuditAction::BrakeTripped, cap.owner(), changes);
        match audited.trip_brake(&brake).await {
            Ok(true) => tracing::warn!(brake.scope, brake.cap, "a brake against toll fraud was tripped"),
            Ok(false) => {}
            Err(error) => return error.into(),
        }
        braked(&brake.cap, brake.until, now)
    }
}

fn frozen() -> Refusal {
    Refusal::new(RefusalCode::InsufficientFunds, "the wallet is frozen, so no call is made; ask the operator")
}

fn braked(cap: &str, until: Timestamp, now: Timestamp) -> Refusal {
    let detail = format!("calls to other countries are braked by {cap}; an operator can release the brake");
    limited(cap, detail, until, now)
}

fn funds(detail: &str, balance: Money, price: Price) -> Refusal {
    let required = price.most.unwrap_or_default();
    let facts = RefusalFacts::Funds { balance, required, price };
    Refusal { facts: Some(Box::new(facts)), ..Refusal::new(RefusalCode::InsufficientFunds, detail) }
}

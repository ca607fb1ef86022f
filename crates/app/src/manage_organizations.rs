//! Tenants. Making and changing them is the operator's business, so these take no [`Principal`] but where a tenant
//! asks about itself.

use domain::OrganizationId;
use domain::audit::{AuditAction, Changes};
use domain::call_policy::CallPolicy;
use domain::caps::Caps;
use domain::organization::Organization;
use domain::refusal::{Refusal, RefusalCode};
use domain::retention::Retention;

use crate::refusals::{invalid, label, not_found};
use crate::{Platform, Principal};

/// A tenant's settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrganizationSettings {
    /// Unique short name.
    pub name: String,
    /// Region (ISO 3166 alpha-2) in which national numbers are read; `None` refuses them.
    pub default_region: Option<String>,
    /// Countries (ISO 3166 alpha-2) that may be called; empty allows all.
    pub allowed_countries: Vec<String>,
}

impl Platform {
    /// Stores a new tenant. `Conflict` when the name is taken.
    pub async fn create_organization(&self, settings: OrganizationSettings) -> Result<Organization, Refusal> {
        check(&settings)?;
        let organization = Organization {
            id: OrganizationId(self.clock.uuid()),
            name: settings.name,
            default_region: settings.default_region,
            allowed_countries: settings.allowed_countries,
            policy: CallPolicy::default(),
            caps: Caps::default(),
            retention: Retention::default(),
            created_at: self.clock.now(),
        };
        let changes = differences(None, &organization);
        self.audited(&Principal::operator(organization.id), AuditAction::OrganizationCreated, organization.id, changes)
            .insert_organization(&organization)
            .await?;
        Ok(organization)
    }

    /// Replaces a tenant's settings.
    pub async fn update_organization(
        &self,
        id: OrganizationId,
        settings: OrganizationSettings,
    ) -> Result<Organization, Refusal> {
        check(&settings)?;
        let mut organization = self.store.organization(id).await?.ok_or_else(|| not_found("organization"))?;
        let before = organization.clone();
        organization.name = settings.name;
        organization.default_region = settings.default_region;
        organization.allowed_countries = settings.allowed_countries;
        let changes = differences(Some(&before), &organization);
        self.audited(&Principal::operator(id), AuditAction::OrganizationUpdated, id, changes)
            .update_organization(&organization)
            .await?;
        Ok(organization)
    }

    /// A tenant by its name.
    pub async fn organization_named(&self, name: &str) -> Result<Option<Organization>, Refusal> {
        Ok(self.store.organization_named(name).await?)
    }

    /// The tenant that is asking.
    pub async fn own_organization(&self, principal: &Principal) -> Result<Organization, Refusal> {
        let found = self.store.organization(principal.organization).await?;
        found.ok_or_else(|| Refusal::new(RefusalCode::NotFound, "the organization of this key is gone"))
    }
}

fn differences(before: Option<&Organization>, after: &Organization) -> Changes {
    Changes::none()
        .of("name", before.map(|o| o.name.as_str()), after.name.as_str())
        .of("default_region", before.and_then(|o| o.default_region.as_deref()), after.default_region.as_deref())
        .of("allowed_countries", before.map(|o| o.allowed_countries.clone()), after.allowed_countries.clone())
}

fn check(settings: &OrganizationSettings) -> Result<(), Refusal> {
    label("/name", &settings.name)?;
    if settings.default_region.as_deref().is_some_and(|region| !is_region(region)) {
        return Err(invalid("/default_region", "must be an ISO 3166 country of two capital letters, such as US"));
    }
    if let Some(at) = settings.allowed_countries.iter().position(|country| !is_region(country)) {
        let pointer = format!("/allowed_countries/{at}");
        return Err(invalid(&pointer, "must be an ISO 3166 country of two capital letters, such as US"));
    }
    Ok(())
}

fn is_region(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
}

//! A tenant and what holds for all of its calls.

use crate::call_policy::CallPolicy;
use crate::caps::Caps;
use crate::ids::OrganizationId;
use crate::retention::Retention;
use crate::time::Timestamp;

/// A tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Unique short name.
    pub name: String,
    /// Region (ISO 3166 alpha-2) in which national numbers are read; `None` refuses them.
    pub default_region: Option<String>,
    /// Countries (ISO 3166 alpha-2) that may be called; empty allows all.
    pub allowed_countries: Vec<String>,
    /// Rules for its calls.
    pub policy: CallPolicy,
    /// What it may use up.
    pub caps: Caps,
    /// How long what its calls leave behind is kept.
    pub retention: Retention,
    /// When it was made.
    pub created_at: Timestamp,
}

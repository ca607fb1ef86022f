//! Places that events are sent to, with the secrets that bodies are signed with. They must be had again to sign, so they
//! are sealed and not hashed (`sealed.rs`).

use app::ports::store::StoreError;
use domain::dialect::Dialect;
use domain::time::Timestamp;
use domain::webhook::{Disabled, DisabledReason, EndpointKind, Health, WebhookEndpoint, WebhookSecret, WebhookSecrets};
use domain::{AgentId, OrganizationId, WebhookEndpointId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{count, document, micros, moment, moment_if, read, unreadable};
use crate::sealed::{PREVIOUS_WEBHOOK_SECRET, Secrets, WEBHOOK_SECRET};

#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization: Uuid,
    pub kind: String,
    pub url: String,
    pub description: String,
    pub dialect: String,
    pub events: Json,
    pub agent: Option<Uuid>,
    pub secret_sealed: Vec<u8>,
    pub previous_secret_sealed: Option<Vec<u8>>,
    pub previous_until: Option<i64>,
    pub disabled_reason: Option<String>,
    pub disabled_at: Option<i64>,
    pub failures: i64,
    pub failing_since: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookEndpoint").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub(crate) fn to_row(value: &WebhookEndpoint, secrets: &Secrets) -> Result<ActiveModel, StoreError> {
    let previous = value.secrets.previous.as_ref();
    let sealed = previous.map(|(secret, _)| secrets.seal(PREVIOUS_WEBHOOK_SECRET, value.id.0, secret.reveal()));
    Ok(ActiveModel {
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        kind: Set(value.kind.as_str().to_owned()),
        url: Set(value.url.clone()),
        description: Set(value.description.clone()),
        dialect: Set(value.dialect.as_str().to_owned()),
        events: Set(document(&value.events)?),
        agent: Set(value.agent.map(|id| id.0)),
        secret_sealed: Set(secrets.seal(WEBHOOK_SECRET, value.id.0, value.secrets.current.reveal())?),
        previous_secret_sealed: Set(sealed.transpose()?),
        previous_until: Set(previous.map(|(_, until)| micros(*until))),
        created_at: Set(micros(value.created_at)),
        updated_at: Set(micros(value.updated_at)),
        ..to_state(value.health, value.disabled)
    })
}

/// The columns that tries change.
pub fn to_state(health: Health, disabled: Option<Disabled>) -> ActiveModel {
    ActiveModel {
        disabled_reason: Set(disabled.map(|d| d.reason.as_str().to_owned())),
        disabled_at: Set(disabled.map(|d| micros(d.at))),
        failures: Set(i64::from(health.failures)),
        failing_since: Set(health.failing_since.map(micros)),
        ..<ActiveModel as Default>::default()
    }
}

pub fn health(row: &Model) -> Result<Health, StoreError> {
    Ok(Health {
        failures: count("webhook_endpoints.failures", row.failures)?,
        failing_since: moment_if(row.failing_since)?,
    })
}

pub(crate) fn from_row(row: Model, secrets: &Secrets) -> Result<WebhookEndpoint, StoreError> {
    let current = secrets.open(WEBHOOK_SECRET, row.id, &row.secret_sealed)?;
    let previous = match (&row.previous_secret_sealed, row.previous_until) {
        (Some(sealed), Some(until)) => {
            Some((WebhookSecret::stored(secrets.open(PREVIOUS_WEBHOOK_SECRET, row.id, sealed)?), moment(until)?))
        }
        _ => None,
    };
    let secrets = WebhookSecrets { current: WebhookSecret::stored(current), previous };
    Ok(WebhookEndpoint { secrets, ..without_secrets(row)? })
}

/// For whoever only asks what it wants: a secret that does not open stops nobody's events.
pub fn without_secrets(row: Model) -> Result<WebhookEndpoint, StoreError> {
    let health = health(&row)?;
    let disabled = row.disabled_reason.map(|text| -> Result<Disabled, StoreError> {
        let reason = DisabledReason::parse(&text).ok_or_else(|| unreadable("webhook_endpoints.disabled_reason"))?;
        Ok(Disabled { reason, at: moment_if(row.disabled_at)?.unwrap_or(Timestamp::UNIX_EPOCH) })
    });
    Ok(WebhookEndpoint {
        id: WebhookEndpointId(row.id),
        organization: OrganizationId(row.organization),
        kind: EndpointKind::parse(&row.kind).ok_or_else(|| unreadable("webhook_endpoints.kind"))?,
        url: row.url,
        description: row.description,
        dialect: Dialect::parse(&row.dialect).ok_or_else(|| unreadable("webhook_endpoints.dialect"))?,
        events: read("webhook_endpoints.events", row.events)?,
        agent: row.agent.map(AgentId),
        secrets: WebhookSecrets::only(WebhookSecret::stored(String::new())),
        disabled: disabled.transpose()?,
        health,
        created_at: moment(row.created_at)?,
        updated_at: moment(row.updated_at)?,
    })
}

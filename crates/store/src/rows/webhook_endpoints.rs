//! Places that events are sent to, with the secrets that bodies are signed with.

use app::ports::store::StoreError;
use domain::dialect::Dialect;
use domain::time::Timestamp;
use domain::webhook::{Disabled, DisabledReason, EndpointKind, Health, WebhookEndpoint, WebhookSecret, WebhookSecrets};
use domain::{AgentId, OrganizationId, WebhookEndpointId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{count, document, micros, moment, moment_if, read, unreadable};

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
    pub secret: String,
    pub previous_secret: Option<String>,
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

/// The one place through which a signing secret goes into the database. It is kept in the clear, as trunk passwords
/// are: it must be had again to sign, and the file is readable by its owner alone.
fn secret_to_column(secret: &WebhookSecret) -> String {
    secret.reveal().to_owned()
}

/// The one place through which it comes out again.
fn secret_from_column(column: String) -> WebhookSecret {
    WebhookSecret::stored(column)
}

pub fn to_row(value: &WebhookEndpoint) -> Result<ActiveModel, StoreError> {
    let previous = value.secrets.previous.as_ref();
    Ok(ActiveModel {
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        kind: Set(value.kind.as_str().to_owned()),
        url: Set(value.url.clone()),
        description: Set(value.description.clone()),
        dialect: Set(value.dialect.as_str().to_owned()),
        events: Set(document(&value.events)?),
        agent: Set(value.agent.map(|id| id.0)),
        secret: Set(secret_to_column(&value.secrets.current)),
        previous_secret: Set(previous.map(|(secret, _)| secret_to_column(secret))),
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

pub fn from_row(row: Model) -> Result<WebhookEndpoint, StoreError> {
    let health = health(&row)?;
    let previous = match (row.previous_secret, row.previous_until) {
        (Some(secret), Some(until)) => Some((secret_from_column(secret), moment(until)?)),
        _ => None,
    };
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
        secrets: WebhookSecrets { current: secret_from_column(row.secret), previous },
        disabled: disabled.transpose()?,
        health,
        created_at: moment(row.created_at)?,
        updated_at: moment(row.updated_at)?,
    })
}

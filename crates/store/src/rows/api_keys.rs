//! API keys, by the hash of their secret.

use app::ports::store::StoreError;
use domain::api_key::{ApiKey, Permission, PreviousSecret};
use domain::dialect::Dialect;
use domain::{AgentId, ApiKeyId, OrganizationId};
use ipnet::IpNet;
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{document, micros, moment, moment_if, read, read_if, unreadable};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization: Uuid,
    pub name: String,
    pub hint: String,
    pub secret_sha256: Vec<u8>,
    pub permissions: Json,
    pub caps: Option<Json>,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub dialect: Option<String>,
    pub category: Option<String>,
    pub scopes: Option<Json>,
    pub allowed_ips: Option<Json>,
    pub agent: Option<Uuid>,
    pub expires_at: Option<i64>,
    pub disabled_at: Option<i64>,
    pub previous_sha256: Option<Vec<u8>>,
    pub previous_until: Option<i64>,
    pub last_used_from: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &ApiKey) -> Result<ActiveModel, StoreError> {
    let permissions: Vec<&str> = value.permissions.iter().map(|p| p.as_str()).collect();
    let networks: Vec<String> = value.allowed_ips.iter().map(ToString::to_string).collect();
    Ok(ActiveModel {
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        name: Set(value.name.clone()),
        hint: Set(value.hint.clone()),
        secret_sha256: Set(value.secret_sha256.to_vec()),
        permissions: Set(document(&permissions)?),
        caps: Set(Some(document(&value.caps)?)),
        created_at: Set(micros(value.created_at)),
        last_used_at: Set(value.last_used_at.map(micros)),
        revoked_at: Set(value.revoked_at.map(micros)),
        dialect: Set(Some(value.dialect.as_str().to_owned())),
        category: Set(value.category.clone()),
        scopes: Set(Some(document(&value.scopes)?)),
        allowed_ips: Set(Some(document(&networks)?)),
        agent: Set(value.agent.map(|agent| agent.0)),
        expires_at: Set(value.expires_at.map(micros)),
        disabled_at: Set(value.disabled_at.map(micros)),
        previous_sha256: Set(value.previous.map(|previous| previous.sha256.to_vec())),
        previous_until: Set(value.previous.map(|previous| micros(previous.until))),
        last_used_from: Set(value.last_used_from.map(|address| address.to_string())),
    })
}

pub fn from_row(row: Model) -> Result<ApiKey, StoreError> {
    let permissions: Vec<String> = read("api_keys.permissions", row.permissions)?;
    let permissions = permissions.iter().map(|text| Permission::parse(text)).collect::<Option<Vec<_>>>();
    let dialect = row.dialect.as_deref().map_or(Some(Dialect::Native), Dialect::parse);
    let networks: Vec<String> = read_if("api_keys.allowed_ips", row.allowed_ips)?.unwrap_or_default();
    let networks = networks.iter().map(|text| text.parse()).collect::<Result<Vec<IpNet>, _>>();
    let used_from = row.last_used_from.map(|text| text.parse()).transpose();
    Ok(ApiKey {
        id: ApiKeyId(row.id),
        organization: OrganizationId(row.organization),
        name: row.name,
        hint: row.hint,
        secret_sha256: row.secret_sha256.try_into().map_err(|_| unreadable("api_keys.secret_sha256"))?,
        permissions: permissions.ok_or_else(|| unreadable("api_keys.permissions"))?,
        caps: read_if("api_keys.caps", row.caps)?.unwrap_or_default(),
        created_at: moment(row.created_at)?,
        last_used_at: moment_if(row.last_used_at)?,
        revoked_at: moment_if(row.revoked_at)?,
        dialect: dialect.ok_or_else(|| unreadable("api_keys.dialect"))?,
        category: row.category,
        scopes: read_if("api_keys.scopes", row.scopes)?.unwrap_or_default(),
        allowed_ips: networks.map_err(|_| unreadable("api_keys.allowed_ips"))?,
        agent: row.agent.map(AgentId),
        expires_at: moment_if(row.expires_at)?,
        disabled_at: moment_if(row.disabled_at)?,
        previous: match (row.previous_sha256, row.previous_until) {
            (Some(sha256), Some(until)) => Some(PreviousSecret {
                sha256: sha256.try_into().map_err(|_| unreadable("api_keys.previous_sha256"))?,
                until: moment(until)?,
            }),
            _ => None,
        },
        last_used_from: used_from.map_err(|_| unreadable("api_keys.last_used_from"))?,
    })
}

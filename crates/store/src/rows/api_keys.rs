//! API keys, by the hash of their secret.

use app::ports::store::StoreError;
use domain::api_key::{ApiKey, Permission};
use domain::{ApiKeyId, OrganizationId};
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
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &ApiKey) -> Result<ActiveModel, StoreError> {
    let permissions: Vec<&str> = value.permissions.iter().map(|p| p.as_str()).collect();
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
    })
}

pub fn from_row(row: Model) -> Result<ApiKey, StoreError> {
    let permissions: Vec<String> = read("api_keys.permissions", row.permissions)?;
    let permissions = permissions.iter().map(|text| Permission::parse(text)).collect::<Option<Vec<_>>>();
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
    })
}

//! Variables that are known by name before any call.

use app::ports::store::StoreError;
use domain::context_variable::{ContextScope, ContextVariable};
use domain::{ContextVariableId, OrganizationId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{document, micros, moment, read, unreadable};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "context_variables")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization: Uuid,
    pub integer: i64,
    pub scope: String,
    pub name: String,
    pub form: Json,
    pub value: Option<Json>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &ContextVariable) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        integer: Set(value.integer),
        scope: Set(value.scope.as_str().to_owned()),
        name: Set(value.name.clone()),
        form: Set(document(&value.form)?),
        value: Set(value.value.clone()),
        created_at: Set(micros(value.created_at)),
    })
}

pub fn from_row(row: Model) -> Result<ContextVariable, StoreError> {
    Ok(ContextVariable {
        id: ContextVariableId(row.id),
        organization: OrganizationId(row.organization),
        integer: row.integer,
        scope: ContextScope::parse(&row.scope).ok_or_else(|| unreadable("context_variables.scope"))?,
        name: row.name,
        form: read("context_variables.form", row.form)?,
        value: row.value,
        created_at: moment(row.created_at)?,
    })
}

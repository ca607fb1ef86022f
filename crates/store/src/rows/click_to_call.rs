//! Credentials of click-to-call: found by the token's hash, token and secret sealed.

use app::ports::store::StoreError;
use domain::click_to_call::ClickToCall;
use domain::{AgentId, OrganizationId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::unreadable;
use crate::sealed::{CLICK_TO_CALL_SECRET, CLICK_TO_CALL_TOKEN, Secrets};

#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "click_to_call")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization: Uuid,
    pub token_sha256: Vec<u8>,
    pub token_sealed: Option<Vec<u8>>,
    pub secret_sealed: Option<Vec<u8>>,
    pub verify_signature: i64,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub(crate) fn to_row(
    value: &ClickToCall,
    token_sha256: [u8; 32],
    secrets: &Secrets,
) -> Result<ActiveModel, StoreError> {
    let id = value.agent.0;
    Ok(ActiveModel {
        id: Set(id),
        organization: Set(value.organization.0),
        token_sha256: Set(token_sha256.to_vec()),
        token_sealed: Set(Some(secrets.seal(CLICK_TO_CALL_TOKEN, id, &value.token)?)),
        secret_sealed: Set(Some(secrets.seal(CLICK_TO_CALL_SECRET, id, &value.secret)?)),
        verify_signature: Set(i64::from(value.verify_signature)),
    })
}

pub(crate) fn from_row(row: Model, secrets: &Secrets) -> Result<ClickToCall, StoreError> {
    let missing = || unreadable("click_to_call");
    let (token, secret) = (row.token_sealed.ok_or_else(missing)?, row.secret_sealed.ok_or_else(missing)?);
    Ok(ClickToCall {
        organization: OrganizationId(row.organization),
        agent: AgentId(row.id),
        token: secrets.open(CLICK_TO_CALL_TOKEN, row.id, &token)?,
        secret: secrets.open(CLICK_TO_CALL_SECRET, row.id, &secret)?,
        verify_signature: row.verify_signature != 0,
    })
}

//! SIP trunks. The digest password is needed to compute answers, so it is sealed and not hashed (`sealed.rs`). The column
//! `password` held it in the clear in earlier releases and is emptied at start.

use app::ports::store::StoreError;
use domain::trunk::{SipCredentials, SipTransport, Trunk};
use domain::{OrganizationId, TrunkId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{count, micros, moment, unreadable};
use crate::sealed::{Secrets, TRUNK_PASSWORD};

#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "trunks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization: Uuid,
    pub name: String,
    pub address: String,
    pub transport: String,
    pub username: Option<String>,
    pub password: Option<String>,
    pub password_sealed: Option<Vec<u8>>,
    pub calls_per_second: Option<f64>,
    pub channels: Option<i64>,
    pub created_at: i64,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trunk").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub(crate) fn to_row(value: &Trunk, secrets: &Secrets) -> Result<ActiveModel, StoreError> {
    let sealed = value.credentials.as_ref().map(|c| secrets.seal(TRUNK_PASSWORD, value.id.0, &c.password));
    Ok(ActiveModel {
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        name: Set(value.name.clone()),
        address: Set(value.address.clone()),
        transport: Set(value.transport.as_str().to_owned()),
        username: Set(value.credentials.as_ref().map(|c| c.username.clone())),
        password: Set(None),
        password_sealed: Set(sealed.transpose()?),
        calls_per_second: Set(value.calls_per_second),
        channels: Set(value.channels.map(i64::from)),
        created_at: Set(micros(value.created_at)),
    })
}

pub(crate) fn from_row(row: Model, secrets: &Secrets) -> Result<Trunk, StoreError> {
    let transport = [SipTransport::Udp, SipTransport::Tcp].into_iter().find(|t| t.as_str() == row.transport);
    let password = match row.password_sealed {
        Some(sealed) => Some(secrets.open(TRUNK_PASSWORD, row.id, &sealed)?),
        None => row.password,
    };
    let credentials = row.username.zip(password).map(|(username, password)| SipCredentials { username, password });
    Ok(Trunk {
        id: TrunkId(row.id),
        organization: OrganizationId(row.organization),
        name: row.name,
        address: row.address,
        transport: transport.ok_or_else(|| unreadable("trunks.transport"))?,
        credentials,
        calls_per_second: row.calls_per_second,
        channels: row.channels.map(|n| count("trunks.channels", n)).transpose()?,
        created_at: moment(row.created_at)?,
    })
}

//! SIP trunks. The digest password lies here in the clear: it is needed to compute answers, and encryption at rest
//! needs a key from outside the database, which this release does not have yet. The file is readable by its owner
//! alone.

use app::ports::store::StoreError;
use domain::trunk::{SipCredentials, SipTransport, Trunk};
use domain::{OrganizationId, TrunkId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{count, micros, moment, unreadable};

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

pub fn to_row(value: &Trunk) -> ActiveModel {
    ActiveModel {
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        name: Set(value.name.clone()),
        address: Set(value.address.clone()),
        transport: Set(value.transport.as_str().to_owned()),
        username: Set(value.credentials.as_ref().map(|c| c.username.clone())),
        password: Set(value.credentials.as_ref().map(|c| c.password.clone())),
        calls_per_second: Set(value.calls_per_second),
        channels: Set(value.channels.map(i64::from)),
        created_at: Set(micros(value.created_at)),
    }
}

pub fn from_row(row: Model) -> Result<Trunk, StoreError> {
    let transport = [SipTransport::Udp, SipTransport::Tcp].into_iter().find(|t| t.as_str() == row.transport);
    let credentials = match (row.username, row.password) {
        (Some(username), Some(password)) => Some(SipCredentials { username, password }),
        _ => None,
    };
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

//! Nodes, one row for each process that shows itself.

use app::ports::store::{Beat, StoreError};
use domain::NodeId;
use domain::node::{Node, NodeState};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{count, micros, moment, unreadable};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "nodes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub version: String,
    pub started_at: i64,
    pub beat_at: i64,
    pub alive_until: i64,
    pub state: String,
    pub live_calls: i64,
    /// Written by whoever asks; everything else by the node.
    pub drain_wanted: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_first_row(beat: &Beat) -> ActiveModel {
    ActiveModel {
        id: Set(beat.node.0),
        name: Set(beat.name.clone()),
        version: Set(beat.version.clone()),
        started_at: Set(micros(beat.at)),
        beat_at: Set(micros(beat.at)),
        alive_until: Set(micros(beat.until)),
        state: Set(beat.state.as_str().to_owned()),
        live_calls: Set(beat.live_calls.into()),
        drain_wanted: Set(false),
    }
}

pub fn from_row(row: Model) -> Result<Node, StoreError> {
    Ok(Node {
        id: NodeId(row.id),
        name: row.name,
        version: row.version,
        started_at: moment(row.started_at)?,
        beat_at: moment(row.beat_at)?,
        alive_until: moment(row.alive_until)?,
        state: NodeState::parse(&row.state).ok_or_else(|| unreadable("state of a node"))?,
        live_calls: count("live calls of a node", row.live_calls)?,
        drain_wanted: row.drain_wanted,
    })
}

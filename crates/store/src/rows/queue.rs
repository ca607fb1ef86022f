//! Calls that are not over: waiting, or held by a node under a lease. A row lives from create to terminal event.

use app::ports::store::Lease;
use domain::call::Call;
use domain::time::Timestamp;
use domain::{CallId, NodeId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::micros;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "queue")]
pub struct Model {
    /// The call.
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: Uuid,
    /// Orders calls that are due at the same moment.
    pub sequence: i64,
    /// Not before.
    pub due_at: i64,
    /// Node that holds it.
    pub owner: Option<Uuid>,
    /// Until when, unless it is renewed.
    pub lease_until: Option<i64>,
    /// Counts claims.
    pub epoch: i64,
    /// Trunk it was claimed for.
    pub trunk: Option<Uuid>,
    /// The attempt that is about to dial or has dialed: from then on it may have rung.
    pub dialed: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A row for a new call.
pub fn to_row(call: &Call, due_at: Timestamp) -> ActiveModel {
    ActiveModel {
        call: Set(call.id.0),
        sequence: Set(call.sequence),
        due_at: Set(micros(due_at)),
        epoch: Set(0),
        ..<ActiveModel as Default>::default()
    }
}

/// The hold of `node` on the row's call after one more claim.
pub fn next_lease(row: &Model, node: NodeId) -> Lease {
    Lease { call: CallId(row.call), node, epoch: u64::try_from(row.epoch + 1).unwrap_or_default() }
}

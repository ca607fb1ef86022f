//! Calls that are not over: waiting, or held by a node under a lease. A row lives from create to terminal event.

use app::ports::store::{Lease, NewCall};
use domain::{CallId, NodeId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, Query};

use super::{calls, micros};

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
    /// Agent it was claimed for.
    pub agent: Option<Uuid>,
    /// Number it was claimed for.
    pub number: Option<Uuid>,
    /// Organization it was claimed for.
    pub organization: Option<Uuid>,
    /// Key of the scope that it waits in line for.
    pub line: Option<String>,
    /// Set when its turn by pace was taken when it was stored.
    pub paced: Option<i64>,
    /// The attempt that is about to dial or has dialed: from then on it may have rung.
    pub dialed: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::calls::Entity", from = "Column::Call", to = "super::calls::Column::Id")]
    Call,
}

impl Related<calls::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Call.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

/// Inserts a row for each new call; the call's number is looked up, for the database gives it in the same step.
pub fn to_insert(new: &[NewCall]) -> InsertStatement {
    let mut insert = Query::insert();
    insert.into_table(Entity).columns([Column::Call, Column::Sequence, Column::DueAt, Column::Epoch, Column::Paced]);
    for NewCall { call, due_at, pace_now, .. } in new {
        let sequence = Query::select()
            .column(calls::Column::Sequence)
            .from(calls::Entity)
            .and_where(Expr::col(calls::Column::Id).eq(call.id.0))
            .take();
        let sequence = Expr::SubQuery(None, Box::new(sequence.into()));
        let paced = pace_now.is_some().then_some(1_i64);
        insert.values_panic([call.id.0.into(), sequence, micros(*due_at).into(), 0_i64.into(), paced.into()]);
    }
    insert
}

/// The hold of `node` on the row's call after one more claim.
pub fn next_lease(row: &Model, node: NodeId) -> Lease {
    Lease { call: CallId(row.call), node, epoch: u64::try_from(row.epoch + 1).unwrap_or_default() }
}

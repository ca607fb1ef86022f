//! Draws numbers within a tenant. Whoever draws holds the tenant's row until commit, so that no two draw the same.

use domain::OrganizationId;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{ConnectionTrait, EntityTrait, QueryTrait, Set};

use crate::Stored;
use crate::errors::failed;
use crate::rows::{sequences, unreadable};
use crate::transaction::Transaction;

/// The next number of the tenant's `name`, from 1.
pub(crate) async fn draw(tx: &Transaction, organization: OrganizationId, name: &str) -> Stored<i64> {
    use sequences::{Column, Entity};
    let first = sequences::ActiveModel { organization: Set(organization.0), name: Set(name.to_owned()), last: Set(1) };
    let again = OnConflict::columns([Column::Organization, Column::Name])
        .value(Column::Last, Expr::col((Entity, Column::Last)).add(1))
        .to_owned();
    let mut insert = Entity::insert(first).on_conflict(again).into_query();
    insert.returning(Query::returning().column(Column::Last));
    let row = tx.query_one(&insert).await.map_err(failed)?.ok_or_else(|| unreadable("sequences.last"))?;
    row.try_get("", "last").map_err(failed)
}

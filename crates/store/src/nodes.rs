//! The nodes that share the database, behind [`NodeStore`].

use std::time::Duration;

use app::ports::store::{Beat, NodeStore};
use async_trait::async_trait;
use domain::NodeId;
use domain::node::Node;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::errors::failed;
use crate::rows::{micros, nodes};
use crate::transaction::Transaction;
use crate::{SqlStore, Stored};

/// How long a node that was lost is still shown.
const SHOWN: Duration = Duration::from_hours(24);

#[async_trait]
impl NodeStore for SqlStore {
    async fn node_beats(&self, beat: &Beat) -> Stored<bool> {
        let beat = beat.clone();
        self.writer.run(move |tx| Box::pin(async move { beats(tx, &beat).await })).await
    }

    async fn node_gone(&self, node: NodeId) -> Stored<()> {
        self.writer
            .run(move |tx| {
                Box::pin(async move { nodes::Entity::delete_by_id(node.0).exec(tx).await.map(drop).map_err(failed) })
            })
            .await
    }

    async fn nodes(&self) -> Stored<Vec<Node>> {
        let rows = nodes::Entity::find()
            .order_by_asc(nodes::Column::StartedAt)
            .order_by_asc(nodes::Column::Id)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(nodes::from_row).collect()
    }

    async fn want_drain(&self, node: NodeId, drain: bool) -> Stored<bool> {
        self.change(move |tx| {
            Box::pin(async move {
                let done = nodes::Entity::update_many()
                    .col_expr(nodes::Column::DrainWanted, Expr::value(drain))
                    .filter(nodes::Column::Id.eq(node.0))
                    .filter(nodes::Column::DrainWanted.eq(!drain))
                    .exec(tx)
                    .await
                    .map_err(failed)?;
                Ok(done.rows_affected > 0)
            })
        })
        .await
    }
}

async fn beats(tx: &Transaction, beat: &Beat) -> Stored<bool> {
    let shown = nodes::Entity::update_many()
        .col_expr(nodes::Column::BeatAt, Expr::value(micros(beat.at)))
        .col_expr(nodes::Column::AliveUntil, Expr::value(micros(beat.until)))
        .col_expr(nodes::Column::State, Expr::value(beat.state.as_str()))
        .col_expr(nodes::Column::LiveCalls, Expr::value(i64::from(beat.live_calls)))
        .filter(nodes::Column::Id.eq(beat.node.0))
        .exec(tx)
        .await
        .map_err(failed)?;
    if shown.rows_affected > 0 {
        let row = nodes::Entity::find_by_id(beat.node.0).one(tx).await.map_err(failed)?;
        return Ok(row.is_some_and(|row| row.drain_wanted));
    }
    nodes::Entity::delete_many()
        .filter(nodes::Column::AliveUntil.lt(micros(beat.at - SHOWN)))
        .exec(tx)
        .await
        .map_err(failed)?;
    nodes::Entity::insert(nodes::to_first_row(beat)).exec_without_returning(tx).await.map_err(failed)?;
    Ok(false)
}

//! What happens to sealed secrets when a database is opened: the keys are tried, secrets of before are sealed, and those
//! of a former key are sealed anew.
//!
//! Law: keys that do not fit stop the start, and nothing is changed by trying. Everything here can be repeated, and by
//! several nodes at once: a value is replaced only where it still is what was read.

use app::ports::store::StoreError;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, QueryFilter, Set,
    TransactionTrait,
};
use uuid::Uuid;

use crate::errors::failed;
use crate::master_key::{KeySource, MasterKeys};
use crate::rows::{sealing, trunks};
use crate::sealed::{CANARY, PLACES, Place, Secrets, TRUNK_PASSWORD};
use crate::{OpenError, Stored};

/// Key of the only row.
const ROW: i64 = 1;
/// What stands in it, sealed.
const SONG: &str = "outdial";

/// Finds the keys, tries them and brings the database up to date with them.
pub(crate) async fn begin(writes: &DatabaseConnection, source: KeySource) -> Result<Secrets, OpenError> {
    let sealed = canary(writes).await.map_err(OpenError::of_secrets)?.is_some();
    let keys = match source {
        KeySource::None => return Ok(Secrets::default()),
        KeySource::Keys(keys) => keys,
        KeySource::File(path) => {
            let unreadable = |source| OpenError::MasterKeyFile { path: path.clone(), source };
            match MasterKeys::read(&path).map_err(unreadable)? {
                Some(keys) => keys,
                None if sealed => return Err(OpenError::MasterKeyMissing { path }),
                None => MasterKeys::make(&path).map_err(unreadable)?,
            }
        }
    };
    let secrets = Secrets::with(keys);
    let transaction = writes.begin().await.map_err(|e| OpenError::of_secrets(failed(e)))?;
    match up_to_date(&transaction, &secrets).await {
        Ok(()) => transaction.commit().await.map_err(|e| OpenError::of_secrets(failed(e)))?,
        Err(StoreError::Corrupt(_)) => return Err(OpenError::MasterKeyWrong),
        Err(error) => return Err(OpenError::of_secrets(error)),
    }
    Ok(secrets)
}

async fn canary(connection: &impl ConnectionTrait) -> Stored<Option<Vec<u8>>> {
    let row = sealing::Entity::find_by_id(ROW).one(connection).await.map_err(failed)?;
    Ok(row.map(|row| row.canary))
}

async fn up_to_date(tx: &DatabaseTransaction, secrets: &Secrets) -> Stored<()> {
    let id = Uuid::nil();
    let row = sealing::ActiveModel { id: Set(ROW), canary: Set(secrets.seal(CANARY, id, SONG)?) };
    let once = OnConflict::column(sealing::Column::Id).do_nothing().to_owned();
    sealing::Entity::insert_many([row]).on_conflict(once).exec_without_returning(tx).await.map_err(failed)?;
    // Another node may have been first, with keys of its own.
    let found = canary(tx).await?.ok_or_else(|| StoreError::Corrupt("sealing.canary".to_owned()))?;
    secrets.open(CANARY, id, &found)?;
    seal_plain_passwords(tx, secrets).await?;
    if secrets.is_outdated(&found)? {
        for place in PLACES {
            seal_anew(tx, secrets, *place).await?;
        }
        sealing::Entity::update_many()
            .col_expr(sealing::Column::Canary, Expr::value(secrets.seal(CANARY, id, SONG)?))
            .filter(sealing::Column::Id.eq(ROW))
            .exec(tx)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

/// Releases up to 0.1 kept trunk passwords in the clear.
async fn seal_plain_passwords(tx: &DatabaseTransaction, secrets: &Secrets) -> Stored<()> {
    let plain = trunks::Entity::find().filter(trunks::Column::Password.is_not_null()).all(tx).await.map_err(failed)?;
    for row in plain {
        let Some(password) = row.password else { continue };
        let sealed = secrets.seal(TRUNK_PASSWORD, row.id, &password)?;
        trunks::Entity::update_many()
            .col_expr(trunks::Column::PasswordSealed, Expr::value(sealed))
            .col_expr(trunks::Column::Password, Expr::value(None::<String>))
            .filter(trunks::Column::Id.eq(row.id))
            .filter(trunks::Column::Password.eq(password))
            .exec(tx)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

async fn seal_anew(tx: &DatabaseTransaction, secrets: &Secrets, place: Place) -> Stored<()> {
    let (id, column) = (Alias::new("id"), Alias::new(place.column));
    let select = Query::select()
        .columns([id.clone(), column.clone()])
        .from(Alias::new(place.table))
        .and_where(Expr::col(column.clone()).is_not_null())
        .to_owned();
    for row in tx.query_all(&select).await.map_err(failed)? {
        let row_id: Uuid = row.try_get("", "id").map_err(failed)?;
        let old: Vec<u8> = row.try_get("", place.column).map_err(failed)?;
        if !secrets.is_outdated(&old)? {
            continue;
        }
        let Ok(secret) = secrets.open(place, row_id, &old) else {
            tracing::error!(table = place.table, row.id = %row_id, "a sealed secret does not open and stays as it is");
            continue;
        };
        let new = secrets.seal(place, row_id, &secret)?;
        let update = Query::update()
            .table(Alias::new(place.table))
            .value(column.clone(), new)
            .and_where(Expr::col(id.clone()).eq(row_id))
            .and_where(Expr::col(column.clone()).eq(old))
            .to_owned();
        tx.execute(&update).await.map_err(failed)?;
    }
    Ok(())
}

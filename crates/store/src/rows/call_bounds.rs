//! What a call took along when it was accepted and must give back when it is over. Whoever deletes the row does it.

use domain::caps::{AtEnd, CapUse};
use sea_orm::Set;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::{document, micros};
use app::ports::store::{NewCall, StoreError};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "call_bounds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: Uuid,
    pub hold: Option<i64>,
    pub uses: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A use of a cap that the end of the call changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenUse {
    pub scope: String,
    /// Begin of the window in microseconds.
    pub window: i64,
    pub amount: i64,
    /// Whether it becomes what the call did cost; it is given back otherwise.
    pub corrected: bool,
}

/// The row of a new call; `None` when its end gives nothing back.
pub fn to_row(new: &NewCall) -> Result<Option<ActiveModel>, StoreError> {
    let uses: Vec<OpenUse> = new.caps.iter().filter_map(open).collect();
    if new.hold.is_none() && uses.is_empty() {
        return Ok(None);
    }
    let hold = new.hold.map(domain::money::Money::micros);
    Ok(Some(ActiveModel { call: Set(new.call.id.0), hold: Set(hold), uses: Set(document(&uses)?) }))
}

fn open(use_: &CapUse) -> Option<OpenUse> {
    let corrected = match use_.at_end {
        AtEnd::Stays => return None,
        AtEnd::Returns => false,
        AtEnd::Corrected => true,
    };
    Some(OpenUse { scope: use_.scope.clone(), window: micros(use_.window), amount: use_.amount, corrected })
}

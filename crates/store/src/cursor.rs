//! Where a page of a listing ended: the last row's time and id, which keep their place while new rows come in.

use app::ports::store::StoreError;
use uuid::Uuid;

/// A place in a listing that is ordered by time and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Microseconds since 1970.
    pub(crate) created_at: i64,
    /// Id of the row.
    pub(crate) id: Uuid,
}

impl Cursor {
    /// Text form; clients treat it as opaque.
    pub(crate) fn encode(self) -> String {
        format!("{:x}-{}", self.created_at, self.id.simple())
    }

    /// Reads the text form.
    pub(crate) fn decode(text: &str) -> Result<Self, StoreError> {
        let parts = text.split_once('-').and_then(|(at, id)| {
            let created_at = i64::from_str_radix(at, 16).ok()?;
            Some(Self { created_at, id: Uuid::try_parse(id).ok()? })
        });
        parts.ok_or(StoreError::InvalidCursor)
    }
}

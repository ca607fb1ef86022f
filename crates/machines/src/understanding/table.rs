//! Tables in tests: every row is judged, so that one run shows all that is wrong.

use std::fmt::Debug;

/// Rows that did not come out as they should.
#[derive(Default)]
pub(super) struct Table(Vec<String>);

impl Table {
    pub(super) fn row<T: PartialEq<W> + Debug, W: Debug>(&mut self, text: &str, found: T, wanted: W) {
        if found != wanted {
            self.0.push(format!("{text:?}: {found:?}, wanted {wanted:?}"));
        }
    }

    pub(super) fn holds(self) {
        assert!(self.0.is_empty(), "\n{}", self.0.join("\n"));
    }
}

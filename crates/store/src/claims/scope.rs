//! What a pace or a number of calls at once holds for.

use domain::{AgentId, NumberId, OrganizationId, TrunkId};
use uuid::Uuid;

use crate::rows::queue;

/// A scope, in the order in which rows of scopes are locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Scope {
    /// All calls of one agent.
    Agent(AgentId),
    /// All calls from one number.
    Number(NumberId),
    /// All calls of one organization.
    Organization(OrganizationId),
    /// All calls over one trunk.
    Trunk(TrunkId),
}

impl Scope {
    /// Key of its row.
    pub(crate) fn key(self) -> String {
        let (kind, id) = self.parts();
        format!("{kind}/{}", id.simple())
    }

    /// Reads a key back.
    pub(crate) fn parse(key: &str) -> Option<Self> {
        let (kind, id) = key.split_once('/')?;
        let id = Uuid::try_parse(id).ok()?;
        Some(match kind {
            "agent" => Self::Agent(AgentId(id)),
            "number" => Self::Number(NumberId(id)),
            "organization" => Self::Organization(OrganizationId(id)),
            "trunk" => Self::Trunk(TrunkId(id)),
            _ => return None,
        })
    }

    /// What it is and which.
    pub(crate) fn parts(self) -> (&'static str, Uuid) {
        match self {
            Self::Agent(id) => ("agent", id.0),
            Self::Number(id) => ("number", id.0),
            Self::Organization(id) => ("organization", id.0),
            Self::Trunk(id) => ("trunk", id.0),
        }
    }

    /// Where a held call says that it counts for it.
    pub(crate) fn column(self) -> queue::Column {
        match self {
            Self::Agent(_) => queue::Column::Agent,
            Self::Number(_) => queue::Column::Number,
            Self::Organization(_) => queue::Column::Organization,
            Self::Trunk(_) => queue::Column::Trunk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back() {
        let id = Uuid::now_v7();
        for scope in [
            Scope::Agent(AgentId(id)),
            Scope::Number(NumberId(id)),
            Scope::Organization(OrganizationId(id)),
            Scope::Trunk(TrunkId(id)),
        ] {
            assert_eq!(Scope::parse(&scope.key()), Some(scope));
        }
        assert_eq!(Scope::parse("planet/0"), None);
    }
}

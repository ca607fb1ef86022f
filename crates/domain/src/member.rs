//! The people who work with an installation: who they are, what they may do, and how they come in.
//!
//! Law: a password is kept as its Argon2 hash, a code or a cookie as its SHA-256; neither is ever shown again.

use crate::api_key::Permission;
use crate::ids::{OrganizationId, UserId};
use crate::time::Timestamp;

/// A person with an account, who may belong to several tenants.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Address by which it signs in; unique, in lower case.
    pub email: String,
    /// What people call it.
    pub name: String,
    /// Password hash as a PHC string; `None` until the invitation is accepted.
    pub password: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A person's place in one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: User,
    /// Where.
    pub organization: OrganizationId,
    /// As what.
    pub role: Role,
    /// Since when.
    pub since: Timestamp,
}

/// What somebody may do in a tenant. Each role holds all that the one below it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees calls, agents and rules; changes nothing.
    Viewer,
    /// Places calls, writes agents, keeps contacts and the do-not-call list.
    Operator,
    /// Sets everything up: trunks, keys, webhooks, rules, members.
    Admin,
    /// May do everything within the organization, money too; the nodes are the operator's.
    Owner,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: &'static [Self] = &[Self::Viewer, Self::Operator, Self::Admin, Self::Owner];

    /// Lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text)
    }

    /// What it may do.
    pub fn permissions(self) -> Vec<Permission> {
        let mut held = Vec::new();
        if self >= Self::Viewer {
            held.extend(VIEWS);
        }
        if self >= Self::Operator {
            held.extend(WORKS);
        }
        if self >= Self::Admin {
            held.extend(SETS_UP);
        }
        match self {
            // The nodes are every organization's.
            Self::Owner => {
                let all = Permission::ALL.iter().map(|(permission, _)| *permission);
                all.filter(|permission| Permission::All.covers(*permission)).collect()
            }
            _ => held,
        }
    }
}

const VIEWS: [Permission; 8] = [
    Permission::CallsRead,
    Permission::AgentsRead,
    Permission::TelephonyRead,
    Permission::SuppressionsRead,
    Permission::ContactsRead,
    Permission::PolicyRead,
    Permission::WebhooksRead,
    Permission::WalletRead,
];

const WORKS: [Permission; 4] =
    [Permission::CallsWrite, Permission::AgentsWrite, Permission::SuppressionsWrite, Permission::ContactsWrite];

const SETS_UP: [Permission; 9] = [
    Permission::TelephonyWrite,
    Permission::KeysRead,
    Permission::KeysWrite,
    Permission::PolicyWrite,
    Permission::WebhooksWrite,
    Permission::AuditRead,
    Permission::NodesRead,
    Permission::MembersRead,
    Permission::MembersWrite,
];

/// A browser that somebody signed in with.
#[derive(Clone, PartialEq, Eq)]
pub struct SignIn {
    /// SHA-256 of its cookie.
    pub token_sha256: [u8; 32],
    /// Who.
    pub user: UserId,
    /// The tenant that is looked at.
    pub organization: OrganizationId,
    /// Since when.
    pub created_at: Timestamp,
    /// Not to be used from then on; moves on with use.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A code that lets somebody in, once.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// SHA-256 of the code.
    pub code_sha256: [u8; 32],
    /// The tenant it leads to.
    pub organization: OrganizationId,
    /// Who it is for; `None` is the code of a first start, which makes the first owner.
    pub user: Option<UserId>,
    /// Role of an account that exists and joins; `None` sets the password of one that has its place.
    pub role: Option<Role>,
    /// Not to be used from then on.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_holds_what_the_one_below_it_holds() {
        for pair in Role::ALL.windows(2) {
            let (less, more) = (pair[0].permissions(), pair[1].permissions());
            assert!(less.iter().all(|permission| more.contains(permission)), "{pair:?}");
            assert!(less.len() < more.len(), "{pair:?}");
        }
    }

    #[test]
    fn a_viewer_writes_nothing_and_an_owner_all_but_the_operators_part() {
        assert!(Role::Viewer.permissions().iter().all(|permission| permission.as_str().ends_with(":read")));
        assert!(Role::Owner.permissions().contains(&Permission::All));
        assert!(!Role::Owner.permissions().contains(&Permission::NodesWrite), "an organization's, not the operator's");
        assert!(!Role::Admin.permissions().contains(&Permission::WalletWrite));
    }

    #[test]
    fn names_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(*role));
        }
        assert_eq!(Role::parse("root"), None);
    }
}

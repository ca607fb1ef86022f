//! The people of an installation: accounts, places in tenants, browsers signed in, codes that let people in.

use async_trait::async_trait;
use domain::member::{Invitation, Member, Role, SignIn, User};
use domain::time::Timestamp;
use domain::{OrganizationId, UserId};

use super::StoreError;

/// What became of taking a role or a place away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleChange {
    /// It is as was asked for.
    Done,
    /// There is no such member.
    NoMember,
    /// A tenant keeps one owner; nothing was changed.
    LastOwner,
}

/// People.
#[async_trait]
pub trait MemberStore: Send + Sync {
    /// Whether anybody has an account.
    async fn has_users(&self) -> Result<bool, StoreError>;
    /// Stores an account and its place in a tenant with the code that lets it in, if there is one;
    /// `Duplicate("user")` when the address is known.
    async fn insert_member(&self, member: &Member, invitation: Option<&Invitation>) -> Result<(), StoreError>;
    /// Takes a code by which `user` joins a tenant. `None` when the code is not one that lets it in.
    async fn join(&self, code_sha256: [u8; 32], user: UserId, now: Timestamp)
    -> Result<Option<Invitation>, StoreError>;
    /// Stores the first account of all by the code of a first start. False when the code is not one that lets in, or
    /// somebody has an account already; the codes of the first start are gone then.
    async fn insert_first_owner(
        &self,
        code_sha256: [u8; 32],
        user: &User,
        now: Timestamp,
    ) -> Result<Option<Member>, StoreError>;
    /// Stores a code, removes the older ones of the same person, and sweeps out those that ran off by `now`.
    async fn invite(&self, invitation: &Invitation, now: Timestamp) -> Result<(), StoreError>;
    /// The invitation behind a code, whether or not it still lets in.
    async fn invitation(&self, code_sha256: [u8; 32]) -> Result<Option<Invitation>, StoreError>;
    /// Takes a code, sets name and password of the person that it is for, and ends its sign-ins. `None` when the code
    /// is not one that lets in.
    async fn accept(
        &self,
        code_sha256: [u8; 32],
        name: Option<String>,
        password: String,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError>;
    /// By its address, in lower case.
    async fn user_by_email(&self, email: &str) -> Result<Option<User>, StoreError>;
    /// One person in one tenant.
    async fn member(&self, organization: OrganizationId, user: UserId) -> Result<Option<Member>, StoreError>;
    /// All people of a tenant, oldest first.
    async fn members(&self, organization: OrganizationId) -> Result<Vec<Member>, StoreError>;
    /// All places of a person, with the tenants' names, by name.
    async fn places(&self, user: UserId) -> Result<Vec<(OrganizationId, String, Role)>, StoreError>;
    /// Gives a person another role in a tenant.
    async fn change_role(
        &self,
        organization: OrganizationId,
        user: UserId,
        role: Role,
    ) -> Result<RoleChange, StoreError>;
    /// Takes a person's place in a tenant, and ends its sign-ins there.
    async fn remove_member(&self, organization: OrganizationId, user: UserId) -> Result<RoleChange, StoreError>;
    /// Stores a browser that somebody signed in with, and sweeps out those that ran off.
    async fn sign_in(&self, sign_in: &SignIn) -> Result<(), StoreError>;
    /// By its cookie's SHA-256, with the person in the tenant that is looked at; `None` when it ran off or the person has
    /// no place there.
    async fn signed_in(&self, token_sha256: [u8; 32], now: Timestamp) -> Result<Option<(SignIn, Member)>, StoreError>;
    /// Moves a sign-in on: its end, or the tenant that is looked at.
    async fn update_sign_in(&self, sign_in: &SignIn) -> Result<(), StoreError>;
    /// Ends one sign-in.
    async fn sign_out(&self, token_sha256: [u8; 32]) -> Result<(), StoreError>;
}

//! The people of a tenant: invited, given roles, taken out.
//!
//! Law: nobody gives or takes away a role beyond their own; a tenant keeps one owner; a code that sets a password opens no
//! tenant but the one whose people handed it out.

use std::time::Duration;

use domain::UserId;
use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::member::{Invitation, Member, Role, User};
use domain::refusal::{Refusal, RefusalCode};
use domain::time::Timestamp;

use crate::manage_keys::random_word;
use crate::ports::store::RoleChange;
use crate::principal::secret_hash;
use crate::refusals::{conflict, label, not_found};
use crate::sign_in::address;
use crate::{Platform, Principal};

/// How long an invitation may be used.
const INVITED_FOR: Duration = Duration::from_hours(7 * 24);

/// A person to invite.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// Address by which they sign in.
    pub email: String,
    /// What people call them.
    pub name: String,
    /// As what they come.
    pub role: Role,
}

/// A code to hand to somebody, told once.
#[derive(Clone)]
pub struct Invited {
    /// Who.
    pub member: Member,
    /// The code.
    pub code: String,
    /// Not to be used from then on.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Invited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invited").field("member", &self.member.user.id).finish_non_exhaustive()
    }
}

impl Platform {
    /// Everybody in the tenant.
    pub async fn list_members(&self, principal: &Principal) -> Result<Vec<Member>, Refusal> {
        principal.require(Permission::MembersRead)?;
        Ok(self.store.members(principal.organization).await?)
    }

    /// Invites a person. Who has no account gets one, with a place at once and a code that sets its password; who has one
    /// elsewhere gets a code to join by, and a place when they use it.
    pub async fn invite_member(&self, principal: &Principal, new: NewMember) -> Result<Invited, Refusal> {
        principal.require(Permission::MembersWrite)?;
        covers(principal, new.role)?;
        let email = address(&new.email)?;
        label("/name", &new.name)?;
        let now = self.clock.now();
        let known = self.store.user_by_email(&email).await?;
        let joins = known.is_some();
        let user = known.unwrap_or_else(|| User {
            id: UserId(self.clock.uuid()),
            email,
            name: new.name,
            password: None,
            created_at: now,
        });
        if self.store.member(principal.organization, user.id).await?.is_some() {
            return Err(conflict("this person is a member already"));
        }
        let member = Member { user, organization: principal.organization, role: new.role, since: now };
        let (code, invitation) = self.drawn(&member, joins.then_some(new.role))?;
        let changes = Changes::none().with("role", new.role.as_str());
        if joins {
            self.audited(principal, AuditAction::MemberInvited, member.user.id, changes)
                .invite(&invitation, now)
                .await?;
        } else {
            let store = self.audited(principal, AuditAction::MemberAdded, member.user.id, changes);
            store.insert_member(&member, Some(&invitation)).await?;
        }
        Ok(Invited { member, code, expires_at: invitation.expires_at })
    }

    /// Draws a new code by which a member sets its password, such as one who forgot it. Older codes are void.
    pub async fn invite_again(&self, principal: &Principal, user: UserId) -> Result<Invited, Refusal> {
        principal.require(Permission::MembersWrite)?;
        let member = self.find_member(principal, user).await?;
        covers(principal, member.role)?;
        if self.store.places(user).await?.len() > 1 {
            return Err(conflict("this person belongs to other organizations too; none of them may set its password"));
        }
        let (code, invitation) = self.drawn(&member, None)?;
        let store = self.audited(principal, AuditAction::MemberInvited, user, Changes::none());
        store.invite(&invitation, self.clock.now()).await?;
        Ok(Invited { member, code, expires_at: invitation.expires_at })
    }

    /// Gives a member another role. Idempotent.
    pub async fn change_role(&self, principal: &Principal, user: UserId, role: Role) -> Result<Member, Refusal> {
        principal.require(Permission::MembersWrite)?;
        let before = self.find_member(principal, user).await?;
        covers(principal, before.role)?;
        covers(principal, role)?;
        if before.role != role {
            let changes = Changes::none().of("role", before.role.as_str(), role.as_str());
            let store = self.audited(principal, AuditAction::MemberUpdated, user, changes);
            settled(store.change_role(principal.organization, user, role).await?)?;
        }
        Ok(Member { role, ..before })
    }

    /// Takes a member out of the tenant; its browsers are signed out of it.
    pub async fn remove_member(&self, principal: &Principal, user: UserId) -> Result<(), Refusal> {
        principal.require(Permission::MembersWrite)?;
        let before = self.find_member(principal, user).await?;
        covers(principal, before.role)?;
        let changes = Changes::none().of("role", before.role.as_str(), None::<&str>);
        let store = self.audited(principal, AuditAction::MemberRemoved, user, changes);
        settled(store.remove_member(principal.organization, user).await?)
    }

    async fn find_member(&self, principal: &Principal, user: UserId) -> Result<Member, Refusal> {
        self.store.member(principal.organization, user).await?.ok_or_else(|| not_found("member"))
    }

    fn drawn(&self, member: &Member, role: Option<Role>) -> Result<(String, Invitation), Refusal> {
        let code = random_word("inv_")?;
        let invitation = Invitation {
            code_sha256: secret_hash(&code),
            organization: member.organization,
            user: Some(member.user.id),
            role,
            expires_at: self.clock.now() + INVITED_FOR,
        };
        Ok((code, invitation))
    }
}

fn covers(principal: &Principal, role: Role) -> Result<(), Refusal> {
    if role.permissions().iter().all(|wanted| principal.allows(*wanted)) {
        return Ok(());
    }
    let detail = format!("the role {} goes beyond your own", role.as_str());
    Err(Refusal::field(RefusalCode::PermissionDenied, "/role", detail))
}

fn settled(change: RoleChange) -> Result<(), Refusal> {
    match change {
        RoleChange::Done => Ok(()),
        RoleChange::NoMember => Err(not_found("member")),
        RoleChange::LastOwner => Err(conflict("an organization keeps one owner; make somebody else an owner first")),
    }
}

//! People sign in: with a password into a browser, with a code for the first time.
//!
//! Law: a cookie is 256 random bits of which the SHA-256 is kept; who may do what is read anew with every request, so that
//! a role that was taken away is gone at once. Doors come in by [`crate::gate::Gate`], which counts failures.

use std::sync::Arc;
use std::time::Duration;

use domain::audit::{Actor, AuditAction, Changes, Origin};
use domain::dialect::Dialect;
use domain::member::{Invitation, Member, Role, SignIn, User};
use domain::refusal::{Refusal, RefusalCode};
use domain::time::Timestamp;
use domain::{OrganizationId, UserId};

use crate::manage_keys::random_word;
use crate::passwords;
use crate::ports::store::Store;
use crate::principal::secret_hash;
use crate::refusals::{conflict, invalid, label, not_found};
use crate::{Platform, Principal};

/// A browser that is not used for so long is signed out.
const IDLE: Duration = Duration::from_hours(7 * 24);
/// A use moves the end on when less than this is left, so that few requests write.
const MOVED_ON: Duration = Duration::from_hours(6 * 24);
/// After so long everybody signs in again.
const LONGEST: Duration = Duration::from_hours(30 * 24);
/// The code of a first start.
const SET_UP_WITHIN: Duration = Duration::from_hours(24);

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who, as what, in which tenant.
    pub member: Member,
    /// Every tenant of theirs: id, name, role.
    pub places: Vec<(OrganizationId, String, Role)>,
    sign_in: SignIn,
}

/// A session together with its cookie, which is not to be had again.
#[derive(Clone)]
pub struct SignedIn {
    /// Value of the cookie.
    pub token: String,
    /// How long the browser may keep it.
    pub lasts: Duration,
    /// Whose it is.
    pub session: Session,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn").field("user", &self.session.member.user.id).finish_non_exhaustive()
    }
}

/// Somebody who comes in for the first time.
#[derive(Clone)]
pub struct NewUser {
    /// Address by which it will sign in.
    pub email: String,
    /// What people call it.
    pub name: String,
    /// Its password.
    pub password: String,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewUser(hidden)")
    }
}

/// What a person does to their own account.
struct Act {
    organization: OrganizationId,
    user: UserId,
    action: AuditAction,
    origin: Origin,
}

impl Platform {
    /// Whether nobody has an account yet.
    pub async fn needs_set_up(&self) -> Result<bool, Refusal> {
        Ok(!self.store.has_users().await?)
    }

    /// Draws the code by which the first owner of a tenant comes in; the operator shows it to whoever may be that.
    pub async fn draw_set_up_code(&self, organization: OrganizationId) -> Result<String, Refusal> {
        let code = random_word("setup_")?;
        let expires_at = self.clock.now() + SET_UP_WITHIN;
        let invitation = Invitation {
            code_sha256: secret_hash(&code),
            organization,
            user: None,
            role: Some(Role::Owner),
            expires_at,
        };
        self.store.invite(&invitation, self.clock.now()).await?;
        Ok(code)
    }

    /// Makes the first owner by the code of a first start, and signs it in.
    pub async fn set_up(&self, code: &str, new: NewUser, origin: Origin) -> Result<SignedIn, Refusal> {
        let email = address(&new.email)?;
        label("/name", &new.name)?;
        if !self.needs_set_up().await? {
            return Err(conflict("this installation has its first owner; sign in, or ask an owner for an invitation"));
        }
        let password = passwords::hashed(new.password).await?;
        let now = self.clock.now();
        let user =
            User { id: UserId(self.clock.uuid()), email, name: new.name, password: Some(password), created_at: now };
        let hash = secret_hash(code);
        let organization = self.invited_to(hash).await?;
        let entry = Act { organization, user: user.id, action: AuditAction::MemberAdded, origin };
        let owner = self.acting(entry).insert_first_owner(hash, &user, now).await?;
        self.opened(user.id, owner.ok_or_else(not_invited)?.organization).await
    }

    /// Signs somebody in. Who is unknown, has no password yet or another one is told apart to nobody.
    pub async fn sign_in(&self, email: &str, password: String) -> Result<SignedIn, Refusal> {
        let user = self.store.user_by_email(&email.trim().to_lowercase()).await?;
        let hash = user.as_ref().and_then(|user| user.password.clone());
        let right = passwords::matches(password, hash).await?;
        let user = user.filter(|_| right).ok_or_else(|| wrong("e-mail and password do not belong together"))?;
        let places = self.store.places(user.id).await?;
        let first = places.first().ok_or_else(|| wrong("this account belongs to no organization"))?;
        self.opened(user.id, first.0).await
    }

    /// Sets name and password by an invitation's code, and signs its person in. Other browsers are signed out.
    pub async fn accept_invitation(
        &self,
        code: &str,
        name: Option<String>,
        password: String,
        origin: Origin,
    ) -> Result<SignedIn, Refusal> {
        if let Some(name) = &name {
            label("/name", name)?;
        }
        let password = passwords::hashed(password).await?;
        let hash = secret_hash(code);
        let known = self.store.invitation(hash).await?;
        let place = known.and_then(|code| Some((code.user?, code.organization)));
        let (user, organization) = place.ok_or_else(not_invited)?;
        let entry = Act { organization, user, action: AuditAction::MemberAccepted, origin };
        let taken = self.acting(entry).accept(hash, name, password, self.clock.now()).await?;
        taken.ok_or_else(not_invited)?;
        self.opened(user, organization).await
    }

    /// Lets somebody who is signed in join another tenant by a code that is theirs, and shows it.
    pub async fn join(&self, session: Session, code: &str, origin: Origin) -> Result<Session, Refusal> {
        let user = session.member.user.id;
        let hash = secret_hash(code);
        let organization = self.invited_to(hash).await?;
        let entry = Act { organization, user, action: AuditAction::MemberAdded, origin };
        self.acting(entry).join(hash, user, self.clock.now()).await?.ok_or_else(not_invited)?;
        self.look_at(session, organization).await
    }

    /// Who holds this cookie: what they may do, and the session. `Unauthenticated` where nobody does.
    pub async fn signed_in(&self, token: &str, origin: Origin) -> Result<(Principal, Session), Refusal> {
        let session = self.session(secret_hash(token)).await?;
        let member = &session.member;
        let principal = Principal {
            organization: member.organization,
            key: None,
            permissions: member.role.permissions(),
            dialect: Dialect::Native,
            scopes: Vec::new(),
            category: None,
            agent: None,
            actor: Actor::User(member.user.id),
            origin,
        };
        Ok((principal, session))
    }

    /// Shows another tenant of theirs from now on.
    pub async fn look_at(&self, session: Session, organization: OrganizationId) -> Result<Session, Refusal> {
        let user = session.member.user.id;
        let member = self.store.member(organization, user).await?.ok_or_else(|| not_found("place of yours"))?;
        let sign_in = SignIn { organization, ..session.sign_in };
        self.store.update_sign_in(&sign_in).await?;
        Ok(Session { member, places: self.store.places(user).await?, sign_in })
    }

    /// Signs a browser out. Idempotent.
    pub async fn sign_out(&self, token: &str) -> Result<(), Refusal> {
        Ok(self.store.sign_out(secret_hash(token)).await?)
    }

    /// The tenants of whoever is signed in, for those who ask about themselves.
    pub async fn with_places(&self, session: Session) -> Result<Session, Refusal> {
        Ok(Session { places: self.store.places(session.member.user.id).await?, ..session })
    }

    async fn invited_to(&self, code_sha256: [u8; 32]) -> Result<OrganizationId, Refusal> {
        Ok(self.store.invitation(code_sha256).await?.ok_or_else(not_invited)?.organization)
    }

    /// The store for what a person does to their own account.
    fn acting(&self, act: Act) -> Arc<dyn Store> {
        let Act { organization, user, action, origin } = act;
        let principal = Principal { actor: Actor::User(user), origin, ..Principal::operator(organization) };
        self.audited(&principal, action, user, Changes::none())
    }

    async fn opened(&self, user: UserId, organization: OrganizationId) -> Result<SignedIn, Refusal> {
        let token = random_word("ods_")?;
        let now = self.clock.now();
        let sign_in =
            SignIn { token_sha256: secret_hash(&token), user, organization, created_at: now, expires_at: now + IDLE };
        self.store.sign_in(&sign_in).await?;
        let session = self.session(sign_in.token_sha256).await?;
        Ok(SignedIn { token, lasts: LONGEST, session: self.with_places(session).await? })
    }

    async fn session(&self, token_sha256: [u8; 32]) -> Result<Session, Refusal> {
        let now = self.clock.now();
        let found = self.store.signed_in(token_sha256, now).await?;
        let (mut sign_in, member) = found.ok_or_else(|| wrong("you are signed out; sign in again"))?;
        if let Some(later) = moved_on(&sign_in, now) {
            sign_in.expires_at = later;
            self.store.update_sign_in(&sign_in).await?;
        }
        Ok(Session { member, places: Vec::new(), sign_in })
    }
}

/// The new end of a sign-in, where it is worth writing.
fn moved_on(sign_in: &SignIn, now: Timestamp) -> Option<Timestamp> {
    let later = (now + IDLE).min(sign_in.created_at + LONGEST);
    (sign_in.expires_at < now + MOVED_ON && sign_in.expires_at < later).then_some(later)
}

/// An address in lower case.
pub(crate) fn address(text: &str) -> Result<String, Refusal> {
    let email = text.trim().to_lowercase();
    let parts =
        email.split_once('@').filter(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'));
    // Longest path of RFC 5321, 4.5.3.1.3.
    if parts.is_none() || email.len() > 254 || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(invalid("/email", "must be an e-mail address, such as ada@example.com"));
    }
    Ok(email)
}

fn wrong(detail: &str) -> Refusal {
    Refusal::new(RefusalCode::Unauthenticated, detail)
}

fn not_invited() -> Refusal {
    wrong("the invitation is not known here, was used, or has run off; ask for another")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_moves_on_with_use_and_ends_after_a_month_all_the_same() {
        let begun = Timestamp::from_second(1_800_000_000).unwrap();
        let fresh = SignIn {
            token_sha256: [0; 32],
            user: UserId(uuid::Uuid::nil()),
            organization: OrganizationId(uuid::Uuid::nil()),
            created_at: begun,
            expires_at: begun + IDLE,
        };
        let days = |n: u64| Duration::from_hours(24 * n);
        assert_eq!(moved_on(&fresh, begun + Duration::from_hours(1)), None, "a day at most writes once");
        assert_eq!(moved_on(&fresh, begun + days(2)), Some(begun + days(9)));
        let late = SignIn { expires_at: begun + days(28), ..fresh };
        assert_eq!(moved_on(&late, begun + days(27)), Some(begun + LONGEST));
        let last = SignIn { expires_at: begun + LONGEST, ..late };
        assert_eq!(moved_on(&last, begun + days(29)), None);
    }

    #[test]
    fn addresses_are_read_in_lower_case() {
        assert_eq!(address(" Ada@Example.COM ").unwrap(), "ada@example.com");
        for text in ["", "ada", "@example.com", "ada@host", "a da@example.com", "a@b@c.d"] {
            assert!(address(text).is_err(), "{text:?}");
        }
    }
}

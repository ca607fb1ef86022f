//! People on the wire: who is signed in, and who belongs to the organization.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{Permission, Role};

/// Somebody who wants to sign in.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EmailAndPassword)]
pub struct Credentials {
    /// Address of the account.
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// Its password.
    pub password: String,
}

/// The first owner of an installation.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstOwner {
    /// The code that `outdial serve` shows at a first start.
    #[schema(example = "setup_…")]
    pub code: String,
    /// Address by which they will sign in.
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// What people call them.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// 12 to 256 characters.
    pub password: String,
}

/// Whether an installation waits for its first owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SetUp {
    /// True while nobody has an account.
    pub needed: bool,
}

/// Somebody who was invited and has no password yet.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The invitation.
    #[schema(example = "inv_…")]
    pub code: String,
    /// What people call them, where it differs from what the invitation says.
    pub name: Option<String>,
    /// 12 to 256 characters.
    pub password: String,
}

/// An invitation to one more organization.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The invitation.
    #[schema(example = "inv_…")]
    pub code: String,
}

/// Which organization to show.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookAt {
    /// Its id.
    #[schema(example = "org_019…")]
    pub organization: String,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// Its id.
    #[schema(example = "user_019…")]
    pub id: String,
    /// Address by which it signs in.
    pub email: String,
    /// What people call it.
    pub name: String,
}

impl From<domain::member::User> for Person {
    fn from(user: domain::member::User) -> Self {
        Self { id: user.id.to_string(), email: user.email, name: user.name }
    }
}

/// A person's place in an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// The organization.
    #[schema(example = "org_019…")]
    pub id: String,
    /// Its name.
    pub name: String,
    /// As what.
    pub role: Role,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Who.
    pub user: Person,
    /// The organization that is shown.
    pub organization: NamedOrganization,
    /// As what.
    pub role: Role,
    /// What they may do in it.
    pub permissions: Vec<Permission>,
    /// Every organization of theirs, by name.
    pub organizations: Vec<Place>,
}

/// An organization by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NamedOrganization {
    /// Its id.
    #[schema(example = "org_019…")]
    pub id: String,
    /// Its name.
    pub name: String,
}

impl From<app::sign_in::Session> for Session {
    fn from(session: app::sign_in::Session) -> Self {
        let member = session.member;
        let places: Vec<Place> = session
            .places
            .into_iter()
            .map(|(id, name, role)| Place { id: id.to_string(), name, role: Role(role) })
            .collect();
        let id = member.organization.to_string();
        let name = places.iter().find(|place| place.id == id).map(|place| place.name.clone()).unwrap_or_default();
        Self {
            user: member.user.into(),
            organization: NamedOrganization { id, name },
            role: Role(member.role),
            permissions: member.role.permissions().into_iter().map(Permission).collect(),
            organizations: places,
        }
    }
}

/// A person in the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// The person's id.
    #[schema(example = "user_019…")]
    pub id: String,
    /// Address by which they sign in.
    pub email: String,
    /// What people call them.
    pub name: String,
    /// As what.
    pub role: Role,
    /// Whether they have not accepted their invitation yet.
    pub invited: bool,
    /// Since when.
    pub since: Timestamp,
}

impl From<domain::member::Member> for Member {
    fn from(member: domain::member::Member) -> Self {
        Self {
            id: member.user.id.to_string(),
            invited: member.user.password.is_none(),
            email: member.user.email,
            name: member.user.name,
            role: Role(member.role),
            since: member.since,
        }
    }
}

/// A person to invite.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteMember {
    /// Address by which they sign in.
    #[schema(example = "grace@example.com")]
    pub email: String,
    /// What people call them.
    #[schema(example = "Grace Hopper")]
    pub name: String,
    /// As what; not beyond your own role.
    pub role: Role,
}

/// An invitation, told once. Its person opens `/app/join#` and the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invited {
    /// Who.
    pub member: Member,
    /// The code, which is not to be had again.
    #[schema(example = "inv_…")]
    pub code: String,
    /// Not to be used from then on.
    pub expires_at: Timestamp,
}

impl From<app::manage_members::Invited> for Invited {
    fn from(invited: app::manage_members::Invited) -> Self {
        Self { member: invited.member.into(), code: invited.code, expires_at: invited.expires_at }
    }
}

/// Another role.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMember {
    /// As what; not beyond your own role.
    pub role: Role,
}

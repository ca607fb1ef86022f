//! Do-not-call entries. A number on the list is never dialed; an opt-out said in a call lands here at once.

use crate::callee::Callee;
use crate::ids::{CallId, OrganizationId, SuppressionId};
use crate::time::Timestamp;

/// One number that must not be called.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppression {
    /// Its id.
    pub id: SuppressionId,
    /// Tenant it holds for.
    pub organization: OrganizationId,
    /// The number or SIP address.
    pub number: Callee,
    /// Why, such as `opt_out`.
    pub reason: String,
    /// Who put it there.
    pub source: SuppressionSource,
    /// The call in which it was said, if it was.
    pub call: Option<CallId>,
    /// What a person wrote beside it.
    pub note: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when; `None` for good.
    pub expires_at: Option<Timestamp>,
}

/// Who put a number on the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SuppressionSource {
    /// Said in a call.
    Call,
    /// A person or a program, through the API.
    #[default]
    Api,
    /// One of many in a list that was read in.
    Import,
    /// The provisioning document.
    Provisioning,
    /// A contact who is not to be contacted; goes when the contact says otherwise.
    Contact,
}

impl SuppressionSource {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Call, Self::Api, Self::Import, Self::Provisioning, Self::Contact];

    /// Lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Api => "api",
            Self::Import => "import",
            Self::Provisioning => "provisioning",
            Self::Contact => "contact",
        }
    }

    /// Reads the lower-case name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|source| source.as_str() == text)
    }
}

impl Suppression {
    /// Whether it keeps the number from being called at `now`.
    pub fn in_force(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|until| now < until)
    }

    /// Whether `new` takes its place: an entry that is in force stays as it was said first, unless it only follows a
    /// contact or would lapse sooner than the new one.
    pub fn gives_way_to(&self, new: &Self) -> bool {
        let longer = match (self.expires_at, new.expires_at) {
            (Some(_), None) => true,
            (Some(old), Some(new)) => old < new,
            (None, _) => false,
        };
        let by_contact = |entry: &Self| entry.source == SuppressionSource::Contact;
        !self.in_force(new.created_at) || longer || (by_contact(self) && !by_contact(new))
    }
}

//! Ways out to the telephone network, and the numbers we call from.

use crate::ids::{NumberId, OrganizationId, TrunkId};
use crate::phone_number::PhoneNumber;
use crate::time::Timestamp;

/// A SIP trunk.
#[derive(Clone, PartialEq)]
pub struct Trunk {
    /// Its id.
    pub id: TrunkId,
    /// Tenant it belongs to.
    pub organization: OrganizationId,
    /// Unique name within the tenant.
    pub name: String,
    /// Host and optional port, such as `sip.example.net:5060`.
    pub address: String,
    /// Transport of the signalling.
    pub transport: SipTransport,
    /// Digest credentials, if the carrier asks for them.
    pub credentials: Option<SipCredentials>,
    /// Most INVITEs a second, `None` for no limit of ours.
    pub calls_per_second: Option<f64>,
    /// Most calls at once, `None` for no limit of ours.
    pub channels: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Transport of SIP signalling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SipTransport {
    /// RFC 3261 over UDP.
    Udp,
    /// RFC 3261 over TCP.
    Tcp,
}

impl SipTransport {
    /// Lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}

/// Digest user name and password (RFC 3261, 22).
#[derive(Clone, PartialEq, Eq)]
pub struct SipCredentials {
    /// User name.
    pub username: String,
    /// Password in the clear: it is needed to compute the digest.
    pub password: String,
}

impl std::fmt::Debug for SipCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SipCredentials(hidden)")
    }
}

impl std::fmt::Debug for Trunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trunk").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// A telephone number that agents call from.
#[derive(Clone, Debug, PartialEq)]
pub struct CallerNumber {
    /// Its id.
    pub id: NumberId,
    /// Tenant it belongs to.
    pub organization: OrganizationId,
    /// The number.
    pub number: PhoneNumber,
    /// Trunk that carries calls from it.
    pub trunk: TrunkId,
    /// Most calls started a second, `None` for no limit of its own.
    pub calls_per_second: Option<f64>,
    /// Most calls at once, `None` for no limit of its own.
    pub live_calls: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
}

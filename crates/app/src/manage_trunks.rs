//! Trunks: the ways out to the telephone network.

use domain::TrunkId;
use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::refusal::Refusal;
use domain::trunk::{SipCredentials, SipTransport, Trunk};

use crate::refusals::{conflict, invalid, label, not_found, positive};
use crate::{Platform, Principal};

/// A new trunk.
#[derive(Clone, Debug)]
pub struct NewTrunk {
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
}

/// What to change of a trunk; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct TrunkChange {
    /// New name.
    pub name: Option<String>,
    /// New address.
    pub address: Option<String>,
    /// New transport.
    pub transport: Option<SipTransport>,
    /// New credentials; `Some(None)` takes them away.
    pub credentials: Option<Option<SipCredentials>>,
    /// Most INVITEs a second; `Some(None)` lifts the limit.
    pub calls_per_second: Option<Option<f64>>,
    /// Most calls at once; `Some(None)` lifts the limit.
    pub channels: Option<Option<u32>>,
}

impl Platform {
    /// Stores a new trunk. `Conflict` when the name is taken.
    pub async fn create_trunk(&self, principal: &Principal, new: NewTrunk) -> Result<Trunk, Refusal> {
        principal.require(Permission::TelephonyWrite)?;
        let trunk = Trunk {
            id: TrunkId(self.clock.uuid()),
            organization: principal.organization,
            name: new.name,
            address: new.address,
            transport: new.transport,
            credentials: new.credentials,
            calls_per_second: new.calls_per_second,
            channels: new.channels,
            created_at: self.clock.now(),
        };
        check(&trunk)?;
        let changes = differences(None, &trunk);
        self.audited(principal, AuditAction::TrunkCreated, trunk.id, changes).insert_trunk(&trunk).await?;
        Ok(trunk)
    }

    /// Changes a trunk; calls that are up keep what they were dialed with.
    pub async fn update_trunk(&self, principal: &Principal, name: &str, change: TrunkChange) -> Result<Trunk, Refusal> {
        principal.require(Permission::TelephonyWrite)?;
        let mut trunk = self.find_trunk(principal, name).await?;
        let before = trunk.clone();
        trunk.name = change.name.unwrap_or(trunk.name);
        trunk.address = change.address.unwrap_or(trunk.address);
        trunk.transport = change.transport.unwrap_or(trunk.transport);
        trunk.credentials = change.credentials.unwrap_or(trunk.credentials);
        trunk.calls_per_second = change.calls_per_second.unwrap_or(trunk.calls_per_second);
        trunk.channels = change.channels.unwrap_or(trunk.channels);
        check(&trunk)?;
        let changes = differences(Some(&before), &trunk);
        self.audited(principal, AuditAction::TrunkUpdated, trunk.id, changes).update_trunk(&trunk).await?;
        Ok(trunk)
    }

    /// One trunk by name or id.
    pub async fn get_trunk(&self, principal: &Principal, name: &str) -> Result<Trunk, Refusal> {
        principal.require(Permission::TelephonyRead)?;
        self.find_trunk(principal, name).await
    }

    /// All trunks by name.
    pub async fn list_trunks(&self, principal: &Principal) -> Result<Vec<Trunk>, Refusal> {
        principal.require(Permission::TelephonyRead)?;
        Ok(self.store.trunks(principal.organization).await?)
    }

    /// Removes a trunk. `Conflict` while numbers hang on it.
    pub async fn delete_trunk(&self, principal: &Principal, name: &str) -> Result<(), Refusal> {
        principal.require(Permission::TelephonyWrite)?;
        let trunk = self.find_trunk(principal, name).await?;
        let store = self.audited(principal, AuditAction::TrunkDeleted, trunk.id, Changes::none());
        if store.delete_trunk(principal.organization, trunk.id).await? {
            return Ok(());
        }
        Err(conflict("the trunk still carries numbers; move or delete them first"))
    }

    pub(crate) async fn find_trunk(&self, principal: &Principal, name: &str) -> Result<Trunk, Refusal> {
        self.store.trunk(principal.organization, name).await?.ok_or_else(|| not_found("trunk"))
    }
}

fn differences(before: Option<&Trunk>, after: &Trunk) -> Changes {
    Changes::none()
        .of("name", before.map(|t| t.name.as_str()), after.name.as_str())
        .of("address", before.map(|t| t.address.as_str()), after.address.as_str())
        .of("transport", before.map(|t| t.transport.as_str()), after.transport.as_str())
        .hidden("credentials", before.and_then(|t| t.credentials.as_ref()), after.credentials.as_ref())
        .of("calls_per_second", before.and_then(|t| t.calls_per_second), after.calls_per_second)
        .of("channels", before.and_then(|t| t.channels), after.channels)
}

fn check(trunk: &Trunk) -> Result<(), Refusal> {
    label("/name", &trunk.name)?;
    if !is_address(&trunk.address) {
        return Err(invalid("/address", "must be a host with an optional port, such as sip.example.net:5060"));
    }
    positive("/calls_per_second", trunk.calls_per_second)?;
    if trunk.channels == Some(0) {
        return Err(invalid("/channels", "must be above zero, or absent for no limit"));
    }
    if trunk.credentials.as_ref().is_some_and(|c| c.username.is_empty()) {
        return Err(invalid("/username", "must not be empty when a password is given"));
    }
    Ok(())
}

/// `host`, `host:port`, `[v6]` or `[v6]:port` (RFC 3986, 3.2.2, without percent-encoding).
fn is_address(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, rest)) => {
            if v6.parse::<core::net::Ipv6Addr>().is_err() {
                return false;
            }
            match rest.strip_prefix(':') {
                Some(port) => ("v6", Some(port)),
                None if rest.is_empty() => return true,
                None => return false,
            }
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let host_ok = (1..=253).contains(&host.len())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-' || b == b'_');
    host_ok && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0))
}

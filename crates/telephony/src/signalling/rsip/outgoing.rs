//! From our [`Invite`] to the stack's INVITE. Law: nothing a caller gives may add or replace a line of the message.

use rsipstack::dialog::authenticate::Credential;
use rsipstack::dialog::invitation::InviteOption;
use rsipstack::sip::headers::make_header;
use rsipstack::sip::uri::Auth;
use rsipstack::sip::{Header, HostWithPort, Param, Scheme, Transport, Uri};
use rsipstack::transport::SipAddr;

use super::super::{Invite, InviteError, SipTransport};
use super::SipConfig;

/// Headers a message has once and the stack writes.
const RESERVED: [&str; 17] = [
    "via",
    "v",
    "from",
    "f",
    "to",
    "t",
    "call-id",
    "i",
    "cseq",
    "contact",
    "m",
    "max-forwards",
    "content-length",
    "l",
    "content-type",
    "authorization",
    "proxy-authorization",
];

pub(super) fn invite_option(invite: &Invite, port: u16, config: &SipConfig) -> Result<InviteOption, InviteError> {
    let transport = match invite.transport {
        SipTransport::Udp => Transport::Udp,
        SipTransport::Tcp => Transport::Tcp,
    };
    let domain = host(&invite.domain, "trunk address")?;
    let ours = HostWithPort { host: invite.local_ip.into(), port: Some(port.into()) };
    let from_domain = match &invite.from_domain {
        Some(domain) => host(domain, "From domain")?,
        None => HostWithPort { host: invite.local_ip.into(), port: None },
    };
    let params = match invite.transport {
        SipTransport::Udp => Vec::new(),
        // Without it a peer would send its BYE by UDP, and the stack would rewrite our Contact.
        SipTransport::Tcp => vec![Param::Transport(Transport::Tcp)],
    };
    Ok(InviteOption {
        caller_display_name: invite.display_name.as_deref().map(display_name).transpose()?,
        caller: uri(&invite.from_user, from_domain, Vec::new(), "caller")?,
        callee: uri(&invite.to_user, domain, params.clone(), "number")?,
        destination: invite.destination.map(|address| SipAddr::new(transport, address.into())),
        content_type: Some("application/sdp".to_owned()),
        offer: Some(invite.offer.clone().into_bytes()),
        contact: uri(&invite.from_user, ours, params, "caller")?,
        credential: invite.credentials.as_ref().map(|credentials| Credential {
            username: credentials.username.clone(),
            password: credentials.password.clone(),
            realm: None,
            auth_username: None,
        }),
        headers: Some(headers(&invite.headers, config.reliable_provisionals)?),
        call_id: invite.call_id.as_deref().map(|id| call_id(id, &config.call_id_suffix)).transpose()?,
        ..InviteOption::default()
    })
}

fn headers(extra: &[(String, String)], reliable: bool) -> Result<Vec<Header>, InviteError> {
    let supported = if reliable { "100rel, timer" } else { "timer" };
    let mut headers = vec![
        Header::Supported(supported.into()),
        Header::Allow(super::requests::allow_value().into()),
        Header::Accept("application/sdp".into()),
    ];
    for (name, value) in extra {
        let token =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte));
        if !token || RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(InviteError::Invalid("header name"));
        }
        headers.push(make_header(name, one_line(value, "header value")?.to_owned()));
    }
    Ok(headers)
}

fn call_id(local: &str, suffix: &str) -> Result<String, InviteError> {
    let word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if local.is_empty() || local.len() > 128 || !word(local) {
        return Err(InviteError::Invalid("Call-ID"));
    }
    Ok(format!("{local}@{suffix}"))
}

fn uri(user: &str, host_with_port: HostWithPort, params: Vec<Param>, what: &'static str) -> Result<Uri, InviteError> {
    let user = one_line(user, what)?;
    if user.is_empty() || user.contains(['@', '<', '>', '"', ' ']) {
        return Err(InviteError::Invalid(what));
    }
    let auth = Some(Auth { user: user.to_owned(), password: None });
    Ok(Uri { scheme: Some(Scheme::Sip), auth, host_with_port, params, headers: Vec::new() })
}

pub(super) fn host(text: &str, what: &'static str) -> Result<HostWithPort, InviteError> {
    let text = one_line(text, what)?;
    if text.is_empty() || text.contains(['@', '<', '>', '"', ' ', ';', '?', '/']) {
        return Err(InviteError::Invalid(what));
    }
    HostWithPort::try_from(text).map_err(|_| InviteError::Invalid(what))
}

fn display_name(name: &str) -> Result<String, InviteError> {
    let name = one_line(name, "display name")?;
    Ok(name.replace(['"', '\\', '<', '>'], ""))
}

fn one_line<'a>(text: &'a str, what: &'static str) -> Result<&'a str, InviteError> {
    if text.len() > 512 || text.chars().any(char::is_control) { Err(InviteError::Invalid(what)) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite() -> Invite {
        Invite {
            to_user: "+15550002222".into(),
            domain: "127.0.0.1:5080".into(),
            destination: None,
            transport: SipTransport::Udp,
            from_user: "+15550001000".into(),
            from_domain: None,
            display_name: None,
            call_id: None,
            credentials: None,
            headers: Vec::new(),
            offer: String::new(),
            local_ip: [127, 0, 0, 1].into(),
        }
    }

    #[test]
    fn writes_numbers_and_transport() {
        let option =
            invite_option(&Invite { transport: SipTransport::Tcp, ..invite() }, 5060, &SipConfig::default()).unwrap();
        assert_eq!(option.callee.to_string(), "sip:+15550002222@127.0.0.1:5080;transport=TCP");
        assert_eq!(option.contact.to_string(), "sip:+15550001000@127.0.0.1:5060;transport=TCP");
        assert_eq!(option.caller.to_string(), "sip:+15550001000@127.0.0.1");
    }

    #[test]
    fn refuses_what_could_forge_a_line() {
        let forged = |change: fn(&mut Invite)| {
            let mut broken = invite();
            change(&mut broken);
            invite_option(&broken, 5060, &SipConfig::default()).err().map(|error| error.to_string())
        };
        assert!(forged(|invite| invite.to_user = "1\r\nX: y".into()).is_some());
        assert!(forged(|invite| invite.to_user = "1@elsewhere".into()).is_some());
        assert!(forged(|invite| invite.domain = "a;b".into()).is_some());
        assert!(forged(|invite| invite.from_domain = Some("a\nb".into())).is_some());
        assert!(forged(|invite| invite.display_name = Some("a\nb".into())).is_some());
        assert!(forged(|invite| invite.headers = vec![("Via".into(), "x".into())]).is_some());
        assert!(forged(|invite| invite.headers = vec![("X-A".into(), "x\r\nVia: y".into())]).is_some());
        assert!(forged(|invite| invite.headers = vec![("X A".into(), "x".into())]).is_some());
        assert!(forged(|invite| invite.call_id = Some("a b".into())).is_some());
        assert!(forged(|invite| invite.headers = vec![("X-Good".into(), "fine".into())]).is_none());
    }
}

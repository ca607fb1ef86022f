//! Who is called: a telephone number, or a SIP address.
//!
//! Law: parsed once at the edge. A SIP address that is not named by policy is never dialed; see `machines::policy`.

use std::fmt;

use crate::phone_number::{InvalidNumber, PhoneNumber};

/// Who is called.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Callee {
    /// A telephone number, reached over the trunk of the number that calls.
    Number(PhoneNumber),
    /// A SIP address, reached at its own host.
    Sip(SipAddress),
}

/// `sip:user@host` or `sip:user@host:port` (RFC 3261, 19.1): without password, parameters and headers, which would be
/// said to the far end in our name. Scheme and host are lower-case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SipAddress {
    text: String,
    /// Where the host begins in `text`.
    host: usize,
}

/// Why a text is nobody who could be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCallee {
    /// No number that could be dialed.
    #[error(transparent)]
    Number(#[from] InvalidNumber),
    /// Begins like a SIP address and is none that can be called.
    #[error("not a SIP address that can be called; write it as sip:user@host or sip:user@host:port")]
    SipAddress,
}

/// Longest SIP address in bytes.
const MAX_BYTES: usize = 255;
const SCHEME: &str = "sip:";
/// User of an address that is masked.
const MASKED: &str = "****";

impl Callee {
    /// Reads a SIP address, an international number, or a national one in `region` (ISO 3166 alpha-2).
    pub fn parse(text: &str, region: Option<&str>) -> Result<Self, InvalidCallee> {
        let text = text.trim();
        let scheme = text.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("sip" | "sips") => SipAddress::parse(text).map(Self::Sip),
            _ => Ok(Self::Number(PhoneNumber::parse(text, region)?)),
        }
    }

    /// Reads back what [`Self::masked`] made; `None` for everything else. A masked SIP address is one like any other.
    pub fn parse_masked(text: &str) -> Option<Self> {
        PhoneNumber::parse_masked(text).map(Self::Number)
    }

    /// It can be shown, and neither dialed nor traced to a person: the last two digits of a number, the host of an address.
    #[must_use]
    pub fn masked(&self) -> Self {
        match self {
            Self::Number(number) => Self::Number(number.masked()),
            Self::Sip(address) => Self::Sip(address.masked()),
        }
    }

    /// E.164 with leading `+`, or the address.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Number(number) => number.as_str(),
            Self::Sip(address) => address.as_str(),
        }
    }

    /// The digits of a number without `+`, or the address: how Vonage writes it.
    pub fn digits(&self) -> &str {
        match self {
            Self::Number(number) => number.digits(),
            Self::Sip(address) => address.as_str(),
        }
    }

    /// The number, where it is one.
    pub fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Number(number) => Some(number),
            Self::Sip(_) => None,
        }
    }
}

impl SipAddress {
    /// Reads `sip:user@host[:port]`.
    pub fn parse(text: &str) -> Result<Self, InvalidCallee> {
        let wrong = InvalidCallee::SipAddress;
        let text = text.trim();
        let (scheme, rest) = text.split_once(':').ok_or(wrong)?;
        if text.len() > MAX_BYTES || !scheme.eq_ignore_ascii_case("sip") {
            return Err(wrong);
        }
        let (user, place) = rest.split_once('@').ok_or(wrong)?;
        if user.is_empty() || !is_user(user) || !is_place(place) {
            return Err(wrong);
        }
        let host = SCHEME.len() + user.len() + 1;
        Ok(Self { text: format!("{SCHEME}{user}@{}", place.to_ascii_lowercase()), host })
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the `@`.
    pub fn user(&self) -> &str {
        &self.text[SCHEME.len()..self.host - 1]
    }

    /// Host with the port, if it has one.
    pub fn host_and_port(&self) -> &str {
        &self.text[self.host..]
    }

    /// Host without the port; an IPv6 address in its brackets.
    pub fn host(&self) -> &str {
        let place = self.host_and_port();
        match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => place,
        }
    }

    /// Whether `text` can stand as the host of an address: a domain name, an IPv4 address, an IPv6 one in brackets.
    pub fn is_host(text: &str) -> bool {
        is_host(text)
    }

    fn masked(&self) -> Self {
        let host = SCHEME.len() + MASKED.len() + 1;
        Self { text: format!("{SCHEME}{MASKED}@{}", self.host_and_port()), host }
    }
}

/// `user` of RFC 3261, 25.1, without `;`, `?` and `/`, which begin other things in many a parser.
fn is_user(user: &str) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,".contains(byte);
    let mut rest = user.as_bytes();
    loop {
        rest = match rest {
            [] => return true,
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => rest,
            [byte, rest @ ..] if plain(byte) => rest,
            _ => return false,
        };
    }
}

/// A domain name, an IPv4 address or an IPv6 address in brackets, and perhaps a port.
fn is_place(place: &str) -> bool {
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (place, None),
    };
    let port_fits = |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|p| p > 0);
    port.is_none_or(port_fits) && is_host(host)
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[') {
        return inner.strip_suffix(']').is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    }
    let fits = |label: &str| {
        let edges = !label.starts_with('-') && !label.ends_with('-');
        !label.is_empty() && label.len() <= 63 && edges && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    host.len() <= 253 && host.split('.').all(fits)
}

impl From<PhoneNumber> for Callee {
    fn from(number: PhoneNumber) -> Self {
        Self::Number(number)
    }
}

impl fmt::Display for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Personal data, as numbers are.
impl fmt::Debug for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Sip(address) => address.fmt(f),
        }
    }
}

impl fmt::Debug for SipAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}…@{}", self.host_and_port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_numbers_and_from_what_is_neither() {
        let table = [
            ("+15551234567", Ok("+15551234567")),
            ("sip:bob@example.org", Ok("sip:bob@example.org")),
            (" SIP:Bob@Example.ORG:5080 ", Ok("sip:Bob@example.org:5080")),
            ("sip:+1555@127.0.0.1:5060", Ok("sip:+1555@127.0.0.1:5060")),
            ("sip:a%20b@[::1]:5060", Ok("sip:a%20b@[::1]:5060")),
            ("sip:1000@pbx", Ok("sip:1000@pbx")),
            ("sips:bob@example.org", Err(InvalidCallee::SipAddress)),
            ("sip:bob", Err(InvalidCallee::SipAddress)),
            ("sip:@host", Err(InvalidCallee::SipAddress)),
            ("sip:bob@", Err(InvalidCallee::SipAddress)),
            ("sip:bob:secret@host", Err(InvalidCallee::SipAddress)),
            ("sip:bob@host;transport=tcp", Err(InvalidCallee::SipAddress)),
            ("sip:bob@host?Subject=x", Err(InvalidCallee::SipAddress)),
            ("sip:bob@host:0", Err(InvalidCallee::SipAddress)),
            ("sip:bob@host:99999", Err(InvalidCallee::SipAddress)),
            ("sip:bob@-host", Err(InvalidCallee::SipAddress)),
            ("sip:bob@a..b", Err(InvalidCallee::SipAddress)),
            ("sip:bob@[::1", Err(InvalidCallee::SipAddress)),
            ("sip:a%2@host", Err(InvalidCallee::SipAddress)),
            ("sip:a%@host", Err(InvalidCallee::SipAddress)),
            ("sip:a%zz@host", Err(InvalidCallee::SipAddress)),
            ("sip:a b@host", Err(InvalidCallee::SipAddress)),
            ("sip:a\r\nVia: x@host", Err(InvalidCallee::SipAddress)),
            ("sip:a@b@host", Err(InvalidCallee::SipAddress)),
            ("sip:\u{e9}@host", Err(InvalidCallee::SipAddress)),
            ("tel:+15551234567", Err(InvalidCallee::Number(InvalidNumber::NotANumber))),
        ];
        for (text, want) in table {
            let got = Callee::parse(text, None);
            assert_eq!(got.as_ref().map(Callee::as_str).map_err(|e| *e), want, "{text:?}");
        }
    }

    #[test]
    fn an_address_has_parts_and_shows_little() {
        let address = SipAddress::parse("sip:bob@Example.org:5080").unwrap();
        assert_eq!(
            (address.user(), address.host(), address.host_and_port()),
            ("bob", "example.org", "example.org:5080")
        );
        let six = SipAddress::parse("sip:bob@[::1]").unwrap();
        assert_eq!((six.host(), six.host_and_port()), ("[::1]", "[::1]"));
        assert_eq!(format!("{address:?}"), "sip:…@example.org:5080");
        let masked = Callee::Sip(address).masked();
        assert_eq!(masked.as_str(), "sip:****@example.org:5080");
        assert_eq!(Callee::parse(masked.as_str(), None).unwrap(), masked, "it reads back");
    }
}

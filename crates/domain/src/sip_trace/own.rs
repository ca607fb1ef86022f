//! A message that names nobody but the call's own two parties.
//!
//! Law: a field is kept because it is known to name nobody else; what is not known is removed.

use super::REMOVED;

/// Fields that are about the message, not about people. Short forms are those of RFC 3261, 7.3.3.
const KEPT: [&str; 39] = [
    "accept",
    "allow",
    "allow-events",
    "authorization",
    "c",
    "call-id",
    "content-length",
    "content-type",
    "cseq",
    "date",
    "event",
    "expires",
    "i",
    "k",
    "l",
    "max-forwards",
    "min-expires",
    "min-se",
    "o",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-require",
    "rack",
    "reason",
    "record-route",
    "require",
    "retry-after",
    "route",
    "rseq",
    "server",
    "session-expires",
    "subscription-state",
    "supported",
    "u",
    "unsupported",
    "user-agent",
    "v",
    "via",
    "x",
];
/// Fields of the two parties: the address stays, the name shown with it does not.
const PARTIES: [&str; 6] = ["contact", "f", "from", "m", "t", "to"];
/// Lines of a session description in which people may stand (RFC 8866, 5.3 to 5.6).
const ABOUT_PEOPLE: [&str; 5] = ["s=", "i=", "u=", "e=", "p="];
/// Shortest number of which the other may be the end: with and without the prefix of a country.
const NATIONAL: usize = 7;

pub(super) fn only(text: &str, own: &[&str]) -> String {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let mut kept = users(lines.next().unwrap_or_default(), own);
    kept.push_str("\r\n");
    for line in lines {
        if let Some((name, value)) = line.split_once(':') {
            kept.extend([name, ": ", &field(name.trim(), value.trim(), own), "\r\n"]);
        }
    }
    kept.push_str("\r\n");
    let about = |line: &&str| ABOUT_PEOPLE.iter().any(|kind| line.starts_with(kind));
    kept.extend(body.split_inclusive('\n').filter(|line| !about(line)));
    kept
}

fn field(name: &str, value: &str, own: &[&str]) -> String {
    let one_of = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    if one_of(&PARTIES) {
        users(value.find('<').map_or(value, |at| &value[at..]), own)
    } else if one_of(&KEPT) {
        users(value, own)
    } else {
        REMOVED.to_owned()
    }
}

/// A line with the users of its URIs removed, but for the call's own.
fn users(line: &str, own: &[&str]) -> String {
    let (mut kept, mut rest) = (String::with_capacity(line.len()), line);
    while let Some(colon) = rest.find(':') {
        let (before, after) = rest.split_at(colon + 1);
        kept.push_str(before);
        let scheme = |scheme: &str| before.len() >= scheme.len() && before.to_ascii_lowercase().ends_with(scheme);
        let (uri, after_it) = after.split_at(after.find(['>', '<', ' ', ',', '"']).unwrap_or(after.len()));
        rest = after;
        let user = match uri.find('@') {
            Some(at) if scheme("sip:") || scheme("sips:") => &uri[..at],
            _ if scheme("tel:") => &uri[..uri.find(';').unwrap_or(uri.len())],
            _ => continue,
        };
        kept.push_str(own_name(user, own).unwrap_or(REMOVED));
        kept.push_str(&uri[user.len()..]);
        rest = after_it;
    }
    kept.push_str(rest);
    kept
}

/// The user without its parameters and its password, where it is one of the call's own.
fn own_name<'a>(user: &'a str, own: &[&str]) -> Option<&'a str> {
    let name = user.split([';', ':']).next()?;
    own.iter().any(|party| same(name, address(party))).then_some(name)
}

fn address(party: &str) -> &str {
    let user = party.split_once(':').map_or(party, |(_, address)| address);
    user.split('@').next().unwrap_or(user)
}

fn same(one: &str, other: &str) -> bool {
    let number = |text: &str| {
        let digits = text.strip_prefix('+').unwrap_or(text).to_owned();
        (digits.len() >= NATIONAL && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
    };
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one.ends_with(&other) || other.ends_with(&one),
        _ => one == other,
    }
}

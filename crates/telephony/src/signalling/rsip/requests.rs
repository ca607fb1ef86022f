//! Reading the requests a peer sends within a call, and the headers of our answers to them.

use rsipstack::sip::headers::make_header;
use rsipstack::sip::{Header, Request, Response};

use super::super::Cause;
use super::super::session_timer::SessionTimer;

/// The Allow header's value. PRACK is for the peer's benefit only, so it is not named.
pub(super) fn allow_value() -> String {
    super::ALLOWED.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

pub(super) fn plain(name: &str, value: &str) -> Header {
    make_header(name, value.to_owned())
}

pub(super) fn sdp_headers() -> Vec<Header> {
    vec![Header::ContentType("application/sdp".into()), Header::Allow(allow_value().into())]
}

pub(super) fn value<'a>(headers: impl IntoIterator<Item = &'a Header>, name: &str) -> Option<&'a str> {
    headers.into_iter().find(|header| header.name().eq_ignore_ascii_case(name)).map(Header::value)
}

pub(super) fn causes(response: &Response) -> Vec<Cause> {
    let reasons = response.headers.iter().filter(|header| header.name().eq_ignore_ascii_case("Reason"));
    reasons.flat_map(|reason| Cause::parse_all(reason.value())).collect()
}

/// What a peer's refresh request asks of our session timer.
pub(super) fn requested_timer(request: &Request) -> Option<SessionTimer> {
    value(request.headers.iter(), "Session-Expires").and_then(SessionTimer::from_request)
}

/// Whether `Allow` names UPDATE, which then is the lighter refresh (RFC 4028 section 7.4).
pub(super) fn allows_update(response: &Response) -> bool {
    response
        .headers
        .iter()
        .filter(|header| header.name().eq_ignore_ascii_case("Allow"))
        .any(|allow| allow.value().split(',').any(|method| method.trim() == "UPDATE"))
}

/// The digit of an INFO: `application/dtmf-relay` ("Signal=5\r\nDuration=160") or `application/dtmf` ("5").
pub(super) fn info_digit(request: &Request) -> Option<char> {
    let kind = value(request.headers.iter(), "Content-Type")?.to_ascii_lowercase();
    let body = std::str::from_utf8(&request.body).ok()?;
    let text = if kind.starts_with("application/dtmf-relay") {
        body.lines().find_map(|line| {
            let (name, value) = line.split_once(['=', ':'])?;
            name.trim().eq_ignore_ascii_case("signal").then_some(value)
        })?
    } else if kind.starts_with("application/dtmf") {
        body
    } else {
        return None;
    };
    let text = text.trim();
    match text {
        "10" => Some('*'),
        "11" => Some('#'),
        _ => {
            let mut characters = text.chars();
            let digit = characters.next()?.to_ascii_uppercase();
            (characters.next().is_none() && matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D')).then_some(digit)
        }
    }
}

/// The code and end of a transfer, from a NOTIFY of its REFER. The stack's own reader looks for these headers
/// where its parser never puts them, so it finds nothing.
pub(super) fn transfer_progress(request: &Request) -> Option<(u16, bool)> {
    let event = value(request.headers.iter(), "Event")?;
    if !event.trim().to_ascii_lowercase().starts_with("refer") {
        return None;
    }
    let terminated = value(request.headers.iter(), "Subscription-State")
        .is_some_and(|state| state.trim().to_ascii_lowercase().starts_with("terminated"));
    let body = std::str::from_utf8(&request.body).ok()?;
    let code: u16 = body.lines().find_map(|line| line.strip_prefix("SIP/2.0 "))?.get(..3)?.parse().ok()?;
    Some((code, terminated || code >= 200))
}

#[cfg(test)]
mod tests {
    use rsipstack::sip::SipMessage;

    use super::*;

    fn request(headers: &str, body: &str) -> Request {
        let text = format!(
            "INFO sip:us@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1\r\n\
             From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 2 INFO\r\n{headers}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        match SipMessage::try_from(text.as_bytes()).unwrap() {
            SipMessage::Request(request) => request,
            SipMessage::Response(_) => unreachable!("the text is a request"),
        }
    }

    #[test]
    fn reads_digits_of_both_content_types() {
        let relay = "Content-Type: application/dtmf-relay\r\n";
        let short = "Content-Type: application/dtmf\r\n";
        let cases = [
            (relay, "Signal=5\r\nDuration=160\r\n", Some('5')),
            (relay, "Signal= #\r\n", Some('#')),
            (relay, "signal=10\r\n", Some('*')),
            (relay, "Duration=160\r\n", None),
            (relay, "Signal=55\r\n", None),
            (short, "d", Some('D')),
            (short, "", None),
            ("Content-Type: text/plain\r\n", "5", None),
        ];
        for (kind, body, digit) in cases {
            assert_eq!(info_digit(&request(kind, body)), digit, "{kind}{body}");
        }
    }

    #[test]
    fn reads_the_progress_of_a_transfer() {
        let active = "Event: refer\r\nSubscription-State: active;expires=60\r\n";
        let done = "o: refer;id=7\r\nSubscription-State: terminated;reason=noresource\r\n";
        assert_eq!(transfer_progress(&request(active, "SIP/2.0 100 Trying")), Some((100, false)));
        assert_eq!(transfer_progress(&request(active, "SIP/2.0 200 OK\r\n")), Some((200, true)));
        assert_eq!(transfer_progress(&request(done, "SIP/2.0 486 Busy Here")), Some((486, true)));
        assert_eq!(transfer_progress(&request("Event: presence\r\n", "SIP/2.0 200 OK")), None);
        assert_eq!(transfer_progress(&request(active, "SIP/2.0 2é")), None);
    }
}

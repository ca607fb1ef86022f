//! What is read of a message from outside, in one call: the way in for `fuzz/`, behind the feature `fuzzing`.
//! Law: only calls of what the product calls itself, so that a finding here is a finding there. Beside the call's way.

use std::net::SocketAddr;

use rsipstack::dialog::DialogId;
use rsipstack::sip::prelude::{HeadersExt as _, ToTypedHeader as _};
use rsipstack::sip::{Request, Response, SipMessage, Transport};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transport::SipConnection;

use super::super::session_timer::SessionTimer;
use super::requests::{allows_update, causes, info_digit, requested_timer, transfer_progress, value};
use super::socket::is_message;

/// Reads one datagram as the gate, the stack and the leg read it. Returns whether the gate lets it pass.
///
/// # Panics
/// When any of them panics, or the message does not survive being written and read again.
pub fn read_datagram(datagram: &[u8], source: SocketAddr) -> bool {
    let passes = is_message(datagram);
    // A stream has no gate, so what the gate refuses is read on all the same.
    let Ok(message) = SipMessage::try_from(datagram) else { return passes };
    let Ok(message) = SipConnection::update_msg_received(message, source, Transport::Udp) else { return passes };
    let _ = (message.to_string(), SipConnection::get_destination(&message));
    match &message {
        SipMessage::Request(request) => read_request(request),
        SipMessage::Response(response) => read_response(response),
    }
    let written = message.to_bytes();
    assert!(!passes || SipMessage::try_from(written.as_slice()).is_ok(), "a message that passed cannot be read again");
    passes
}

fn read_request(request: &Request) {
    for role in [TransactionRole::Server, TransactionRole::Client] {
        let _ = (TransactionKey::from_request(request, role), DialogId::try_from((request, role)));
    }
    let _ = request.contact_header().map(|contact| contact.typed().map(|contact| contact.to_string()));
    let _ = request.via_header().map(SipConnection::parse_target_from_via);
    let _ = (info_digit(request), transfer_progress(request));
    if let Some(timer) = requested_timer(request) {
        assert!(timer.next_step() <= timer.interval, "a step beyond the session's end");
        let _ = (timer.too_small(), timer.for_response(), timer.for_refresh());
    }
}

fn read_response(response: &Response) {
    for role in [TransactionRole::Server, TransactionRole::Client] {
        let _ = (TransactionKey::from_response(response, role), DialogId::try_from((response, role)));
    }
    let _ = response.contact_header().map(|contact| contact.typed().map(|contact| contact.to_string()));
    let _ = (response.via_received(), allows_update(response));
    assert!(causes(response).iter().all(|cause| cause.text.as_ref().is_none_or(|text| text.chars().count() <= 120)));
    if let Some(timer) = value(response.headers.iter(), "Session-Expires").and_then(SessionTimer::from_response) {
        assert!(timer.next_step() <= timer.interval, "a step beyond the session's end");
    }
    for header in response.headers.iter() {
        if let rsipstack::sip::Header::WwwAuthenticate(challenge) = header {
            let _ = challenge.typed();
        } else if let rsipstack::sip::Header::ProxyAuthenticate(challenge) = header {
            let _ = challenge.typed();
        }
    }
}

//! One datagram from anywhere: through the gate, the stack's parser and typed headers, and our own reading of
//! Reason, Session-Expires, Allow, INFO and NOTIFY. Law: nothing that arrives on the SIP port panics.
#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use telephony::signalling::{Cause, rsip::fuzzing};

fuzz_target!(|datagram: &[u8]| {
    for source in [SocketAddr::from(([192, 0, 2, 7], 5060)), SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 9))] {
        fuzzing::read_datagram(datagram, source);
    }
    if let Ok(text) = std::str::from_utf8(datagram) {
        assert!(Cause::parse_all(text).len() <= 8);
    }
});

//! What is kept of messages that far ends and trunks send, and what never is.

use super::*;

const INVITE: &str = "INVITE sip:+15550100001@192.0.2.1 SIP/2.0\r\nCSeq: 2 INVITE\r\nProxy-Authorization: Digest \
    username=\"ada\", response=\"0123\"\r\nauthorization : Digest x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n";

fn kept(whole: &str) -> SipMessage {
    let mut messages = SipMessages::default();
    messages.note(Timestamp::UNIX_EPOCH, true, whole);
    messages.items.remove(0)
}

#[test]
fn credentials_and_bodies_that_tell_are_left_out() {
    let invite = kept(INVITE);
    assert!(!invite.text.contains("Digest"), "{}", invite.text);
    assert!(invite.text.contains("Proxy-Authorization: [removed]\r\n") && invite.text.ends_with("\r\n\r\nv=0\r\n"));
    let info = kept("INFO sip:x SIP/2.0\r\nCSeq: 3 INFO\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=7\r\n");
    assert!(info.text.ends_with("\r\n\r\n[removed]"), "{}", info.text);
    let long = kept(&format!("SIP/2.0 200 OK\r\nX: {}\r\n\r\n", "é".repeat(MOST_TEXT)));
    assert!(long.text.len() <= MOST_TEXT);
}

#[test]
fn start_lines_are_read() {
    assert_eq!(kept(INVITE).start_line(), Some(StartLine::Request { method: "INVITE" }));
    assert_eq!(kept(INVITE).cseq(), Some("2 INVITE"));
    let busy = kept("SIP/2.0 486 Busy Here\r\nCSeq: 1 INVITE\r\n\r\n");
    assert_eq!(busy.start_line(), Some(StartLine::Response { code: 486, reason: "Busy Here" }));
    for broken in ["", "SIP/2.0 abc x\r\n\r\n", " \r\n"] {
        assert_eq!(kept(broken).start_line(), None, "{broken:?}");
    }
}

#[test]
fn a_call_that_never_stops_talking_keeps_its_beginning() {
    let mut messages = SipMessages::default();
    for _ in 0..MOST_MESSAGES + 3 {
        messages.note(Timestamp::UNIX_EPOCH, false, INVITE);
    }
    assert_eq!((messages.items.len(), messages.left_out), (MOST_MESSAGES, 3));
}

#[test]
fn credentials_that_go_on_in_the_next_line_and_keys_of_media_are_left_out() {
    let folded =
        kept("INVITE sip:x SIP/2.0\r\nAuthorization: Digest\r\n\tresponse=\"0123\"\r\nSubject: a\r\n b\r\n\r\n");
    assert_eq!(folded.text, "INVITE sip:x SIP/2.0\r\nAuthorization: [removed]\r\nSubject: a\r\n b\r\n\r\n");
    let keyed =
        kept("SIP/2.0 200 OK\r\nc: application/sdp\r\n\r\nv=0\r\nk=clear:x\r\na=crypto:1 AES inline:x\r\nt=0 0\r\n");
    assert!(keyed.text.ends_with("\r\n\r\nv=0\r\nt=0 0\r\n"), "{}", keyed.text);
}

/// A message as it is where only the call's own two numbers may stand in it.
fn of_own(whole: &str) -> String {
    let mut messages = SipMessages::default();
    messages.note(Timestamp::UNIX_EPOCH, false, whole);
    messages.of_own(&["+15550100001", "+15550100002"]).items.remove(0).text
}

#[test]
fn nobody_but_the_call_s_own_parties_stands_in_a_masked_trace() {
    let refer = of_own(
        "REFER sip:5550100001;npdi=yes@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9\r\n\
         From: \"Ann\" <sip:+15550100002@192.0.2.9>;tag=1\r\nTo: Ben <sips:+15550100001@192.0.2.1>\r\n\
         Contact: <sip:carol@192.0.2.1:5060>\r\nRefer-To: <sip:+15550109999@192.0.2.1>\r\n\
         Diversion: <tel:+15550109999>\r\nRecord-Route: <sip:192.0.2.7;lr>, <tel:+15550109999;x=y>\r\nX-Who: Dora\r\n\
         CSeq: 2 REFER\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ne=dora@example.com\r\nt=0 0\r\n",
    );
    assert_eq!(
        refer,
        "REFER sip:5550100001@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9\r\n\
         From: <sip:+15550100002@192.0.2.9>;tag=1\r\nTo: <sips:+15550100001@192.0.2.1>\r\n\
         Contact: <sip:[removed]@192.0.2.1:5060>\r\nRefer-To: [removed]\r\n\
         Diversion: [removed]\r\nRecord-Route: <sip:192.0.2.7;lr>, <tel:[removed];x=y>\r\nX-Who: [removed]\r\n\
         CSeq: 2 REFER\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nt=0 0\r\n"
    );
}

#[test]
fn whatever_a_far_end_sends_is_masked_without_trouble() {
    for odd in [
        "",
        ":",
        "sip:",
        "SIP/2.0 200 é sip:é@x tel:",
        "INVITE tel:+1\r\n: x\r\nTo:<\r\nTo: sip:@",
        "sip:@\r\n\r\n\r\n",
    ] {
        let once = of_own(odd);
        assert!(!once.contains('é') || odd.contains("200 é"), "{once}");
    }
    assert!(!of_own("INVITE sip:15550109999@x SIP/2.0\r\n\r\n").contains("9999"));
}

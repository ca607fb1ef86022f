//! Signalling.

use std::time::Duration;

use callee::persona::built_in;
use callee::{Callee, CalleeConfig, Counts, Credentials, FarEnd, Persona};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::caller::{Caller, LIMIT, Message};

async fn start() -> Callee {
    Callee::start(CalleeConfig::default()).await.unwrap()
}

fn quick(yaml: &str) -> Persona {
    Persona::parse(&format!("pick_up: {{ ring_after_ms: 10, answer_after_ms: 60 }}\n{yaml}")).unwrap()
}

/// The call is over and nothing of it is left.
async fn gone(callee: &Callee, number: &str) -> callee::CallView {
    let view = callee.wait_call(LIMIT, |call| call.number == number && call.ended_by.is_some()).await.unwrap();
    // The dialog is removed a moment after the record is closed.
    for _ in 0..1_000 {
        if callee.dialogs() == 0 {
            return view;
        }
        tokio::task::yield_now().await;
        let _ = tokio::time::timeout(Duration::from_millis(5), std::future::pending::<()>()).await;
    }
    panic!("{} dialogs left", callee.dialogs());
}

#[tokio::test]
async fn rings_answers_and_takes_a_bye() {
    let callee = start().await;
    callee.assign("+15550002222", quick("")).unwrap();
    let mut caller = Caller::new(callee.address(), "+15550002222").await;
    caller.invite().await;
    caller.expect(180).await;
    let answer = caller.expect(200).await;
    assert_eq!(answer.header("content-type"), "application/sdp");
    assert!(answer.header("contact").contains(&callee.address().to_string()));
    assert!(answer.body.contains("RTP/AVP 0 101"), "{}", answer.body);
    caller.ack().await;
    caller.bye().await;
    let view = gone(&callee, "+15550002222").await;
    assert_eq!(view.ended_by, Some(FarEnd::CallerBye));
    assert!(view.ringing_ms.unwrap() < view.answered_ms.unwrap());
    let counts = Counts { invites: 1, answered: 1, byes_received: 1, ..Counts::default() };
    assert_eq!(callee.counts("+15550002222"), counts);
    callee.stop().await;
}

#[tokio::test]
async fn a_retransmitted_invite_is_one_call() {
    let callee = start().await;
    callee.assign("1", quick("")).unwrap();
    let mut caller = Caller::new(callee.address(), "1").await;
    caller.invite().await;
    caller.invite().await;
    caller.expect(200).await;
    caller.ack().await;
    caller.bye().await;
    gone(&callee, "1").await;
    assert_eq!(callee.counts("1").invites, 1);
    callee.stop().await;
}

#[tokio::test]
async fn refuses_as_told() {
    let callee = start().await;
    for code in [404, 480, 486, 503, 603] {
        let number = format!("+1555000{code}");
        let yaml = format!("pick_up: {{ ring_after_ms: null, answer_after_ms: 10, refuse: {code} }}");
        callee.assign(&number, Persona::parse(&yaml).unwrap()).unwrap();
        let mut caller = Caller::new(callee.address(), &number).await;
        caller.invite().await;
        caller.expect(code).await;
        caller.ack().await;
        assert_eq!(gone(&callee, &number).await.ended_by, Some(FarEnd::Refused(code)));
    }
    callee.stop().await;
}

#[tokio::test]
async fn a_cancel_ends_the_ringing_with_487() {
    let callee = start().await;
    let mut caller = Caller::new(callee.address(), "never_answers").await;
    caller.invite().await;
    caller.expect(180).await;
    let cancel = caller.request("CANCEL", "");
    caller.send(&cancel).await;
    let mut statuses =
        [caller.receive().await, caller.receive().await].map(|m| (m.status(), m.header("cseq").to_owned()));
    statuses.sort();
    assert_eq!(statuses, [(200, "1 CANCEL".to_owned()), (487, "1 INVITE".to_owned())]);
    caller.ack().await;
    assert_eq!(gone(&callee, "never_answers").await.ended_by, Some(FarEnd::Cancelled));
    assert_eq!(callee.counts("never_answers").cancels, 1);
    callee.stop().await;
}

#[tokio::test]
async fn hangs_up_by_itself() {
    let callee = start().await;
    callee.assign("1", quick("hang_up: { after_s: 1 }")).unwrap();
    let mut caller = Caller::new(callee.address(), "1").await;
    caller.answered().await;
    caller.expect_request("BYE").await;
    assert_eq!(gone(&callee, "1").await.ended_by, Some(FarEnd::CalleeBye));
    assert_eq!(callee.counts("1").byes_sent, 1);
    callee.stop().await;
}

#[tokio::test]
async fn asks_for_a_password_and_takes_only_the_right_one() {
    let credentials = Credentials { username: "alice".into(), password: "secret".into(), realm: "far".into() };
    let config = CalleeConfig { credentials: Some(credentials), ..CalleeConfig::default() };
    let callee = Callee::start(config).await.unwrap();
    callee.assign("1", quick("")).unwrap();
    let proof = |challenge: &Message, response: &dyn Fn(&str) -> String| {
        let asked = challenge.header("proxy-authenticate");
        let nonce = asked.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        format!(
            r#"Digest username="alice", realm="far", nonce="{nonce}", uri="sip:1@far", response="{}", algorithm=MD5"#,
            response(&nonce)
        )
    };
    let mut caller = Caller::new(callee.address(), "1").await;
    caller.invite().await;
    let challenge = caller.expect(407).await;
    caller.ack().await;
    caller.proof = Some(proof(&challenge, &|_| "0".repeat(32)));
    caller.next_request("INVITE");
    caller.invite().await;
    let challenge = caller.expect(407).await;
    caller.ack().await;
    let right = |nonce: &str| md5_of_digest("alice", "far", "secret", "INVITE", "sip:1@far", nonce);
    caller.proof = Some(proof(&challenge, &right));
    caller.again().await;
    let spent = caller.proof.clone();
    caller.proof = None;
    caller.bye().await;
    let counts = callee.counts("1");
    assert_eq!((counts.invites, counts.challenged), (1, 2));
    let mut thief = Caller::new(callee.address(), "1").await;
    thief.proof = spent;
    thief.invite().await;
    thief.expect(407).await;
    callee.stop().await;
}

/// RFC 2617 section 3.2.2 without qop, by the stack's MD5.
fn md5_of_digest(user: &str, realm: &str, password: &str, method: &str, uri: &str, nonce: &str) -> String {
    let value = format!(
        r#"Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="", algorithm=MD5"#
    );
    let auth = rsipstack::sip::headers::typed::Authorization::parse(&value).unwrap();
    let method = method.parse().unwrap();
    rsipstack::sip::services::DigestGenerator::from(&auth, password, &method).compute()
}

#[tokio::test]
async fn answers_over_tcp_with_a_contact_that_says_so() {
    let callee = start().await;
    callee.assign("1", quick("hang_up: { after_s: 1 }")).unwrap();
    let caller = Caller::new(callee.address(), "1").await;
    let invite = caller.request("INVITE", &caller.description()).replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    let mut stream = tokio::net::TcpStream::connect(callee.address()).await.unwrap();
    stream.write_all(invite.as_bytes()).await.unwrap();
    let mut text = String::new();
    let mut buffer = [0; 4_096];
    while !text.contains("SIP/2.0 200 OK") || !text.contains("a=sendrecv") {
        let length = tokio::time::timeout(LIMIT, stream.read(&mut buffer)).await.unwrap().unwrap();
        assert_ne!(length, 0, "{text}");
        text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
    }
    let answer = Message::parse(&text[text.find("SIP/2.0 200").unwrap()..]);
    assert!(answer.header("contact").to_ascii_lowercase().contains("transport=tcp"), "{answer:?}");
    callee.stop().await;
}

#[tokio::test]
async fn hold_and_resume_by_reinvite() {
    let callee = start().await;
    callee.assign("1", quick("line: { noise_dbfs: -40 }")).unwrap();
    let mut caller = Caller::new(callee.address(), "1").await;
    caller.answered().await;
    caller.packet().await;
    caller.direction = "sendonly";
    let held = caller.again().await;
    assert!(held.body.contains("a=recvonly"), "{}", held.body);
    while tokio::time::timeout(Duration::from_millis(200), caller.rtp.recv_from(&mut [0; 500])).await.is_ok() {}
    caller.direction = "sendrecv";
    let resumed = caller.again().await;
    assert!(resumed.body.contains("a=sendrecv"), "{}", resumed.body);
    caller.packet().await;
    caller.bye().await;
    gone(&callee, "1").await;
    callee.stop().await;
}

#[tokio::test]
async fn takes_a_transfer_and_reports_it() {
    let callee = start().await;
    callee.assign("1", quick("")).unwrap();
    let mut caller = Caller::new(callee.address(), "1").await;
    caller.answered().await;
    let refer =
        caller.next_request("REFER").replace("Content-Length", "Refer-To: <sip:+15550003333@far>\r\nContent-Length");
    caller.send(&refer).await;
    caller.expect(202).await;
    let notify = caller.expect_request("NOTIFY").await;
    assert!(notify.body.starts_with("SIP/2.0 200"), "{}", notify.body);
    caller.bye().await;
    let view = gone(&callee, "1").await;
    assert_eq!(view.transfer_to.as_deref(), Some("<sip:+15550003333@far>"));
    callee.stop().await;
}

#[tokio::test]
async fn garbage_is_counted_and_the_next_call_works() {
    let callee = start().await;
    callee.assign("1", quick("")).unwrap();
    let mut caller = Caller::new(callee.address(), "1").await;
    let garbage: [&[u8]; 5] =
        [b"hello", &[0xff; 600], b"INVITE sip:x SIP/2.0\r\n\r\n", b"SIP/2.0 999\r\nVia:\r\n\r\n", &[0; 60]];
    for datagram in garbage {
        caller.sip.send_to(datagram, callee.address()).await.unwrap();
    }
    caller.answered().await;
    assert_eq!(callee.malformed(), garbage.len() as u64);
    caller.bye().await;
    gone(&callee, "1").await;
    callee.stop().await;
}

#[tokio::test]
async fn an_offer_without_a_shared_codec_is_488() {
    let callee = start().await;
    let mut caller = Caller::new(callee.address(), "talks").await;
    let offer = caller.description().replace("RTP/AVP 0 8 101", "RTP/AVP 9");
    caller.send(&caller.request("INVITE", &offer)).await;
    caller.expect(488).await;
    caller.ack().await;
    gone(&callee, "talks").await;
    callee.stop().await;
}

#[tokio::test]
async fn options_and_strays_are_answered() {
    let callee = start().await;
    let mut caller = Caller::new(callee.address(), "1").await;
    caller.send(&caller.request("OPTIONS", "")).await;
    assert!(caller.expect(200).await.header("allow").contains("INVITE"));
    let bye = caller.next_request("BYE");
    caller.send(&bye).await;
    caller.expect(481).await;
    callee.stop().await;
}

#[tokio::test]
async fn built_in_personas_are_reached_by_name_and_number() {
    let config = CalleeConfig { default_persona: built_in("rejects").unwrap(), ..CalleeConfig::default() };
    let callee = Callee::start(config).await.unwrap();
    for (number, status) in [("busy", 486), ("+15550100004", 486), ("15550100004", 486), ("+15557770000", 603)] {
        let mut caller = Caller::new(callee.address(), number).await;
        caller.invite().await;
        caller.expect(status).await;
        caller.ack().await;
    }
    callee.stop().await;
}

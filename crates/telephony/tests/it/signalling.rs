//! The SIP stack behind our port, scenario by scenario; the traps of rsipstack among them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::sip_trace::StartLine;
use telephony::sdp::SessionDescription;
use telephony::signalling::rsip::{RsipSignalling, SipConfig};
use telephony::signalling::{Cause, EndedBy, Signalling as _, SignallingCommand, SignallingEvent, SipTransport};

use tokio::net::UdpSocket;

use crate::peer::{bye_of_peer, datagram, response_to};
use crate::rig::{Call, LIMIT, invite, short_t1, with_password};
use crate::sipp::Sipp;

#[tokio::test]
async fn rings_answers_and_ends_by_our_bye() {
    let sipp = Sipp::answering("answer").await;
    let mut call = Call::with(&sipp, SipConfig::default(), |invite| invite.call_id = Some("attempt-7".into())).await;
    assert_eq!(call.leg.call_id, "attempt-7@outdial");
    assert!(call.provisional(180).await.is_empty());
    assert!(call.answered().await.audio().is_some());
    call.over(sipp).await;
}

#[tokio::test]
async fn call_ids_carry_our_suffix_when_the_stack_draws_them() {
    let sipp = Sipp::answering("answer_at_once").await;
    let mut call = Call::to(&sipp).await;
    assert!(call.leg.call_id.ends_with("@outdial"), "{}", call.leg.call_id);
    call.answered().await;
    call.over(sipp).await;
}

#[tokio::test]
async fn speaks_tcp_with_a_contact_that_says_so() {
    let sipp = Sipp::answering_over("answer", SipTransport::Tcp).await;
    let mut call = Call::with(&sipp, SipConfig::default(), |invite| invite.transport = SipTransport::Tcp).await;
    call.answered().await;
    call.over(sipp).await;
}

#[tokio::test]
async fn takes_a_bye_and_a_hold_over_tcp() {
    for scenario in ["peer_bye", "hold"] {
        let sipp = Sipp::answering_over(scenario, SipTransport::Tcp).await;
        let mut call = Call::with(&sipp, SipConfig::default(), |invite| invite.transport = SipTransport::Tcp).await;
        call.answered().await;
        if scenario == "hold" {
            assert!(call.answer_offer().await);
            assert!(!call.answer_offer().await);
            call.over(sipp).await;
        } else {
            assert_eq!(call.ended().await.by, EndedBy::PeerBye);
            call.nothing_left(sipp).await;
        }
    }
}

#[tokio::test]
async fn answers_a_proxys_challenge() {
    let sipp = Sipp::answering("digest_407").await;
    let mut call = Call::with(&sipp, SipConfig::default(), |invite| invite.credentials = with_password("secret")).await;
    call.answered().await;
    call.over(sipp).await;
}

#[tokio::test]
async fn what_goes_over_the_wire_is_written_down_without_credentials() {
    let sipp = Sipp::answering("digest_407").await;
    let mut call = Call::with(&sipp, SipConfig::default(), |invite| invite.credentials = with_password("secret")).await;
    let trace = call.leg.trace.clone();
    call.answered().await;
    call.over(sipp).await;
    tokio::time::timeout(Duration::from_secs(5), trace.finished())
        .await
        .expect("no more follows once the BYE is answered");
    let kept = trace.messages().items;
    let said = kept.iter().map(|message| match message.start_line() {
        Some(StartLine::Request { method }) => format!("{} {method}", if message.sent { ">" } else { "<" }),
        Some(StartLine::Response { code, .. }) => format!("{} {code}", if message.sent { ">" } else { "<" }),
        None => panic!("{message:?}"),
    });
    let said: Vec<String> = said.collect();
    assert_eq!(said, ["> INVITE", "< 407", "> ACK", "> INVITE", "< 200", "> ACK", "> BYE", "< 200"]);
    assert!(kept.iter().all(|message| !message.text.contains("response=")), "{kept:?}");
    assert!(kept[3].text.contains("Proxy-Authorization: [removed]\r\n"), "{}", kept[3].text);
    assert!(kept[3].text.contains("\r\n\r\nv=0\r\n"), "the offer: {}", kept[3].text);
    assert!(kept.windows(2).all(|two| two[0].at <= two[1].at), "in order");
}

#[tokio::test]
async fn answers_a_user_agents_challenge_with_the_right_digest() {
    let sipp = Sipp::answering("digest_401").await;
    let mut call = Call::with(&sipp, SipConfig::default(), |invite| invite.credentials = with_password("secret")).await;
    call.answered().await;
    call.over(sipp).await;
}

#[tokio::test]
async fn a_wrong_password_ends_with_the_code() {
    let sipp = Sipp::answering("digest_401").await;
    let mut call = Call::with(&sipp, SipConfig::default(), |invite| invite.credentials = with_password("wrong")).await;
    let ending = call.ended().await;
    assert_eq!((ending.by.clone(), ending.code), (EndedBy::Refused, Some(403)), "{ending:?}");
    call.nothing_left(sipp).await;
}

#[tokio::test]
async fn refusals_carry_code_phrase_and_cause() {
    for (scenario, code, phrase, cause) in
        [("busy", 486, "Busy Here", 17), ("unavailable", 480, "Temporarily Unavailable", 19)]
    {
        let sipp = Sipp::answering(scenario).await;
        let mut call = Call::to(&sipp).await;
        let ending = call.ended().await;
        assert_eq!((&ending.by, ending.code), (&EndedBy::Refused, Some(code)));
        assert_eq!(ending.phrase.as_deref(), Some(phrase));
        assert_eq!(ending.causes[0].cause, Some(cause));
        call.nothing_left(sipp).await;
    }
}

#[tokio::test]
async fn cancels_a_ringing_call() {
    let sipp = Sipp::answering("no_answer").await;
    let mut call = Call::to(&sipp).await;
    call.provisional(180).await;
    call.hang_up().await;
    let ending = call.ended().await;
    assert_eq!((&ending.by, ending.code), (&EndedBy::Cancelled, Some(487)));
    call.nothing_left(sipp).await;
}

#[tokio::test]
async fn cancels_after_nothing_but_trying() {
    let sipp = Sipp::answering("trying_only").await;
    let mut call = Call::to(&sipp).await;
    assert!(matches!(call.next().await, SignallingEvent::Provisional { code: 100, .. }));
    call.hang_up().await;
    assert_eq!(call.ended().await.by, EndedBy::Cancelled);
    call.nothing_left(sipp).await;
}

#[tokio::test]
async fn dropping_the_commands_cancels_too() {
    let sipp = Sipp::answering("no_answer").await;
    let mut call = Call::to(&sipp).await;
    call.provisional(180).await;
    call.leg.commands = tokio::sync::mpsc::channel(1).0;
    assert_eq!(call.ended().await.by, EndedBy::Cancelled);
    call.nothing_left(sipp).await;
}

#[tokio::test]
async fn our_watchdog_ends_a_cancel_that_nobody_completes() {
    let sipp = Sipp::answering("cancel_ignored").await;
    let mut call = Call::with(&sipp, short_t1(), |_| {}).await;
    call.provisional(180).await;
    call.hang_up().await;
    let ending = call.ended().await;
    assert_eq!((ending.by, ending.code), (EndedBy::Cancelled, None));
    call.nothing_left(sipp).await;
}

#[tokio::test]
async fn an_answer_that_crosses_our_cancel_is_acknowledged_and_ended() {
    let sipp = Sipp::answering("crossing").await;
    let mut call = Call::to(&sipp).await;
    call.provisional(180).await;
    call.hang_up().await;
    let ending = call.ended().await;
    assert_eq!((ending.by, ending.code), (EndedBy::Cancelled, Some(200)));
    call.nothing_left(sipp).await;
}

#[tokio::test]
async fn silence_ends_by_the_transactions_timer() {
    let deaf = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut call = Call::at(deaf.local_addr().unwrap(), short_t1(), |_| {}).await;
    assert_eq!(call.ended().await.by, EndedBy::NoResponse);
}

#[tokio::test]
async fn the_stack_cannot_tell_a_refused_connection_from_silence() {
    // Why `SipTelephone` tries the connection before it dials.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut call = Call::at(closed, short_t1(), |invite| invite.transport = SipTransport::Tcp).await;
    assert_eq!(call.ended().await.by, EndedBy::NoResponse);
}

#[tokio::test]
async fn early_media_brings_its_description() {
    let sipp = Sipp::answering("early_media").await;
    let mut call = Call::to(&sipp).await;
    let body = call.provisional(183).await;
    assert!(SessionDescription::parse(&body).unwrap().audio().is_some());
    call.answered().await;
    call.over(sipp).await;
}

#[tokio::test]
async fn acknowledges_reliable_provisionals() {
    let sipp = Sipp::answering("reliable_183").await;
    let mut call = Call::to(&sipp).await;
    assert!(!call.provisional(183).await.is_empty());
    call.answered().await;
    call.over(sipp).await;
}

#[tokio::test]
async fn a_peers_hold_and_resume_are_answered() {
    let sipp = Sipp::answering("hold").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    assert!(call.answer_offer().await);
    assert!(!call.answer_offer().await);
    call.over(sipp).await;
}

#[tokio::test]
async fn updates_are_answered_and_too_short_timers_refused() {
    let sipp = Sipp::answering("update").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    assert!(call.answer_offer().await);
    // The refreshes that follow carry no offer; the scenario's checks tell that they were answered.
    sipp_waits_for_our_bye(call, sipp).await;
}

/// For scenarios whose last steps we do not see: wait for the end of ours by hanging up when nothing comes.
async fn sipp_waits_for_our_bye(mut call: Call, sipp: Sipp) {
    let quiet = tokio::time::timeout(Duration::from_millis(1500), call.leg.events.recv()).await;
    assert!(quiet.is_err(), "{quiet:?}");
    call.over(sipp).await;
}

#[tokio::test]
async fn a_reinvite_without_offer_gets_ours_and_takes_the_answer_from_the_ack() {
    let sipp = Sipp::answering("delayed_offer").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    match call.next().await {
        SignallingEvent::Offered { body, reply } => {
            assert!(body.is_empty());
            reply.send(Ok(call.local.offer())).unwrap();
        }
        event => panic!("{event:?}"),
    }
    match call.next().await {
        SignallingEvent::LateAnswer { body } => assert!(String::from_utf8_lossy(&body).contains("sendonly")),
        event => panic!("{event:?}"),
    }
    call.over(sipp).await;
}

#[tokio::test]
async fn a_peers_bye_tells_its_reason() {
    let sipp = Sipp::answering("peer_bye").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    let ending = call.ended().await;
    assert_eq!(ending.by, EndedBy::PeerBye);
    let cause = Cause { protocol: "Q.850".into(), cause: Some(16), text: Some("Normal call clearing".into()) };
    assert_eq!(ending.causes, [cause]);
    call.nothing_left(sipp).await;
}

#[tokio::test]
async fn a_bye_on_the_heels_of_the_answer_is_no_live_call() {
    let sipp = Sipp::answering("bye_at_once").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    assert_eq!(call.ended().await.by, EndedBy::PeerBye);
    call.nothing_left(sipp).await;
}

/// What lies in the socket of a process that stood still (SIGSTOP), and what a network may make of it.
#[tokio::test]
async fn an_answer_and_its_bye_that_are_read_together_are_told_in_their_order() {
    for bye_first in [false, true] {
        let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = peer.local_addr().unwrap();
        let mut call = Call::at(address, SipConfig::default(), |_| {}).await;
        let (invite, us) = datagram(&peer).await;
        let mut both = [response_to(&invite, "200 OK", address, 9), bye_of_peer(&invite, us, address)];
        if bye_first {
            both.reverse();
        }
        for message in both {
            peer.send_to(message.as_bytes(), us).await.unwrap();
        }
        call.answered().await;
        assert_eq!(call.ended().await.by, EndedBy::PeerBye, "BYE first: {bye_first}");
        let (one, other) = (datagram(&peer).await.0, datagram(&peer).await.0);
        let starts = |text: &str| one.starts_with(text) || other.starts_with(text);
        assert!(starts("ACK sip:") && starts("SIP/2.0 200 "), "{one}\n{other}");
        call.signalling.shut_down(LIMIT).await;
        assert_eq!((call.signalling.dialogs(), call.signalling.legs()), (0, 0), "a dialog leaks");
    }
}

#[tokio::test]
async fn a_transfer_tells_how_it_goes() {
    let sipp = Sipp::answering("refer").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    call.tell(SignallingCommand::Refer { target: "sip:+15550003333@127.0.0.1".to_owned() }).await;
    let mut seen = Vec::new();
    while !seen.last().is_some_and(|(_, finished)| *finished) {
        match call.next().await {
            SignallingEvent::Transfer { code, finished } => seen.push((code, finished)),
            event => panic!("{event:?}"),
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, [(180, false), (200, true), (202, false)]);
    call.over(sipp).await;
}

#[tokio::test]
async fn a_refused_transfer_leaves_the_call_alive() {
    let sipp = Sipp::answering("refer_refused").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    call.tell(SignallingCommand::Refer { target: "sip:+15550003333@127.0.0.1".to_owned() }).await;
    assert!(matches!(call.next().await, SignallingEvent::Transfer { code: 603, finished: true }));
    call.over(sipp).await;
}

#[tokio::test]
async fn every_repeated_answer_is_acknowledged_again() {
    // Not sipp: it takes a repeated ACK for a retransmission and hides it.
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut call = Call::at(peer.local_addr().unwrap(), SipConfig::default(), |_| {}).await;
    let (invite, us) = datagram(&peer).await;
    let answer = response_to(&invite, "200 OK", peer.local_addr().unwrap(), 9);
    for _ in 0..3 {
        peer.send_to(answer.as_bytes(), us).await.unwrap();
        let (ack, _) = datagram(&peer).await;
        assert!(ack.starts_with("ACK sip:"), "{ack}");
    }
    call.answered().await;
    call.hang_up().await;
    assert_eq!(call.ended().await.by, EndedBy::OurBye);
    let (bye, _) = datagram(&peer).await;
    assert!(bye.starts_with("BYE sip:"), "{bye}");
    peer.send_to(response_to(&bye, "200 OK", peer.local_addr().unwrap(), 9).as_bytes(), us).await.unwrap();
    call.signalling.shut_down(LIMIT).await;
}

#[tokio::test]
async fn requests_within_the_call_are_answered_and_digits_read() {
    let sipp = Sipp::answering("requests_within").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    assert!(matches!(call.next().await, SignallingEvent::Digit('7')));
    sipp_waits_for_our_bye(call, sipp).await;
}

#[tokio::test]
async fn we_refresh_the_session_by_update_or_by_invite() {
    for scenario in ["we_refresh", "we_refresh_by_invite"] {
        let sipp = Sipp::answering(scenario).await;
        let mut call = Call::to(&sipp).await;
        call.answered().await;
        let limit = Duration::from_millis(if scenario == "we_refresh" { 4500 } else { 2500 });
        assert!(tokio::time::timeout(limit, call.leg.events.recv()).await.is_err());
        call.over(sipp).await;
    }
}

#[tokio::test]
async fn a_session_that_is_not_refreshed_is_ended() {
    let sipp = Sipp::answering("never_refreshes").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    assert_eq!(call.ended().await.by, EndedBy::SessionExpired);
    call.nothing_left(sipp).await;
}

#[tokio::test]
async fn the_second_branch_of_a_fork_is_ended() {
    let sipp = Sipp::answering("forked").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    sipp_waits_for_our_bye(call, sipp).await;
}

#[tokio::test]
async fn a_refused_hold_is_told_and_the_call_goes_on() {
    let sipp = Sipp::answering("reoffer_refused").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    let offer = call.local.offer_with(telephony::sdp::Direction::SendOnly);
    call.tell(SignallingCommand::Reoffer { offer }).await;
    assert!(matches!(call.next().await, SignallingEvent::Reoffered(Err(488))));
    let offer = call.local.offer_with(telephony::sdp::Direction::SendRecv);
    call.tell(SignallingCommand::Reoffer { offer }).await;
    assert!(matches!(call.next().await, SignallingEvent::Reoffered(Ok(_))));
    call.over(sipp).await;
}

#[tokio::test]
async fn strangers_are_refused_and_options_answered() {
    let signalling = RsipSignalling::bind(SipConfig::default()).await.unwrap();
    let here = signalling.local_address(SipTransport::Udp);
    Sipp::calling("stranger_calls", here).await.finished().await;
    Sipp::calling("stranger_asks", here).await.finished().await;
    assert_eq!(signalling.counters().unsolicited.load(Ordering::Relaxed), 1);
    signalling.shut_down(LIMIT).await;
}

#[tokio::test]
async fn shutting_down_hangs_up_and_takes_no_more() {
    let sipp = Sipp::answering("answer").await;
    let mut call = Call::to(&sipp).await;
    call.answered().await;
    call.signalling.shut_down(LIMIT).await;
    assert_eq!(call.ended().await.by, EndedBy::OurBye);
    assert!(call.signalling.invite(invite(sipp.address)).is_err());
    sipp.finished().await;
}

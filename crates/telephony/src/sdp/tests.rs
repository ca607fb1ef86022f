//! Tables and properties of `sdp`.

use std::net::SocketAddr;

use super::*;

fn local() -> LocalSession {
    LocalSession::new("192.0.2.1:40000".parse().unwrap(), 7, &Codec::ALL)
}

fn parsed(text: &str) -> SessionDescription {
    SessionDescription::parse(text.as_bytes()).unwrap()
}

fn remote(lines: &str) -> SessionDescription {
    parsed(&format!("v=0\r\no=peer 1 1 IN IP4 198.51.100.9\r\ns=-\r\n{lines}"))
}

fn agree(lines: &str) -> Result<Negotiated, NegotiationError> {
    Negotiated::from_remote(&remote(lines), &Codec::ALL)
}

#[test]
fn offers_both_codecs_events_and_twenty_milliseconds() {
    assert_eq!(
        local().offer(),
        "v=0\r\no=- 7 7 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
         m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n"
    );
}

#[test]
fn takes_the_peers_first_codec_and_its_payload_types() {
    let agreed = agree(
        "c=IN IP4 198.51.100.9\r\nt=0 0\r\nm=audio 5004 RTP/AVP 18 8 0 97\r\na=rtpmap:97 telephone-event/8000\r\n",
    )
    .unwrap();
    assert_eq!(agreed.codec, Codec::Pcma);
    assert_eq!(agreed.payload_type, 8);
    assert_eq!(agreed.telephone_event, Some(97));
    assert_eq!(agreed.remote, "198.51.100.9:5004".parse::<SocketAddr>().unwrap());
    assert_eq!(agreed.remote_rtcp.port(), 5005);
    assert_eq!(agreed.direction, Direction::SendRecv);
}

#[test]
fn a_dynamic_payload_type_may_carry_g711() {
    let agreed = agree("c=IN IP4 1.2.3.4\r\nm=audio 9000 RTP/AVP 96\r\na=rtpmap:96 pcma/8000/1\r\n").unwrap();
    assert_eq!((agreed.codec, agreed.payload_type), (Codec::Pcma, 96));
}

#[test]
fn a_static_number_mapped_to_something_else_is_not_g711() {
    assert_eq!(
        agree("c=IN IP4 1.2.3.4\r\nm=audio 9000 RTP/AVP 0\r\na=rtpmap:0 OPUS/48000/2\r\n"),
        Err(NegotiationError::NoCommonCodec)
    );
}

#[test]
fn the_address_of_the_stream_wins_over_that_of_the_session() {
    let agreed =
        agree("c=IN IP4 1.1.1.1\r\nm=audio 9000 RTP/AVP 0\r\nc=IN IP6 2001:db8::5\r\na=rtcp:9010\r\n").unwrap();
    assert_eq!(agreed.remote, "[2001:db8::5]:9000".parse::<SocketAddr>().unwrap());
    assert_eq!(agreed.remote_rtcp.port(), 9010);
}

#[test]
fn refusals_have_names() {
    let cases = [
        ("c=IN IP4 1.1.1.1\r\nm=video 9000 RTP/AVP 0\r\n", NegotiationError::NoAudio),
        ("c=IN IP4 1.1.1.1\r\nm=audio 0 RTP/AVP 0\r\n", NegotiationError::Refused),
        ("c=IN IP4 1.1.1.1\r\nm=audio 9 RTP/SAVP 0\r\n", NegotiationError::Profile),
        ("c=IN IP4 1.1.1.1\r\nm=audio 9 RTP/AVP 18\r\n", NegotiationError::NoCommonCodec),
        ("m=audio 9 RTP/AVP 0\r\n", NegotiationError::NoAddress),
        ("c=IN IP4 media.example.org\r\nm=audio 9 RTP/AVP 0\r\n", NegotiationError::NoAddress),
    ];
    for (lines, expected) in cases {
        assert_eq!(agree(lines), Err(expected), "{lines}");
    }
}

#[test]
fn hold_and_resume_are_seen_from_our_side() {
    let cases = [
        ("1.1.1.1", "a=sendonly\r\n", Direction::RecvOnly, true),
        ("1.1.1.1", "a=inactive\r\n", Direction::Inactive, true),
        ("1.1.1.1", "a=recvonly\r\n", Direction::SendOnly, false),
        ("1.1.1.1", "a=sendrecv\r\n", Direction::SendRecv, false),
        ("0.0.0.0", "", Direction::RecvOnly, true),
        ("0.0.0.0", "a=inactive\r\n", Direction::Inactive, true),
    ];
    for (address, attribute, direction, hold) in cases {
        let agreed = agree(&format!("c=IN IP4 {address}\r\nm=audio 9 RTP/AVP 0\r\n{attribute}")).unwrap();
        assert_eq!((agreed.direction, agreed.on_hold()), (direction, hold), "{address} {attribute}");
    }
}

#[test]
fn an_answer_repeats_the_offers_streams_and_raises_the_version() {
    let mut local = local();
    let offer = remote(
        "c=IN IP4 1.1.1.1\r\nt=0 0\r\nm=video 7000 RTP/AVP 96\r\nm=audio 9000 RTP/AVP 8 101\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=sendonly\r\nm=audio 9100 RTP/AVP 0\r\n",
    );
    let (agreed, text) = local.answer(&offer).unwrap();
    assert!(agreed.on_hold());
    assert!(text.starts_with("v=0\r\no=- 7 8 IN IP4 192.0.2.1\r\n"), "{text}");
    let answer = parsed(&text);
    let ports: Vec<u16> = answer.media.iter().map(|media| media.port).collect();
    assert_eq!(ports, [0, 40000, 0]);
    assert_eq!(answer.media[1].formats, ["8", "101"]);
    assert_eq!(answer.media[1].direction, Some(Direction::RecvOnly));
    let (_, second) = local.answer(&offer).unwrap();
    assert!(second.contains("o=- 7 9 "), "{second}");
}

#[test]
fn holding_the_peer_offers_sendonly_with_a_new_version() {
    let text = local().offer_with(Direction::SendOnly);
    assert!(text.contains("o=- 7 8 ") && text.ends_with("a=sendonly\r\n"), "{text}");
}

#[test]
fn broken_text_is_an_error_and_never_a_panic() {
    let long = format!("v=0\r\n{}", "a=x\r\n".repeat(5000));
    let many_lines = format!("v=0\r\n{}", "a=x\n".repeat(500));
    let many_streams = format!("v=0\r\n{}", "m=audio 1 RTP/AVP 0\r\n".repeat(17));
    let cases: [(&[u8], SdpError); 10] = [
        (b"", SdpError::NoVersion),
        (b"\xff\xfe", SdpError::NotText),
        (b"hello", SdpError::Line(1)),
        (b"o=- 1 1 IN IP4 1.1.1.1\r\nv=0\r\n", SdpError::NoVersion),
        (b"v=0\r\no=x\r\n", SdpError::Line(2)),
        (b"v=0\r\nm=audio 99999 RTP/AVP 0\r\n", SdpError::Line(2)),
        (b"v=0\r\nm=audio\r\n", SdpError::Line(2)),
        (long.as_bytes(), SdpError::TooLarge),
        (many_lines.as_bytes(), SdpError::TooLarge),
        (many_streams.as_bytes(), SdpError::TooLarge),
    ];
    for (body, expected) in cases {
        assert_eq!(SessionDescription::parse(body), Err(expected), "{:?}", String::from_utf8_lossy(body));
    }
}

#[test]
fn every_prefix_and_every_flipped_byte_of_a_good_body_is_survived() {
    let good = local().offer().into_bytes();
    for end in 0..good.len() {
        let _ = SessionDescription::parse(&good[..end]);
    }
    for index in 0..good.len() {
        for value in [0u8, b'\n', b'=', b':', 0x80, 0xff] {
            let mut broken = good.clone();
            broken[index] = value;
            if let Ok(session) = SessionDescription::parse(&broken) {
                let _ = Negotiated::from_remote(&session, &Codec::ALL);
            }
        }
    }
}

//! A session description from the peer, taken as an answer to our offer and as an offer of its own.
//! Law: what we answer can be read again, has one `m=` line for each of the offer's, and agrees with what we took.
#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use telephony::sdp::{Codec, Direction, LocalSession, MAX_SDP_BYTES, Negotiated, SessionDescription};

fuzz_target!(|body: &[u8]| {
    let Ok(remote) = SessionDescription::parse(body) else { return };
    assert!(body.len() <= MAX_SDP_BYTES);
    let ours = SocketAddr::from(([192, 0, 2, 1], 40_000));
    for codecs in [&Codec::ALL[..], &Codec::ALL[1..]] {
        let mut local = LocalSession::new(ours, 7, codecs);
        let taken = Negotiated::from_remote(&remote, codecs);
        let answered = local.answer(&remote);
        assert_eq!(taken.is_ok(), answered.is_ok(), "as an answer and as an offer it is read alike");
        let Ok((agreed, text)) = answered else { continue };
        assert_eq!(taken, Ok(agreed));
        assert!(agreed.remote.port() != 0 && agreed.payload_type < 128);
        let again = SessionDescription::parse(text.as_bytes()).expect("our own answer can be read");
        assert_eq!(again.media.len(), remote.media.len());
        let (place, audio) = again.audio().expect("an answer to an audio offer has audio");
        assert_eq!(Some(place), remote.audio().map(|(place, _)| place));
        assert_eq!(audio.port, ours.port());
        assert_eq!(audio.direction, Some(agreed.direction));
        let refused = again.media.iter().enumerate().filter(|(index, _)| *index != place);
        assert!(refused.into_iter().all(|(_, media)| media.port == 0));
        // The peer, who knows the same codecs, takes from our answer what we took from its offer.
        let theirs = Negotiated::from_remote(&again, codecs).expect("our answer can be agreed to");
        assert_eq!((theirs.codec, theirs.payload_type), (agreed.codec, agreed.payload_type));
        assert_eq!(theirs.direction, agreed.direction.reversed());
        let held = SessionDescription::parse(local.offer_with(Direction::SendOnly).as_bytes());
        assert!(held.is_ok_and(|held| held.version > again.version), "each change has a higher version");
    }
});

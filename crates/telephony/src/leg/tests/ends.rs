//! How a leg ends, and what the conversation is told of it.

use super::*;

#[tokio::test]
async fn ends_are_told_as_what_they_were() {
    let refused = |code, local| LegEvent::Refused { code, reason: "Because".to_owned(), q850: None, local };
    let cases = [
        (EndedBy::Refused, Some(486), refused(486, false)),
        (EndedBy::Cancelled, Some(486), refused(486, false)),
        (EndedBy::PeerBye, Some(200), LegEvent::RemoteBye { q850: None }),
    ];
    for (by, code, expected) in cases {
        let mut call = Call::dialed(|_| {}).await;
        call.end(by, code).await;
        assert_eq!(call.event().await, expected);
        assert!(matches!(call.event().await, LegEvent::Closed(_)));
        assert!(call.leg.events.recv().await.is_none());
    }
    let mut call = Call::dialed(|_| {}).await;
    call.end(EndedBy::NoResponse, Some(408)).await;
    assert!(matches!(call.event().await, LegEvent::Refused { code: 408, local: true, .. }));
}

#[tokio::test]
async fn a_cancel_that_took_effect_is_told_as_cancelled() {
    let cases = [
        (EndedBy::Cancelled, Some(487), false),
        (EndedBy::Cancelled, Some(200), true),
        (EndedBy::Cancelled, None, true),
        (EndedBy::Stopped, None, true),
    ];
    for (by, code, made_up) in cases {
        let mut call = Call::dialed(|_| {}).await;
        call.tell(LegCommand::Cancel).await;
        call.command().await;
        call.end(by, code).await;
        assert!(matches!(call.event().await, LegEvent::Refused { code: 487, local, .. } if local == made_up));
    }
}

#[tokio::test]
async fn a_line_that_is_lost_is_told_before_it_closes() {
    let answered = [
        (EndedBy::SessionExpired, LineLoss::SessionExpired),
        (EndedBy::Transport("broken pipe".to_owned()), LineLoss::TransportBroken),
        (EndedBy::Stopped, LineLoss::SignallingStopped),
        (EndedBy::OurBye, LineLoss::SignallingStopped),
    ];
    for (by, loss) in answered {
        let mut call = Call::answered().await;
        call.end(by, None).await;
        assert_eq!(call.event().await, LegEvent::Lost(loss));
        assert!(matches!(call.event().await, LegEvent::Closed(_)));
    }
    for by in [EndedBy::Stopped, EndedBy::Cancelled] {
        let mut call = Call::dialed(|_| {}).await;
        call.end(by, None).await;
        assert_eq!(call.event().await, LegEvent::Lost(LineLoss::SignallingStopped));
    }
    // A BYE of ours that was asked for is no loss.
    let mut call = Call::answered().await;
    call.tell(LegCommand::HangUp).await;
    call.command().await;
    call.end(EndedBy::OurBye, None).await;
    assert!(matches!(call.event().await, LegEvent::Closed(_)));
}

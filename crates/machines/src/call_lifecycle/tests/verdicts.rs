//! The table of refusals.

use domain::outcome::{Blame as B, CallStatus as S, EndReason as R};

use super::super::verdict::{of_our_end, of_refusal, of_remote_bye};
use super::*;

/// Code, cause, rang; then status, end reason, blame.
type Row = ((u16, Option<u16>, bool), (S, R, B));

const REFUSALS: &[Row] = &[
    ((486, None, true), (S::Busy, R::Busy, B::Callee)),
    ((486, None, false), (S::Busy, R::Busy, B::Callee)),
    ((600, None, false), (S::Busy, R::Busy, B::Callee)),
    ((503, Some(17), false), (S::Busy, R::Busy, B::Callee)),
    ((480, None, true), (S::NoAnswer, R::NoAnswer, B::Callee)),
    ((480, None, false), (S::NoAnswer, R::NoAnswer, B::Unknown)),
    ((480, Some(19), true), (S::NoAnswer, R::NoAnswer, B::Callee)),
    ((480, Some(20), false), (S::NoAnswer, R::NoAnswer, B::Callee)),
    ((480, Some(31), false), (S::NoAnswer, R::NoAnswer, B::Unknown)),
    ((408, None, true), (S::NoAnswer, R::NoAnswer, B::Callee)),
    ((408, Some(18), false), (S::NoAnswer, R::NoAnswer, B::Unknown)),
    ((487, None, true), (S::NoAnswer, R::NoAnswer, B::Callee)),
    ((487, None, false), (S::Failed, R::Unknown, B::Carrier)),
    ((603, None, true), (S::Rejected, R::Rejected, B::Callee)),
    ((603, None, false), (S::Rejected, R::Rejected, B::Unknown)),
    ((603, Some(17), true), (S::Busy, R::Busy, B::Callee)),
    ((603, Some(21), false), (S::Rejected, R::Rejected, B::Unknown)),
    ((607, None, true), (S::Rejected, R::Rejected, B::Callee)),
    ((607, None, false), (S::Rejected, R::Rejected, B::Unknown)),
    ((608, None, true), (S::Rejected, R::Rejected, B::Carrier)),
    ((608, Some(17), false), (S::Rejected, R::Rejected, B::Carrier)),
    ((403, None, false), (S::Failed, R::CarrierDenied, B::Carrier)),
    ((403, Some(21), true), (S::Rejected, R::Rejected, B::Callee)),
    ((403, Some(21), false), (S::Rejected, R::Rejected, B::Unknown)),
    ((403, Some(57), false), (S::Failed, R::CarrierDenied, B::Carrier)),
    ((401, None, false), (S::Failed, R::CarrierDenied, B::Us)),
    ((407, None, false), (S::Failed, R::CarrierDenied, B::Us)),
    ((407, Some(17), false), (S::Failed, R::CarrierDenied, B::Us)),
    ((402, None, false), (S::Failed, R::CarrierDenied, B::Carrier)),
    ((438, None, false), (S::Failed, R::CarrierDenied, B::Us)),
    ((404, None, false), (S::Failed, R::InvalidNumber, B::ApiClient)),
    ((404, Some(1), false), (S::Failed, R::InvalidNumber, B::ApiClient)),
    ((404, Some(3), false), (S::Failed, R::CarrierUnavailable, B::Carrier)),
    ((410, None, false), (S::Failed, R::InvalidNumber, B::ApiClient)),
    ((484, None, false), (S::Failed, R::InvalidNumber, B::ApiClient)),
    ((604, None, false), (S::Failed, R::InvalidNumber, B::ApiClient)),
    ((500, None, false), (S::Failed, R::CarrierUnavailable, B::Carrier)),
    ((502, Some(27), false), (S::Failed, R::CarrierUnavailable, B::Carrier)),
    ((503, None, true), (S::Failed, R::CarrierUnavailable, B::Carrier)),
    ((503, Some(34), false), (S::Failed, R::CarrierUnavailable, B::Carrier)),
    ((504, None, false), (S::Failed, R::CarrierUnavailable, B::Carrier)),
    ((488, None, false), (S::Failed, R::Unknown, B::Us)),
    ((606, None, false), (S::Failed, R::Unknown, B::Us)),
    ((302, None, false), (S::Failed, R::Unknown, B::Carrier)),
    ((499, None, false), (S::Failed, R::Unknown, B::Unknown)),
];

#[test]
fn refusals_are_told_apart_by_code_cause_and_ringing() {
    for ((code, q850, rang), want) in REFUSALS {
        let got = of_refusal(RefusedInvite { code: *code, q850: *q850, rang: *rang, local: false });
        assert_eq!((got.status, got.end_reason, got.blame), *want, "{code} cause {q850:?} rang {rang}");
    }
}

#[test]
fn no_answer_of_any_kind_is_the_carriers() {
    let got = of_refusal(RefusedInvite { code: 408, q850: None, rang: false, local: true });
    assert_eq!((got.status, got.end_reason, got.blame), (S::Failed, R::CarrierUnavailable, B::Carrier));
}

#[test]
fn a_bye_with_a_network_fault_is_not_a_callee_who_hung_up() {
    assert_eq!(of_remote_bye(None).end_reason, R::CalleeHangup);
    assert_eq!(of_remote_bye(Some(16)).end_reason, R::CalleeHangup);
    assert_eq!(of_remote_bye(Some(38)).blame, B::Carrier);
}

#[test]
fn a_lost_line_is_the_carriers_unless_our_signalling_stopped() {
    let losses = [
        (LineLoss::SessionExpired, B::Carrier),
        (LineLoss::TransportBroken, B::Carrier),
        (LineLoss::SignallingStopped, B::Us),
    ];
    for (loss, blame) in losses {
        for (mut line, status) in [(Line::answered(), S::Completed), (Line::ringing(), S::Failed)] {
            assert_eq!(
                line.gets(Input::LineLost(loss)),
                [Output::Do(Effect::StopSession)],
                "a line that is gone takes no BYE"
            );
            let ending = line.closes();
            assert_eq!((ending.status, ending.end_reason, ending.blame), (status, R::CarrierUnavailable, blame));
            assert_eq!((ending.evidence.line_lost, ending.evidence.bye_from), (Some(loss), None));
        }
    }
}

#[test]
fn a_line_lost_while_it_ends_changes_nothing() {
    let mut line = Line::answered();
    line.gets(Input::RemoteBye { q850: None });
    assert_eq!(line.gets(Input::LineLost(LineLoss::TransportBroken)), []);
    let ending = line.closes();
    assert_eq!((ending.end_reason, ending.evidence.line_lost), (R::CalleeHangup, None));
}

#[test]
fn our_own_ends_are_terminal_and_never_borrow_a_reason_of_the_line() {
    for reason in R::ALL {
        for answered in [true, false] {
            let got = of_our_end(*reason, answered);
            assert!(got.status.is_terminal());
            assert_eq!(got.status == S::Completed, answered, "{reason:?}");
            assert!(!matches!(got.end_reason, R::Busy | R::NoAnswer | R::Rejected | R::CalleeHangup), "{reason:?}");
            assert_ne!(got.blame == B::Callee, reason_is_ours(*reason), "{reason:?}");
        }
    }
}

fn reason_is_ours(reason: R) -> bool {
    !matches!(reason, R::ScreeningRefused | R::SilenceTimeout)
}

proptest! {
    #[test]
    fn nobody_is_said_to_have_declined_a_phone_that_never_rang(code in 300u16..700, q850 in proptest::option::of(0u16..128)) {
        let got = of_refusal(RefusedInvite { code, q850, rang: false, local: false });
        prop_assert!(got.status.is_terminal());
        prop_assert!(!(got.end_reason == R::Rejected && got.blame == B::Callee));
    }
}

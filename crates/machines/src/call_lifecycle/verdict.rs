//! What a SIP answer means for a call: (code, Q.850 cause, did it ring) to status, end reason and blame.
//!
//! Law: nothing is claimed that was not seen. A refusal is the callee's doing only if the phone rang or the network
//! says so in its cause; otherwise the blame is `unknown`.
//!
//! Sources: RFC 3261 section 21 (codes), RFC 3398 section 8.2.6.1 (which Q.850 cause a gateway turns into which
//! code, read backwards here), RFC 3326 (the Reason header that carries the cause), RFC 8197 (607), RFC 8688 (608),
//! RFC 8224 section 6.2.2 (428, 436, 437, 438), RFC 5079 (433).

use domain::outcome::{Blame, CallStatus, EndReason, LineLoss};

/// How a call came to its end, in the three words that a client reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// A terminal status.
    pub status: CallStatus,
    /// Why.
    pub end_reason: EndReason,
    /// Whose doing.
    pub blame: Blame,
}

impl Verdict {
    pub(super) const fn new(status: CallStatus, end_reason: EndReason, blame: Blame) -> Self {
        Self { status, end_reason, blame }
    }
}

/// A final refusal of an INVITE as it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedInvite {
    /// SIP code, 300 to 699.
    pub code: u16,
    /// Q.850 cause of a Reason header (RFC 3326).
    pub q850: Option<u16>,
    /// 180 was seen.
    pub rang: bool,
    /// Made up by our own signalling because nothing came (RFC 3261, 17.1.1.2, timer B).
    pub local: bool,
}

/// Verdict on a refused INVITE.
pub fn of_refusal(refusal: RefusedInvite) -> Verdict {
    if refusal.local {
        return Verdict::new(CallStatus::Failed, EndReason::CarrierUnavailable, Blame::Carrier);
    }
    of_cause(refusal).unwrap_or_else(|| of_code(refusal))
}

/// Where the code is a gateway's collective one, the cause behind it is more exact. Codes that speak for themselves
/// (credentials, 607, 608) are left alone.
fn of_cause(RefusedInvite { code, q850, rang, .. }: RefusedInvite) -> Option<Verdict> {
    use Blame as B;
    use CallStatus as S;
    use EndReason as R;
    if !matches!(code, 403 | 404 | 408 | 480 | 486 | 487 | 500..=599 | 600 | 603) {
        return None;
    }
    Some(match q850? {
        17 => Verdict::new(S::Busy, R::Busy, B::Callee),
        1 | 22 | 28 => Verdict::new(S::Failed, R::InvalidNumber, B::ApiClient),
        2 | 3 | 27 | 34 | 38 | 41 | 42 | 44 | 47 => Verdict::new(S::Failed, R::CarrierUnavailable, B::Carrier),
        18 | 19 => Verdict::new(S::NoAnswer, R::NoAnswer, callee_if(rang)),
        20 => Verdict::new(S::NoAnswer, R::NoAnswer, B::Callee),
        21 => Verdict::new(S::Rejected, R::Rejected, callee_if(rang)),
        50 | 55 | 57 | 87 => Verdict::new(S::Failed, R::CarrierDenied, B::Carrier),
        _ => return None,
    })
}

fn of_code(RefusedInvite { code, rang, .. }: RefusedInvite) -> Verdict {
    use Blame as B;
    use CallStatus as S;
    use EndReason as R;
    match code {
        486 | 600 => Verdict::new(S::Busy, R::Busy, B::Callee),
        408 | 480 => Verdict::new(S::NoAnswer, R::NoAnswer, callee_if(rang)),
        // We did not cancel, so somebody's timer on the way did.
        487 if rang => Verdict::new(S::NoAnswer, R::NoAnswer, B::Callee),
        603 | 607 => Verdict::new(S::Rejected, R::Rejected, callee_if(rang)),
        // RFC 8688: an intermediary rejected it by analytics; the callee never knew.
        608 => Verdict::new(S::Rejected, R::Rejected, B::Carrier),
        // RFC 5079: the callee's service takes no anonymous calls.
        433 => Verdict::new(S::Rejected, R::Rejected, B::Unknown),
        404 | 410 | 484 | 604 => Verdict::new(S::Failed, R::InvalidNumber, B::ApiClient),
        401 | 407 | 428 | 436..=438 => Verdict::new(S::Failed, R::CarrierDenied, B::Us),
        402 | 403 => Verdict::new(S::Failed, R::CarrierDenied, B::Carrier),
        500..=599 => Verdict::new(S::Failed, R::CarrierUnavailable, B::Carrier),
        // Our offer, our syntax or an extension of ours was not to its taste.
        400 | 405 | 406 | 413..=416 | 420 | 421 | 488 | 493 | 606 => Verdict::new(S::Failed, R::Unknown, B::Us),
        300..=399 | 481..=483 | 485 | 487 => Verdict::new(S::Failed, R::Unknown, B::Carrier),
        _ => Verdict::new(S::Failed, R::Unknown, B::Unknown),
    }
}

fn callee_if(rang: bool) -> Blame {
    if rang { Blame::Callee } else { Blame::Unknown }
}

/// Verdict on a BYE from the far end of an answered call: a network fault in its cause is not a callee who hung up.
pub fn of_remote_bye(q850: Option<u16>) -> Verdict {
    match q850 {
        Some(3 | 27 | 34 | 38 | 41 | 42 | 44 | 47 | 102 | 111 | 127) => {
            Verdict::new(CallStatus::Completed, EndReason::CarrierUnavailable, Blame::Carrier)
        }
        _ => Verdict::new(CallStatus::Completed, EndReason::CalleeHangup, Blame::Callee),
    }
}

/// Verdict on a line that went away without anybody hanging up.
pub fn of_line_loss(loss: LineLoss, answered: bool) -> Verdict {
    let status = if answered { CallStatus::Completed } else { CallStatus::Failed };
    let blame = match loss {
        LineLoss::SessionExpired | LineLoss::TransportBroken => Blame::Carrier,
        LineLoss::SignallingStopped => Blame::Us,
    };
    Verdict::new(status, EndReason::CarrierUnavailable, blame)
}

/// Verdict on a call that our side ends. `answered` tells a conversation from an attempt. Reasons that only the line
/// can give (busy, rejected, …) are not ours to give and read as a plain hang-up.
pub fn of_our_end(reason: EndReason, answered: bool) -> Verdict {
    use EndReason as R;
    let (reason, blame) = match reason {
        R::ApiHangup | R::Canceled => (R::ApiHangup, Blame::ApiClient),
        R::ScreeningRefused | R::SilenceTimeout => (reason, Blame::Callee),
        R::MediaLost => (reason, Blame::Carrier),
        R::ProviderError => (reason, Blame::Provider),
        R::MoneyCap | R::Suppressed | R::OutsideHours | R::PolicyBlocked | R::InsufficientFunds => {
            (reason, Blame::ApiClient)
        }
        R::Unknown => (reason, Blame::Unknown),
        R::AgentHangup
        | R::Transferred
        | R::VoicemailMessageLeft
        | R::MachineHangup
        | R::MaxDuration
        | R::AgentError
        | R::NodeLost => (reason, Blame::Us),
        R::CalleeHangup
        | R::Busy
        | R::NoAnswer
        | R::Rejected
        | R::InvalidNumber
        | R::CarrierUnavailable
        | R::CarrierDenied => (R::AgentHangup, Blame::Us),
    };
    if answered {
        return Verdict::new(CallStatus::Completed, reason, blame);
    }
    match reason {
        R::ApiHangup => Verdict::new(CallStatus::Canceled, R::Canceled, blame),
        R::AgentHangup => Verdict::new(CallStatus::Canceled, R::Canceled, Blame::Us),
        _ => Verdict::new(CallStatus::Failed, reason, blame),
    }
}

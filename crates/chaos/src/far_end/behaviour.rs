//! What the far end does with a number: decided by the number alone, so that a run can be repeated and a call that
//! rang twice would be treated alike twice.

use std::time::Duration;

use crate::random::Random;

/// What happens after an INVITE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Answers and leaves hanging up to the agent.
    Answers { after: Duration },
    /// Answers, and hangs up.
    HangsUp { after: Duration, talk: Duration },
    /// Says no, with this status line.
    Refuses { status: &'static str },
    /// Rings until the caller gives up.
    RingsOut,
    /// Sends nothing until the INVITE has been repeated for some seconds, then declines.
    Late,
    /// Sends nothing at all.
    Dead,
}

impl Behaviour {
    /// Of a number, E.164. Without `patience` nobody is dead: the caller's wait for nothing is 32 s (RFC 3261, timer B).
    pub(super) fn of(seed: u64, number: &str, patience: bool) -> Self {
        let digits = number
            .bytes()
            .filter(u8::is_ascii_digit)
            .fold(0_u64, |n, digit| n.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')));
        let mut random = Random::part(seed, digits);
        match random.below(100) {
            0..30 => Self::Answers { after: random.millis(20, 1_500) },
            30..60 => Self::HangsUp { after: random.millis(20, 1_000), talk: random.millis(200, 4_000) },
            60..75 => Self::Refuses { status: "486 Busy Here" },
            75..82 => Self::Refuses { status: "603 Decline" },
            82..88 => Self::Refuses { status: "503 Service Unavailable" },
            88..97 => Self::RingsOut,
            97..99 => Self::Late,
            _ if patience => Self::Dead,
            _ => Self::Late,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_behaves_alike_and_all_kinds_come() {
        let of = |n: u64| Behaviour::of(9, &format!("+1555{n:07}"), true);
        assert_eq!(of(5), of(5));
        let all: Vec<Behaviour> = (0..500).map(of).collect();
        assert!(all.iter().any(|b| matches!(b, Behaviour::Answers { .. })));
        assert!(all.iter().any(|b| matches!(b, Behaviour::HangsUp { .. })));
        assert!([Behaviour::RingsOut, Behaviour::Late, Behaviour::Dead].iter().all(|one| all.contains(one)));
        assert!(all.contains(&Behaviour::Refuses { status: "486 Busy Here" }));
    }
}

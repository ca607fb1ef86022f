//! Whether a trunk is there: by the calls that went over it last, and by asking it now.
//!
//! Law: health is evidence, and tells of when. Who asked last is remembered by the node that asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::TrunkId;
use domain::api_key::Permission;
use domain::outcome::EndReason;
use domain::refusal::{Refusal, RefusalCode};
use domain::time::Timestamp;
use domain::trunk::Trunk;

use crate::ports::store::LastDial;
use crate::ports::telephone::{DialError, TrunkAnswer, TrunkProbe};
use crate::{Platform, Principal};

/// Calls that are looked at.
const LAST: u32 = 100;

/// When a trunk was asked, and what went wrong.
type Asked = (Timestamp, Option<String>);

/// The way to trunks, and what they said last.
#[derive(Clone, Default)]
pub struct TrunkProbes {
    probe: Option<Arc<dyn TrunkProbe>>,
    last: Arc<Mutex<HashMap<TrunkId, Asked>>>,
}

impl TrunkProbes {
    /// Over this telephone.
    pub fn new(probe: Arc<dyn TrunkProbe>) -> Self {
        Self { probe: Some(probe), last: Arc::default() }
    }
}

/// Whether a trunk is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrunkState {
    /// The last that was heard of it was an answer.
    Up,
    /// The last that was heard of it was none.
    Down,
    /// Nothing went over it yet.
    Unknown,
}

/// How a trunk does.
#[derive(Clone, Debug, PartialEq)]
pub struct TrunkHealth {
    /// Whether it is there.
    pub state: TrunkState,
    /// When it was heard of last.
    pub checked_at: Option<Timestamp>,
    /// What went wrong last, if that is the last that was heard.
    pub last_error: Option<String>,
    /// Calls that are up over it.
    pub live_calls: u64,
    /// Part of its last hundred calls that were answered, 0 to 1.
    pub answer_rate: Option<f64>,
}

impl Platform {
    /// How each of these trunks does.
    pub async fn trunk_health(
        &self,
        principal: &Principal,
        trunks: Vec<Trunk>,
    ) -> Result<Vec<(Trunk, TrunkHealth)>, Refusal> {
        principal.require(Permission::TelephonyRead)?;
        let mut all = Vec::with_capacity(trunks.len());
        for trunk in trunks {
            let dials = self.store.calls_over(principal.organization, trunk.id, LAST).await?;
            let live_calls = self.store.live_calls(trunk.id, self.clock.now()).await?;
            let asked = self.trunks.last.lock().unwrap_or_else(PoisonError::into_inner).get(&trunk.id).cloned();
            all.push((trunk, health(&dials, live_calls, asked)));
        }
        Ok(all)
    }

    /// Asks a trunk now.
    pub async fn test_trunk(
        &self,
        principal: &Principal,
        name: &str,
    ) -> Result<Result<TrunkAnswer, DialError>, Refusal> {
        principal.require(Permission::TelephonyWrite)?;
        let trunk = self.find_trunk(principal, name).await?;
        let Some(probe) = &self.trunks.probe else {
            return Err(Refusal::new(RefusalCode::Unavailable, "this node has no telephone; ask another"));
        };
        let answer = probe.probe(&trunk).await;
        let wrong = answer.as_ref().err().map(ToString::to_string);
        let mut last = self.trunks.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.insert(trunk.id, (self.clock.now(), wrong));
        Ok(answer)
    }
}

/// What to do about a trunk's answer, or about none; nothing where it is fine.
pub fn remedy(told: &Result<TrunkAnswer, DialError>) -> Option<&'static str> {
    Some(match told {
        Ok(answer) => match answer.code {
            200..=299 => return None,
            300..=399 => "the carrier answers elsewhere: set the trunk to the address in its documents",
            401 | 407 => {
                "it answers, and wants to know who asks; calls bring the trunk's user name and password, so look whether \
                 both are set"
            }
            403 => {
                "it answers and refuses: ask the carrier to allow this server's public address, and look at the account"
            }
            404 => "it answers, and does not know this address: look at the domain in its documents",
            405 | 501 => "it answers, and does not take OPTIONS; calls may go through: place a test call",
            408 | 480 | 500..=599 => "it answers, and is out of order or busy: try again, then ask the carrier",
            _ => "it answers; place a test call to see whether calls go through",
        },
        Err(DialError::Unreachable(_)) => {
            "look at host name, port and transport (UDP or TCP), and at firewalls on the way: SIP and RTP must come through \
             in both directions"
        }
        Err(DialError::Exhausted(_)) => "this server has no port left: widen media.ports, or end calls",
    })
}

fn health(dials: &[LastDial], live_calls: u64, asked: Option<Asked>) -> TrunkHealth {
    let dialed = dials.first().map(|dial| (dial.ended_at, fault(dial.end_reason)));
    let newest = [asked, dialed].into_iter().flatten().max_by_key(|(at, _)| *at);
    #[expect(clippy::cast_precision_loss, reason = "a hundred at most")]
    let rate = |answered: usize| answered as f64 / dials.len() as f64;
    let answered = dials.iter().filter(|dial| dial.answered).count();
    TrunkHealth {
        state: match &newest {
            None => TrunkState::Unknown,
            Some((_, None)) => TrunkState::Up,
            Some((_, Some(_))) => TrunkState::Down,
        },
        checked_at: newest.as_ref().map(|(at, _)| *at),
        last_error: newest.and_then(|(_, wrong)| wrong),
        live_calls,
        answer_rate: (!dials.is_empty()).then(|| rate(answered)),
    }
}

/// What an end says of the trunk, in words that name the remedy.
fn fault(reason: EndReason) -> Option<String> {
    let words = match reason {
        EndReason::CarrierUnavailable => "a call could not go out: the trunk did not answer, or is out of order",
        EndReason::CarrierDenied => {
            "a call was refused: look at user name, password, balance and permissions at the carrier"
        }
        _ => return None,
    };
    Some(words.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn dial(second: i64, end_reason: EndReason, answered: bool) -> LastDial {
        LastDial { ended_at: Timestamp::from_second(second).unwrap(), end_reason, answered }
    }

    #[test]
    fn every_answer_but_a_good_one_has_a_remedy() {
        let answered = |code| Ok(TrunkAnswer { code, phrase: String::new(), after: Duration::ZERO });
        for (told, word) in [
            (answered(301), "address"),
            (answered(401), "password"),
            (answered(403), "public address"),
            (answered(404), "domain"),
            (answered(405), "test call"),
            (answered(503), "try again"),
            (answered(600), "test call"),
            (Err(DialError::Unreachable("no answer within 5 s".into())), "firewalls"),
            (Err(DialError::Exhausted("no port".into())), "media.ports"),
        ] {
            let remedy = remedy(&told).unwrap();
            assert!(remedy.contains(word), "{told:?}: {remedy}");
        }
        assert_eq!(remedy(&answered(200)), None);
    }

    #[test]
    fn the_newest_evidence_counts() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let fine = [dial(20, EndReason::AgentHangup, true), dial(10, EndReason::CarrierUnavailable, false)];
        let broken = [dial(20, EndReason::CarrierDenied, false)];
        let silent = || Some("no answer".to_owned());
        for (dials, asked, state, checked, error, rate) in [
            (&[][..], None, TrunkState::Unknown, None, false, None),
            (&fine[..], None, TrunkState::Up, Some(20), false, Some(0.5)),
            (&broken[..], None, TrunkState::Down, Some(20), true, Some(0.0)),
            (&broken[..], Some((at(30), None)), TrunkState::Up, Some(30), false, Some(0.0)),
            (&fine[..], Some((at(30), silent())), TrunkState::Down, Some(30), true, Some(0.5)),
            (&fine[..], Some((at(5), silent())), TrunkState::Up, Some(20), false, Some(0.5)),
        ] {
            let found = health(dials, 3, asked);
            assert_eq!((found.state, found.checked_at, found.live_calls), (state, checked.map(at), 3));
            assert_eq!((found.last_error.is_some(), found.answer_rate), (error, rate));
        }
    }
}

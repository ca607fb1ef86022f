//! What a conversation left behind, in the one form that every dialect shows: transcript, summary, link to the recording.

use domain::call::Call;
use domain::money::Money;
use domain::transcript::{Speaker, Turn};

/// What was said and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// What was heard, a line a turn; `None` while nobody spoke.
    pub transcript: Option<String>,
    /// What came of the call, in a line; `None` before its end.
    pub summary: Option<String>,
    /// Where the recording is; `None` until it is ready.
    pub recording_url: Option<String>,
}

/// `Agent: …` and `User: …`, a line a turn.
pub fn transcript(turns: &[Turn]) -> Option<String> {
    let line = |turn: &Turn| {
        let speaker = match turn.speaker {
            Speaker::Agent => "Agent",
            Speaker::Callee => "User",
        };
        format!("{speaker}: {}", turn.text)
    };
    (!turns.is_empty()).then(|| turns.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Outcome with its slots, or why there is none.
pub fn summary(call: &Call) -> Option<String> {
    let reason = call.end_reason?;
    let Some(outcome) = call.outcome.as_ref().filter(|outcome| !outcome.name.is_empty()) else {
        return Some(reason.as_str().replace('_', " "));
    };
    let slots = outcome.slots.iter().map(|(name, value)| format!("{name}: {}", crate::variables::text(value)));
    let slots = slots.collect::<Vec<_>>().join(", ");
    let name = outcome.name.replace('_', " ");
    Some(if slots.is_empty() { name } else { format!("{name} ({slots})") })
}

/// A JSON number; the vendors' APIs show money so.
#[expect(clippy::cast_precision_loss, reason = "balances lie far below the 53 bits that a JSON number holds exactly")]
pub(crate) fn amount(money: Money) -> f64 {
    money.micros() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use domain::time::CallMs;

    use super::*;
    use crate::fixtures::{answered_call, queued_call};

    fn turn(number: u32, speaker: Speaker, text: &str) -> Turn {
        let (start_ms, end_ms) = (CallMs(0), CallMs(1));
        Turn {
            number,
            speaker,
            text: text.into(),
            intended: None,
            start_ms,
            end_ms,
            interrupted: false,
            by_person: false,
            latency: None,
        }
    }

    #[test]
    fn a_transcript_has_a_line_a_turn() {
        assert_eq!(transcript(&[]), None);
        let turns = [turn(1, Speaker::Agent, "Hello?"), turn(2, Speaker::Callee, "Hi.")];
        assert_eq!(transcript(&turns).unwrap(), "Agent: Hello?\nUser: Hi.");
    }

    #[test]
    fn a_summary_says_what_came_of_it() {
        assert_eq!(summary(&queued_call()), None);
        let (mut call, _) = answered_call();
        assert_eq!(summary(&call).unwrap(), "confirmed");
        call.outcome.as_mut().unwrap().slots.insert("when".into(), "Tuesday".into());
        assert_eq!(summary(&call).unwrap(), "confirmed (when: Tuesday)");
        call.outcome = None;
        assert_eq!(summary(&call).unwrap(), "agent hangup");
    }
}

//! Who must not be called is not called, and whoever asks for it is told.

use std::collections::HashMap;

use super::Finding;
use crate::evidence::{Answer, At, Evidence, Expected, InviteKind};

pub(super) fn no_forbidden_number_rings(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("no call that policy forbids gets an INVITE");
    let mut dialed: HashMap<&str, At> = HashMap::new();
    for call in &evidence.calls {
        for event in call.of("call.dialing") {
            dialed.extend(event.attempt.as_deref().map(|attempt| (attempt, event.at)));
        }
    }
    for ban in &evidence.forbidden {
        let rings = evidence.invites.iter().filter(|i| i.kind == InviteKind::New && i.number == ban.number);
        // A dial that was committed before the ban may leave just after it.
        let late = rings.filter(|invite| dialed.get(invite.attempt()).copied().unwrap_or(invite.at) > ban.since);
        let late: Vec<i64> = late.map(|invite| (invite.at - ban.since) / 1_000).collect();
        let told = || format!("{} ({}) rang {late:?} ms after the ban", ban.number, ban.why);
        finding.look((!late.is_empty()).then(told));
    }
    finding
}

pub(super) fn refusals_are_told(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("a create that policy forbids is refused with its code and makes no call");
    for ask in &evidence.asks {
        let Expected::Refused(code) = ask.expected else { continue };
        let answers = ask.tries.iter().filter_map(|one| match &one.answer {
            Answer::Arrived { status, word, .. } if *status != 503 => Some((*status, word.as_str())),
            _ => None,
        });
        let answers: Vec<(u16, &str)> = answers.collect();
        let made = evidence.calls.iter().filter(|call| call.ask == Some(ask.number)).count();
        let wrong = made > 0 || answers.iter().any(|(status, word)| !(400..500).contains(status) || *word != code);
        finding.look(wrong.then(|| format!("ask {}: expected {code}, got {answers:?}, {made} calls", ask.number)));
    }
    finding
}

//! Who must not be called is not called, and whoever asks for it is told.

use std::collections::{BTreeMap, HashMap};

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

pub(super) fn refusals_are_on_record(evidence: &Evidence) -> Finding {
    let mut finding =
        Finding::new("every refusal for a number is on record with its reason, at create and at the dial");
    let mut kept: HashMap<(&str, &str), usize> = HashMap::new();
    for decision in &evidence.decisions {
        *kept.entry((&decision.number, &decision.code)).or_default() += 1;
    }
    let mut told: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for ask in &evidence.asks {
        // What is no number has no place in the record of numbers.
        let Expected::Refused(code) = ask.expected else { continue };
        let arrived = ask.tries.iter().filter(|one| matches!(one.answer, Answer::Arrived { status: 422, .. })).count();
        if code != "invalid_number" && arrived > 0 {
            *told.entry((&ask.to, code)).or_default() += arrived;
        }
    }
    for call in evidence.calls.iter().filter(|call| call.end_reason == "suppressed") {
        told.entry((&call.to, "suppressed")).or_insert(1);
    }
    for ((number, code), times) in told {
        let known = kept.get(&(number, code)).copied().unwrap_or(0);
        finding.look((known < times).then(|| format!("{number}: {code} {times} times, {known} on record")));
    }
    finding
}

//! What must come of a call against what came of it.

use std::fmt::Debug;

use domain::transcript::Speaker;

use super::document::{Expect, patterns};
use super::report::Check;
use super::run::EndedCall;
use super::word_errors::word_error_rate;
use crate::persona::normalise;
use crate::record::CallView;

pub(super) fn check(expect: &Expect, call: &EndedCall, far_end: Option<&CallView>) -> Vec<Check> {
    let mut checks = Vec::new();
    same(&mut checks, "status", expect.status, Some(call.status));
    same(&mut checks, "end_reason", expect.end_reason, call.end_reason);
    same(&mut checks, "answered_by", expect.answered_by, Some(call.answered_by));
    let outcome = call.outcome.as_ref().map(|outcome| outcome.name.clone());
    same(&mut checks, "outcome", expect.outcome.clone(), outcome);
    check_slots(&mut checks, expect, call);
    check_ears(&mut checks, expect, call, far_end);
    if let Some(wanted) = expect.interrupted {
        let was = call.turns.iter().any(|turn| turn.speaker == Speaker::Agent && turn.interrupted);
        same(&mut checks, "interrupted", Some(wanted), Some(was));
    }
    check_times(&mut checks, expect, call, far_end);
    for (events, wanted) in [(&expect.events, true), (&expect.no_events, false)] {
        for event in events {
            let seen = call.events.contains(event);
            let word = if seen { "seen" } else { "not seen" };
            checks.push(Check::new(format!("event {event}"), seen == wanted, word.to_owned()));
        }
    }
    checks
}

fn same<T: PartialEq + Debug>(checks: &mut Vec<Check>, name: &str, wanted: Option<T>, is: Option<T>) {
    if let Some(wanted) = wanted {
        let good = is.as_ref() == Some(&wanted);
        let is = is.map_or_else(|| "none".to_owned(), |is| format!("{is:?}"));
        let detail = if good { is } else { format!("{is}, expected {wanted:?}") };
        checks.push(Check::new(name.to_owned(), good, detail));
    }
}

fn check_slots(checks: &mut Vec<Check>, expect: &Expect, call: &EndedCall) {
    for (name, wanted) in &expect.slots {
        let is = call.outcome.as_ref().and_then(|outcome| outcome.slots.get(name));
        let good = is.is_some_and(|is| wanted.is_null() || loosely_equal(is, wanted));
        let is = is.map_or_else(|| "not filled".to_owned(), ToString::to_string);
        let detail = if good { is } else { format!("{is}, expected {wanted}") };
        checks.push(Check::new(format!("slot {name}"), good, detail));
    }
}

/// Text is compared without case; a number equals its text.
fn loosely_equal(is: &serde_json::Value, wanted: &serde_json::Value) -> bool {
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.to_lowercase(),
        other => other.to_string(),
    };
    is == wanted || text(is) == text(wanted)
}

fn check_ears(checks: &mut Vec<Check>, expect: &Expect, call: &EndedCall, far_end: Option<&CallView>) {
    let heard = far_end.map(|view| normalise(&view.heard_text())).unwrap_or_default();
    for (texts, wanted) in [(&expect.callee_heard, true), (&expect.callee_not_heard, false)] {
        let compiled = patterns("expect", texts).unwrap_or_default();
        for (text, pattern) in texts.iter().zip(compiled) {
            let found = pattern.found_in(&heard);
            let name = format!("callee {} '{text}'", if wanted { "heard" } else { "did not hear" });
            let detail = if found == wanted { String::new() } else { format!("heard: {heard}") };
            checks.push(Check::new(name, found == wanted, detail));
        }
    }
    if let Some(bound) = &expect.agent_heard {
        let said: Vec<&str> = far_end.iter().flat_map(|view| &view.said).map(|said| said.text.as_str()).collect();
        let turns = call.turns.iter().filter(|turn| turn.speaker == Speaker::Callee);
        let understood: Vec<&str> = turns.map(|turn| turn.text.as_str()).collect();
        let rate = word_error_rate(&said.join(" "), &understood.join(" "));
        let detail =
            format!("{:.0} % of words wrong, at most {:.0} %", rate * 100.0, bound.max_word_error_rate * 100.0);
        checks.push(Check::new("agent heard the callee".to_owned(), rate <= bound.max_word_error_rate, detail));
    }
}

fn check_times(checks: &mut Vec<Check>, expect: &Expect, call: &EndedCall, far_end: Option<&CallView>) {
    let mut within = |name: &str, limit: Option<u64>, is: Option<u64>, unit: &str| {
        if let Some(limit) = limit {
            let is_text = is.map_or_else(|| "not measured".to_owned(), |is| format!("{is} {unit}"));
            checks.push(Check::new(
                name.to_owned(),
                is.is_some_and(|is| is <= limit),
                format!("{is_text}, at most {limit} {unit}"),
            ));
        }
    };
    let cut = far_end.and_then(|view| view.cuts_ms().into_iter().max());
    within("agent stopped when talked over", expect.cut_within_ms, cut, "ms");
    let first = far_end.and_then(CallView::answer_to_first_sound_ms);
    within("answer to first audio", expect.max_answer_to_first_audio_ms, first, "ms");
    within("reply, median", expect.max_reply_ms, far_end.and_then(median_reply_ms), "ms");
    within("duration", expect.max_duration_s, Some(call.duration_ms / 1_000), "s");
    if let Some(least) = expect.min_duration_s {
        let is = call.duration_ms / 1_000;
        checks.push(Check::new("duration".to_owned(), is >= least, format!("{is} s, at least {least} s")));
    }
}

/// End of the callee's words to the agent's next sound, where the agent was silent at that end.
fn median_reply_ms(view: &CallView) -> Option<u64> {
    let replies = view.said.iter().enumerate().filter(|(_, said)| !said.text.is_empty()).filter_map(|(n, said)| {
        let busy = view.heard.iter().any(|heard| heard.start_ms <= said.end_ms && said.end_ms < heard.end_ms);
        let next_said = view.said.get(n + 1).map_or(u64::MAX, |next| next.start_ms);
        let reply = view.heard.iter().map(|heard| heard.start_ms).find(|start| *start > said.end_ms)?;
        (!busy && reply < next_said).then(|| reply - said.end_ms)
    });
    let mut replies: Vec<u64> = replies.collect();
    replies.sort_unstable();
    replies.get(replies.len() / 2).copied()
}

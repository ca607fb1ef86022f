//! A conversation in the terminal, while it is spoken.

use std::process::ExitCode;

use anyhow::Result;
use api::wire::calls::Call;
use api::wire::events::{CallEvent, Ending, Fact, Turn, Words};
use api::wire::words::Speaker;
use domain::outcome::CallStatus;

use crate::client::events::Heard;
use crate::client::{Client, segment};
use crate::output::Output;

/// Erases the line that the cursor is on (ECMA-48, EL 2).
const ERASE_LINE: &str = "\r\x1b[2K";
/// Longest text of a line that is drawn over; a longer one would wrap and could not be erased.
const DRAWN: usize = 70;

/// Shows a call until it is over, and its record after it. Succeeds when the call completed.
pub async fn follow(client: &Client, call: &str, output: Output) -> Result<ExitCode> {
    show(client, call, output).await?;
    let call: Call = client.get(&format!("/v1/calls/{}", segment(call))).await?;
    if output.json {
        output.json_line(&call)?;
    }
    Ok(if call.status.0 == CallStatus::Completed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shows a call's events until it is over.
pub async fn show(client: &Client, call: &str, output: Output) -> Result<()> {
    let mut events = client.follow(call);
    let mut drawn = false;
    while let Some(heard) = events.next().await? {
        match heard {
            Heard::Event(event) if output.json => output.json_line(&event)?,
            Heard::Words(words) if output.json => output.json_line(&words)?,
            Heard::Words(words) => {
                if output.is_terminal() {
                    output.raw(&format!("{ERASE_LINE}{}", growing(&words)))?;
                    drawn = true;
                }
            }
            Heard::Event(event) => {
                if std::mem::take(&mut drawn) {
                    output.raw(ERASE_LINE)?;
                }
                if let Some(line) = line(&event) {
                    output.line(&line)?;
                }
            }
        }
    }
    Ok(())
}

fn growing(words: &Words) -> String {
    let all: Vec<char> = words.text.chars().collect();
    let shown: String = all[all.len().saturating_sub(DRAWN)..].iter().collect();
    format!("{:>8}  {} …", who(words.speaker), printable(&shown))
}

fn who(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Agent => "agent",
        Speaker::Callee => "callee",
    }
}

/// Text of the far end goes to a terminal: control characters could steer it.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// One line for an event, where a person wants to see it.
pub fn line(event: &CallEvent) -> Option<String> {
    let text = match &event.fact {
        Fact::Queued => "queued".to_owned(),
        Fact::Dialing { .. } => "dialing".to_owned(),
        Fact::Ringing { sip_code, .. } => format!("ringing ({sip_code})"),
        Fact::Answered { codec } => format!("answered ({codec})"),
        Fact::AnsweredBy { answered_by, confidence, evidence, .. } => {
            format!("picked up by {} ({:.0} %: {})", answered_by.0.as_str(), confidence * 100.0, evidence.why)
        }
        Fact::Turn(turn) => return Some(spoken(turn)),
        Fact::Digits { sent: true, digits, .. } => format!("sent digits {digits}"),
        Fact::Digits { sent: false, digits, .. } => format!("heard digits {digits}"),
        Fact::Slot { name, value } => format!("learned {name} = {}", printable(&plain(value))),
        Fact::Tool { name, status, duration_ms, error } => match (status, error) {
            (_, Some(error)) => format!("tool {name} failed: {error}"),
            (Some(status), None) => format!("tool {name}: {status} in {duration_ms} ms"),
            (None, None) => format!("tool {name}: {duration_ms} ms"),
        },
        Fact::OptedOut => "opted out: the number is on the do-not-call list".to_owned(),
        Fact::VoicemailMessageLeft => "message left on the machine".to_owned(),
        Fact::Transfer { to, state } => format!("transfer to {to}: {state}"),
        Fact::Note { text } => format!("note to the agent: {}", printable(text)),
        Fact::Trouble { part, detail } => format!("trouble in {part}: {detail}"),
        Fact::RecordingReady { duration_ms, bytes, .. } => {
            format!("recording ready: {:.1} s, {} kB", seconds(*duration_ms), bytes / 1_000)
        }
        Fact::Ended(ending) => ended(ending),
    };
    Some(format!("{:>8}  {text}", "·"))
}

fn spoken(turn: &Turn) -> String {
    let cut = if turn.interrupted { " —" } else { "" };
    let latency = turn.latency.map(|l| format!("   ({:.0} ms)", l.total_ms)).unwrap_or_default();
    format!("{:>8}  {}{cut}{latency}", who(turn.speaker), printable(&turn.text))
}

fn ended(ending: &Ending) -> String {
    let (status, reason) = (ending.status.0.as_str(), ending.end_reason.0.as_str());
    let outcome = ending.outcome.as_ref().map(|outcome| {
        let slots = outcome.slots.iter().map(|(name, value)| format!("{name}={}", printable(&plain(value))));
        format!("; outcome {} {}", outcome.name, slots.collect::<Vec<_>>().join(" "))
    });
    let text = format!("{status}: {reason} after {:.1} s{}", seconds(ending.duration_ms), outcome.unwrap_or_default());
    text.trim_end().to_owned()
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[expect(clippy::cast_precision_loss, reason = "a duration for people, rounded to a tenth of a second")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

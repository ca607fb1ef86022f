//! A call's record for a person: what came of it, why we believe it, where the time went, where the files are.

use std::path::Path;

use anyhow::Result;
use api::wire::calls::Call;
use api::wire::events::{CallEvent, Fact};

use crate::output::Output;

/// Milliseconds that one mark of a bar stands for.
const MS_PER_MARK: f32 = 25.0;
/// Stages of the waterfall, with the mark each is drawn with.
const STAGES: [(&str, char); 5] = [("endpoint", '░'), ("stt", '▒'), ("dialog", '▓'), ("tts", '█'), ("egress", '▪')];

/// Prints the record.
pub fn print(call: &Call, events: &[CallEvent], recordings: &Path, output: Output) -> Result<()> {
    if output.json {
        return Ok(output.json_line(call)?);
    }
    output.line("")?;
    let field = |name: &str, value: String| output.line(&format!("  {name:<12} {value}"));
    field("call", call.id.clone())?;
    let reason = call.end_reason.as_ref().map_or("", |r| r.0.as_str());
    let blame = call.blame.as_ref().map_or("", |b| b.0.as_str());
    field("status", format!("{} ({reason}, by {blame})", call.status.0.as_str()))?;
    field("answered by", format!("{} ({:.0} %)", call.answered_by.0.as_str(), call.answered_by_confidence * 100.0))?;
    if let Some(outcome) = &call.outcome {
        field("outcome", format!("{} {}", outcome.name, serde_json::Value::Object(outcome.slots.clone())))?;
    }
    field("evidence", evidence(call))?;
    if let Some(ms) = call.evidence.answer_to_first_audio_ms {
        field("first audio", format!("{ms:.1} ms after the answer"))?;
    }
    waterfall(events, output)?;
    if let Some(path) = recording(events) {
        field("recording", recordings.join(path).display().to_string())?;
    }
    Ok(())
}

fn evidence(call: &Call) -> String {
    let e = &call.evidence;
    let codes: Vec<String> = e.sip_codes.iter().map(u16::to_string).collect();
    let bye = e.bye_from.as_ref().map_or("nobody", |b| b.0.as_str());
    let lost = e.line_lost.as_ref().map(|loss| format!("; line lost: {}", loss.0.as_str())).unwrap_or_default();
    let detection = e.answer_detection.as_ref().map(|d| format!("; {}", d.why)).unwrap_or_default();
    format!(
        "SIP {}, BYE from {bye}, {} packets out, {} in, {} lost{lost}{detection}",
        codes.join(" "),
        e.packets_sent,
        e.packets_received,
        e.packets_lost
    )
}

fn recording(events: &[CallEvent]) -> Option<&str> {
    events.iter().rev().find_map(|e| match &e.fact {
        Fact::RecordingReady { path, .. } => Some(path.as_str()),
        _ => None,
    })
}

/// One bar per reply: end of the callee's speech to the agent's first packet.
fn waterfall(events: &[CallEvent], output: Output) -> Result<()> {
    let replies: Vec<_> = events
        .iter()
        .filter_map(|e| match &e.fact {
            Fact::Turn(turn) => turn.latency.as_ref().map(|latency| (turn.number, latency)),
            _ => None,
        })
        .collect();
    if replies.is_empty() {
        return Ok(());
    }
    let key: Vec<String> = STAGES.iter().map(|(name, mark)| format!("{mark} {name}")).collect();
    output.line(&format!("  {:<12} {}", "replies", key.join("  ")))?;
    for (number, l) in replies {
        let stages = [l.endpoint_ms, l.stt_ms, l.dialog_ms, l.tts_ms, l.egress_ms];
        let bar: String =
            stages.iter().zip(STAGES).map(|(ms, (_, mark))| mark.to_string().repeat(marks(*ms))).collect();
        let figures: Vec<String> = stages.iter().map(|ms| format!("{ms:.0}")).collect();
        output.line(&format!(
            "  {:<12} {bar} {:.0} ms = {}",
            format!("turn {number}"),
            l.total_ms,
            figures.join(" + ")
        ))?;
    }
    Ok(())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a bar's length, rounded and clamped")]
fn marks(ms: f32) -> usize {
    (ms / MS_PER_MARK).round().clamp(0.0, 60.0) as usize
}

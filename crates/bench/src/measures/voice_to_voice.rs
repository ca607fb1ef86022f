//! Voice to voice with the embedded models: a caller of the example agent, by the far end's clock, and the waterfall of
//! the same turns by the server's own records.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::turns::replied;
use super::{Settings, number, talks};
use crate::far_end::{Behaviour, FarEnd};
use crate::report::{self, Sample, millis};
use crate::server::{Child, Kind};

/// What is answered to the agent's four questions.
const LINES: &[&str] =
    &["Yes, this is Ann.", "Yes, I am still interested.", "Tomorrow afternoon at three.", "Yes, that is right."];
/// Stages of a turn's record.
const STAGES: &[&str] = &["endpoint_ms", "stt_ms", "dialog_ms", "tts_ms", "egress_ms", "total_ms"];
/// Longest call.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let clips = settings.clips(LINES).await?;
    let behaviour = Behaviour {
        answer_after: Duration::from_millis(1_500),
        agent_done: Duration::from_millis(700),
        ..talks(clips, false)
    };
    let far_end = FarEnd::start(behaviour.clone())?;
    let child = Child::start(Kind::Embedded { models: &settings.models, agent: &settings.agent }, &far_end)?;
    let plan: &[(&str, usize, usize)] =
        if settings.quick { &[("one call", 1, 1)] } else { &[("one call at a time", 1, 5), ("four at once", 4, 2)] };
    let (mut rows, mut stages) = (Vec::new(), Vec::new());
    for (label, at_once, times) in plan {
        let (mut voice, mut first, mut records) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..*times {
            far_end.reset(behaviour.clone());
            let calls = talk(&child, &far_end, *at_once).await?;
            far_end.look(|calls| {
                voice.extend(calls.iter().flat_map(|call| replied(&call.turns).map(|(_, ms)| ms)));
                first.extend(calls.iter().filter_map(|call| Some(millis(call.first_voice? - call.answered?))));
            });
            for call in calls {
                records.extend(latencies(&child, &call).await?);
            }
        }
        rows.push(row(label, "answer (200 sent) to first voice", first.into_iter().collect()));
        rows.push(row(label, "voice to voice, at the far end", voice.into_iter().collect()));
        for stage in STAGES {
            let sample = records.iter().filter_map(|record| record[*stage].as_f64()).collect();
            stages.push(row(label, stage.trim_end_matches("_ms"), sample));
        }
    }
    let head = ["calls", "what", "n", "p50 ms", "p95 ms", "p99 ms"];
    report::table(&format!("embedded models, {}", name(&settings.agent)), &head, &rows);
    report::table("the same turns by the server's own records", &head, &stages);
    Ok(())
}

fn name(agent: &Path) -> String {
    agent.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn row(label: &str, what: &str, sample: Sample) -> Vec<String> {
    let mut row = vec![label.to_owned(), what.to_owned(), sample.len().to_string()];
    row.extend(sample.cells(0));
    row
}

/// Places calls and waits for their ends; gives their ids.
async fn talk(child: &Child, far_end: &FarEnd, at_once: usize) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for n in 0..at_once {
        ids.push(Child::call(&child.client, &number(n)).await?);
    }
    let mut look = tokio::time::interval(Duration::from_millis(100));
    let all_over = async {
        loop {
            look.tick().await;
            if far_end.look(|calls| calls.iter().filter(|call| call.over).count()) >= at_once {
                return;
            }
        }
    };
    if tokio::time::timeout(LIMIT, all_over).await.is_err() {
        report::line("some calls did not end; their turns so far count");
    }
    Ok(ids)
}

/// The latency records of a call's turns.
async fn latencies(child: &Child, call: &str) -> Result<Vec<Value>> {
    let page: Value = child.client.get(&format!("/v1/calls/{call}/events?limit=1000")).await?;
    let events = page["items"].as_array().into_iter().flatten();
    let turns = events.filter(|event| event["type"] == "call.turn").map(|event| event["data"]["latency"].clone());
    Ok(turns.filter(Value::is_object).collect())
}

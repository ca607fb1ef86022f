//! Answer to first audio, and what a turn costs beyond models and the endpoint wait; ten calls at once, with speech
//! providers that answer at once.
//!
//! A turn is measured at the far end: from the moment the last packet of its speech was handed to the kernel to the
//! moment the first packet of the reply with voice came from it. Two things are taken off: the configured endpoint wait
//! (`endpoint_ms`, 320 ms), and where the speech detector places the end of the clip, which the far end knows
//! because it runs the same detector on the same packets.

use std::time::Duration;

use anyhow::Result;
use domain::agent_definition::TurnTaking;

use super::{Settings, number, talks};
use crate::far_end::{Behaviour, FarEnd, Turn};
use crate::report::{self, Sample, millis};
use crate::server::{Child, Kind};

/// Calls at once.
const CALLS: usize = 10;
const LINE: &str = "The blue one is fine with me.";

pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let clips = settings.clips(&[LINE]).await?;
    let endpoint_ms = TurnTaking::default().endpoint_ms;
    let said = format!("clip of {} ms, endpoint wait {endpoint_ms} ms", clips[0].milliseconds());
    let behaviour = Behaviour { detector: true, ..talks(clips, true) };
    let turns_each = if settings.quick { 3 } else { 12 };
    let mut rows = Vec::new();
    for pass in 1..=settings.passes {
        let far_end = FarEnd::start(behaviour.clone())?;
        let child = Child::start(Kind::Stub { recording: true }, &far_end)?;
        for n in 0..CALLS {
            Child::call(&child.client, &number(n)).await?;
        }
        wait(&far_end, turns_each).await;
        rows.extend(figures(pass, &far_end, endpoint_ms as f64));
    }
    rows.sort_by(|a, b| a[0].cmp(&b[0]));
    let title = format!("turns without models ({CALLS} calls at once, recorded; {said})");
    report::table(&title, &["what", "pass", "n", "p50 ms", "p95 ms", "p99 ms"], &rows);
    Ok(())
}

/// Until every call had its turns, or should have had them.
async fn wait(far_end: &FarEnd, turns: usize) {
    let mut look = tokio::time::interval(Duration::from_millis(50));
    let limit = tokio::time::sleep(Duration::from_secs(15 + 8 * turns as u64));
    tokio::pin!(limit);
    loop {
        tokio::select! {
            () = &mut limit => return,
            _ = look.tick() => {
                let done = far_end.look(|calls| calls.iter().filter(|call| replied(&call.turns).count() >= turns).count());
                if done >= CALLS {
                    return;
                }
            }
        }
    }
}

/// Turns with their voice-to-voice time in milliseconds.
pub(super) fn replied(turns: &[Turn]) -> impl Iterator<Item = (&Turn, f64)> {
    turns.iter().filter_map(|turn| Some((turn, millis(turn.replied? - turn.ended))))
}

fn figures(pass: usize, far_end: &FarEnd, endpoint_ms: f64) -> Vec<Vec<String>> {
    far_end.look(|calls| {
        let first: Sample = calls.iter().filter_map(|call| Some(millis(call.first_voice? - call.answered?))).collect();
        let turns = || calls.iter().flat_map(|call| replied(&call.turns));
        let beyond: Sample = turns().map(|(_, ms)| ms - endpoint_ms).collect();
        let placed: Sample = turns().filter_map(|(turn, _)| turn.placed_ms).collect();
        let glue: Sample = turns().filter_map(|(turn, ms)| Some(ms - endpoint_ms - turn.placed_ms?)).collect();
        let missing = calls.iter().flat_map(|call| &call.turns).filter(|turn| turn.replied.is_none()).count();
        let waiting = calls.iter().filter(|call| call.turns.last().is_some_and(|turn| turn.replied.is_none())).count();
        let row = |what: &str, sample: &Sample| {
            let mut row = vec![what.to_owned(), pass.to_string(), sample.len().to_string()];
            row.extend(sample.cells(1));
            row
        };
        if missing > waiting {
            report::line(&format!("pass {pass}: {} turns without a reply", missing - waiting));
        }
        vec![
            row("1 answer (200 sent) to first voice", &first),
            row("2 end of speech to first voice, less endpoint wait", &beyond),
            row("3 where the detector places the end of speech", &placed),
            row("4 own delay: 2 less 3", &glue),
        ]
    })
}

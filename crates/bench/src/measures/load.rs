//! What a call costs: processor and memory of the server while it holds 50 and 200 calls that talk, with speech
//! detection on what comes in and speech providers that answer at once; and how regular its packets are.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Settings, number, talks};
use crate::far_end::{Behaviour, FarEnd, Intervals};
use crate::report::{self, Sample};
use crate::server::{Child, Counters, Kind};

const LINE: &str = "The blue one is fine with me, but I would like to know what it costs.";
/// Creates a second.
const RATE: f64 = 40.0;

pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let behaviour = talks(settings.clips(&[LINE]).await?, true);
    let window = Duration::from_secs(if settings.quick { 5 } else { 20 });
    let (mut cost, mut regularity) = (Vec::new(), Vec::new());
    for pass in 1..=settings.passes {
        for (calls, recording) in [(50, false), (200, false), (200, true)] {
            let measured = measure(&behaviour, calls, recording, window).await?;
            let label = format!("{calls} calls{}", if recording { ", recorded" } else { "" });
            cost.push(measured.cost(&label, pass));
            regularity.push(measured.regularity(&label, pass));
        }
    }
    cost.sort();
    regularity.sort();
    let head = ["calls", "pass", "up", "% core a call", "of which media thread", "kB a call", "turns/s"];
    report::table("cost of a call (RTP 50/s both ways, detection on, stubs)", &head, &cost);
    let head = [
        "calls",
        "pass",
        "intervals",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "most ms",
        "jumps",
        "slots",
        "5 ms late",
        "20 ms late",
    ];
    report::table("regularity of the agent's packets, at the far end", &head, &regularity);
    Ok(())
}

struct Measured {
    up: usize,
    wall: Duration,
    cpu: Duration,
    media: Duration,
    memory_kb: f64,
    turns: usize,
    intervals: Intervals,
    counters: Counters,
}

async fn measure(behaviour: &Behaviour, calls: usize, recording: bool, window: Duration) -> Result<Measured> {
    let far_end = FarEnd::start(behaviour.clone())?;
    let mut child = Child::start(Kind::Stub { recording }, &far_end)?;
    let empty_kb = child.resident_kb()?;
    let mut pace = tokio::time::interval(Duration::from_secs_f64(1.0 / RATE));
    for n in 0..calls {
        pace.tick().await;
        Child::call(&child.client, &number(n)).await?;
    }
    // All are up and talk: the last one's greeting and first clip take about three seconds.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let turns = |far_end: &FarEnd| far_end.look(|calls| calls.iter().map(|call| call.turns.len()).sum::<usize>());
    let (before, threads, counters) = (Instant::now(), child.cpu_by_thread()?, child.counters()?);
    let turns_before = turns(&far_end);
    far_end.measure(true);
    tokio::time::sleep(window).await;
    far_end.measure(false);
    let (wall, after, counted) = (before.elapsed(), child.cpu_by_thread()?, child.counters()?);
    let of_media = |threads: &std::collections::BTreeMap<String, Duration>| -> Duration {
        threads.iter().filter(|(name, _)| name.starts_with("media-")).map(|(_, ran)| *ran).sum()
    };
    let sum = |threads: &std::collections::BTreeMap<String, Duration>| threads.values().sum::<Duration>();
    let intervals = far_end.look(|calls| {
        let mut all = Intervals::default();
        for call in calls {
            all.microseconds.extend(&call.intervals.microseconds);
            all.jumps += call.intervals.jumps;
        }
        all
    });
    Ok(Measured {
        up: far_end.look(|calls| calls.iter().filter(|call| call.first_voice.is_some() && !call.over).count()),
        wall,
        cpu: sum(&after).saturating_sub(sum(&threads)),
        media: of_media(&after).saturating_sub(of_media(&threads)),
        memory_kb: (child.resident_kb()?.saturating_sub(empty_kb)) as f64 / calls as f64,
        turns: turns(&far_end) - turns_before,
        intervals,
        counters: Counters {
            legs: counted.legs,
            slots: counted.slots - counters.slots,
            late_5ms: counted.late_5ms - counters.late_5ms,
            late_20ms: counted.late_20ms - counters.late_20ms,
            suspensions: counted.suspensions - counters.suspensions,
        },
    })
}

impl Measured {
    fn cost(&self, label: &str, pass: usize) -> Vec<String> {
        let a_call = |cpu: Duration| 100.0 * cpu.as_secs_f64() / self.wall.as_secs_f64() / self.up.max(1) as f64;
        vec![
            label.to_owned(),
            pass.to_string(),
            self.up.to_string(),
            format!("{:.3}", a_call(self.cpu)),
            format!("{:.3}", a_call(self.media)),
            format!("{:.0}", self.memory_kb),
            format!("{:.1}", self.turns as f64 / self.wall.as_secs_f64()),
        ]
    }

    fn regularity(&self, label: &str, pass: usize) -> Vec<String> {
        let sample: Sample = self.intervals.microseconds.iter().map(|micros| f64::from(*micros) / 1_000.0).collect();
        let mut row = vec![label.to_owned(), pass.to_string(), sample.len().to_string()];
        row.extend([50.0, 99.0, 99.9, 100.0].map(|percent| format!("{:.1}", sample.percentile(percent))));
        let Counters { slots, late_5ms, late_20ms, .. } = self.counters;
        row.extend([self.intervals.jumps, slots, late_5ms, late_20ms].map(|count| count.to_string()));
        row
    }
}

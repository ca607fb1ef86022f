//! What a run came to, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::check::{self, Finding, Resumes};
use crate::evidence::{Answer, Evidence, InviteKind, Webhooks, What};
use crate::run::Engine;

/// Violations of one law that are shown; all are in the folder.
const EXAMPLES: usize = 5;

/// A run, judged.
pub(crate) struct Report {
    engine: Engine,
    seed: u64,
    took_s: u64,
    findings: Vec<Finding>,
    resumes: Resumes,
    counts: BTreeMap<&'static str, usize>,
    ends: BTreeMap<String, usize>,
}

impl Report {
    /// Judges the evidence.
    pub(crate) fn of(engine: Engine, seed: u64, took_s: u64, evidence: &Evidence) -> Self {
        let mut ends: BTreeMap<String, usize> = BTreeMap::new();
        for call in &evidence.calls {
            *ends.entry(call.end_reason.clone()).or_default() += 1;
        }
        Self {
            engine,
            seed,
            took_s,
            findings: check::all(evidence, engine.promise()),
            resumes: check::resumes(evidence, engine.promise()),
            counts: counts(evidence),
            ends,
        }
    }

    /// Whether every law that this run can look at was shown.
    pub(crate) fn passed(&self) -> bool {
        self.findings.iter().all(Finding::holds)
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "chaos on {}, seed {}, {} s", self.engine.name(), self.seed, self.took_s);
        for (what, count) in &self.counts {
            let _ = writeln!(text, "  {count:>6}  {what}");
        }
        let ends: Vec<String> = self.ends.iter().map(|(end, count)| format!("{end} {count}")).collect();
        let _ = writeln!(text, "  ends: {}", ends.join(", "));
        let waits = &self.resumes.waits;
        let _ = writeln!(
            text,
            "  {} waiting calls went on after {} ms (p50), {} ms (most); {} more were hit again first",
            waits.len(),
            percentile(waits, 50),
            percentile(waits, 100),
            self.resumes.cut_short
        );
        if !self.resumes.from_start.is_empty() {
            let (p50, most) = (percentile(&self.resumes.from_start, 50), percentile(&self.resumes.from_start, 100));
            let _ = writeln!(text, "  counted from the start of the process: {p50} ms (p50), {most} ms (most)");
        }
        for finding in &self.findings {
            let (mark, looked_at) = match finding.looked_at {
                None => ("--", "not checked in this run".to_owned()),
                Some(0) => ("??", "nothing to look at: not shown".to_owned()),
                Some(n) if finding.holds() => ("ok", format!("{n} looked at")),
                Some(n) => ("NO", format!("{} of {n} break it", finding.violations.len())),
            };
            let _ = writeln!(text, "  {mark}  {} ({looked_at})", finding.law);
            for violation in finding.violations.iter().take(EXAMPLES) {
                let _ = writeln!(text, "        {violation}");
            }
        }
        text
    }

    /// For programs.
    pub(crate) fn json(&self, folder: Option<&Path>) -> Value {
        json!({
            "engine": self.engine,
            "seed": self.seed,
            "passed": self.passed(),
            "took_s": self.took_s,
            "counts": self.counts,
            "ends": self.ends,
            "resume_ms": {
                "calls": self.resumes.waits.len(),
                "p50": percentile(&self.resumes.waits, 50),
                "max": percentile(&self.resumes.waits, 100),
                "from_start_p50": percentile(&self.resumes.from_start, 50),
                "from_start_max": percentile(&self.resumes.from_start, 100),
                "cut_short": self.resumes.cut_short,
            },
            "laws": self.findings,
            "folder": folder,
        })
    }
}

fn percentile(waits: &[(i64, String)], percent: usize) -> i64 {
    waits.get((waits.len() * percent / 100).min(waits.len().saturating_sub(1))).map_or(0, |(ms, _)| *ms)
}

fn counts(evidence: &Evidence) -> BTreeMap<&'static str, usize> {
    let faults = |what| evidence.faults.iter().filter(|fault| fault.what == what).count();
    let outages = |of: fn(What) -> bool| evidence.faults.iter().filter(|fault| of(fault.what)).count();
    let limited = |answer: &Answer| matches!(answer, Answer::Arrived { status: 429, .. });
    let invites = |kind| evidence.invites.iter().filter(|invite| invite.kind == kind).count();
    let tries = || evidence.asks.iter().flat_map(|ask| &ask.tries);
    let replayed = |answer: &Answer| matches!(answer, Answer::Arrived { replayed: true, .. });
    let mut counts = BTreeMap::from([
        ("kills (SIGKILL) survived", faults(What::Kill)),
        ("stops shorter than a lease (SIGSTOP)", faults(What::ShortStop)),
        ("stops longer than a lease (SIGSTOP)", faults(What::LongStop)),
        ("drains (SIGTERM)", faults(What::Term)),
        ("database restarts", faults(What::Database)),
        ("bus restarts", faults(What::Bus)),
        ("outages of the database, longer than a lease", outages(What::is_database_outage)),
        ("outages of the bus, as long", outages(|what| what.is_outage() && !what.is_database_outage())),
        ("creates refused by a cap", tries().filter(|one| limited(&one.answer)).count()),
        ("create requests", tries().count()),
        ("create requests without an answer", tries().filter(|one| one.answer == Answer::Lost).count()),
        ("answers replayed for a key", tries().filter(|one| replayed(&one.answer)).count()),
        ("calls", evidence.calls.len()),
        ("INVITEs", invites(InviteKind::New)),
        ("INVITEs retransmitted", invites(InviteKind::Retransmission)),
    ]);
    if let Some(Webhooks { deliveries, .. }) = &evidence.webhooks {
        counts.insert("webhook deliveries", deliveries.len());
        counts.insert("webhook deliveries refused by the sink", deliveries.iter().filter(|one| !one.accepted).count());
    }
    counts
}

//! Figures into tables on standard output, in the form that `docs/benchmarks.md` keeps.

use std::io::Write;
use std::time::Duration;

/// Prints one line.
pub(crate) fn line(text: &str) {
    // A reader that went away wants no more figures.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints a table as Markdown, with the load that the machine had when it was done.
pub(crate) fn table(title: &str, head: &[&str], rows: &[Vec<String>]) {
    line(&format!("\n### {title}\n"));
    line(&format!("| {} |", head.join(" | ")));
    line(&format!("|{}", " --- |".repeat(head.len())));
    for row in rows {
        line(&format!("| {} |", row.join(" | ")));
    }
    line(&format!("\nload afterwards: {}", crate::process::load()));
}

/// A sample of a quantity.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    /// The value that `percent` of the sample do not exceed (nearest rank); not a number without a sample.
    pub(crate) fn percentile(&self, percent: f64) -> f64 {
        let rank = (percent / 100.0 * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.clamp(1, self.0.len().max(1)) - 1).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn median(&self) -> f64 {
        self.percentile(50.0)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// p50, p95 and p99 as cells.
    pub(crate) fn cells(&self, digits: usize) -> Vec<String> {
        [50.0, 95.0, 99.0].iter().map(|p| format!("{:.digits$}", self.percentile(*p))).collect()
    }
}

impl FromIterator<f64> for Sample {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }
}

/// Milliseconds with their fraction.
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let sample: Sample = (1..=200).rev().map(f64::from).collect();
        assert_eq!((sample.median(), sample.percentile(95.0), sample.percentile(99.9)), (100.0, 190.0, 200.0));
        assert_eq!(sample.percentile(0.0), 1.0);
        assert!(Sample::default().median().is_nan());
    }
}

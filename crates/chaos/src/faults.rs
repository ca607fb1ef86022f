//! The plan: which node is hit when and by what. Drawn from the seed before anything runs.

use std::time::Duration;

use crate::evidence::What;
use crate::random::Random;

/// One fault of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The node works undisturbed for this long first.
    pub(crate) up: Duration,
    /// So long before the fault a burst of creates begins, so that it hits some in every state.
    pub(crate) after_burst: Option<Duration>,
    pub(crate) what: What,
    /// Dead or stopped for this long.
    pub(crate) down: Duration,
}

/// How often and how hard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Temper {
    pub(crate) nodes: usize,
    /// Kills of all nodes together.
    pub(crate) kills: usize,
    /// Life of a lease without a heartbeat.
    pub(crate) lease: Duration,
}

/// The steps of one node: its share of the kills, with other faults in between.
pub(crate) fn plan(seed: u64, node: usize, temper: Temper) -> Vec<Step> {
    let mut random = Random::part(seed, 0x100 + node as u64);
    let share = temper.kills / temper.nodes + usize::from(node < temper.kills % temper.nodes);
    let mut steps = Vec::new();
    let mut kills = 0;
    while kills < share {
        let what = match random.below(100) {
            0..72 => What::Kill,
            72..86 => What::ShortStop,
            86..92 => What::LongStop,
            _ => What::Term,
        };
        kills += usize::from(what == What::Kill);
        steps.push(step(&mut random, what, temper));
    }
    steps
}

fn step(random: &mut Random, what: What, temper: Temper) -> Step {
    // The only node must be up long enough for its promise to be measured; of several another may be hit meanwhile.
    let up = if temper.nodes == 1 { random.millis(3_500, 5_000) } else { random.millis(4_000, 9_000) };
    let lease = u64::try_from(temper.lease.as_millis()).unwrap_or(u64::MAX);
    let down = match what {
        What::ShortStop => random.millis(50, lease / 2),
        What::LongStop => random.millis(lease + 500, lease + 3_000),
        _ if temper.nodes == 1 => random.millis(0, 1_000),
        _ => random.millis(0, 5_000),
    };
    let after_burst = random.percent(75).then(|| random.millis(0, 150));
    Step { up, after_burst, what, down }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPER: Temper = Temper { nodes: 3, kills: 100, lease: Duration::from_secs(6) };

    #[test]
    fn a_seed_names_a_plan_and_the_kills_are_shared_out() {
        let plans: Vec<Vec<Step>> = (0..3).map(|node| plan(5, node, TEMPER)).collect();
        assert_eq!(plans[1], plan(5, 1, TEMPER));
        assert_ne!(plans[0], plans[1]);
        let kills = |what| plans.iter().flatten().filter(|step| step.what == what).count();
        assert_eq!(kills(What::Kill), 100);
        assert!([What::ShortStop, What::LongStop, What::Term].into_iter().all(|what| kills(what) > 0));
    }

    #[test]
    fn stops_are_shorter_or_longer_than_a_lease_and_never_about_as_long() {
        for step in (0..3).flat_map(|node| plan(6, node, TEMPER)) {
            match step.what {
                What::ShortStop => assert!(step.down <= TEMPER.lease / 2),
                What::LongStop => assert!(step.down > TEMPER.lease),
                _ => {}
            }
        }
    }
}

//! The simulator's own laws: nothing appears or vanishes in it, and a seed is a run.

use cluster_sim::{Append, Faults, Heartbeat, Pace, Replication, Rules, Scenario, Wake, simulate};
use proptest::prelude::*;

fn small(seed: u64) -> Scenario {
    Scenario {
        nodes: 6,
        calls: 600,
        calls_per_node: 150,
        organizations: 20,
        steady_s: 20,
        ramp_s: 10,
        faults: Faults { killed: 2, paused: 1, database_gone_s: 25 },
        ..Scenario::large(seed)
    }
}

#[test]
fn the_same_seed_gives_the_same_report() {
    assert_eq!(simulate(small(7)).json(), simulate(small(7)).json());
    assert_ne!(simulate(small(7)).json(), simulate(small(8)).json());
}

#[test]
fn a_calm_run_loses_nothing() {
    let report = simulate(small(1).calm());
    assert!(report.verdict.is_clean(), "{report}");
    assert_eq!(report.phases.iter().map(|phase| phase.node_lost + phase.fenced + phase.refused).sum::<u64>(), 0);
    let steady = report.phase("steady").expect("it is always there");
    assert!(steady.most_calls > 400 && steady.most_calls < 800, "{report}");
}

/// What the first rule is for: the database was gone for longer than a lease, and the first node that beats again
/// finds everybody else's leases lapsed.
#[test]
fn without_a_grace_after_an_outage_live_calls_are_declared_lost() {
    let outage = |grace| {
        let mut scenario = small(3);
        (scenario.faults.killed, scenario.faults.paused) = (0, 0);
        scenario.rules.sweep_after_grace = grace;
        let report = simulate(scenario);
        assert!(report.verdict.is_clean(), "{report}");
        report.phases.iter().map(|phase| phase.node_lost).sum::<u64>()
    };
    let (with, without) = (outage(true), outage(false));
    assert!(with < 20, "{with} calls were declared lost");
    assert!(without > 10 * with.max(10), "{without} without the rule, {with} with it");
}

/// What the second rule is for: claims whose answer was lost with the database.
#[test]
fn a_node_that_renews_what_it_does_not_know_keeps_calls_for_ever() {
    let stuck = |renew_known_only| {
        (0..20)
            .map(|seed| {
                let mut scenario = small(seed);
                // A slow disk, so that claims are being flushed when the server goes.
                scenario.costs.flush_us = 100_000;
                scenario.rules.renew_known_only = renew_known_only;
                simulate(scenario).verdict.never_ended
            })
            .sum::<u64>()
    };
    assert_eq!(stuck(true), 0);
    assert!(stuck(false) > 0, "no claim was answered into the void in twenty runs");
}

/// Why the replica must be synchronous: an INVITE was sent for a commit that the new primary never saw.
#[test]
fn a_replica_that_lags_lets_calls_ring_twice() {
    let mut scenario = small(5);
    scenario.rules.replication = Replication::Asynchronous { lag_ms: 2_000 };
    let verdict = simulate(scenario).verdict;
    assert!(verdict.double_dials + verdict.forgotten > 0, "{verdict:?}");
}

fn rules() -> impl Strategy<Value = Rules> {
    let wake = prop_oneof![Just(Wake::All), Just(Wake::One)];
    let heartbeat = prop_oneof![Just(Heartbeat::EveryCall), Just(Heartbeat::Node)];
    let append = prop_oneof![Just(Append::ByCall), Just(Append::ManyRows)];
    let pace = prop_oneof![Just(Pace::DueAgain), Just(Pace::Line), Just(Pace::LineSkipLocked)];
    (wake, heartbeat, append, pace, 1_usize..200, 1_usize..4, 3_u64..25).prop_map(
        |(wake, heartbeat, append, pace, claim_batch, writers, lease_s)| Rules {
            wake,
            heartbeat,
            append,
            pace,
            claim_batch,
            writers,
            lease_s,
            heartbeat_ms: lease_s * 250,
            ..Rules::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever fails and however the cluster is set up: no call rings twice, every accepted call ends once, and as
    /// many end as there are.
    #[test]
    fn every_call_ends_once(
        seed in any::<u64>(),
        rules in rules(),
        nodes in 2_usize..8,
        killed in 0_usize..3,
        paused in 0_usize..3,
        database_gone_s in prop_oneof![Just(0_u64), 1_u64..60],
    ) {
        let killed = killed.min(nodes - 1);
        let paused = paused.min(nodes - killed - 1);
        let faults = Faults { killed, paused, database_gone_s };
        let report = simulate(Scenario { nodes, calls: 300, rules, faults, ..small(seed) });
        prop_assert!(report.verdict.is_clean(), "{}", report);
        let ended: f64 = report.phases.iter().map(|phase| phase.seconds).sum();
        prop_assert!(ended > 0.0);
    }
}

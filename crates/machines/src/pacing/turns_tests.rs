//! Turns: nobody overtakes, nobody is held up by a line that is not theirs, and no line bears more than it may.

use std::collections::{BTreeMap, BTreeSet};

use domain::time::Timestamp;
use proptest::prelude::*;

use super::{Gcra, Limit, Line, Turn, Turns};

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
}

fn line(rate: Option<f64>, at_once: Option<u32>) -> Line {
    Line { limit: Limit { pace: rate.map(|rate| Gcra::new(rate, 1).unwrap()), at_once }, ..Line::default() }
}

#[test]
fn all_lines_take_a_call_or_none_does() {
    let mut turns = Turns::new(at(0), BTreeMap::from([('a', line(Some(1.0), None)), ('t', line(None, Some(1)))]));
    assert_eq!(turns.ask(&['a', 't'], (0, 1), None, false), Turn::Now);
    assert_eq!(turns.ask(&['b', 't'], (0, 2), None, false), Turn::Behind('t'), "the trunk is full");
    let mut turns = Turns::new(at(0), BTreeMap::from([('a', line(Some(1.0), None)), ('t', line(None, Some(0)))]));
    assert_eq!(turns.ask(&['a', 't'], (0, 1), None, false), Turn::Behind('t'));
    assert_eq!(turns.line('a').unwrap().tat, None, "the agent's pace was not taken");
}

#[test]
fn who_comes_later_stands_behind_and_holds_up_nobody_else() {
    let waiting = Line { first: Some((0, 3)), ..line(Some(5.0), None) };
    let mut turns = Turns::new(at(0), BTreeMap::from([('a', waiting), ('b', line(Some(5.0), None))]));
    assert_eq!(turns.ask(&['a'], (0, 9), None, false), Turn::Behind('a'), "others stand there already");
    assert_eq!(turns.ask(&['b'], (0, 9), None, false), Turn::Now);
    assert_eq!(turns.ask(&['a'], (0, 3), Some('a'), false), Turn::Now, "the first of the line");
    assert_eq!(turns.ask(&['a'], (0, 3), Some('a'), false), Turn::Behind('a'), "one every 200 ms");
    assert_eq!(turns.line('a').unwrap().ready_at(at(0)), at(200));
}

#[test]
fn a_turn_that_was_taken_at_create_is_not_asked_for_again() {
    let mut turns = Turns::new(at(0), BTreeMap::from([('a', line(Some(1.0), Some(2)))]));
    assert_eq!(turns.ask(&['a'], (0, 9), None, true), Turn::Now);
    assert_eq!(turns.ask(&['a'], (0, 9), None, true), Turn::Now);
    assert_eq!(turns.line('a').unwrap().tat, None);
    assert_eq!(turns.ask(&['a'], (0, 9), None, true), Turn::Behind('a'), "calls at once are counted all the same");
}

#[test]
fn a_limit_that_was_lifted_lets_the_line_go() {
    let mut turns = Turns::new(at(0), BTreeMap::from([('a', Line { first: Some((0, 3)), ..Line::default() })]));
    assert_eq!(turns.ask(&['a'], (0, 3), Some('a'), false), Turn::Now);
    assert_eq!(turns.ask(&['a'], (0, 9), None, false), Turn::Now);
}

#[derive(Clone, Debug)]
struct Caller {
    scopes: BTreeSet<u8>,
}

proptest! {
    /// Calls of several scopes, asked again and again as a claim does, the ended ones giving room.
    #[test]
    fn every_call_goes_once_in_the_order_of_its_line(
        limits in proptest::collection::btree_map(0..4_u8, (proptest::option::of(1..20_u32), proptest::option::of(1..4_u32)), 1..4),
        callers in proptest::collection::vec(proptest::collection::btree_set(0..4_u8, 1..3).prop_map(|scopes| Caller { scopes }), 1..40),
    ) {
        let mut lines: BTreeMap<u8, Line> =
            limits.iter().map(|(key, (rate, most))| (*key, line(rate.map(f64::from), *most))).collect();
        let mut stands: BTreeMap<usize, Option<u8>> = (0..callers.len()).map(|caller| (caller, None)).collect();
        let mut granted: Vec<(i64, usize)> = Vec::new();
        for tick in 0..(callers.len() as i64 * 40) {
            let now = at(tick * 50);
            let before = lines.clone();
            for (key, line) in &mut lines {
                line.first = stands.iter().find(|(_, stand)| **stand == Some(*key)).map(|(n, _)| (0, *n as i64));
                // A call lasts one tick.
                line.live = 0;
            }
            let mut turns = Turns::new(now, lines.clone());
            for (caller, stand) in stands.clone() {
                let scopes: Vec<u8> = callers[caller].scopes.iter().copied().collect();
                match turns.ask(&scopes, (0, caller as i64), stand, false) {
                    Turn::Now => {
                        stands.remove(&caller);
                        granted.push((tick, caller));
                    }
                    Turn::Behind(line) => {
                        prop_assert!(scopes.contains(&line));
                        stands.insert(caller, Some(line));
                    }
                }
            }
            lines = turns.lines().clone();
            for (key, line) in &lines {
                prop_assert!(line.limit.at_once.is_none_or(|most| line.live <= most));
                if let (Some(old), Some(new)) = (before[key].tat, line.tat) {
                    prop_assert!(new >= old);
                }
            }
        }
        prop_assert!(stands.is_empty(), "nobody waits for ever");
        // Callers of the very same scopes go in the order in which they came.
        for (n, (_, one)) in granted.iter().enumerate() {
            for (_, other) in &granted[n + 1..] {
                prop_assert!(one < other || callers[*one].scopes != callers[*other].scopes);
            }
        }
    }
}

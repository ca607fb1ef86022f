//! A table of the decision, and a model check: any interleaving of clients, commits, crashes and expiries.

use domain::time::Timestamp;
use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

#[test]
fn what_is_known_decides() {
    let known = |fingerprint, answer, until| Some(Known { fingerprint: [fingerprint; 32], answer, until: at(until) });
    for (known, decision) in [
        (None, Decision::Work),
        (known(1, Some("a"), 10), Decision::Replay("a")),
        (known(2, Some("a"), 10), Decision::Reused),
        (known(2, None, 10), Decision::Reused),
        (known(1, None, 10), Decision::InFlight(Duration::from_secs(1))),
        (known(1, Some("a"), 0), Decision::Work),
        (known(2, None, 0), Decision::Work),
    ] {
        assert_eq!(decide(known.clone(), &[1; 32], at(0)), decision, "{known:?}");
    }
}

#[test]
fn keys_are_printable_and_not_too_long() {
    for (key, is) in [
        ("7d5f2c1e-0b1a", true),
        ("a b", true),
        ("~", true),
        ("", false),
        (" ", false),
        ("a\tb", false),
        ("schlüssel", false),
        (&"k".repeat(255), true),
        (&"k".repeat(256), false),
    ] {
        assert_eq!(is_key(key), is, "{key:?}");
    }
}

/// Where a client's request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It has not been looked up yet.
    Begun,
    /// It holds the reservation and has not done its work.
    Reserved(u64),
    /// It did its work and has not kept the answer.
    Worked(u64),
    /// It has its answer, or was told no.
    Done,
}

/// The store of one key, and what was done in the world.
#[derive(Debug, Default)]
struct World {
    known: Option<(Known<u64>, u64)>,
    drawn: u64,
    /// Body and time of all work that was done.
    work: Vec<(u8, i64)>,
    answers: Vec<(u8, u64, i64)>,
}

/// One step of one client. `whole` clients work and keep in one transaction, as creates of calls do.
fn step(world: &mut World, stage: &mut Stage, body: u8, whole: bool, now: i64) {
    let print = [body; 32];
    *stage = match *stage {
        Stage::Begun => match decide(world.known.as_ref().map(|(known, _)| known.clone()), &print, at(now)) {
            Decision::Work => {
                world.drawn += 1;
                let id = world.drawn;
                if whole {
                    let until = at(now + 24 * 3_600);
                    world.work.push((body, now));
                    world.answers.push((body, id, now));
                    world.known = Some((Known { fingerprint: print, answer: Some(id), until }, id));
                    Stage::Done
                } else {
                    let until = at(now + 60);
                    world.known = Some((Known { fingerprint: print, answer: None, until }, id));
                    Stage::Reserved(id)
                }
            }
            Decision::Replay(answer) => {
                world.answers.push((body, answer, now));
                Stage::Done
            }
            Decision::Reused | Decision::InFlight(_) => Stage::Done,
        },
        Stage::Reserved(id) => {
            world.work.push((body, now));
            Stage::Worked(id)
        }
        Stage::Worked(id) => {
            // Kept only under its own reservation, as the store's condition says.
            if let Some((known, held)) = &mut world.known
                && *held == id
                && known.answer.is_none()
            {
                known.answer = Some(id);
                known.until = at(now + 24 * 3_600);
                world.answers.push((body, id, now));
            }
            Stage::Done
        }
        Stage::Done => Stage::Done,
    };
}

#[derive(Clone, Debug)]
enum Move {
    Step(usize),
    Crash(usize),
    Wait(i64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        6 => (0_usize..6).prop_map(Move::Step),
        1 => (0_usize..6).prop_map(Move::Crash),
        1 => prop_oneof![Just(1_i64), Just(59), Just(60), Just(24 * 3_600 - 1), Just(24 * 3_600)].prop_map(Move::Wait),
    ];
    proptest::collection::vec(one, 0..60)
}

proptest! {
    /// Work and answer in one transaction: however requests interleave, whichever client dies and however often it
    /// asks again, the key does its work once a day, and all who asked the same got the same answer.
    #[test]
    fn one_transaction_does_its_work_once(moves in moves(), bodies in proptest::collection::vec(0_u8..2, 6)) {
        let (mut world, mut stages, mut now) = (World::default(), [Stage::Begun; 6], 0);
        for one in moves {
            match one {
                Move::Step(client) => step(&mut world, &mut stages[client], bodies[client], true, now),
                // Before the commit nothing was done, after it all was: the client just asks again.
                Move::Crash(client) => stages[client] = Stage::Begun,
                Move::Wait(seconds) => now += seconds,
            }
            for pair in world.work.windows(2) {
                prop_assert!(pair[1].1 - pair[0].1 >= 24 * 3_600, "{:?}", world.work);
            }
            // Every answer is that of the work which held the key at its time: the n-th work drew the number n.
            for (body, answer, when) in &world.answers {
                let n = world.work.iter().filter(|(_, at)| at <= when).count();
                prop_assert_eq!((*answer, *body), (n as u64, world.work[n - 1].0));
            }
        }
    }

    /// Reserve, work, keep: work under one key is done again only after the reservation of one that crashed or hung has
    /// lapsed, and an answer is only ever given by the one who held the key.
    #[test]
    fn a_reservation_bounds_what_a_crash_can_repeat(moves in moves()) {
        let (mut world, mut stages, mut now) = (World::default(), [Stage::Begun; 6], 0);
        let mut lapsed = 0;
        for one in moves {
            match one {
                Move::Step(client) => {
                    let before = world.drawn;
                    let open = world.known.as_ref().is_some_and(|(known, _)| known.answer.is_none());
                    step(&mut world, &mut stages[client], 1, false, now);
                    lapsed += usize::from(open && world.drawn > before);
                }
                Move::Crash(client) => stages[client] = Stage::Begun,
                Move::Wait(seconds) => now += seconds,
            }
        }
        let days = 1 + usize::try_from(now / (24 * 3_600)).unwrap();
        prop_assert!(world.work.len() <= days + lapsed, "{} > {days} + {lapsed}", world.work.len());
    }
}

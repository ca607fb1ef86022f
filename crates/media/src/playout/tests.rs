//! Tables and properties of `playout`.

use proptest::prelude::*;

use super::*;

fn chunk(utterance: u64, generation: u32, samples: &[i16], last: bool) -> PlayChunk {
    PlayChunk { utterance, generation, samples: samples.into(), last }
}

fn frame(playout: &mut Playout) -> (Frame, bool) {
    let mut out = [99; FRAME_SAMPLES];
    let voice = playout.next_frame(&mut out);
    (out, voice)
}

fn events(playout: &mut Playout) -> Vec<PlayoutEvent> {
    std::iter::from_fn(|| playout.poll()).collect()
}

#[test]
fn is_silent_when_nothing_waits() {
    let mut playout = Playout::new(1_000);
    assert_eq!(frame(&mut playout), ([0; FRAME_SAMPLES], false));
    assert_eq!(playout.frame_index(), 1);
    assert!(playout.is_idle() && events(&mut playout).is_empty());
}

#[test]
fn joins_chunks_and_utterances_without_a_gap() {
    let mut playout = Playout::new(10_000);
    playout.enqueue(chunk(1, 0, &[1; 100], false)).unwrap();
    playout.enqueue(chunk(1, 0, &[2; 30], true)).unwrap();
    playout.enqueue(chunk(2, 0, &[3; 50], true)).unwrap();
    let (first, voice) = frame(&mut playout);
    assert!(voice);
    assert_eq!((&first[..100], &first[100..130], &first[130..]), (&[1; 100][..], &[2; 30][..], &[3; 30][..]));
    let (second, _) = frame(&mut playout);
    assert_eq!((&second[..20], &second[20..]), (&[3; 20][..], &[0; 140][..]));
    assert_eq!(
        events(&mut playout),
        [
            PlayoutEvent::Started { utterance: 1, at_frame: 0 },
            PlayoutEvent::Finished { utterance: 1, at_frame: 0, samples_played: 130 },
            PlayoutEvent::Started { utterance: 2, at_frame: 0 },
            PlayoutEvent::Finished { utterance: 2, at_frame: 1, samples_played: 50 },
        ]
    );
    assert!(playout.is_idle());
}

#[test]
fn an_empty_closing_chunk_ends_the_utterance_in_its_last_frame() {
    let mut playout = Playout::new(1_000);
    playout.enqueue(chunk(1, 0, &[5; FRAME_SAMPLES], false)).unwrap();
    playout.enqueue(chunk(1, 0, &[], true)).unwrap();
    frame(&mut playout);
    let finished = PlayoutEvent::Finished { utterance: 1, at_frame: 0, samples_played: 160 };
    assert_eq!(events(&mut playout).last(), Some(&finished));
}

#[test]
fn an_utterance_that_starves_goes_on_later() {
    let mut playout = Playout::new(1_000);
    playout.enqueue(chunk(1, 0, &[5; 10], false)).unwrap();
    frame(&mut playout);
    assert_eq!(frame(&mut playout), ([0; FRAME_SAMPLES], false));
    assert_eq!((playout.starved_frames(), playout.is_idle(), playout.current()), (1, false, Some((1, 10))));
    playout.enqueue(chunk(1, 0, &[6; 10], true)).unwrap();
    frame(&mut playout);
    let finished = PlayoutEvent::Finished { utterance: 1, at_frame: 2, samples_played: 20 };
    assert_eq!(events(&mut playout).last(), Some(&finished));
}

#[test]
fn an_utterance_without_its_last_chunk_ends_where_the_next_begins() {
    let mut playout = Playout::new(1_000);
    playout.enqueue(chunk(1, 0, &[5; 10], false)).unwrap();
    playout.enqueue(chunk(2, 0, &[6; 10], true)).unwrap();
    frame(&mut playout);
    let finished = PlayoutEvent::Finished { utterance: 1, at_frame: 0, samples_played: 10 };
    assert!(events(&mut playout).contains(&finished));
}

#[test]
fn a_barge_in_fades_cuts_and_refuses_what_is_older() {
    let mut playout = Playout::new(10_000);
    playout.enqueue(chunk(1, 0, &[16_000; 1_000], false)).unwrap();
    playout.enqueue(chunk(1, 0, &[16_000; 1_000], true)).unwrap();
    playout.enqueue(chunk(2, 0, &[16_000; 1_000], true)).unwrap();
    frame(&mut playout);
    playout.flush(1);
    assert_eq!(playout.queued_samples(), 0);
    assert_eq!(playout.enqueue(chunk(2, 0, &[1], true)), Err(EnqueueError::Stale));
    let (fade, voice) = frame(&mut playout);
    assert!(voice && !frame(&mut playout).1);
    let largest_step = fade.windows(2).map(|pair| pair[0] - pair[1]).max().unwrap();
    assert!(fade[0] > 15_000 && largest_step < 300, "first {} step {largest_step}", fade[0]);
    assert_eq!(fade[FADE_SAMPLES..], [0; FRAME_SAMPLES - FADE_SAMPLES]);
    assert_eq!(
        events(&mut playout),
        [
            PlayoutEvent::Started { utterance: 1, at_frame: 0 },
            PlayoutEvent::Cut { utterance: 1, at_frame: 1, samples_played: 160 },
            PlayoutEvent::Cut { utterance: 2, at_frame: 1, samples_played: 0 },
        ]
    );
}

#[test]
fn the_new_generation_sounds_at_once_and_survives_the_flush() {
    let mut playout = Playout::new(10_000);
    playout.enqueue(chunk(1, 3, &[100; 500], true)).unwrap();
    frame(&mut playout);
    playout.enqueue(chunk(2, 4, &[7; 160], true)).unwrap();
    playout.flush(4);
    let (out, _) = frame(&mut playout);
    assert_eq!(out[FADE_SAMPLES..], [7; FRAME_SAMPLES - FADE_SAMPLES]);
    let finished = PlayoutEvent::Finished { utterance: 2, at_frame: 1, samples_played: 160 };
    assert!(events(&mut playout).contains(&finished));
}

#[test]
fn is_bounded() {
    let mut playout = Playout::new(1_000);
    playout.enqueue(chunk(1, 0, &[1; 2_000], false)).unwrap();
    assert_eq!(playout.enqueue(chunk(1, 0, &[1], false)), Err(EnqueueError::Full));
    let mut playout = Playout::new(1_000);
    let taken = (0..10_000).take_while(|_| playout.enqueue(chunk(1, 0, &[], false)).is_ok()).count();
    assert_eq!(taken, MAX_CHUNKS);
}

#[derive(Debug, Clone)]
enum Step {
    Enqueue { samples: usize, new_utterance: bool, last: bool },
    Frame,
    Flush,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0usize..400, any::<bool>(), any::<bool>())
            .prop_map(|(samples, new_utterance, last)| Step::Enqueue { samples, new_utterance, last }),
        5 => Just(Step::Frame),
        1 => Just(Step::Flush),
    ]
}

proptest! {
    /// Whatever happens: every utterance ends once, and what was played plus what was dropped is what was given.
    #[test]
    fn accounts_for_every_sample(steps in prop::collection::vec(step(), 1..200)) {
        let mut playout = Playout::new(4_000);
        let (mut generation, mut utterance, mut played, mut seen) = (0, 0, 0, Vec::new());
        for step in steps {
            match step {
                Step::Enqueue { samples, new_utterance, last } => {
                    utterance += u64::from(new_utterance);
                    let accepted = playout.enqueue(chunk(utterance, generation, &vec![1_000; samples], last)).is_ok();
                    utterance += u64::from(last && accepted);
                }
                Step::Frame => {
                    let (out, _) = frame(&mut playout);
                    played += out.iter().filter(|&&sample| sample == 1_000).count() as u64;
                }
                Step::Flush => {
                    generation += 1;
                    utterance += 1;
                    playout.flush(generation);
                    prop_assert_eq!(playout.queued_samples(), 0);
                    // The fade is laid under nothing here, so that full-level samples can be counted.
                    let (out, _) = frame(&mut playout);
                    prop_assert!(out.iter().all(|&sample| sample < 1_000));
                }
            }
            seen.extend(events(&mut playout));
        }
        generation += 1;
        playout.flush(generation);
        seen.extend(events(&mut playout));
        let (mut ended, mut reported) = (Vec::new(), 0);
        for event in &seen {
            if let PlayoutEvent::Finished { utterance, samples_played, .. }
                | PlayoutEvent::Cut { utterance, samples_played, .. } = event
            {
                prop_assert!(!ended.contains(utterance), "{} ended twice", utterance);
                ended.push(*utterance);
                reported += samples_played;
            }
        }
        let starts = seen.iter().filter_map(|event| match event {
            PlayoutEvent::Started { utterance, .. } => Some(*utterance),
            _ => None,
        });
        for started in starts {
            prop_assert!(ended.contains(&started));
        }
        prop_assert_eq!(reported, played);
        prop_assert!(playout.queued_samples() == 0);
    }
}

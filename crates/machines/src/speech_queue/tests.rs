//! Tables and properties of `speech_queue`.

use proptest::prelude::*;

use super::*;

/// "Your appointment is tomorrow at five." with a word every 1,000 samples.
const TEXT: &str = "Your appointment is tomorrow at five.";

fn queue() -> SpeechQueue {
    let mut queue = SpeechQueue::new();
    assert!(queue.queue(1, TEXT));
    let words = TEXT.split(' ').enumerate().map(|(i, w)| (w.to_owned(), i as u64 * 1_000, i as u64 * 1_000 + 900));
    queue.audio_ready(1, 6_000, words, true);
    queue.started(1);
    queue
}

#[test]
fn a_word_counts_as_heard_when_half_of_it_left() {
    let table = [
        (0, "", TEXT),
        (449, "", TEXT),
        (450, "Your", "appointment is tomorrow at five."),
        (1_449, "Your", "appointment is tomorrow at five."),
        (1_450, "Your appointment", "is tomorrow at five."),
        (4_999, "Your appointment is tomorrow at", "five."),
        (5_450, TEXT, ""),
        (6_000, TEXT, ""),
    ];
    for (played, heard, remaining) in table {
        let got = queue().cut(1, played).unwrap();
        assert_eq!((got.text.as_str(), got.remaining.as_str()), (heard, remaining), "after {played} samples");
        assert_eq!(got.intended, TEXT);
        assert_eq!(got.was_cut(), !remaining.is_empty());
    }
}

#[test]
fn word_times_run_on_over_chunks() {
    let mut queue = SpeechQueue::new();
    queue.queue(1, "one two three four");
    queue.audio_ready(1, 2_000, [("one".into(), 0, 900), ("two".into(), 1_000, 1_900)], false);
    queue.audio_ready(1, 2_000, [("three".into(), 0, 900), ("four".into(), 1_000, 1_900)], true);
    assert_eq!(queue.cut(1, 2_600).unwrap().text, "one two three");
}

#[test]
fn a_word_within_another_word_is_not_taken_for_it() {
    let mut queue = SpeechQueue::new();
    queue.queue(1, "Have a cat and a dog");
    let words = "Have a cat and a dog".split(' ').enumerate();
    queue.audio_ready(1, 600, words.map(|(i, w)| (w.to_owned(), i as u64 * 100, i as u64 * 100 + 100)), true);
    assert_eq!(queue.cut(1, 200).unwrap().text, "Have a");
}

#[test]
fn words_spelled_otherwise_by_the_provider_keep_their_places() {
    let mut queue = SpeechQueue::new();
    queue.queue(1, "Pay $20 now please");
    let words = [("Pay", 0), ("twenty", 1_000), ("now", 2_000), ("please", 3_000)];
    queue.audio_ready(1, 4_000, words.map(|(w, at)| (w.to_owned(), at, at + 1_000)), true);
    assert_eq!(queue.cut(1, 3_000).unwrap().text, "Pay $20 now");
}

#[test]
fn without_word_times_the_text_runs_evenly_and_a_begun_word_is_not_heard() {
    let mut queue = SpeechQueue::new();
    queue.queue(1, "abcd efgh ijkl mnop");
    queue.audio_ready(1, 1_900, [], true);
    let got = queue.cut(1, 1_000).unwrap();
    assert_eq!((got.text.as_str(), got.remaining.as_str()), ("abcd efgh", "ijkl mnop"));
}

#[test]
fn an_utterance_that_plays_faster_than_it_is_made_is_cut_where_its_words_end() {
    let mut queue = SpeechQueue::new();
    queue.queue(1, "one two three");
    queue.audio_ready(1, 1_000, [("one".into(), 0, 1_000)], false);
    let got = queue.cut(1, 1_000).unwrap();
    assert_eq!((got.text.as_str(), got.remaining.as_str()), ("one", "two three"), "more was to come");
}

#[test]
fn what_waits_is_dropped_unheard_and_what_plays_stays() {
    let mut queue = queue();
    queue.queue(2, "Is that fine?");
    assert!(queue.is_speaking());
    let dropped = queue.drop_waiting();
    assert_eq!(dropped.len(), 1);
    assert_eq!((dropped[0].utterance, dropped[0].text.as_str()), (2, ""));
    assert_eq!(dropped[0].remaining, "Is that fine?");
    assert_eq!(queue.finished(1).unwrap().text, TEXT);
    assert!(queue.is_empty() && !queue.is_speaking());
}

#[test]
fn unknown_marks_are_counted_and_a_runaway_reply_is_refused() {
    let mut queue = SpeechQueue::new();
    assert_eq!((queue.finished(9), queue.cut(9, 1)), (None, None));
    assert_eq!(queue.ignored(), 2);
    for number in 0..MAX_UTTERANCES as u64 {
        assert!(queue.queue(number, "a"));
    }
    assert!(!queue.queue(1_000, "a"));
    assert!(!queue.queue(1, "again"));
}

proptest! {
    #[test]
    fn heard_and_remaining_are_the_whole_text_and_more_playing_hears_no_less(
        words in proptest::collection::vec("[a-zé]{1,8}[,.]?", 1..12),
        lengths in proptest::collection::vec(1u64..4_000, 12),
        timed in any::<bool>(),
        played in proptest::collection::vec(0u64..60_000, 1..20),
    ) {
        let text = words.join(" ");
        let mut at = 0;
        let times: Vec<_> = words.iter().zip(&lengths).map(|(word, length)| {
            at += length;
            (word.clone(), at - length, at)
        }).collect();
        let mut played = played;
        played.sort_unstable();
        let mut before = 0;
        for samples in played {
            let mut queue = SpeechQueue::new();
            queue.queue(1, text.clone());
            queue.audio_ready(1, at, if timed { times.clone() } else { Vec::new() }, true);
            let got = queue.cut(1, samples).unwrap();
            let whole = [got.text.as_str(), got.remaining.as_str()].join(" ");
            prop_assert_eq!(whole.trim(), text.as_str());
            prop_assert!(got.text.len() >= before);
            before = got.text.len();
            if samples >= at {
                prop_assert_eq!(&got.text, &text);
            }
        }
    }
}

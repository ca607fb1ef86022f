//! What was heard, by generation and playout mark.

use app::ports::text_to_speech::{SpeechChunk, WordTime};

use super::*;

struct Line {
    speaking: Speaking,
    commands: mpsc::Receiver<LegCommand>,
    texts: mpsc::Receiver<Text>,
}

fn line() -> Line {
    let (texts_in, texts) = mpsc::channel(32);
    let (commands_in, commands) = mpsc::channel(64);
    let mut speaking = Speaking::new(texts_in, Arc::new(AtomicU32::new(0)));
    speaking.connect(commands_in);
    Line { speaking, commands, texts }
}

impl Line {
    /// The voice speaks the next text: a second a word.
    fn synthesise(&mut self) -> u64 {
        let Text { utterance, generation, text } = self.texts.try_recv().expect("a text was queued");
        let words: Vec<WordTime> = text
            .split_whitespace()
            .enumerate()
            .map(|(i, word)| WordTime { word: word.into(), start: i * 8_000, end: (i + 1) * 8_000 })
            .collect();
        let samples = vec![1; words.len() * 8_000].into();
        let chunk = SpeechChunk { samples, words, last: true };
        self.speaking.sound(Sound::Chunk { utterance, generation, chunk }).unwrap();
        utterance
    }

    fn plays(&mut self) -> Option<u64> {
        match self.commands.try_recv() {
            Ok(LegCommand::Play(chunk)) => Some(chunk.utterance),
            _ => None,
        }
    }
}

#[test]
fn words_that_are_ready_wait_until_the_floor_is_open() {
    let mut line = line();
    line.speaking.say("Hello there.".into(), true);
    let utterance = line.synthesise();
    assert_eq!(line.plays(), None);
    line.speaking.open_floor();
    assert_eq!(line.plays(), Some(utterance));
}

#[test]
fn a_reply_of_two_utterances_is_one_turn() {
    let mut line = line();
    line.speaking.open_floor();
    line.speaking.say("One two.".into(), true);
    line.speaking.say("Three.".into(), true);
    let (first, second) = (line.synthesise(), line.synthesise());
    assert!(line.speaking.started(first, CallMs(100)).begins);
    assert_eq!(line.speaking.finished(first, CallMs(2_100)), None);
    assert!(!line.speaking.started(second, CallMs(2_120)).begins);
    let said = line.speaking.finished(second, CallMs(3_120)).unwrap();
    assert_eq!((said.heard.as_str(), said.start, said.end), ("One two. Three.", CallMs(100), CallMs(3_120)));
    assert_eq!(said.heard, said.intended);
}

#[test]
fn a_cut_leaves_what_was_heard_and_what_can_be_said_again() {
    let mut line = line();
    line.speaking.open_floor();
    line.speaking.say("One two three.".into(), true);
    line.speaking.say("Four.".into(), false);
    let first = line.synthesise();
    line.synthesise();
    line.speaking.started(first, CallMs(0));
    assert_eq!(line.speaking.flush(), None, "the first is still on the line");
    let said = line.speaking.cut(first, CallMs(1_700), 13_600).unwrap();
    assert_eq!((said.heard.as_str(), said.intended.as_str()), ("One two", "One two three. Four."));
    let unsaid: Vec<_> = line.speaking.take_unsaid().into_iter().map(|u| (u.text, u.manner.interruptible)).collect();
    assert_eq!(unsaid, [("three.".to_owned(), true), ("Four.".to_owned(), false)]);
}

#[test]
fn a_flush_between_two_utterances_closes_the_reply_at_once() {
    let mut line = line();
    line.speaking.open_floor();
    line.speaking.say("One.".into(), true);
    line.speaking.say("Two.".into(), true);
    let first = line.synthesise();
    line.speaking.started(first, CallMs(0));
    assert_eq!(line.speaking.finished(first, CallMs(1_000)), None);
    let said = line.speaking.flush().unwrap();
    assert_eq!((said.heard.as_str(), said.intended.as_str()), ("One.", "One. Two."));
}

#[test]
fn sound_of_an_older_generation_never_reaches_the_line() {
    let mut line = line();
    line.speaking.open_floor();
    line.speaking.say("Old words.".into(), true);
    line.speaking.flush();
    line.synthesise();
    assert!(matches!(line.commands.try_recv(), Ok(LegCommand::Flush { generation: 1 })));
    assert_eq!(line.plays(), None);
}

#[test]
fn what_is_on_the_line_when_the_call_ends_was_heard_up_to_there() {
    let mut line = line();
    line.speaking.open_floor();
    line.speaking.say("One two three.".into(), true);
    line.speaking.say("Four.".into(), true);
    let playing = line.synthesise();
    line.speaking.started(playing, CallMs(500));
    assert_eq!(line.speaking.flush(), None, "the mark of the line's end comes");
    let said = line.speaking.cut(playing, CallMs(2_600), 16_800).expect("two words were heard");
    assert_eq!((said.heard.as_str(), said.intended.as_str()), ("One two", "One two three. Four."));
    assert_eq!((said.start, said.end), (CallMs(500), CallMs(2_600)));
    assert_eq!(line.speaking.close(), None);
}

#[test]
fn what_a_person_has_said_is_a_reply_of_its_own() {
    let mut line = line();
    line.speaking.open_floor();
    line.speaking.say("One two.".into(), true);
    line.speaking.say_for_person("Three four.".into());
    line.speaking.say("Five.".into(), true);
    let [own, persons, more] = [line.synthesise(), line.synthesise(), line.synthesise()];
    assert!(line.speaking.started(own, CallMs(0)).before.is_none());
    assert_eq!(line.speaking.finished(own, CallMs(2_000)), None);
    let started = line.speaking.started(persons, CallMs(2_020));
    assert!(started.begins && started.by_person && started.interruptible);
    let before = started.before.unwrap();
    assert_eq!((before.heard.as_str(), before.intended.as_str(), before.by_person), ("One two.", "One two.", false));
    assert_eq!(line.speaking.flush(), None);
    let cut = line.speaking.cut(persons, CallMs(3_100), 9_000).unwrap();
    assert_eq!((cut.heard.as_str(), cut.intended.as_str(), cut.by_person), ("Three", "Three four.", true));
    assert_eq!(line.speaking.forget_unsaid(), Vec::<String>::new(), "a part of it was heard");
    assert_eq!(line.speaking.cut(more, CallMs(3_100), 0), None);
}

#[test]
fn what_a_person_wants_said_outlives_an_interruption_that_comes_before_it() {
    let mut line = line();
    line.speaking.open_floor();
    line.speaking.say("One two three.".into(), true);
    line.speaking.say_for_person("Four.".into());
    let own = line.synthesise();
    line.speaking.started(own, CallMs(0));
    line.speaking.flush();
    let said = line.speaking.cut(own, CallMs(1_100), 9_000).unwrap();
    assert_eq!(said.intended, "One two three.", "a person's words are none of the reply's");
    assert_eq!(line.speaking.forget_unsaid(), ["Four."]);
    assert!(line.speaking.take_unsaid().is_empty());
}

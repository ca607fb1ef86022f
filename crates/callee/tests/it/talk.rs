//! Ears and voice through the ports, with a recogniser and a voice that are counted rather than clever.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::ports::speech_to_text::{SttInput, SttOutput, SttSettings, SttStream};
use app::ports::text_to_speech::{SpeechChunk, SpeechRequest};
use app::ports::{ProviderError, SpeechToText, TextToSpeech};
use async_trait::async_trait;
use callee::{Callee, CalleeConfig, Persona};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::caller::{Caller, LIMIT};

/// Understands the next sentence of a list at the end of every stretch of at least half a second.
struct Prompter {
    sentences: Vec<&'static str>,
    tasks: TaskTracker,
}

#[async_trait]
impl SpeechToText for Prompter {
    async fn open(&self, settings: SttSettings) -> Result<SttStream, ProviderError> {
        assert_eq!(settings.sample_rate, 8_000);
        let (input, mut inbox) = mpsc::channel(64);
        let (outbox, output) = mpsc::channel(64);
        let mut sentences = self.sentences.clone().into_iter();
        let listening = async move {
            let mut pushed = 0;
            while let Some(message) = inbox.recv().await {
                match message {
                    SttInput::Audio { samples, .. } => pushed += samples.len(),
                    SttInput::Forget { .. } => pushed = 0,
                    SttInput::Text { segment, request, interim, .. } => {
                        let long = pushed >= 4_000;
                        let text = if interim || !long { "" } else { sentences.next().unwrap_or_default() };
                        let text = text.to_owned();
                        let answer = SttOutput::Text { segment, request, interim, text, compute_ms: 1.0 };
                        let _ = outbox.send(answer).await;
                    }
                }
            }
        };
        self.tasks.spawn(listening);
        Ok(SttStream { input, output })
    }
}

/// Speaks 100 ms of a square wave a word.
#[derive(Default)]
struct Buzzer(Mutex<Vec<String>>);

#[async_trait]
impl TextToSpeech for Buzzer {
    async fn speak(
        &self,
        request: SpeechRequest,
    ) -> Result<mpsc::Receiver<Result<SpeechChunk, ProviderError>>, ProviderError> {
        self.0.lock().unwrap().push(request.text.clone());
        let (chunks, out) = mpsc::channel(64);
        let words: Vec<&str> = request.text.split_whitespace().collect();
        for n in 0..words.len() {
            let samples: Arc<[i16]> = (0..800).map(|i| if i % 16 < 8 { 9_000 } else { -9_000 }).collect();
            chunks.try_send(Ok(SpeechChunk { samples, words: Vec::new(), last: n + 1 == words.len() })).unwrap();
        }
        Ok(out)
    }
}

#[tokio::test]
async fn hears_understands_and_replies() {
    let voice = Arc::new(Buzzer::default());
    let config = CalleeConfig {
        ears: Some(Arc::new(Prompter {
            sentences: vec!["Is this a good time?", "Thank you, goodbye."],
            tasks: TaskTracker::new(),
        })),
        voice: Some(voice.clone()),
        ..CalleeConfig::default()
    };
    let callee = Callee::start(config).await.unwrap();
    let persona = "
pick_up: { ring_after_ms: 10, answer_after_ms: 100 }
script: [{ wait_for: ['good time'], say: 'Yes, it is.' }]
hang_up: { on_words: ['goodbye'] }
";
    callee.assign("1", Persona::parse(persona).unwrap()).unwrap();
    let mut caller = Caller::new(callee.address(), "1").await;
    let to = caller.answered().await.media();
    let next = caller.talk(to, 1, (0..150).map(|n| (10..50).contains(&n))).await;
    caller.talk(to, next, (0..80).map(|n| n < 40)).await;
    caller.expect_request("BYE").await;
    let view = callee.wait_call(LIMIT, |call| call.ended_by.is_some()).await.unwrap();
    let texts: Vec<&str> = view.heard.iter().map(|heard| heard.text.as_str()).collect();
    assert_eq!(texts, ["Is this a good time?", "Thank you, goodbye."]);
    let [said] = view.said.as_slice() else { panic!("{:?}", view.said) };
    assert_eq!((said.text.as_str(), said.end_ms - said.start_ms), ("Yes, it is.", 300));
    let pause = said.start_ms - view.heard[0].end_ms;
    assert!((780..2_000).contains(&pause), "replied after {pause} ms");
    assert_eq!(voice.0.lock().unwrap().as_slice(), ["Yes, it is."], "made once, while it rang");
    callee.stop().await;
}

#[tokio::test]
async fn talks_over_the_agent_and_measures_the_cut() {
    let config = CalleeConfig { voice: Some(Arc::new(Buzzer::default())), ..CalleeConfig::default() };
    let callee = Callee::start(config).await.unwrap();
    let persona = "
pick_up: { ring_after_ms: 10, answer_after_ms: 100 }
interruptions: [{ after_ms: 400, say: 'Wait a moment please.' }]
";
    callee.assign("1", Persona::parse(persona).unwrap()).unwrap();
    let mut caller = Caller::new(callee.address(), "1").await;
    let to = caller.answered().await.media();
    // The agent talks for 800 ms: some 400 ms of it after the interruption began.
    caller.talk(to, 1, (0..90).map(|n| n < 40)).await;
    caller.bye().await;
    let view = callee.wait_call(LIMIT, |call| call.ended_by.is_some()).await.unwrap();
    let [cut] = view.cuts_ms()[..] else { panic!("{view:?}") };
    assert!((50..500).contains(&cut), "{cut}");
    assert!(view.answer_to_first_sound_ms().unwrap() < 1_000);
    callee.stop().await;
}

#[tokio::test]
async fn a_recogniser_that_says_nothing_does_not_hold_the_call() {
    struct Mute;
    #[async_trait]
    impl SpeechToText for Mute {
        async fn open(&self, _: SttSettings) -> Result<SttStream, ProviderError> {
            let (input, _) = mpsc::channel(1);
            let (_, output) = mpsc::channel(1);
            Ok(SttStream { input, output })
        }
    }
    let config = CalleeConfig { ears: Some(Arc::new(Mute)), ..CalleeConfig::default() };
    let callee = Callee::start(config).await.unwrap();
    let persona = "pick_up: { answer_after_ms: 100 }\notherwise: [{ hang_up }]";
    let persona = persona.replace("[{ hang_up }]", "[hang_up]");
    callee.assign("1", Persona::parse(&persona).unwrap()).unwrap();
    let mut caller = Caller::new(callee.address(), "1").await;
    let to = caller.answered().await.media();
    caller.talk(to, 1, (0..60).map(|n| n < 30)).await;
    tokio::time::timeout(Duration::from_secs(8), caller.expect_request("BYE")).await.unwrap();
    callee.stop().await;
}

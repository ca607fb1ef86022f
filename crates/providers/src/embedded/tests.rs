//! The models together, through the ports and the telephone's codec: what is said must be understood.

use std::collections::BTreeMap;
use std::time::Instant;

use app::ports::provider_error::ProviderErrorKind;
use app::ports::speech_to_text::{SttInput, SttOutput, SttSettings, SttStream};
use app::ports::text_to_speech::{SpeechChunk, SpeechRequest};
use media::g711::{decode_ulaw, encode_ulaw};

use super::normalise::read;
use super::*;

const SENTENCES: &[&str] = &[
    "Hello, this is Anna calling from Bright Smile Dental.",
    "Do you have a minute to talk about your appointment?",
    "Your appointment is on Thursday, November 19th at 3:30 pm.",
    "Would Tuesday morning work better for you?",
    "No, thank you, I am not interested.",
    "Yes, that works for me.",
    "Could you please call me back tomorrow afternoon?",
    "Your balance is $120.50.",
    "You can reach us at 617-555-0142.",
    "Please take me off your list.",
    "Who is calling, please?",
    "I would like to speak to a manager.",
    "What does it cost?",
    "The office is at 12 Main Street.",
    "Sorry, I did not understand that.",
    "Can you repeat the last part?",
    "I will send you an email with the details.",
    "We are open from 9am to 5pm on weekdays.",
    "Thank you for your time, and have a great day.",
    "Goodbye.",
];

fn load() -> Embedded {
    let models = ModelDirectory::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models"));
    Embedded::load(&models, &EmbeddedOptions::default()).expect("models are in the source tree")
}

fn say(text: &str, voice: &str) -> SpeechRequest {
    SpeechRequest {
        text: text.to_owned(),
        voice: voice.to_owned(),
        speed: 1.0,
        sample_rate: 8000,
        pronunciations: Arc::default(),
    }
}

async fn chunks(embedded: &Embedded, request: SpeechRequest) -> Vec<SpeechChunk> {
    let mut receiver = embedded.text_to_speech().speak(request).await.expect("queue is empty");
    let mut all = Vec::new();
    while let Some(chunk) = receiver.recv().await {
        all.push(chunk.expect("rendered"));
    }
    assert!(all.last().is_some_and(|chunk| chunk.last), "the last chunk says so");
    all
}

async fn speech(embedded: &Embedded, text: &str, voice: &str) -> Vec<i16> {
    chunks(embedded, say(text, voice)).await.iter().flat_map(|chunk| chunk.samples.iter().copied()).collect()
}

fn through_the_telephone(samples: &[i16]) -> Arc<[i16]> {
    samples.iter().map(|&sample| decode_ulaw(encode_ulaw(sample))).collect()
}

async fn listen(embedded: &Embedded) -> SttStream {
    let settings = SttSettings { language: "en-US".to_owned(), sample_rate: 8000 };
    embedded.speech_to_text().open(settings).await.expect("English at 8 kHz")
}

async fn hear(stream: &mut SttStream, segment: u32, samples: &[i16]) -> String {
    for samples in through_the_telephone(samples).chunks(160) {
        stream.input.send(SttInput::Audio { segment, samples: samples.into() }).await.expect("stream lives");
    }
    stream.input.send(SttInput::Text { segment, request: segment, interim: false }).await.expect("stream lives");
    match stream.output.recv().await.expect("an answer") {
        SttOutput::Text { segment: of, text, .. } => {
            assert_eq!(of, segment);
            text
        }
        SttOutput::Failed { error, .. } => panic!("{error}"),
    }
}

fn spoken_words(text: &str) -> Vec<String> {
    let spoken = read(text).into_iter().flat_map(|reading| reading.spoken);
    let bare = spoken.map(|word| word.to_lowercase().replace(|c: char| !c.is_alphanumeric(), ""));
    bare.filter(|word| !word.is_empty() && word != "and").collect()
}

/// Words inserted, deleted and replaced (Levenshtein).
fn word_errors(wanted: &[String], heard: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, word) in wanted.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in heard.iter().enumerate() {
            let replaced = diagonal + usize::from(word != other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[heard.len()]
}

async fn word_error_rate(embedded: &Embedded, voice: &str, sentences: &[&str]) -> (f32, Vec<String>) {
    let mut stream = listen(embedded).await;
    let (mut errors, mut words, mut wrong) = (0, 0, Vec::new());
    for (segment, sentence) in (1..).zip(sentences) {
        let heard = hear(&mut stream, segment, &speech(embedded, sentence, voice).await).await;
        let wanted = spoken_words(sentence);
        let missed = word_errors(&wanted, &spoken_words(&heard));
        if missed > 0 {
            wrong.push(format!("{sentence:?} was heard as {heard:?}"));
        }
        errors += missed;
        words += wanted.len();
    }
    (errors as f32 / words as f32, wrong)
}

#[tokio::test]
async fn what_is_said_is_understood_through_mu_law() {
    let embedded = load();
    for (voice, bound, sentences) in [("heart", 0.03, SENTENCES), ("heart-low", 0.06, &SENTENCES[..8])] {
        let (rate, wrong) = word_error_rate(&embedded, voice, sentences).await;
        println!("{voice}: word error rate {:.1} % {wrong:#?}", rate * 100.0);
        assert!(rate <= bound, "{voice}: {rate} {wrong:#?}");
    }
}

#[tokio::test]
async fn speech_has_telephone_level_without_clipping_or_dead_air() {
    let embedded = load();
    for voice in Embedded::voices() {
        for text in &SENTENCES[..6] {
            let samples = speech(&embedded, text, voice).await;
            let float: Vec<f32> = samples.iter().map(|&sample| f32::from(sample) / 32_768.0).collect();
            let peak = float.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            let level = 20.0 * hibari::rms(&float).log10();
            println!("{voice}: level {level:.1} dBFS, peak {:.1} dBFS, {} ms", 20.0 * peak.log10(), samples.len() / 8);
            assert!((-25.0..-16.0).contains(&level), "{voice} {text:?}: {level} dBFS");
            assert!(peak < 0.99, "{voice} {text:?}: peak {peak}");
            let audible = |frame: &[f32]| hibari::rms(frame) > 0.003;
            let begins = float.chunks(80).position(audible).expect("speech");
            let ends = float.chunks(80).rev().position(audible).expect("speech");
            assert!(begins <= 5 && ends <= 15, "{voice} {text:?}: silence {begins} and {ends} x 10 ms");
        }
    }
}

#[tokio::test]
async fn clauses_arrive_in_order_with_word_times_that_cover_them() {
    let embedded = load();
    let text = "Hello, this is Ava. Your balance is $1,250.50, due on 10/12. Is that all right?";
    let all = chunks(&embedded, say(text, "heart")).await;
    assert_eq!(all.len(), 4);
    assert_eq!(all.iter().filter(|chunk| chunk.last).count(), 1);
    let words: Vec<&str> = all.iter().flat_map(|chunk| chunk.words.iter().map(|time| time.word.as_str())).collect();
    assert_eq!(words.join(" "), text);
    for chunk in &all {
        assert_eq!(chunk.words[0].start, 0);
        assert!(chunk.words.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].start < pair[0].end));
        assert!(chunk.words.last().expect("words").end <= chunk.samples.len());
    }
    let amount = &all[1].words[3];
    let balance = &all[1].words[1];
    assert!(amount.end - amount.start > 3 * (balance.end - balance.start), "ten words take longer than one");
}

#[tokio::test]
async fn the_same_phrase_is_the_same_sound_and_comes_from_the_cache() {
    let embedded = load();
    let first = speech(&embedded, SENTENCES[1], "heart").await;
    let begun = Instant::now();
    let again = speech(&embedded, SENTENCES[1], "heart").await;
    println!("from the cache in {:?}", begun.elapsed());
    assert_eq!(first, again);
    let uncached = EmbeddedOptions { phrase_cache_bytes: 0, ..EmbeddedOptions::default() };
    let models = ModelDirectory::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models"));
    let other = Embedded::load(&models, &uncached).expect("models");
    assert_eq!(first, speech(&other, SENTENCES[1], "heart").await, "rendered anew");
    let slow = SpeechRequest { speed: 0.7, ..say(SENTENCES[1], "heart") };
    let slow: usize = chunks(&embedded, slow).await.iter().map(|chunk| chunk.samples.len()).sum();
    assert!(slow as f32 > first.len() as f32 * 1.2, "{slow} samples");
    let wide = SpeechRequest { sample_rate: 16_000, ..say(SENTENCES[1], "heart") };
    let wide: usize = chunks(&embedded, wide).await.iter().map(|chunk| chunk.samples.len()).sum();
    assert!(wide.abs_diff(2 * first.len()) < 1000, "{wide} samples at 16 kHz, {} at 8 kHz", first.len());
}

#[tokio::test]
async fn pronunciations_of_names_are_taken() {
    let embedded = load();
    let mut stream = listen(&embedded).await;
    let names = BTreeMap::from([("xqz".to_owned(), "tˈɛləfˌOn".to_owned())]);
    let request = SpeechRequest { pronunciations: Arc::new(names), ..say("Please answer the Xqz, Sir.", "heart") };
    let samples: Vec<i16> =
        chunks(&embedded, request).await.iter().flat_map(|chunk| chunk.samples.iter().copied()).collect();
    let heard = hear(&mut stream, 1, &samples).await;
    assert!(heard.to_lowercase().contains("telephone"), "{heard}");
}

#[tokio::test]
async fn requests_that_cannot_be_served_are_refused() {
    let embedded = load();
    let tts = embedded.text_to_speech();
    let refused = [
        say("Hi", "nobody"),
        SpeechRequest { sample_rate: 11_025, ..say("Hi", "heart") },
        say(&"word ".repeat(2000), "heart"),
    ];
    for request in refused {
        assert_eq!(tts.speak(request).await.expect_err("refused").kind, ProviderErrorKind::Rejected);
    }
    let nothing = chunks(&embedded, say("  ", "heart")).await;
    assert!(nothing[0].samples.is_empty());
    let french = SttSettings { language: "fr".to_owned(), sample_rate: 8000 };
    let error = embedded.speech_to_text().open(french).await.expect_err("English only");
    assert_eq!(error.kind, ProviderErrorKind::Rejected);
}

#[tokio::test]
async fn silence_and_forgotten_segments_have_no_text() {
    let embedded = load();
    let mut stream = listen(&embedded).await;
    assert_eq!(hear(&mut stream, 1, &[0; 8000]).await, "");
    let samples = speech(&embedded, SENTENCES[3], "heart").await;
    let audio = SttInput::Audio { segment: 2, samples: samples.into() };
    for message in [audio, SttInput::Forget { segment: 2 }] {
        stream.input.send(message).await.expect("stream lives");
    }
    assert_eq!(hear(&mut stream, 2, &[]).await, "");
    drop(stream);
    embedded.drained().await;
}

#[tokio::test]
async fn a_later_request_displaces_earlier_ones_and_answers_keep_their_numbers() {
    let embedded = load();
    let mut stream = listen(&embedded).await;
    let samples: Arc<[i16]> = speech(&embedded, SENTENCES[4], "heart").await.into();
    stream.input.send(SttInput::Audio { segment: 7, samples }).await.expect("stream lives");
    for request in 1..=5 {
        let message = SttInput::Text { segment: 7, request, interim: request < 5 };
        stream.input.send(message).await.expect("stream lives");
    }
    let mut answered = Vec::new();
    while answered.last() != Some(&5) {
        match stream.output.recv().await.expect("an answer") {
            SttOutput::Text { request, interim, text, .. } => {
                assert_eq!(interim, request < 5);
                assert!(text.contains("not interested"), "{text}");
                answered.push(request);
            }
            SttOutput::Failed { error, .. } => panic!("{error}"),
        }
    }
    assert!(answered.len() < 5, "all were computed: {answered:?}");
}

#[tokio::test]
async fn meaning_is_nearer_than_wording() {
    let embedded = load();
    let texts =
        ["Could we do it another day?", "I want to reschedule.", "How much does it cost?", "What is the price?"];
    let vectors = embedded.embedder().embed(texts.map(str::to_owned).to_vec()).await.expect("embeds");
    let cosine = |a: usize, b: usize| vectors[a].iter().zip(&vectors[b]).map(|(x, y)| x * y).sum::<f32>();
    assert!((cosine(0, 0) - 1.0).abs() < 1e-4, "unit length");
    assert!(cosine(2, 3) > 0.7, "{}", cosine(2, 3));
    assert!(cosine(0, 1) > cosine(0, 2) + 0.1 && cosine(0, 1) > cosine(1, 3) + 0.1);
}

#[tokio::test]
async fn complete_sentences_sound_complete_and_most_cut_ones_less_so() {
    let embedded = load();
    let detector = embedded.turn_detector();
    let mut lower = 0;
    for sentence in &SENTENCES[..5] {
        let samples = speech(&embedded, sentence, "heart").await;
        let cut = samples[..samples.len() * 45 / 100].into();
        let whole = detector.score(samples.into()).await.expect("scores");
        let cut = detector.score(cut).await.expect("scores");
        assert!(whole > 0.5, "{sentence:?}: {whole}");
        lower += usize::from(cut < whole);
    }
    assert!(lower >= 4, "only {lower} of 5 cut sentences score lower");
    assert!((0.0..=1.0).contains(&detector.score(Arc::new([])).await.expect("no audio is no error")));
}

#[test]
fn a_missing_or_damaged_model_is_named_with_its_remedy() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let directory = ModelDirectory::new(folder.path());
    let load = || Embedded::load(&directory, &EmbeddedOptions::default()).err().expect("no models").to_string();
    let missing = load();
    assert!(missing.contains("is missing") && missing.contains("models directory"), "{missing}");
    let file = folder.path().join("moonshine-tiny-en");
    std::fs::create_dir(&file).expect("folder");
    for name in ["encoder.onnx", "decoder.onnx"] {
        std::fs::write(file.join(name), b"not a model").expect("file");
    }
    let damaged = load();
    assert!(damaged.contains("coder.onnx is damaged") && damaged.contains("restore"), "{damaged}");
}

//! The `TextToSpeech` port on hibari: reads a text clause by clause, the first as soon as it is ready.
//!
//! Law: one job per clause, so that a long text of one call does not hold up the first words of another; a phrase
//! that was rendered before is answered from the cache without a worker. Dropping the receiver stops it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use app::ports::provider_error::ProviderErrorKind;
use app::ports::text_to_speech::{SpeechChunk, SpeechRequest, WordTime};
use app::ports::{ProviderError, TextToSpeech};
use async_trait::async_trait;
use tokio::sync::mpsc;

use super::clauses::{Clause, Pause, split};
use super::hibari::{Hibari, Synthesis, Voice, speech_span, to_pcm};
use super::models::{InferenceError, Lane};
use super::normalise::read;
use super::phonemes::{Phonemes, SpokenWord};
use super::phrase_cache::{PhraseCache, PhraseKey, Rendered};
use super::worker::{Turn, Workers, error_of, expired};

/// About five minutes of speech; more is a mistake of the caller.
const LONGEST_TEXT: usize = 6_000;
const MARGIN_MS: usize = 15;
const SHORT_PAUSE_MS: usize = 110;
const LONG_PAUSE_MS: usize = 260;
/// Silence left behind the last word of a text.
const TAIL_MS: usize = 40;

/// Embedded speech synthesis, English.
pub(crate) struct EmbeddedTts {
    pub(crate) engine: Arc<TtsEngine>,
}

/// What the workers share.
pub(crate) struct TtsEngine {
    pub(crate) phonemes: Phonemes,
    pub(crate) hibari: Hibari,
    pub(crate) workers: Workers,
    pub(crate) cache: PhraseCache,
    pub(crate) syntheses: Mutex<HashMap<u32, Arc<Synthesis>>>,
    /// How long a clause may wait for a worker.
    pub(crate) patience: Duration,
}

#[async_trait]
impl TextToSpeech for EmbeddedTts {
    async fn speak(
        &self,
        request: SpeechRequest,
    ) -> Result<mpsc::Receiver<Result<SpeechChunk, ProviderError>>, ProviderError> {
        let rejected = |detail| Err(error_of(ProviderErrorKind::Rejected, detail));
        let Some(voice) = Voice::named(&request.voice) else {
            return rejected("this voice is not embedded; `heart`, `heart-low` and `heart-high` are");
        };
        if ![8_000, 16_000, 24_000, 48_000].contains(&request.sample_rate) {
            return rejected("sample rate must be 8000, 16000, 24000 or 48000");
        }
        if request.text.len() > LONGEST_TEXT {
            return rejected("text is longer than 6000 bytes");
        }
        let clauses: VecDeque<Clause> = split(read(&request.text)).into();
        // One place per clause, so that a worker never waits for the session.
        let (output, chunks) = mpsc::channel(clauses.len().max(1));
        if clauses.is_empty() {
            let nothing = SpeechChunk { samples: Arc::new([]), words: Vec::new(), last: true };
            output.try_send(Ok(nothing)).expect("the channel is new");
            return Ok(chunks);
        }
        let speech = Speech {
            engine: Arc::clone(&self.engine),
            voice,
            speed: request.speed.clamp(0.5, 2.0),
            rate: request.sample_rate,
            pronunciations: request.pronunciations,
            clauses,
            output,
        };
        speech.advance()?;
        Ok(chunks)
    }
}

/// A text on its way: what is still to be rendered, and to whom it goes.
struct Speech {
    engine: Arc<TtsEngine>,
    voice: &'static Voice,
    speed: f32,
    rate: u32,
    pronunciations: Arc<BTreeMap<String, String>>,
    clauses: VecDeque<Clause>,
    output: mpsc::Sender<Result<SpeechChunk, ProviderError>>,
}

impl Speech {
    /// Sends what is in the cache, then hands the next clause to a worker. An error means that nothing more comes.
    fn advance(mut self) -> Result<(), ProviderError> {
        while let Some(clause) = self.clauses.pop_front() {
            let key = self.key(&clause);
            if let Some(rendered) = self.engine.cache.find(&key) {
                self.send(&rendered);
                continue;
            }
            let engine = Arc::clone(&self.engine);
            let deadline = Instant::now() + engine.patience;
            return engine.workers.submit(deadline, move |lane, turn| self.run(lane, turn, &clause, key));
        }
        Ok(())
    }

    /// On a worker: one clause, then back into the queue for the next.
    fn run(self, lane: &Lane, turn: Turn, clause: &Clause, key: PhraseKey) {
        if self.output.is_closed() {
            return;
        }
        let rendered = match turn {
            Turn::Expired => Err(expired()),
            Turn::Run => self.render(lane, clause, key.last).map_err(ProviderError::from),
        };
        let output = self.output.clone();
        let next = rendered.and_then(|rendered| {
            self.engine.cache.keep(key, &rendered);
            self.send(&rendered);
            self.advance()
        });
        if let Err(error) = next {
            // There is a place for each clause, and this one's was not used; a closed channel wants nothing.
            let _ = output.try_send(Err(error));
        }
    }

    fn key(&self, clause: &Clause) -> PhraseKey {
        PhraseKey {
            voice: self.voice.name,
            speed: (self.speed * 1000.0) as u32,
            rate: self.rate,
            text: PhraseKey::text_of(clause),
            last: self.clauses.is_empty(),
            pronunciations: Arc::clone(&self.pronunciations),
        }
    }

    fn send(&self, rendered: &Rendered) {
        let chunk = SpeechChunk {
            samples: Arc::clone(&rendered.samples),
            words: rendered.words.to_vec(),
            last: self.clauses.is_empty(),
        };
        // There is a place for each clause; a closed channel wants nothing.
        let _ = self.output.try_send(Ok(chunk));
    }

    fn render(&self, lane: &Lane, clause: &Clause, last: bool) -> Result<Rendered, InferenceError> {
        let spoken: Vec<String> = clause.readings.iter().flat_map(|reading| reading.spoken.iter().cloned()).collect();
        let words = self.engine.phonemes.of(&spoken, &self.pronunciations);
        let phonemes = joined(&words);
        let speed = self.speed * self.voice.pace;
        let milliseconds = |ms: usize| ms * self.rate as usize / 1000;
        let mut samples = match self.engine.hibari.predict(lane, &phonemes, speed)? {
            Some(spectra) => {
                let synthesis = self.engine.synthesis(self.rate);
                let sound = synthesis.render(&spectra, self.voice);
                let span = speech_span(&sound, synthesis.hop() / 2, milliseconds(MARGIN_MS));
                to_pcm(&sound[span])
            }
            None => Vec::new(),
        };
        let words = word_times(clause, &words, samples.len());
        let pause = match clause.pause {
            _ if last => TAIL_MS,
            Pause::Short => SHORT_PAUSE_MS,
            Pause::Long => LONG_PAUSE_MS,
        };
        samples.resize(samples.len() + milliseconds((pause as f32 / self.speed) as usize), 0);
        Ok(Rendered { samples: samples.into(), words: words.into() })
    }
}

impl TtsEngine {
    fn synthesis(&self, rate: u32) -> Arc<Synthesis> {
        let mut syntheses = self.syntheses.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(syntheses.entry(rate).or_insert_with(|| Arc::new(Synthesis::at(rate))))
    }
}

/// The phoneme string of a clause.
fn joined(words: &[SpokenWord]) -> String {
    let mut phonemes = String::new();
    for word in words {
        phonemes.push_str(&word.phonemes);
        if word.spaced {
            phonemes.push(' ');
        }
    }
    phonemes.trim_end().to_owned()
}

/// Shares the samples out among the written words by the weight of their phonemes. The model does not tell durations;
/// this is good to about a syllable, which is enough to know which words were heard.
fn word_times(clause: &Clause, words: &[SpokenWord], length: usize) -> Vec<WordTime> {
    let weights: Vec<f32> = words.iter().map(|word| word.phonemes.chars().map(weight).sum()).collect();
    let total: f32 = weights.iter().sum::<f32>().max(1e-6);
    let mut at = 0;
    let mut passed = 0.0;
    let mut start = 0;
    clause
        .readings
        .iter()
        .map(|reading| {
            let until = at + reading.spoken.len();
            passed += weights[at..until].iter().sum::<f32>();
            at = until;
            let end = if at == words.len() { length } else { (passed / total * length as f32) as usize };
            let time = WordTime { word: reading.written.clone(), start, end: end.max(start) };
            start = time.end;
            time
        })
        .collect()
}

/// Rough length of a phoneme, in tenths of a second.
fn weight(phoneme: char) -> f32 {
    match phoneme {
        'ˈ' => 0.25,
        'ˌ' => 0.1,
        'A' | 'I' | 'O' | 'W' | 'Y' => 1.5,
        'i' | 'u' | 'ɑ' | 'ɔ' | 'ɜ' | 'æ' | 'ɛ' | 'ʌ' => 1.0,
        'ə' | 'ᵊ' | 'ɪ' | 'ᵻ' | 'ʊ' | 'ɐ' => 0.6,
        's' | 'ʃ' | 'ʧ' | 'ʤ' | 'f' | 'm' | 'n' => 0.9,
        ',' | ';' | ':' | '—' => 2.0,
        '.' | '!' | '?' => 0.3,
        c if c.is_alphabetic() => 0.7,
        _ => 0.0,
    }
}

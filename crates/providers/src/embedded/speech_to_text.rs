//! The `SpeechToText` port on Moonshine: keeps the growing segment of each call and transcribes it when asked.
//!
//! Law: the session never waits for this side, and a newer request displaces an older one of the same stream: one
//! that has not begun is skipped, an interim one that runs is broken off at its next token when a final one arrives.
//! Stands between a call's ears (voice activity) and its turn taking.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use app::ports::provider_error::ProviderErrorKind;
use app::ports::speech_to_text::{SttInput, SttOutput, SttSettings, SttStream};
use app::ports::{ProviderError, SpeechToText};
use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

use super::moonshine::{Moonshine, RATE};
use super::resample::to_float_at;
use super::transcript::tidy;
use super::worker::{Turn, Workers, error_of, expired};

/// Chunks a session may be ahead of us: over five seconds of 20 ms frames. When it is full, audio is dropped.
const INPUT_CHUNKS: usize = 256;
/// Answers a session may be behind; more are not outstanding, because requests displace one another.
const OUTPUT_TEXTS: usize = 16;
/// The model has seen utterances up to about this long; of a longer segment the end is kept.
const LONGEST_SEGMENT_S: usize = 30;
/// Silence put before and after a segment, so that the first and the last sound are not at an edge.
const MARGIN_MS: u32 = 200;
/// Below this RMS (-60 dBFS) there is no speech to be understood, and the model would invent some.
const INAUDIBLE: f32 = 0.001;

/// Embedded speech recognition, English.
pub(crate) struct EmbeddedStt {
    pub(crate) model: Arc<Moonshine>,
    pub(crate) workers: Arc<Workers>,
    pub(crate) tasks: TaskTracker,
    /// How long a request may wait for a worker.
    pub(crate) patience: Duration,
}

#[async_trait]
impl SpeechToText for EmbeddedStt {
    async fn open(&self, settings: SttSettings) -> Result<SttStream, ProviderError> {
        if !settings.language.to_ascii_lowercase().starts_with("en") {
            return Err(error_of(ProviderErrorKind::Rejected, "embedded speech recognition understands English only"));
        }
        if ![8_000, 16_000, 48_000].contains(&settings.sample_rate) {
            return Err(error_of(ProviderErrorKind::Rejected, "sample rate must be 8000, 16000 or 48000"));
        }
        let (input, heard) = mpsc::channel(INPUT_CHUNKS);
        let (said, output) = mpsc::channel(OUTPUT_TEXTS);
        let stream = Stream {
            model: Arc::clone(&self.model),
            workers: Arc::clone(&self.workers),
            patience: self.patience,
            rate: settings.sample_rate,
            segment: 0,
            samples: Vec::new(),
            last: None,
            output: said,
        };
        self.tasks.spawn(stream.run(heard));
        Ok(SttStream { input, output })
    }
}

#[derive(Clone, Copy, Debug)]
struct Request {
    segment: u32,
    request: u32,
    interim: bool,
}

/// A request that a worker has, or will have.
struct Running {
    request: Request,
    length: usize,
    abandoned: Arc<AtomicBool>,
    result: oneshot::Receiver<Heard>,
}

/// `None`: broken off.
type Heard = Option<Result<(String, f32), ProviderError>>;

/// One call's side of the recogniser.
struct Stream {
    model: Arc<Moonshine>,
    workers: Arc<Workers>,
    patience: Duration,
    rate: u32,
    segment: u32,
    samples: Vec<i16>,
    /// Text of the current segment when it had this many samples.
    last: Option<(usize, String)>,
    output: mpsc::Sender<SttOutput>,
}

impl Stream {
    async fn run(mut self, mut input: mpsc::Receiver<SttInput>) {
        let mut running: Option<Running> = None;
        let mut next: Option<Request> = None;
        loop {
            if running.is_none()
                && let Some(request) = next.take()
            {
                running = self.begin(request).await;
            }
            tokio::select! {
                biased;
                heard = finished(&mut running) => {
                    if let Some((done, heard)) = heard {
                        self.answer(&done, heard).await;
                    }
                    running = None;
                }
                message = input.recv() => match message {
                    None => break,
                    Some(SttInput::Audio { segment, samples }) => self.push(segment, &samples),
                    Some(SttInput::Text { segment, request, interim }) => {
                        displace(running.as_ref(), interim);
                        next = Some(Request { segment, request, interim });
                    }
                    Some(SttInput::Forget { segment }) => self.forget(segment),
                },
            }
        }
        if let Some(running) = running {
            running.abandoned.store(true, Ordering::Relaxed);
        }
    }

    fn push(&mut self, segment: u32, samples: &[i16]) {
        if segment != self.segment {
            self.segment = segment;
            self.samples.clear();
            self.last = None;
        }
        self.samples.extend_from_slice(samples);
        let most = LONGEST_SEGMENT_S * self.rate as usize;
        if self.samples.len() > most + self.rate as usize {
            self.samples.drain(..self.samples.len() - most);
            self.last = None;
        }
    }

    fn forget(&mut self, segment: u32) {
        if segment == self.segment {
            self.samples.clear();
            self.last = None;
        }
    }

    /// Answers at once what needs no computing; otherwise hands the segment to a worker.
    async fn begin(&mut self, request: Request) -> Option<Running> {
        let samples = if request.segment == self.segment { self.samples.as_slice() } else { &[] };
        if let Some((length, text)) = &self.last
            && *length == samples.len()
        {
            let text = text.clone();
            self.tell(request, Ok((text, 0.0))).await;
            return None;
        }
        if request.interim && self.workers.busy() {
            return None;
        }
        let samples = samples.to_vec();
        let length = samples.len();
        let abandoned = Arc::new(AtomicBool::new(false));
        let (sender, result) = oneshot::channel();
        let (model, rate, gone) = (Arc::clone(&self.model), self.rate, Arc::clone(&abandoned));
        let submitted = self.workers.submit(Instant::now() + self.patience, move |lane, turn| {
            let given_up = || gone.load(Ordering::Relaxed) || sender.is_closed();
            let heard = match turn {
                _ if given_up() => None,
                Turn::Expired => Some(Err(expired())),
                Turn::Run => {
                    let begun = Instant::now();
                    let text = transcribe(&model, lane, &samples, rate, &given_up);
                    let compute_ms = begun.elapsed().as_secs_f32() * 1000.0;
                    text.map_err(ProviderError::from).map(|text| text.map(|text| (text, compute_ms))).transpose()
                }
            };
            // The stream may have ended; then nobody wants the text.
            let _ = sender.send(heard);
        });
        match submitted {
            Ok(()) => Some(Running { request, length, abandoned, result }),
            Err(error) => {
                self.tell(request, Err(error)).await;
                None
            }
        }
    }

    async fn answer(&mut self, done: &Running, heard: Heard) {
        let Some(result) = heard else { return };
        if let Ok((text, _)) = &result
            && done.request.segment == self.segment
        {
            self.last = Some((done.length, text.clone()));
        }
        self.tell(done.request, result).await;
    }

    async fn tell(&self, Request { segment, request, interim }: Request, result: Result<(String, f32), ProviderError>) {
        let output = match result {
            Ok((text, compute_ms)) => SttOutput::Text { segment, request, interim, text, compute_ms },
            Err(error) => SttOutput::Failed { segment, request, error },
        };
        // A session that does not read its answers loses them, not us our memory; one that ended wants none.
        let _ = self.output.try_send(output);
    }
}

/// An older interim request gives way; a final one is completed, because its answer is waited for.
fn displace(running: Option<&Running>, by_interim: bool) {
    if let Some(running) = running
        && running.request.interim
        && !by_interim
    {
        running.abandoned.store(true, Ordering::Relaxed);
    }
}

/// Waits for the running request; for ever when there is none. Cancel-safe: the request stays where it is until its
/// result is there.
async fn finished(running: &mut Option<Running>) -> Option<(Running, Heard)> {
    let Some(current) = running else { return std::future::pending().await };
    let lost = || Some(Err(error_of(ProviderErrorKind::Unavailable, "recognition failed")));
    let heard = (&mut current.result).await.unwrap_or_else(|_| lost());
    running.take().map(|done| (done, heard))
}

fn transcribe(
    model: &Moonshine,
    lane: &super::models::Lane,
    samples: &[i16],
    rate: u32,
    cancelled: &dyn Fn() -> bool,
) -> Result<Option<String>, super::models::InferenceError> {
    let sound = to_float_at(samples, rate, RATE);
    if super::hibari::rms(&sound) < INAUDIBLE {
        return Ok(Some(String::new()));
    }
    let margin = vec![0.0; (RATE * MARGIN_MS / 1000) as usize];
    let padded = [margin.as_slice(), &sound, &margin].concat();
    Ok(model.transcribe(lane, &padded, cancelled)?.map(|text| tidy(&text)))
}

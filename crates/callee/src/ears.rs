//! The far end's ears: hands stretches of speech to a recogniser and brings texts back in their order.
//!
//! Law: nothing waits. A recogniser that is full, late or gone yields an empty text, and the persona goes on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use app::ports::SpeechToText;
use app::ports::speech_to_text::{SttInput, SttOutput, SttSettings, SttStream};
use tokio::time::Instant;

/// Speech between two interim texts.
const INTERIM_EVERY: Duration = Duration::from_millis(500);
/// Longest wait for the text of a stretch.
const TEXT_LIMIT: Duration = Duration::from_secs(5);
/// Longest wait for the recogniser's stream; spent while it rings.
const OPEN_LIMIT: Duration = Duration::from_secs(2);

/// What was understood.
#[derive(Debug, PartialEq)]
pub(crate) enum Understood {
    /// Of a stretch that goes on.
    Interim(String),
    /// Of a stretch that is over, by its number.
    Final(u32, String),
}

/// One call's ears.
pub(crate) struct Ears {
    stream: Option<SttStream>,
    request: u32,
    interim_at: Option<Instant>,
    /// Stretches whose text is due, oldest first.
    due: VecDeque<(u32, Instant)>,
}

impl Ears {
    pub(crate) async fn open(recogniser: Option<&Arc<dyn SpeechToText>>) -> Self {
        let settings = SttSettings { language: "en".into(), sample_rate: crate::line::SAMPLE_RATE };
        let stream = match recogniser {
            None => None,
            Some(recogniser) => {
                let opened = tokio::time::timeout(OPEN_LIMIT, recogniser.open(settings)).await;
                let stream = opened.ok().and_then(Result::ok);
                if stream.is_none() {
                    tracing::warn!("the far end's recogniser could not be opened; it is deaf for this call");
                }
                stream
            }
        };
        Self { stream, request: 0, interim_at: None, due: VecDeque::new() }
    }

    /// Whether nothing will ever be understood.
    pub(crate) fn deaf(&self) -> bool {
        self.stream.is_none()
    }

    /// Whether the text of a stretch that is over has yet to come.
    pub(crate) fn is_due(&self) -> bool {
        !self.due.is_empty()
    }

    pub(crate) fn audio(&mut self, segment: u32, samples: Arc<[i16]>, interim: bool, now: Instant) {
        if !self.push(SttInput::Audio { segment, samples }) || !interim {
            return;
        }
        match self.interim_at {
            None => self.interim_at = Some(now + INTERIM_EVERY),
            Some(at) if now >= at => {
                self.interim_at = Some(now + INTERIM_EVERY);
                self.request += 1;
                let request = self.request;
                self.push(SttInput::Text { segment, request, interim: true });
            }
            Some(_) => {}
        }
    }

    /// The stretch is over; its text follows from `understood`.
    pub(crate) fn end(&mut self, segment: u32, now: Instant) {
        self.interim_at = None;
        self.request += 1;
        let request = self.request;
        let asked = self.push(SttInput::Text { segment, request, interim: false });
        self.due.push_back((segment, if asked { now + TEXT_LIMIT } else { now }));
    }

    /// The next text. Pends for ever when nothing is due and nobody speaks.
    pub(crate) async fn understood(&mut self) -> Understood {
        loop {
            let overdue = self.due.front().copied();
            let output = async {
                match &mut self.stream {
                    Some(stream) => stream.output.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                output = output => match output {
                    None => self.stream = None,
                    Some(output) => if let Some(understood) = self.take(output) {
                        return understood;
                    },
                },
                () = until(overdue.map(|(_, at)| at)), if overdue.is_some() => {
                    let (segment, _) = self.due.pop_front().expect("the guard saw one");
                    return Understood::Final(segment, String::new());
                }
            }
        }
    }

    fn take(&mut self, output: SttOutput) -> Option<Understood> {
        let (segment, interim, text) = match output {
            SttOutput::Text { segment, interim, text, .. } => (segment, interim, text),
            SttOutput::Failed { segment, .. } => (segment, false, String::new()),
        };
        if interim {
            return Some(Understood::Interim(text));
        }
        let at = self.due.iter().position(|(due, _)| *due == segment)?;
        self.due.remove(at);
        self.push(SttInput::Forget { segment });
        Some(Understood::Final(segment, text))
    }

    fn push(&mut self, input: SttInput) -> bool {
        self.stream.as_ref().is_some_and(|stream| stream.input.try_send(input).is_ok())
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

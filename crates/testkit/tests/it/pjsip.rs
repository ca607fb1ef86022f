//! A call to PJSIP, a SIP and media stack that nobody here wrote: each side hears what the other said.
//!
//! It comes as a wheel from `PyPI` into `target/pjsip-venv` by `make setup-test`; it is GPL, and part of no product.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use api::wire::events::Fact;
use api::wire::words::Speaker;
use app::ports::speech_to_text::{SttInput, SttOutput, SttSettings};
use app::ports::text_to_speech::SpeechRequest;
use callee::persona::normalise;
use callee::scenario::word_errors::word_error_rate;
use serde_json::{Value, json};
use testkit::agents::LEAD_CALLBACK;
use testkit::recording::sounds;
use testkit::{Variant, World, root};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// The longest wait for a word of the child.
const LIMIT: Duration = Duration::from_secs(60);
/// Samples a second on both sides.
const RATE: u32 = 8_000;

/// The Python program, and its two pipes.
struct Pjsip {
    child: Child,
    orders: ChildStdin,
    facts: Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
}

impl Pjsip {
    async fn start(recording: &Path) -> Self {
        let python = root().join("target/pjsip-venv/bin/python");
        assert!(python.exists(), "PJSIP is not installed in target/pjsip-venv; run `make setup-test`");
        let mut child = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pjsip/callee.py"))
            .arg(recording)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let orders = child.stdin.take().unwrap();
        let facts = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut started = Self { child, orders, facts, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let listening = started.told("listening").await;
        started.address.set_port(u16::try_from(listening.as_u64().unwrap()).unwrap());
        started
    }

    /// Waits until the child tells `fact`.
    async fn told(&mut self, fact: &str) -> Value {
        let told = async {
            loop {
                let line = self.facts.next_line().await.unwrap().unwrap_or_else(|| panic!("PJSIP ended before {fact}"));
                let mut told: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("PJSIP said {line}"));
                if let Some(value) = told.get_mut(fact) {
                    return value.take();
                }
            }
        };
        tokio::time::timeout(LIMIT, told).await.unwrap_or_else(|_| panic!("PJSIP did not tell {fact}"))
    }

    async fn order(&mut self, order: &str) {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.unwrap();
    }

    async fn finished(mut self) {
        let status = tokio::time::timeout(LIMIT, self.child.wait()).await.expect("PJSIP ends").unwrap();
        assert!(status.success(), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pjsip_and_the_agent_hear_each_other() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let folder = tempfile::tempdir().unwrap();
    let (spoken, recorded) = (folder.path().join("spoken.wav"), folder.path().join("heard.wav"));
    write_wav(&spoken, &speech(&world, "Yes, this is Maria.").await);
    let mut pjsip = Pjsip::start(&recorded).await;
    world.agent_on_trunk("to-pjsip", pjsip.address, json!({})).await;
    let call = world.place("to-pjsip", "+15550301000").await;

    world.events_until(&call, |fact| turn_of(fact, Speaker::Agent)).await;
    pjsip.order(&format!("play {}", spoken.display())).await;
    pjsip.told("played").await;
    let understood = world.events_until(&call, |fact| turn_of(fact, Speaker::Callee)).await;
    let answered = understood.len();
    // The reply, which begins after the turn that it answers.
    let count = std::cell::Cell::new(0);
    let reply = |fact: &Fact| {
        count.set(count.get() + 1);
        count.get() > answered && turn_of(fact, Speaker::Agent)
    };
    world.events_until(&call, reply).await;
    pjsip.order("hangup").await;
    pjsip.told("ended").await;
    let ended = world.ended_elsewhere(&call).await;
    pjsip.finished().await;

    assert_eq!(ended.words(), ["completed", "callee_hangup", "human"]);
    let turns = ended.turns();
    assert_eq!(normalise(&turns[1].text), "yes this is maria", "the agent heard PJSIP: {turns:?}");
    let evidence = &ended.call.evidence;
    assert_eq!(evidence.packets_lost, 0, "{evidence:?}");
    let (rate, heard) = read_wav(&recorded);
    assert_eq!(rate, RATE);
    assert!(sounds(&heard).len() > 200, "PJSIP heard four seconds of sound and more");
    let heard = understand(&world, &heard).await;
    let said: Vec<&str> = ended.turns_of(Speaker::Agent).iter().map(|turn| turn.text.as_str()).collect();
    let wrong = word_error_rate(&said.join(" "), &heard);
    assert!(wrong < 0.15, "PJSIP heard the agent, {:.0} % wrong: {said:?}, {heard}", wrong * 100.0);
    assert!(normalise(&heard).contains("maria") && normalise(&heard).contains("solar panels"), "{heard}");
    world.stop().await;
}

fn turn_of(fact: &Fact, speaker: Speaker) -> bool {
    matches!(fact, Fact::Turn(turn) if turn.speaker == speaker)
}

/// A sentence in the voice of the simulated far ends.
async fn speech(world: &World, text: &str) -> Vec<i16> {
    let request = SpeechRequest {
        text: text.to_owned(),
        voice: "heart-low".into(),
        speed: 1.0,
        sample_rate: RATE,
        pronunciations: Default::default(),
    };
    let mut chunks = world.stage.server.node.embedded.text_to_speech().speak(request).await.unwrap();
    let mut samples = Vec::new();
    while let Some(chunk) = tokio::time::timeout(LIMIT, chunks.recv()).await.expect("the voice speaks") {
        samples.extend_from_slice(&chunk.unwrap().samples);
    }
    samples
}

/// What a recogniser understands, pause by pause.
async fn understand(world: &World, samples: &[i16]) -> String {
    let settings = SttSettings { language: "en".into(), sample_rate: RATE };
    let mut stream = world.stage.server.node.embedded.speech_to_text().open(settings).await.unwrap();
    let mut texts = Vec::new();
    for (segment, stretch) in (1..).zip(stretches(samples)) {
        stream.input.send(SttInput::Audio { segment, samples: stretch.into() }).await.unwrap();
        stream.input.send(SttInput::Text { segment, request: segment, interim: false }).await.unwrap();
        match tokio::time::timeout(LIMIT, stream.output.recv()).await.expect("the recogniser answers").unwrap() {
            SttOutput::Text { text, .. } => texts.push(text),
            SttOutput::Failed { error, .. } => panic!("{error}"),
        }
    }
    texts.join(" ")
}

/// Speech between pauses of half a second, with a margin around it.
fn stretches(samples: &[i16]) -> Vec<&[i16]> {
    const PAUSE_MS: u64 = 500;
    const MARGIN_MS: u64 = 200;
    let mut spans: Vec<(u64, u64)> = Vec::new();
    for at in sounds(samples) {
        match spans.last_mut() {
            Some((_, end)) if at - *end < PAUSE_MS => *end = at,
            _ => spans.push((at, at)),
        }
    }
    let index = |ms: u64| usize::try_from(ms * u64::from(RATE) / 1_000).unwrap().min(samples.len());
    spans.iter().map(|(from, to)| &samples[index(from.saturating_sub(MARGIN_MS))..index(to + MARGIN_MS)]).collect()
}

fn write_wav(path: &Path, samples: &[i16]) {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    samples.iter().for_each(|sample| writer.write_sample(*sample).unwrap());
    writer.finalize().unwrap();
}

fn read_wav(path: &Path) -> (u32, Vec<i16>) {
    let mut reader = hound::WavReader::open(path).unwrap();
    assert_eq!(reader.spec().channels, 1);
    (reader.spec().sample_rate, reader.samples().map(Result::unwrap).collect())
}

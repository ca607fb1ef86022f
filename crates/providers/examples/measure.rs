//! Measures the embedded models on this machine: load time, memory, latencies; writes what it said as WAV files.
//!
//! `cargo run -p providers --example measure -- MODELS_DIRECTORY OUTPUT_DIRECTORY`
#![expect(clippy::print_stdout, reason = "a measuring tool reports on the terminal")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use app::ports::speech_to_text::{SttInput, SttOutput, SttSettings};
use app::ports::text_to_speech::SpeechRequest;
use providers::{Embedded, EmbeddedOptions, ModelDirectory};

const TEXTS: &[&str] = &[
    "Hello, this is Anna calling from Bright Smile Dental.",
    "Do you have a minute to talk about your appointment?",
    "Your appointment is on Thursday, November 19th at 3:30 pm. Is that still all right for you?",
    "No, thank you, I am not interested.",
    "You can reach us at 617-555-0142.",
    "Yes.",
    "Could you please call me back tomorrow afternoon?",
    "Your balance is $120.50, and it is due on 11/24/2026.",
];

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let usage = "usage: measure MODELS_DIRECTORY OUTPUT_DIRECTORY";
    let (models, output) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let before = resident_mb();
    let begun = Instant::now();
    let embedded = Embedded::load(&ModelDirectory::new(models), &EmbeddedOptions::default())?;
    let loaded = begun.elapsed();
    println!("loaded in {loaded:?} ({} ms of processor); resident {} MB, before {before} MB", cpu_ms(), resident_mb());
    for voice in Embedded::voices() {
        speak_and_listen(&embedded, voice, &output).await?;
    }
    small_models(&embedded).await?;
    println!("resident {} MB at the end", resident_mb());
    Ok(())
}

async fn speak_and_listen(embedded: &Embedded, voice: &str, output: &Path) -> Result<(), Failure> {
    let settings = SttSettings { language: "en".to_owned(), sample_rate: 8000 };
    let mut stream = embedded.speech_to_text().open(settings).await?;
    let (mut first, mut heard_in, mut seconds, mut spent) = (Vec::new(), Vec::new(), 0.0, 0.0);
    let (mut speaking, mut listening) = (0, 0);
    for (segment, text) in (1..).zip(TEXTS) {
        let request = SpeechRequest {
            text: (*text).to_owned(),
            voice: voice.to_owned(),
            speed: 1.0,
            sample_rate: 8000,
            pronunciations: Arc::default(),
        };
        let (begun, cpu) = (Instant::now(), cpu_ms());
        let mut chunks = embedded.text_to_speech().speak(request).await?;
        let mut samples: Vec<i16> = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            if samples.is_empty() {
                first.push(begun.elapsed().as_secs_f32() * 1000.0);
            }
            samples.extend_from_slice(&chunk?.samples);
        }
        spent += begun.elapsed().as_secs_f32();
        speaking += cpu_ms() - cpu;
        seconds += samples.len() as f32 / 8000.0;
        write_wav(&output.join(format!("{voice}-{segment}.wav")), &samples)?;
        let (begun, cpu) = (Instant::now(), cpu_ms());
        stream.input.send(SttInput::Audio { segment, samples: samples.into() }).await?;
        stream.input.send(SttInput::Text { segment, request: segment, interim: false }).await?;
        if let Some(SttOutput::Text { text: heard, .. }) = stream.output.recv().await {
            heard_in.push(begun.elapsed().as_secs_f32() * 1000.0);
            listening += cpu_ms() - cpu;
            println!("{voice}: {text}\n    {heard}");
        }
    }
    println!("{voice}: first audio {}, real-time factor {:.3}", percentiles(first), spent / seconds);
    println!("{voice}: recognition {}", percentiles(heard_in));
    println!("{voice}: processor {speaking} ms to say and {listening} ms to understand {seconds:.1} s of speech");
    Ok(())
}

async fn small_models(embedded: &Embedded) -> Result<(), Failure> {
    let (mut embed, mut turn) = (Vec::new(), Vec::new());
    let (mut embedding, mut scoring) = (0, 0);
    for text in TEXTS {
        let (begun, cpu) = (Instant::now(), cpu_ms());
        embedded.embedder().embed(vec![(*text).to_owned()]).await?;
        embed.push(begun.elapsed().as_secs_f32() * 1000.0);
        embedding += cpu_ms() - cpu;
        let (begun, cpu) = (Instant::now(), cpu_ms());
        embedded.turn_detector().score(vec![100; 16_000].into()).await?;
        turn.push(begun.elapsed().as_secs_f32() * 1000.0);
        scoring += cpu_ms() - cpu;
    }
    println!("embedding {}\nend of turn {}", percentiles(embed), percentiles(turn));
    println!("processor for {} of each: {embedding} ms and {scoring} ms", TEXTS.len());
    Ok(())
}

fn percentiles(mut milliseconds: Vec<f32>) -> String {
    milliseconds.sort_by(f32::total_cmp);
    let at = |part: usize| milliseconds[(milliseconds.len() - 1) * part / 100];
    format!("p50 {:.1} ms, p95 {:.1} ms, most {:.1} ms", at(50), at(95), at(100))
}

/// Processor time of this process; tells the cost of a step even when the machine is busy with other things.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15 of proc(5), in ticks of 10 ms; the second field may hold spaces and ends with a bracket.
    let fields = stat.rsplit(')').next().unwrap_or("").split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() * 10
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
}

/// 8 kHz mono PCM.
fn write_wav(path: &Path, samples: &[i16]) -> std::io::Result<()> {
    let bytes = samples.len() as u32 * 2;
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + bytes).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8000_u32.to_le_bytes());
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(bytes.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    std::fs::write(path, wav)
}

//! Sounds that need no model: tones, a melody, a murmur in the place of speech, and files.

use std::f32::consts::TAU;
use std::sync::Arc;

use media::SAMPLE_RATE;
use media::tones::{Stretch, ToneGenerator};

/// Loudness of a murmur's vowels, far below clipping and well above a line's noise.
const LEVEL: f32 = 8_000.0;
/// Peak of each frequency of a tone.
const TONE_DBFS: f32 = -12.0;
/// Longest sound made at once.
const LONGEST_MS: u64 = 600_000;
/// Largest file read: ten minutes.
const LARGEST_FILE: u64 = 44 + 2 * 8_000 * 600;

/// One or two frequencies for so many milliseconds.
pub(crate) fn tone(hz: f32, and_hz: Option<f32>, ms: u64) -> Vec<i16> {
    let ms = ms.min(LONGEST_MS) as u32;
    let stretch = and_hz.map_or_else(|| Stretch::single(hz, ms), |and_hz| Stretch::dual(hz, and_hz, ms));
    ToneGenerator::new(vec![stretch], false, TONE_DBFS).render(usize::MAX)
}

/// A tune for so many milliseconds.
pub(crate) fn melody(ms: u64) -> Vec<i16> {
    ToneGenerator::hold().render(samples_of(ms))
}

/// Where there is no voice: syllables of a buzzing vowel, about as long as the sentence would take to say.
pub(crate) fn murmur(text: &str) -> Vec<i16> {
    const SYLLABLE_MS: u64 = 180;
    let syllables = (text.chars().filter(|c| c.is_alphanumeric()).count() as u64 / 3).max(1);
    let mut samples = Vec::new();
    for syllable in 0..syllables {
        let pitch = 110.0 + 15.0 * (syllable % 4) as f32;
        let mut voiced: Vec<i16> = (0..samples_of(SYLLABLE_MS - 30)).map(|n| vowel(pitch, n)).collect();
        fade(&mut voiced);
        samples.extend(voiced);
        samples.resize(samples.len() + samples_of(30), 0);
    }
    samples
}

/// Harmonics of a pitch, weighted by two resonances as of an open vowel.
fn vowel(pitch: f32, n: usize) -> i16 {
    let resonance = |hz: f32, centre: f32| 1.0 / (1.0 + ((hz - centre) / 120.0).powi(2));
    let sum: f32 = (1..=25)
        .map(|k| {
            let hz = pitch * k as f32;
            let weight = resonance(hz, 700.0) + 0.6 * resonance(hz, 1_220.0) + 0.02;
            weight * (turns(hz, n) * TAU).sin()
        })
        .sum();
    (sum * LEVEL * 0.8).clamp(-28_000.0, 28_000.0) as i16
}

/// A mono WAV file of 8000 samples a second and 16 bits; silence of no length when it is anything else.
pub(crate) async fn recording(path: String) -> Arc<[i16]> {
    let size = tokio::fs::metadata(&path).await.map(|meta| meta.len());
    let bytes = match size {
        Ok(size) if size <= LARGEST_FILE => tokio::fs::read(&path).await.ok(),
        _ => None,
    };
    let samples = bytes.as_deref().and_then(wav_samples);
    if samples.is_none() {
        tracing::warn!("a recording is missing, too long or not mono, 8000 Hz, 16 bit");
    }
    samples.unwrap_or_default().into()
}

/// The samples of a RIFF file of the one form that a telephone line takes.
fn wav_samples(bytes: &[u8]) -> Option<Vec<i16>> {
    let mut rest = bytes.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WAVE")?;
    let mut good = false;
    loop {
        let (head, body) = rest.split_at_checked(8)?;
        let size = u32::from_le_bytes(head[4..].try_into().ok()?) as usize;
        let chunk = body.get(..size.min(body.len()))?;
        match &head[..4] {
            b"fmt " => {
                let form = [(0, 1u16), (2, 1), (14, 16)];
                let fits = |(at, wanted): (usize, u16)| chunk.get(at..at + 2) == Some(wanted.to_le_bytes().as_slice());
                good = form.into_iter().all(fits) && chunk.get(4..8)? == SAMPLE_RATE.to_le_bytes();
            }
            b"data" if good => {
                return Some(chunk.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect());
            }
            _ => {}
        }
        rest = body.get(size + size % 2..)?;
    }
}

fn samples_of(ms: u64) -> usize {
    (ms.min(LONGEST_MS) * u64::from(SAMPLE_RATE) / 1_000) as usize
}

/// Turns of a wave at a sample, reduced to the fraction so that long tones keep their pitch in 32 bits.
fn turns(hz: f32, n: usize) -> f32 {
    (f64::from(hz) * n as f64 / f64::from(SAMPLE_RATE)).fract() as f32
}

fn fade(samples: &mut [i16]) {
    let length = 40.min(samples.len() / 2);
    let last = samples.len();
    for n in 0..length {
        let gain = n as f32 / length as f32;
        samples[n] = (f32::from(samples[n]) * gain) as i16;
        samples[last - 1 - n] = (f32::from(samples[last - 1 - n]) * gain) as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Tape;

    #[test]
    fn a_tone_has_its_length_and_frequency() {
        let samples = tone(1_000.0, None, 100);
        assert_eq!(samples.len(), 800);
        let crossings = samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
        assert!((95..=101).contains(&crossings), "{crossings}");
    }

    #[test]
    fn a_murmur_grows_with_its_text() {
        assert!(murmur("A much longer sentence than that.").len() > 2 * murmur("Yes, okay.").len());
        assert!(murmur("").len() > 1_000);
    }

    #[test]
    fn a_melody_is_as_long_as_asked() {
        assert_eq!(melody(10_000).len(), 80_000);
    }

    #[test]
    fn reads_only_the_one_form_of_file() {
        let mut tape = Tape::default();
        tape.frame(&[1; 160], &[2; 160]);
        let stereo = tape.wav();
        assert_eq!(wav_samples(&stereo), None);
        let mut mono = stereo.clone();
        mono[22] = 1;
        let samples = wav_samples(&mono).unwrap();
        assert_eq!((samples.len(), samples[0], samples[1]), (320, 1, 2));
        for cut in 0..mono.len().min(60) {
            let _ = wav_samples(&mono[..cut]);
        }
        assert_eq!(wav_samples(b"RIFFxxxxWAVEfmt "), None);
    }
}

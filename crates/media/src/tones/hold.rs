//! The hold tune: our own, a broken chord over four bars. It is music to a detector: tones that follow each other.

use super::Stretch;

/// Length of one note.
const NOTE_MS: u32 = 300;

/// Root, third and fifth of each bar in Hz: C, A minor, F, G.
const BARS: [[f32; 3]; 4] =
    [[523.25, 659.26, 783.99], [440.0, 523.25, 659.26], [349.23, 440.0, 523.25], [392.0, 493.88, 587.33]];

/// Up and down each chord, with its root an octave below.
pub(super) fn tune() -> Vec<Stretch> {
    let mut stretches = Vec::new();
    for [root, third, fifth] in BARS {
        for note in [root, third, fifth, third] {
            stretches.push(Stretch::dual(root / 2.0, note, NOTE_MS));
        }
    }
    stretches
}

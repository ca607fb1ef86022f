//! The voices that can be made from the one acoustic model: its own, and variants by pitch and vocal tract length.

/// How a voice differs from the model's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Voice {
    /// Name in agent definitions.
    pub(crate) name: &'static str,
    /// Factor on the fundamental frequency.
    pub(crate) pitch: f32,
    /// Factor on the frequencies of the spectral envelope; below 1 is a longer vocal tract.
    pub(crate) formants: f32,
    /// Linear gain that brings its speech to about -20 dBFS RMS, the working level of telephone prompts with headroom
    /// for peaks (see ITU-T P.56 for the idea of an active level). Fixed, so that clauses keep their proportions.
    pub(crate) gain: f32,
    /// Factor on the pace.
    pub(crate) pace: f32,
}

/// THE LIST. The first is the default.
pub(crate) const VOICES: &[Voice] = &[
    Voice { name: "heart", pitch: 1.0, formants: 1.0, gain: 2.0, pace: 1.0 },
    Voice { name: "heart-low", pitch: 0.6, formants: 0.86, gain: 0.75, pace: 0.97 },
    Voice { name: "heart-high", pitch: 1.18, formants: 1.06, gain: 1.6, pace: 1.03 },
];

impl Voice {
    /// A voice by its name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        VOICES.iter().find(|voice| voice.name == name)
    }
}

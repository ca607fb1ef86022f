//! Text to speech, second half: phonemes to sound, by the acoustic model "hibari" and a source-filter synthesis.
//!
//! Law: the same phonemes, voice, speed and rate give the same samples, bit for bit (the noise is seeded), so that
//! rendered phrases can be cached and tests can compare them. Stands between the phonemes and the speech queue.

pub(crate) mod level;
mod noise;
mod source_filter;
mod voice;

use std::collections::HashMap;

use rten::NodeId;
use rten_tensor::NdTensor;

pub(crate) use level::*;
pub(crate) use source_filter::{Spectra, Synthesis};
pub(crate) use voice::{VOICES, Voice};

use super::models::{InferenceError, Lane, LoadError, ModelDirectory, Network};

/// The acoustic model.
pub(crate) struct Hibari {
    network: Network,
    vocabulary: HashMap<char, i32>,
    ids: NodeId,
    speed: NodeId,
    outputs: [NodeId; 6],
}

impl Hibari {
    /// Loads the network and its vocabulary.
    pub(crate) fn load(directory: &ModelDirectory) -> Result<Self, LoadError> {
        let network = directory.network("hibari-heart/hibari.onnx")?;
        let vocabulary = directory.json("hibari-heart/vocab.json")?;
        let [lh, theta, ln, lr, phi, f0] = ["lh", "theta", "ln", "lr", "phi", "f0"].map(|name| network.node(name));
        Ok(Self {
            ids: network.node("ids")?,
            speed: network.node("speed")?,
            outputs: [lh?, theta?, ln?, lr?, phi?, f0?],
            vocabulary,
            network,
        })
    }

    /// Predicts the spectra of a phoneme string; `None` when none of its phonemes is known.
    pub(crate) fn predict(&self, lane: &Lane, phonemes: &str, speed: f32) -> Result<Option<Spectra>, InferenceError> {
        let mut ids = vec![0];
        ids.extend(phonemes.chars().filter_map(|phoneme| self.vocabulary.get(&phoneme)));
        ids.push(0);
        if ids.len() < 3 {
            return Ok(None);
        }
        let ids = NdTensor::from_data([1, ids.len()], ids);
        let speed = NdTensor::from_data([1], vec![speed]);
        let outputs = self.network.run(lane, vec![(self.ids, ids.into()), (self.speed, speed.into())], self.outputs)?;
        let [lh, theta, ln, lr, phi, f0] = outputs;
        let (_, f0) = self.network.take::<2>(f0)?;
        let [lh, theta, ln, lr, phi] = [lh, theta, ln, lr, phi].map(|value| self.network.take::<3>(value));
        let spectra = Spectra { lh: lh?.1, theta: theta?.1, ln: ln?.1, lr: lr?.1, phi: phi?.1, f0 };
        Ok(Some(spectra))
    }
}

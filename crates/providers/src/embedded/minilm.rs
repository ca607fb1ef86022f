//! Sentence embeddings by `MiniLM`: text in, 384 numbers of unit length out; cosine is the dot product.
//!
//! Stands behind intents and knowledge of a flow.

use rten::NodeId;
use rten_tensor::NdTensor;

use super::models::{InferenceError, Lane, LoadError, ModelDirectory, Network};
use super::wordpiece::WordPiece;

/// Numbers in a vector.
const WIDTH: usize = 384;

/// The embedding network with its tokenizer.
pub(crate) struct MiniLm {
    network: Network,
    pieces: WordPiece,
    inputs: [NodeId; 3],
    states: NodeId,
}

impl MiniLm {
    /// Loads network and vocabulary.
    pub(crate) fn load(directory: &ModelDirectory) -> Result<Self, LoadError> {
        let network = directory.network("minilm/model.onnx")?;
        let [ids, mask, kinds] = ["input_ids", "attention_mask", "token_type_ids"].map(|name| network.node(name));
        Ok(Self {
            inputs: [ids?, mask?, kinds?],
            states: network.node("last_hidden_state")?,
            pieces: directory.json("minilm/tokenizer.json")?,
            network,
        })
    }

    /// The vector of a text: mean over its tokens, then unit length.
    pub(crate) fn embed(&self, lane: &Lane, text: &str) -> Result<Vec<f32>, InferenceError> {
        let ids = self.pieces.encode(text);
        let count = ids.len();
        let values = [ids, vec![1; count], vec![0; count]].map(|row| NdTensor::from_data([1, count], row).into());
        let inputs = self.inputs.into_iter().zip(values).collect();
        let [states] = self.network.run(lane, inputs, [self.states])?;
        let (_, states) = self.network.take::<3>(states)?;
        let mut sum = vec![0.0; WIDTH];
        for row in states.chunks_exact(WIDTH) {
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
        sum.iter_mut().for_each(|value| *value /= length);
        Ok(sum)
    }
}

//! Speech to text by Moonshine tiny (English): one utterance of 16 kHz sound in, text out, greedy.
//!
//! Law: the work is bounded by the length of the sound. A decoder that repeats itself is stopped (cap on tokens per
//! second, repeat check), and a cancelled run stops at the next token. Stands behind the STT stream of a call.

use rten::{NodeId, Value, ValueOrView};
use rten_tensor::{AsView, NdTensor, NdTensorView};

use super::models::{InferenceError, Lane, LoadError, ModelDirectory, Network};

const LAYERS: usize = 6;
const HEADS: usize = 8;
const HEAD_SIZE: usize = 36;
const START: i32 = 1;
const END: i32 = 2;
/// Samples a second of the sound taken.
pub(crate) const RATE: u32 = 16_000;
/// Fast speech has about five tokens a second; loops on repeated digits run into this.
const TOKENS_PER_SECOND: f32 = 6.5;
/// A sequence of tokens that comes this often in a row is a loop, not speech.
const REPEATS: usize = 4;
const LONGEST_LOOP: usize = 8;

/// The recogniser.
pub(crate) struct Moonshine {
    encoder: Network,
    decoder: Network,
    vocabulary: Vec<Vec<u8>>,
    encoder_nodes: EncoderNodes,
    decoder_nodes: DecoderNodes,
}

struct EncoderNodes {
    samples: NodeId,
    mask: NodeId,
    states: NodeId,
}

struct DecoderNodes {
    token: NodeId,
    states: NodeId,
    mask: NodeId,
    use_cache: NodeId,
    /// Own keys and values, then those over the encoder, as the network takes them.
    past_own: Vec<NodeId>,
    past_cross: Vec<NodeId>,
    logits: NodeId,
    present_own: Vec<NodeId>,
    present_cross: Vec<NodeId>,
}

impl Moonshine {
    /// Loads both networks and the vocabulary.
    pub(crate) fn load(directory: &ModelDirectory) -> Result<Self, LoadError> {
        let (encoder, decoder) = std::thread::scope(|scope| {
            let encoder = scope.spawn(|| directory.network("moonshine-tiny-en/encoder.onnx"));
            let decoder = directory.network("moonshine-tiny-en/decoder.onnx");
            (encoder.join().expect("loading returns its errors"), decoder)
        });
        let (encoder, decoder) = (encoder?, decoder?);
        let file = "moonshine-tiny-en/tokenizer.bin";
        let vocabulary =
            vocabulary(&directory.bytes(file)?).ok_or_else(|| directory.damaged(file, "an entry is cut short"))?;
        let encoder_nodes = EncoderNodes {
            samples: encoder.node("input_values")?,
            mask: encoder.node("attention_mask")?,
            states: encoder.node("last_hidden_state")?,
        };
        let caches = |prefix: &str, side: &str| -> Result<Vec<NodeId>, LoadError> {
            (0..LAYERS)
                .flat_map(|layer| ["key", "value"].map(|part| format!("{prefix}.{layer}.{side}.{part}")))
                .map(|name| decoder.node(&name))
                .collect()
        };
        let decoder_nodes = DecoderNodes {
            token: decoder.node("input_ids")?,
            states: decoder.node("encoder_hidden_states")?,
            mask: decoder.node("encoder_attention_mask")?,
            use_cache: decoder.node("use_cache_branch")?,
            past_own: caches("past_key_values", "decoder")?,
            past_cross: caches("past_key_values", "encoder")?,
            logits: decoder.node("logits")?,
            present_own: caches("present", "decoder")?,
            present_cross: caches("present", "encoder")?,
        };
        Ok(Self { encoder, decoder, vocabulary, encoder_nodes, decoder_nodes })
    }

    /// The words in `samples` (mono, 16 kHz, -1 to 1), or `None` when `cancelled` said so on the way.
    pub(crate) fn transcribe(
        &self,
        lane: &Lane,
        samples: &[f32],
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Option<String>, InferenceError> {
        // Shorter than the receptive field of the encoder's convolutions there is nothing to recognise.
        if samples.len() < RATE as usize / 10 {
            return Ok(Some(String::new()));
        }
        let mask = NdTensor::full([1, samples.len()], 1_i32);
        let sound = NdTensorView::from_data([1, samples.len()], samples);
        let inputs = vec![(self.encoder_nodes.samples, sound.into()), (self.encoder_nodes.mask, mask.view().into())];
        let [states] = self.encoder.run(lane, inputs, [self.encoder_nodes.states])?;
        let seconds = samples.len() as f32 / RATE as f32;
        let limit = ((seconds * TOKENS_PER_SECOND) as usize + 2).max(6);
        let mut decoding = Decoding::new(self, states, mask);
        let mut tokens: Vec<i32> = Vec::with_capacity(limit);
        while tokens.len() < limit {
            if cancelled() {
                return Ok(None);
            }
            let token = decoding.step(lane, tokens.last().copied().unwrap_or(START))?;
            if token == END {
                break;
            }
            tokens.push(token);
            if let Some(kept) = loop_start(&tokens) {
                tokens.truncate(kept);
                break;
            }
        }
        Ok(Some(self.text(&tokens)))
    }

    fn text(&self, tokens: &[i32]) -> String {
        let pieces = tokens.iter().filter(|&&token| token > END);
        let bytes: Vec<u8> =
            pieces.filter_map(|&token| self.vocabulary.get(token as usize)).flatten().copied().collect();
        String::from_utf8_lossy(&bytes).replace('\u{2581}', " ").trim().to_owned()
    }
}

/// State of one utterance between two tokens.
struct Decoding<'a> {
    model: &'a Moonshine,
    states: Value,
    mask: NdTensor<i32, 2>,
    own: Vec<Value>,
    cross: Vec<Value>,
    started: bool,
}

impl<'a> Decoding<'a> {
    fn new(model: &'a Moonshine, states: Value, mask: NdTensor<i32, 2>) -> Self {
        let empty = || (0..2 * LAYERS).map(|_| NdTensor::<f32, 4>::zeros([1, HEADS, 0, HEAD_SIZE]).into()).collect();
        Self { model, states, mask, own: empty(), cross: empty(), started: false }
    }

    fn step(&mut self, lane: &Lane, token: i32) -> Result<i32, InferenceError> {
        let nodes = &self.model.decoder_nodes;
        let token = NdTensor::from_data([1, 1], vec![token]);
        let use_cache = NdTensor::from_data([1], vec![i32::from(self.started)]);
        let mut inputs: Vec<(NodeId, ValueOrView<'_>)> = vec![
            (nodes.token, ValueOrView::Value(token.into())),
            (nodes.states, self.states.as_view().into()),
            (nodes.mask, self.mask.view().into()),
            (nodes.use_cache, ValueOrView::Value(use_cache.into())),
        ];
        // Handed over by value, so that the network can grow them in place.
        inputs.extend(nodes.past_own.iter().copied().zip(self.own.drain(..).map(ValueOrView::Value)));
        inputs.extend(nodes.past_cross.iter().zip(&self.cross).map(|(&node, value)| (node, value.as_view().into())));
        let mut wanted = vec![nodes.logits];
        wanted.extend(&nodes.present_own);
        if !self.started {
            wanted.extend(&nodes.present_cross);
        }
        let mut outputs = self.model.decoder.run_many(lane, inputs, &wanted)?;
        if !self.started {
            self.cross = outputs.split_off(1 + nodes.present_own.len());
            self.started = true;
        }
        self.own = outputs.split_off(1);
        let logits = outputs.pop().expect("one value per wanted node");
        let ([_, rows, width], logits) = self.model.decoder.take::<3>(logits)?;
        let last = &logits[(rows - 1) * width..];
        let best = last.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(END as usize, |(id, _)| id);
        Ok(best as i32)
    }
}

/// If the tokens end in the same sequence several times in a row: how many to keep, with the sequence once.
fn loop_start(tokens: &[i32]) -> Option<usize> {
    // One and two tokens repeat in real speech too ("zero zero zero zero"), so they get more room.
    (1..=LONGEST_LOOP).find_map(|length| {
        let repeats = if length <= 2 { 3 * REPEATS } else { REPEATS };
        let tail = tokens.len().checked_sub(length * repeats)?;
        let unit = &tokens[tokens.len() - length..];
        tokens[tail..].chunks(length).all(|chunk| chunk == unit).then_some(tail + length)
    })
}

/// Entries in id order; a length byte (0 = empty entry, 128 and above: a second byte follows and the length is
/// second × 128 + first − 128), then that many bytes. `None` when the last entry is cut short.
fn vocabulary(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut entries = Vec::with_capacity(32_768);
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        let (length, after) = if first < 128 {
            (usize::from(first), after)
        } else {
            let (&second, after) = after.split_first()?;
            (usize::from(second) * 128 + usize::from(first) - 128, after)
        };
        let (entry, after) = after.split_at_checked(length)?;
        entries.push(entry.to_vec());
        rest = after;
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_repeated_four_times_is_a_loop_kept_once() {
        assert_eq!(loop_start(&[9, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]), Some(4));
        assert_eq!(loop_start(&[9, 1, 2, 3, 1, 2, 3, 1, 2, 3]), None);
    }

    #[test]
    fn the_same_digit_ten_times_is_speech() {
        assert_eq!(loop_start(&[5; 10]), None);
        assert_eq!(loop_start(&[5; 12]), Some(1));
    }

    #[test]
    fn vocabulary_reads_long_entries_and_refuses_cut_ones() {
        let mut bytes = vec![0, 2, b'a', b'b', 130, 1];
        bytes.extend([b'x'; 130]);
        let entries = vocabulary(&bytes).expect("well formed");
        assert_eq!(entries.iter().map(Vec::len).collect::<Vec<_>>(), [0, 2, 130]);
        assert_eq!(vocabulary(&[3, b'a']), None);
        assert_eq!(vocabulary(&[130]), None);
    }
}

//! Text to speech, first half: normalised words to phonemes, by the crate `misaki-rs` with the model `oov.onnx` for
//! words outside its lexicon, and with the caller's own pronunciations for names.
//!
//! Law: it always answers. A word that nobody can pronounce is spelled; misaki logs words when its fallback fails
//! (law 9: speech never appears in logs), so ours does not fail. Stands between the normaliser and the acoustic model.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use misaki_rs::fallback::FallbackError;
use misaki_rs::{Fallback, G2P, Language};
use rten::NodeId;
use rten_tensor::NdTensor;

use super::models::{InferenceError, Lane, LoadError, ModelDirectory, Network};

/// Words remembered by the fallback before it starts over.
const REMEMBERED_WORDS: usize = 4096;

/// Names that the lexicon reads otherwise than people do. An agent's own pronunciations come before these.
const NAMES: &[(&str, &str)] = &[("ava", "ˈAvə"), ("nguyen", "wˈɪn"), ("siobhan", "ʃəvˈɔn"), ("joaquin", "wɑkˈin")];

/// The front end.
pub(crate) struct Phonemes {
    g2p: G2P,
}

/// A word of the spoken text with its phonemes, punctuation included.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SpokenWord {
    pub(crate) phonemes: String,
    /// Whether a space follows.
    pub(crate) spaced: bool,
}

impl Phonemes {
    /// Loads lexicon, tagger and the network for unknown words.
    pub(crate) fn load(directory: &ModelDirectory) -> Result<Self, LoadError> {
        let unknown = UnknownWords::load(directory)?;
        Ok(Self { g2p: G2P::with_fallback(Language::EnglishUS, Some(Box::new(unknown))) })
    }

    /// Phonemes of each word of `words`, in order and as many. Punctuation belongs to its word. `pronunciations` maps
    /// a lower-case word without punctuation to phonemes.
    pub(crate) fn of(&self, words: &[String], pronunciations: &BTreeMap<String, String>) -> Vec<SpokenWord> {
        let mut text = String::new();
        let mut plain_ends = Vec::with_capacity(words.len());
        let mut plain = 0;
        for word in words {
            let (before, core, after) = around(word);
            let lower = core.to_lowercase();
            let known = || NAMES.iter().find(|(name, _)| *name == lower).map(|(_, phonemes)| *phonemes);
            match pronunciations.get(&lower).map(String::as_str).or_else(known) {
                Some(phonemes) => text.push_str(&format!("{before}[{core}](/{phonemes}/){after} ")),
                None => {
                    text.push_str(word);
                    text.push(' ');
                }
            }
            plain += word.len() + 1;
            plain_ends.push(plain);
        }
        let mut spoken = vec![SpokenWord::default(); words.len()];
        let Ok((_, tokens)) = self.g2p.g2p(text.trim_end()) else { return spoken };
        // Tokens concatenate to the text, so the offset of a token tells its word.
        let mut at = 0;
        let mut index = 0;
        for token in &tokens {
            while index + 1 < words.len() && at >= plain_ends[index] {
                index += 1;
            }
            at += token.text.len() + token.whitespace.len();
            let Some(word) = spoken.get_mut(index) else { break };
            word.phonemes.push_str(token.phonemes.as_deref().unwrap_or(""));
            word.spaced = !token.whitespace.is_empty();
        }
        spoken
    }
}

/// Splits a word into leading punctuation, core and trailing punctuation.
pub(crate) fn around(word: &str) -> (&str, &str, &str) {
    let Some(first) = word.find(char::is_alphanumeric) else { return (word, "", "") };
    let end = word.char_indices().rev().find(|(_, c)| c.is_alphanumeric()).map_or(first, |(at, c)| at + c.len_utf8());
    (&word[..first], &word[first..end], &word[end..])
}

/// The network that reads words outside the lexicon, letter by letter (its output is aligned as in CTC).
struct UnknownWords {
    network: Network,
    chars: NodeId,
    ids: NodeId,
    letters: HashMap<char, i32>,
    phonemes: Vec<char>,
    longest: usize,
    lane: Lane,
    remembered: Mutex<HashMap<String, String>>,
}

#[derive(serde::Deserialize)]
struct Alphabet {
    #[serde(rename = "in")]
    letters: Vec<char>,
    #[serde(rename = "out")]
    phonemes: Vec<char>,
    maxlen: usize,
}

impl UnknownWords {
    fn load(directory: &ModelDirectory) -> Result<Self, LoadError> {
        let network = directory.network("hibari-heart/oov.onnx")?;
        let alphabet: Alphabet = directory.json("hibari-heart/oov.json")?;
        Ok(Self {
            chars: network.node("chars")?,
            ids: network.node("ids")?,
            network,
            letters: alphabet.letters.into_iter().zip(1..).collect(),
            phonemes: alphabet.phonemes,
            longest: alphabet.maxlen,
            lane: Lane::new(),
            remembered: Mutex::default(),
        })
    }

    fn read(&self, word: &str) -> Result<String, InferenceError> {
        let chars: Vec<i32> = word.chars().filter_map(|c| self.letters.get(&c).copied()).take(self.longest).collect();
        if chars.is_empty() {
            return Ok(String::new());
        }
        let chars = NdTensor::from_data([1, chars.len()], chars);
        let [ids] = self.network.run(&self.lane, vec![(self.chars, chars.into())], [self.ids])?;
        let ids = ids.into_shape_vec::<i32, 2>().map(|(_, ids)| ids).unwrap_or_default();
        let mut phonemes = String::new();
        let mut previous = 0;
        for id in ids {
            if id != previous && id > 0 {
                phonemes.extend(self.phonemes.get(id as usize - 1));
            }
            previous = id;
        }
        Ok(phonemes)
    }
}

impl Fallback for UnknownWords {
    fn phonemize(&self, word: &str) -> Result<String, FallbackError> {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(phonemes) = remembered.get(word) {
            return Ok(phonemes.clone());
        }
        let phonemes = self.read(word).unwrap_or_default();
        if remembered.len() >= REMEMBERED_WORDS {
            remembered.clear();
        }
        remembered.insert(word.to_owned(), phonemes.clone());
        Ok(phonemes)
    }
}

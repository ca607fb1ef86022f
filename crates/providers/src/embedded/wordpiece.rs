//! Splits text into the pieces that `MiniLM` was trained on: BERT's basic tokenizer, then greedy longest-match-first.
//!
//! Small enough to be ours; the general tokenizers crate brings in several regular-expression engines.

use std::collections::HashMap;

const UNKNOWN: i32 = 100;
const START: i32 = 101;
const END: i32 = 102;
/// Longer words are unknown, as in the original.
const LONGEST_WORD: usize = 100;
/// Positions the network takes are 512; intents and sentences stay far below this.
const MOST_PIECES: usize = 256;

/// The vocabulary.
#[derive(serde::Deserialize)]
pub(crate) struct WordPiece {
    model: PieceModel,
}

#[derive(serde::Deserialize)]
struct PieceModel {
    vocab: HashMap<String, i32>,
}

impl WordPiece {
    /// Ids of a text, between the start and the end mark.
    pub(crate) fn encode(&self, text: &str) -> Vec<i32> {
        let mut ids = vec![START];
        for word in words(text) {
            self.pieces(&word, &mut ids);
        }
        ids.truncate(MOST_PIECES - 1);
        ids.push(END);
        ids
    }

    fn pieces(&self, word: &str, ids: &mut Vec<i32>) {
        let begin = ids.len();
        if word.chars().count() > LONGEST_WORD {
            ids.push(UNKNOWN);
            return;
        }
        let mut rest = word;
        while !rest.is_empty() {
            let longest = rest.char_indices().map(|(at, c)| at + c.len_utf8()).rev().find_map(|end| {
                let piece = &rest[..end];
                let id = if rest.len() == word.len() {
                    self.model.vocab.get(piece)
                } else {
                    self.model.vocab.get(format!("##{piece}").as_str())
                };
                id.map(|&id| (id, end))
            });
            let Some((id, end)) = longest else {
                ids.truncate(begin);
                ids.push(UNKNOWN);
                return;
            };
            ids.push(id);
            rest = &rest[end..];
        }
    }
}

/// Lower case without accents, split at white space and around each punctuation mark.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.chars().flat_map(char::to_lowercase).map(without_accent) {
        let current = words.last_mut().expect("never empty");
        if c.is_whitespace() || c.is_control() {
            words.push(String::new());
        } else if c.is_alphanumeric() {
            current.push(c);
        } else {
            words.extend([c.to_string(), String::new()]);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The letters of Western European names; others stay as they are.
fn without_accent(c: char) -> char {
    match c {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        '\u{2018}' | '\u{2019}' => '\'',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_around_punctuation_and_lowers() {
        assert_eq!(words("No, I CAN'T — café!"), ["no", ",", "i", "can", "'", "t", "—", "cafe", "!"]);
    }

    #[test]
    fn takes_the_longest_piece_first_and_gives_up_on_the_whole_word() {
        let vocab = [("play", 5), ("##ing", 6), ("##i", 7), ("p", 8)].map(|(piece, id)| (piece.to_owned(), id));
        let pieces = WordPiece { model: PieceModel { vocab: HashMap::from(vocab) } };
        assert_eq!(pieces.encode("Playing"), [START, 5, 6, END]);
        assert_eq!(pieces.encode("playx p"), [START, UNKNOWN, 8, END]);
    }
}

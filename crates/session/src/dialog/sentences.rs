//! Cuts a stream of text into sentences, so that the voice can begin with the first.

/// Shorter pieces are kept back: a voice sounds better on whole clauses.
const LEAST: usize = 12;

/// Text that is not a whole sentence yet.
#[derive(Debug, Default)]
pub(super) struct Sentences {
    rest: String,
}

impl Sentences {
    /// Adds a piece; gives the sentences that are complete now.
    pub(super) fn push(&mut self, piece: &str) -> Vec<String> {
        self.rest.push_str(piece);
        let mut whole = Vec::new();
        while let Some(end) = self.end_of_sentence() {
            let tail = self.rest.split_off(end);
            let sentence = std::mem::replace(&mut self.rest, tail.trim_start().to_owned());
            whole.push(sentence.trim().to_owned());
        }
        whole
    }

    /// What is left when the stream is over.
    pub(super) fn finish(self) -> Option<String> {
        let rest = self.rest.trim();
        (!rest.is_empty()).then(|| rest.to_owned())
    }

    /// One past the mark that ends a sentence: it must be followed by a space, so that 3.5 and e.g. stay whole
    /// where the next piece shows it.
    fn end_of_sentence(&self) -> Option<usize> {
        let mut chars = self.rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let followed_by_space = chars.peek().is_some_and(|(_, next)| next.is_whitespace());
            if matches!(c, '.' | '!' | '?' | ';') && followed_by_space && at + 1 >= LEAST {
                return Some(at + c.len_utf8());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_come_out_whole_however_the_text_is_cut() {
        let text = "Thanks for waiting. It costs 3.50 a month. Shall I book it?";
        for size in 1..text.len() {
            let mut cutter = Sentences::default();
            let pieces: Vec<&str> = text.as_bytes().chunks(size).map(|c| std::str::from_utf8(c).unwrap()).collect();
            let mut got: Vec<String> = pieces.iter().flat_map(|p| cutter.push(p)).collect();
            got.extend(cutter.finish());
            assert_eq!(got, ["Thanks for waiting.", "It costs 3.50 a month.", "Shall I book it?"], "pieces of {size}");
        }
    }
}

//! Matching what was heard. Law: a pattern is looked for in lower-case words without punctuation, so that the way
//! a recogniser writes a sentence decides nothing.

use regex::Regex;

/// Lower case, letters, digits and apostrophes only, single spaces.
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '’')) {
        let word = word.trim_matches(['\'', '’']);
        if !word.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.extend(word.chars().flat_map(char::to_lowercase).map(|c| if c == '’' { '\'' } else { c }));
        }
    }
    out
}

/// A regular expression over normalised text; plain words are one.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles it; it matches at word borders only.
    ///
    /// # Errors
    /// The expression is not one, in the words of the compiler.
    pub fn new(text: &str) -> Result<Self, String> {
        let expression = format!(r"(?i)\b(?:{text})\b");
        Regex::new(&expression).map(Self).map_err(|error| error.to_string())
    }

    /// Whether it occurs in text that [`normalise`] made.
    pub fn found_in(&self, normalised: &str) -> bool {
        self.0.is_match(normalised)
    }
}

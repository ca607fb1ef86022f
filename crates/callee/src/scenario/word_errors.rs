//! Word error rate, after taking away what only the writing differs in.

/// Substitutions, deletions and insertions over the words of `reference`: 0 when `heard` is the same, above 1 when
/// more was heard than said. Without a reference, 0 for silence and 1 for anything else.
pub fn word_error_rate(reference: &str, heard: &str) -> f32 {
    let (reference, heard) = (words(reference), words(heard));
    if reference.is_empty() {
        return if heard.is_empty() { 0.0 } else { 1.0 };
    }
    distance(&reference, &heard) as f32 / reference.len() as f32
}

/// Lower case without punctuation; contractions and numbers in one form.
pub fn words(text: &str) -> Vec<String> {
    let text = crate::persona::normalise(&text.replace("a.m.", "am").replace("p.m.", "pm").replace("o'clock", ""));
    let plain = text.split(' ').filter(|word| !word.is_empty());
    let expanded = plain.flat_map(|word| expand(word).split(' ').map(str::to_owned).collect::<Vec<_>>());
    join_numbers(expanded.collect())
}

fn expand(word: &str) -> &str {
    match word {
        "i'm" => "i am",
        "that's" => "that is",
        "it's" => "it is",
        "what's" => "what is",
        "who's" => "who is",
        "you're" => "you are",
        "we're" => "we are",
        "they're" => "they are",
        "i'll" => "i will",
        "i'd" => "i would",
        "i've" => "i have",
        "don't" => "do not",
        "doesn't" => "does not",
        "can't" | "cannot" => "can not",
        "won't" => "will not",
        "isn't" => "is not",
        "ok" => "okay",
        "goodbye" => "good bye",
        "mr" => "mister",
        "mrs" => "missus",
        other => other,
    }
}

/// Number words up to ninety-nine, and `oh`, as digits.
fn join_numbers(words: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    let mut tens: Option<u32> = None;
    for word in words {
        let value = number(&word);
        if let (Some(ten), Some(unit @ 1..=9)) = (tens, value) {
            out.pop();
            out.push((ten + unit).to_string());
            tens = None;
            continue;
        }
        tens = value.filter(|value| *value >= 20 && value % 10 == 0);
        out.push(value.map_or(word, |value| value.to_string()));
    }
    out
}

fn number(word: &str) -> Option<u32> {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let small = SMALL.iter().position(|known| *known == word).map(|at| at as u32);
    small.or_else(|| TENS.iter().position(|known| *known == word).map(|at| 20 + 10 * at as u32))
}

/// Least number of words to change, drop or add (Levenshtein), one row at a time.
fn distance(from: &[String], to: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (n, word) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = n + 1;
        for (m, other) in to.iter().enumerate() {
            let change = diagonal + usize::from(word != other);
            diagonal = row[m + 1];
            row[m + 1] = change.min(row[m] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

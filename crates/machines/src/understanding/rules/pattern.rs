//! Patterns over words: `a|b` is either word, `…` up to four words of any kind, `$` the end.

/// Words that `…` may stand for.
const GAP: usize = 4;

/// Whether the pattern stands anywhere in the words.
pub(super) fn holds(tokens: &[&str], pattern: &str) -> bool {
    let pattern: Vec<&str> = pattern.split(' ').collect();
    (0..tokens.len()).any(|at| matches(&tokens[at..], &pattern))
}

/// Places at which the pattern begins.
pub(super) fn places(tokens: &[&str], pattern: &str) -> Vec<usize> {
    let pattern: Vec<&str> = pattern.split(' ').collect();
    (0..tokens.len()).filter(|at| matches(&tokens[*at..], &pattern)).collect()
}

fn matches(tokens: &[&str], pattern: &[&str]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return true };
    match *first {
        "$" => tokens.is_empty(),
        "…" => (0..=GAP.min(tokens.len())).any(|skip| matches(&tokens[skip..], rest)),
        words => tokens
            .split_first()
            .is_some_and(|(token, after)| words.split('|').any(|word| word == *token) && matches(after, rest)),
    }
}

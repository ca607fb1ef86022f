//! Intents by meaning: how close an utterance's embedding is to the phrases of each intent.
//!
//! Law: embeddings come from outside, once per phrase and once per utterance; this only measures. Rules decide first,
//! because embeddings confuse "Thursday" with "not Thursday".

/// A phrase that stands for an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemplar {
    /// Name of the intent.
    pub intent: String,
    /// A way of saying it.
    pub text: String,
}

/// Embedded phrases of all intents of a flow. Built once per agent version.
#[derive(Clone, Debug, Default)]
pub struct IntentIndex {
    intents: Vec<(String, Vec<Vec<f32>>)>,
}

/// Share of the best phrase in an intent's score; the rest is the second best, so that one odd phrase does not win.
const BEST: f32 = 0.7;

impl IntentIndex {
    /// Pairs phrases with their vectors of unit length, in the same order.
    pub fn new(exemplars: &[Exemplar], vectors: Vec<Vec<f32>>) -> Self {
        let mut intents: Vec<(String, Vec<Vec<f32>>)> = Vec::new();
        for (exemplar, vector) in exemplars.iter().zip(vectors) {
            match intents.iter_mut().find(|(name, _)| *name == exemplar.intent) {
                Some((_, phrases)) => phrases.push(vector),
                None => intents.push((exemplar.intent.clone(), vec![vector])),
            }
        }
        Self { intents }
    }

    /// Score of every intent for an utterance's vector of unit length, best first. Scores are cosines, -1 to 1.
    pub fn scores(&self, utterance: &[f32]) -> Vec<(String, f32)> {
        let score = |phrases: &[Vec<f32>]| {
            let mut cosines: Vec<f32> = phrases.iter().map(|phrase| dot(phrase, utterance)).collect();
            cosines.sort_by(|a, b| b.total_cmp(a));
            match cosines.as_slice() {
                [] => 0.0,
                [only] => *only,
                [best, second, ..] => BEST * best + (1.0 - BEST) * second,
            }
        };
        let mut scores: Vec<(String, f32)> =
            self.intents.iter().map(|(name, phrases)| (name.clone(), score(phrases))).collect();
        scores.sort_by(|a, b| b.1.total_cmp(&a.1));
        scores
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The best of the scores, if it reaches the threshold and stands off from the next by the margin.
pub fn decide<'a>(scores: impl Iterator<Item = &'a (String, f32)>, threshold: f32, margin: f32) -> Option<&'a str> {
    let mut best: Option<(&str, f32)> = None;
    let mut second = f32::NEG_INFINITY;
    for (name, score) in scores {
        if best.is_none_or(|(_, top)| *score > top) {
            second = best.map_or(second, |(_, top)| top.max(second));
            best = Some((name, *score));
        } else {
            second = second.max(*score);
        }
    }
    best.filter(|(_, top)| *top >= threshold && top - second >= margin).map(|(name, _)| name)
}

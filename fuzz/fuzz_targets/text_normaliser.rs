//! Any text that an agent is to say. Law: every written word comes out once and in order, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;

// By path: the crate around it would bring the inference engine into every build of a target.
#[path = "../../crates/providers/src/embedded/normalise/mod.rs"]
mod normalise;

fuzz_target!(|text: &str| {
    let readings = normalise::read(text);
    let words: usize = readings.iter().map(|reading| reading.written.split_whitespace().count()).sum();
    // Characters that separate or vanish can only make fewer or more words out of one, never lose a letter.
    let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let written: String = readings.iter().map(|reading| letters(&reading.written)).collect();
    assert_eq!(written, letters(text));
    assert!(words >= readings.len());
    let spoken: usize = readings.iter().flat_map(|reading| &reading.spoken).map(String::len).sum();
    assert!(spoken <= 64 * text.len() + 64, "a short text became {spoken} bytes");
});

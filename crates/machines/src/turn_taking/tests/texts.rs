//! Tables of what texts say about a turn.

use super::*;

#[test]
fn texts_that_go_on_are_told_from_texts_that_end() {
    let table = [
        ("I would like to book an appointment.", true),
        ("Yes.", true),
        ("Tomorrow at five", true),
        ("Who is this?", true),
        ("What is it for?", true),
        ("I am.", true),
        ("Yes, I do.", true),
        ("We have", true),
        ("No I can't", true),
        ("555 123 4567", true),
        ("I would like to", false),
        ("I want to go to the.", false),
        ("and", false),
        ("My name is", false),
        ("Well, um", false),
        ("It's because", false),
        ("Let me see,", false),
        ("so I was thinking...", false),
        ("My number is", false),
        ("555 123", false),
        ("it's 0171 44", false),
        ("", true),
        ("Ja, gerne", true),
        ("Hold on.", true),
        ("I think so.", true),
        ("You have the wrong number.", true),
        ("Maybe", true),
    ];
    for (text, want) in table {
        assert_eq!(looks_complete(text), want, "{text:?}");
    }
}

#[test]
fn sounds_that_say_go_on_are_told_from_words() {
    for (text, want) in [
        ("Uh-huh.", true),
        ("Mm-hmm", true),
        ("Mhm, mhm.", true),
        ("Um", true),
        ("Yes", false),
        ("Okay.", false),
        ("Um, wait", false),
        ("", false),
        ("...", false),
    ] {
        assert_eq!(is_backchannel(text), want, "{text:?}");
    }
    for (text, want) in [("Hello?", true), ("Yes, hello", true), ("Hello, who is this", false), ("", false)] {
        assert_eq!(is_greeting(text), want, "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,80}") {
        let _ = (looks_complete(&text), is_backchannel(&text), is_greeting(&text));
    }
}

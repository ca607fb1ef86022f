//! A card number that is said and keyed to an agent that masks it is written down nowhere.
//!
//! The call runs in a child process, this test binary asked by name to run `child`, so that the log at its most talkative
//! is a process's standard error as an operator has it.

use std::process::Command;

use api::wire::events::Fact;
use api::wire::words::Speaker;
use callee::Persona;
use callee::persona::{Act, Step};
use domain::agent_definition::Redaction;
use reqwest::Method;
use serde_json::Value;
use testkit::{Variant, World};

const CHILD: &str = "OUTDIAL_TEST_REDACTION_CHILD";
const CARD: &str = "4539148803436467";
/// Digits of the card in a row that give it away; fewer may stand anywhere by chance.
const WINDOW: usize = 8;
/// The same in words.
const SPOKEN_WINDOW: usize = 4;
const WORDS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

fn words() -> Vec<&'static str> {
    CARD.bytes().map(|digit| WORDS[usize::from(digit - b'0')]).collect()
}

/// What of the card stands in a text, in figures or in words, however they are grouped.
fn traces(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let mut figures = String::with_capacity(text.len());
    let mut spoken = String::with_capacity(text.len());
    for character in text.chars() {
        if !matches!(character, ' ' | '-' | ',') {
            figures.push(character);
        }
        let letter = character.is_ascii_alphabetic();
        if letter || !spoken.ends_with(' ') {
            spoken.push(if letter { character } else { ' ' });
        }
    }
    let in_figures = (0..=CARD.len() - WINDOW).map(|at| CARD[at..at + WINDOW].to_owned());
    let in_words = words().windows(SPOKEN_WINDOW).map(|words| words.join(" ")).collect::<Vec<_>>();
    let found = in_figures.filter(|window| figures.contains(window.as_str()));
    let said = in_words.into_iter().filter(|window| spoken.contains(window.as_str()));
    found.chain(said).collect()
}

#[test]
fn traces_are_found_however_they_are_written() {
    for text in [
        "4539 1488 0343 6467",
        "x45391488x",
        "1488-0343",
        "four five three nine",
        "FOUR, five. Three-nine",
        r#""text":"zero three four, three""#,
    ] {
        assert!(!traces(text).is_empty(), "{text}");
    }
    for text in ["[card number]", "453914", "four five", "2026-11-26T07:00:00Z", "[digits]"] {
        assert!(traces(text).is_empty(), "{text}");
    }
}

fn persona() -> Persona {
    let groups: Vec<String> = words().chunks(4).map(|group| group.join(" ")).collect();
    let card = Step {
        wait_for: vec!["speaking with".into()],
        say: Some(format!("Yes. My card number is {}.", groups.join(", "))),
        then: vec![Act::Digits(CARD.into())],
        ..Step::default()
    };
    let enough = Step { say: Some("Please take me off your list.".into()), ..Step::default() };
    Persona { name: "somebody careless".into(), script: vec![card, enough], ..Persona::default() }
}

/// Not a test of its own: without the variable it has nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let careful = Variant::of_lead_callback("careful", |agent| {
        agent.redaction = vec![Redaction::CardNumbers, Redaction::SpokenDigits];
    });
    let world = World::start_with(&[careful], |config| config.log.level = "trace".into()).await;
    let ended = world.phone("careful", persona()).await;
    let heard: Vec<&str> = ended.turns_of(Speaker::Callee).iter().map(|turn| turn.text.as_str()).collect();
    assert!(heard.iter().any(|text| text.contains("[card number]") || text.contains("[digits]")), "{heard:?}");
    let keyed: Vec<&str> = ended
        .events
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::Digits { sent: false, digits, .. } => Some(digits.as_str()),
            _ => None,
        })
        .collect();
    assert!(!keyed.is_empty() && !keyed.concat().bytes().any(|key| key.is_ascii_digit()), "{keyed:?}");

    for path in ["", "/events", "/transcript"] {
        let (_, answer) = world.answer(Method::GET, &format!("/v1/calls/{}{path}", ended.call.id), &Value::Null).await;
        assert_eq!(traces(&answer.to_string()), Vec::<String>::new(), "{path}: {answer}");
    }
    let data = world.stage.config.data.dir.clone();
    let in_database = || {
        let files = ["outdial.db", "outdial.db-wal"].map(|name| std::fs::read(data.join(name)).unwrap_or_default());
        files.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    let files = in_database();
    assert!(files.iter().any(|text| text.contains("[digits]") || text.contains("[card number]")), "the turn is there");
    assert_eq!(files.map(|text| traces(&text)).concat(), Vec::<String>::new());
    let (stage, _folder) = world.into_parts();
    stage.stop(std::time::Duration::ZERO).await;
    assert_eq!(
        in_database().map(|text| traces(&text)).concat(),
        Vec::<String>::new(),
        "after the last checkpoint, too"
    );
    println!("\nthe call was held and nothing was found");
}

#[test]
fn a_card_number_is_written_down_nowhere() {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "redaction::child", "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let (said, log) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success(), "{said}\n{log}");
    assert!(said.contains("nothing was found"), "{said}");
    assert!(log.contains("TRACE") && log.contains("request answered"), "the log is there");
    assert_eq!(traces(&log), Vec::<String>::new());
}

//! Whoever picks up, or does not: status, end reason, who answered and whose doing the end was are the truth about it.

use api::wire::events::Fact;
use callee::FarEnd;
use callee::persona::built_in;
use domain::agent_definition::MachineBehaviour;
use futures_util::future::join_all;
use serde_json::json;
use testkit::agents::LEAD_CALLBACK;
use testkit::{Ended, Variant, World};

/// Gives up soon, so that what never ends by itself does.
const IMPATIENT: &str = "impatient";
/// Hangs up on machines.
const NO_MESSAGES: &str = "no-messages";

fn agents() -> [Variant; 3] {
    let impatient = Variant::of_lead_callback(IMPATIENT, |agent| {
        agent.limits.ring_timeout_s = 5;
        agent.limits.max_duration_s = 20;
        agent.limits.silence_prompt_s = 2;
        agent.limits.max_silence_prompts = 1;
    });
    let no_messages = Variant::of_lead_callback(NO_MESSAGES, |agent| agent.machine = MachineBehaviour::default());
    [impatient, no_messages, Variant::example(LEAD_CALLBACK)]
}

/// What must come of a call.
struct Row {
    agent: &'static str,
    persona: &'static str,
    /// Status, end reason, who answered; empty for what is not looked at.
    words: [&'static str; 3],
    blame: &'static str,
    sip: u16,
    far_end: Option<FarEnd>,
}

const fn row(agent: &'static str, persona: &'static str, words: [&'static str; 3], blame: &'static str) -> Row {
    Row { agent, persona, words, blame, sip: 200, far_end: Some(FarEnd::CallerBye) }
}

/// Calls everybody at once and returns what came of it, in order.
async fn called(world: &World, rows: &[Row]) -> Vec<Ended> {
    let calls = join_all(rows.iter().map(|row| world.phone(row.agent, built_in(row.persona).unwrap()))).await;
    for (row, ended) in rows.iter().zip(&calls) {
        let facts: Vec<_> = ended.events.iter().map(|event| (event.at, &event.fact)).collect();
        let said = format!("{}: {facts:#?}", row.persona);
        for (word, wanted) in ended.words().iter().zip(row.words) {
            assert!(wanted.is_empty() || *word == wanted, "not {wanted}: {said}");
        }
        assert_eq!(ended.ending().blame.0.as_str(), row.blame, "{said}");
        assert_eq!(ended.call.evidence.sip_codes.last(), Some(&row.sip), "{said}");
        assert_eq!(ended.view.as_ref().and_then(|view| view.ended_by), row.far_end, "{said}");
        let answered = row.sip == 200;
        assert_eq!(ended.call.answered_at.is_some(), answered, "{said}");
        assert_eq!(ended.call.duration_ms.unwrap() > 0, answered, "{said}");
        assert_eq!(ended.call.recording_url.is_some(), answered, "{said}");
    }
    calls
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nobody_answers_says_why() {
    let world = World::start(&agents()).await;
    let unanswered = |persona, word, sip, far_end| Row {
        sip,
        far_end,
        ..row(IMPATIENT, persona, [word, word, "unknown"], "callee")
    };
    called(
        &world,
        &[
            unanswered("busy", "busy", 486, Some(FarEnd::Refused(486))),
            unanswered("rejects", "rejected", 603, Some(FarEnd::Refused(603))),
            unanswered("never_answers", "no_answer", 487, Some(FarEnd::Cancelled)),
        ],
    )
    .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_talk_is_let_go() {
    let world = World::start(&agents()).await;
    let early = Row {
        far_end: Some(FarEnd::CalleeBye),
        ..row(IMPATIENT, "hangs_up_early", ["completed", "callee_hangup", "unknown"], "callee")
    };
    let calls = called(
        &world,
        &[
            early,
            row(IMPATIENT, "silent", ["completed", "silence_timeout", "unknown"], "callee"),
            row(IMPATIENT, "fax", ["completed", "silence_timeout", ""], "callee"),
            row(IMPATIENT, "hold_music", ["completed", "silence_timeout", ""], "callee"),
            row(IMPATIENT, "echo", ["completed", "max_duration", ""], "us"),
        ],
    )
    .await;
    let turns = calls[0].turns();
    assert!(turns.len() == 1 && turns[0].interrupted, "what was heard before somebody hung up is kept: {turns:?}");
    let (heard, intended) = (turns[0].text.as_str(), turns[0].intended.as_deref().unwrap());
    assert!(heard.starts_with("Hi, this is Ava") && intended.starts_with(heard), "{turns:?}");
    assert!(calls[1].heard().contains("is maria there"), "silence is asked about: {}", calls[1].heard());
    let longest = calls[4].call.duration_ms.unwrap();
    assert!((20_000..21_000).contains(&longest), "the longest duration is kept: {longest} ms");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_talks_is_told_apart() {
    let world = World::start(&agents()).await;
    let calls = called(
        &world,
        &[
            row(LEAD_CALLBACK, "talks", ["completed", "agent_hangup", "human"], "us"),
            row(LEAD_CALLBACK, "interrupts", ["completed", "agent_hangup", "human"], "us"),
            row(LEAD_CALLBACK, "voicemail", ["completed", "voicemail_message_left", "machine"], "us"),
            row(NO_MESSAGES, "voicemail", ["completed", "machine_hangup", "machine"], "us"),
            row(IMPATIENT, "ivr", ["completed", "silence_timeout", "ivr"], "callee"),
            // A patient agent: the person behind the screen comes only after it.
            row(LEAD_CALLBACK, "call_screen", ["completed", "", ""], "us"),
        ],
    )
    .await;
    for person in &calls[..2] {
        assert_eq!(person.call.outcome.as_ref().unwrap().name, "callback_scheduled");
    }
    let message = calls[2].heard();
    assert!(message.contains("sorry we missed you") && message.ends_with("bye for now"), "{message}");
    assert!(calls[2].events.iter().any(|event| event.fact == Fact::VoicemailMessageLeft));
    assert!(!calls[3].heard().contains("sorry we missed you"), "no message was wanted: {}", calls[3].heard());
    let screens = calls[5].events.iter().filter_map(|event| match &event.fact {
        Fact::AnsweredBy { answered_by, .. } => Some(answered_by.0.as_str()),
        _ => None,
    });
    let screens: Vec<_> = screens.collect();
    assert!(screens.ends_with(&["call_screen", "human"]), "first the screen, then the person: {screens:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_is_hung_up_on_where_the_call_asks_for_it_though_the_agent_leaves_messages() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let number = world.number_of(built_in("voicemail").unwrap());
    let body = json!({
        "agent": LEAD_CALLBACK, "to": number, "hang_up_on_machine": true,
        "variables": { "name": "Maria", "product": "solar panels" },
    });
    let call = world.place_as(&body).await;
    let ended = world.ended(&call).await;
    assert_eq!(ended.words(), ["completed", "machine_hangup", "machine"]);
    assert_eq!(ended.view().ended_by, Some(FarEnd::CallerBye));
    world.stop().await;
}

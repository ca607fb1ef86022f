//! Every vendor's request for every event of a call's life, byte for byte, in `golden/`.

use domain::call_event::Ending;
use domain::organization_event::{OrganizationEvent, OrganizationFact};
use domain::outcome::{AnsweredBy, Blame, EndReason, Evidence};
use domain::{AgentId, EventId, OrganizationId, WebhookEndpointId};
use serde_json::Value;
use uuid::Uuid;

use super::*;
use crate::fixtures::{answered_call, at, queued_call};

fn beside() -> Beside {
    let names = AgentNames::of(AgentId(Uuid::from_u128(2)), 123);
    let content = Content {
        transcript: Some("Agent: Hello?\nUser: Hi.".into()),
        summary: Some("confirmed".into()),
        recording_url: Some("https://calls.example.org/recordings/token".into()),
    };
    Beside { agent: "Lead callback".into(), names: Some(names), content }
}

fn event(call: &Call, fact: CallFact) -> News {
    let event = CallEvent {
        id: EventId(Uuid::from_u128(9)),
        call: call.id,
        organization: call.organization,
        sequence: 7,
        position: 70,
        at: call.ended_at.or(call.answered_at).unwrap_or(call.created_at),
        fact,
    };
    News::Call(Box::new(call.clone()), Box::new(event))
}

fn ended(call: &Call) -> News {
    let ending = Ending {
        status: call.status,
        end_reason: call.end_reason.unwrap(),
        blame: Blame::Us,
        answered_by: AnsweredBy::Human,
        duration_ms: 125_500,
        outcome: call.outcome.clone(),
        evidence: Evidence::default(),
    };
    event(call, CallFact::Ended(Box::new(ending)))
}

/// A name and what it tells, of everything that some vendor knows and of what none does.
fn life() -> Vec<(&'static str, News)> {
    let (done, _) = answered_call();
    let live = Call { status: CallStatus::InProgress, end_reason: None, outcome: None, ended_at: None, ..done.clone() };
    let busy = Call {
        status: CallStatus::Busy,
        end_reason: Some(EndReason::Busy),
        ended_at: Some(at("2024-01-10T10:29:50Z")),
        ..queued_call()
    };
    let recorded = CallFact::RecordingReady { path: "a.wav".into(), folder: None, duration_ms: 125_500, bytes: 1_000 };
    let low = OrganizationFact::WalletLowBalance {
        balance: "4.50".parse().unwrap(),
        threshold: "5".parse().unwrap(),
        currency: "credits".into(),
    };
    let test = OrganizationFact::WebhookTest { endpoint: WebhookEndpointId(Uuid::from_u128(5)) };
    let of_tenant = |fact| {
        let (id, organization) = (EventId(Uuid::from_u128(9)), OrganizationId(Uuid::from_u128(1)));
        News::Organization(OrganizationEvent { id, organization, at: at("2024-01-10T11:00:00Z"), fact })
    };
    vec![
        ("queued", event(&queued_call(), CallFact::Queued)),
        ("answered", event(&live, CallFact::Answered { codec: "PCMU".into() })),
        ("recorded", event(&done, recorded)),
        ("ended", ended(&done)),
        ("busy", ended(&busy)),
        ("low_balance", of_tenant(low)),
        ("test", of_tenant(test)),
    ]
}

fn told(dialect: Dialect, names: &[&str], news: &News, secret: &str) -> Vec<Message> {
    let (names, beside) = (names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), beside());
    let silent = Beside { content: Content { summary: Some("busy".into()), ..Content::default() }, ..beside.clone() };
    let spoken = matches!(news, News::Call(call, _) if call.answered_at.is_some());
    let secret = WebhookSecret::stored(secret.to_owned());
    let at = Timestamp::from_second(1_700_000_000).unwrap();
    let beside = Some(if spoken { &beside } else { &silent });
    (of(dialect).unwrap().messages)(&Told { at, secret: &secret, names: &names, news, beside })
}

#[test]
fn every_event_has_the_vendors_own_body_and_signature() {
    for dialect in [Dialect::Klen, Dialect::Voxpria, Dialect::Voicing] {
        for (name, news) in life() {
            let messages = told(dialect, &["*"], &news, "whsec_test");
            let text = messages.iter().map(|message| {
                let headers = message.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
                format!("{}\n{}\n", headers.collect::<String>(), String::from_utf8(message.body.clone()).unwrap())
            });
            let text = if messages.is_empty() { "nothing is sent\n".to_owned() } else { text.collect::<String>() };
            insta::with_settings!({ snapshot_path => format!("../{}/golden", dialect.as_str()), prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(format!("webhook_{name}"), text);
            });
        }
    }
}

#[test]
fn only_what_was_asked_for_is_sent_under_the_name_it_was_asked_by() {
    let life = life();
    let told_of = |dialect, names: &[&str]| -> Vec<String> {
        let messages = life.iter().flat_map(|(_, news)| told(dialect, names, news, "s"));
        let event = |message: Message| serde_json::from_slice::<Value>(&message.body).unwrap()["event"].clone();
        messages.map(|message| event(message).as_str().unwrap().to_owned()).collect()
    };
    let all = ["call.started", "call.recording", "call.ended", "call.transcript", "call.summary", "call.failed"];
    assert_eq!(told_of(Dialect::Klen, &["*"]), all);
    assert_eq!(told_of(Dialect::Klen, &["call.failed", "call.summary"]), ["call.summary", "call.failed"]);
    assert_eq!(told_of(Dialect::Voxpria, &["call.completed", "credit.low"]), ["call.completed", "credit.low"]);
    assert_eq!(told_of(Dialect::Voxpria, &["campaign.finished"]), [""; 0]);
    assert_eq!(told_of(Dialect::Voicing, &["post_call"]), ["post_call", "post_call"]);
}

#[test]
fn a_subscription_is_kept_in_their_words_and_ours() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let asked = Words.subscription(Dialect::Klen, &names(&["call.failed", "call.ended", "call.failed"])).unwrap();
    assert_eq!((asked.events, asked.names), (names(&["call.ended"]), names(&["call.failed", "call.ended"])));
    let all = Words.subscription(Dialect::Voxpria, &names(&["*"])).unwrap();
    assert_eq!(all.events, names(&["call.answered", "call.ended", "wallet.low_balance"]));
    let unknown = Words.subscription(Dialect::Voxpria, &names(&["call.started", "call.ended"])).unwrap_err();
    assert!(matches!(unknown, NoSuchEvents::Unknown { at: 1, .. }));
    assert_eq!(Words.subscription(Dialect::VoiceB, &names(&["*"])), Err(NoSuchEvents::NotSpoken));
}

#[test]
fn what_stands_behind_a_vendors_event_is_an_event_of_ours() {
    for vendor in VENDORS {
        for event in vendor.webhooks.iter().flat_map(|webhooks| webhooks.events) {
            for ours in event.ours {
                assert!(domain::webhook::event_names().any(|known| known == *ours), "{}: {ours}", event.name);
            }
        }
    }
}

#[test]
fn a_receiver_that_writes_the_body_again_gets_the_same_bytes() {
    let (mut call, _) = answered_call();
    let odd = [("10", "ten"), ("9", "nine"), ("é/\u{2028}", "\u{1F600}\"\\"), ("name", "1.0")];
    call.variables = odd.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let messages = told(Dialect::Voxpria, &["*"], &ended(&call), "whsec_test");
    let [message] = &messages[..] else { panic!("{messages:?}") };
    let text = std::str::from_utf8(&message.body).unwrap();
    assert!(text.contains(r#""variables":{"9":"nine","10":"ten","name":"1.0","é/"#), "{text}");
    let parsed: Value = serde_json::from_str(text).unwrap();
    assert_eq!(crate::voxpria::signature::stringify(&parsed), text);
    assert_eq!(
        (&parsed["data"]["id"], &parsed["data"]["phoneNumber"]),
        (&parsed["data"]["callId"], &parsed["data"]["toNumber"])
    );
}

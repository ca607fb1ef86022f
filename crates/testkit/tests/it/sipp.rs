//! Calls to sipp, a SIP program that nobody here wrote, playing scenarios of the telephony crate's tests.

use api::wire::events::Fact;
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::agents::LEAD_CALLBACK;
use testkit::{Ended, Variant, World};

#[path = "../../../telephony/tests/sipp/process.rs"]
mod process;

use process::Sipp;

/// Calls sipp over a trunk of its own, hangs up once `enough`, and waits until both sides are done.
async fn call(world: &World, scenario: &str, credentials: Value, enough: fn(&Fact) -> bool) -> Ended {
    let sipp = Sipp::start(scenario, "u1", None).await;
    let agent = scenario.replace('_', "-");
    world.agent_on_trunk(&agent, sipp.address, credentials).await;
    let call = world.place(&agent, "+15550301000").await;
    let seen = world.events_until(&call, enough).await;
    if seen.last().is_some_and(|event| enough(&event.fact)) {
        let (status, answer) = world.answer(Method::POST, &format!("/v1/calls/{call}/hangup"), &Value::Null).await;
        assert_eq!(status, 202, "{answer}");
    }
    let ended = world.ended_elsewhere(&call).await;
    sipp.finished().await;
    ended
}

fn first_turn(fact: &Fact) -> bool {
    matches!(fact, Fact::Turn(_))
}

fn ringing(fact: &Fact) -> bool {
    matches!(fact, Fact::Ringing { .. })
}

fn never(_: &Fact) -> bool {
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn sipp_answers_is_busy_challenges_and_is_cancelled() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let credentials = json!({ "username": "alice", "password": "secret" });
    let calls: [BoxFuture<'_, Ended>; 4] = [
        Box::pin(call(&world, "answer", json!({}), first_turn)),
        Box::pin(call(&world, "digest_407", credentials, first_turn)),
        Box::pin(call(&world, "busy", json!({}), never)),
        Box::pin(call(&world, "no_answer", json!({}), ringing)),
    ];
    let [answered, challenged, busy, cancelled] = <[Ended; 4]>::try_from(futures_util::future::join_all(calls).await)
        .unwrap_or_else(|_| unreachable!("as many as were placed"));

    for ended in [&answered, &challenged] {
        assert_eq!(ended.words()[..2], ["completed", "api_hangup"]);
        assert_eq!(ended.ending().blame.0.as_str(), "api_client");
        let evidence = &ended.call.evidence;
        assert_eq!((evidence.codec.as_deref(), evidence.sip_codes.last()), (Some("PCMU"), Some(&200)));
        assert!(evidence.packets_sent > 50 && evidence.packets_received > 50, "{evidence:?}");
        assert!(ended.call.recording_url.is_some());
    }
    assert_eq!(busy.words(), ["busy", "busy", "unknown"]);
    let evidence = &busy.call.evidence;
    assert_eq!((&evidence.sip_codes[..], evidence.q850_cause), (&[180, 486][..], Some(17)));
    assert_eq!(cancelled.words(), ["canceled", "canceled", "unknown"]);
    assert_eq!(cancelled.call.evidence.sip_codes, [180, 487]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vonages_clients_call_sip_addresses_at_hosts_that_policy_names() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let path = format!("/v1/agents/{LEAD_CALLBACK}/credentials");
    let (_, credentials) = world.answer(Method::GET, &path, &Value::Null).await;
    let key = world.set_up("/v1/keys", &json!({ "name": "studio", "dialect": "vonage" })).await;
    let make_call = async |peer: &Sipp| {
        let body = json!({
            "agent_id": credentials["names"]["vonage"],
            "to": format!("sip:bob@{}", peer.address),
            "session_parameters": [{ "name": "name", "value": "Maria" }, { "name": "product", "value": "tea" }],
        });
        let request = world.request(Method::POST, "/telephony/make-call");
        let answer = request.header("x-vgai-key", key["secret"].as_str().unwrap()).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let talks = Sipp::start("peer_bye", "u1", None).await;
    let (status, refused) = make_call(&talks).await;
    assert_eq!((status, &refused["status"]), (403, &json!(403)), "{refused}");
    let (status, answer) = world.answer(Method::PUT, "/v1/policy", &json!({ "sip_hosts": ["127.0.0.1"] })).await;
    assert_eq!(status, 200, "{answer}");
    let busy = Sipp::start("busy", "u1", None).await;
    for (peer, words) in [(talks, ["completed", "callee_hangup"]), (busy, ["busy", "busy"])] {
        let (status, made) = make_call(&peer).await;
        assert_eq!(status, 200, "{made}");
        let (_, call) = world
            .answer(Method::GET, &format!("/v1/calls/{}", made["session_id"].as_str().unwrap()), &Value::Null)
            .await;
        assert_eq!(call["to"], json!(format!("sip:bob@{}", peer.address)));
        let ended = world.ended_elsewhere(call["id"].as_str().unwrap()).await;
        assert_eq!(ended.words()[..2], words);
        peer.finished().await;
    }
    world.stop().await;
}

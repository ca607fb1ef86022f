//! Calls: placed, read by any name, listed, ended, and what was said in them.

use app::ports::SessionRegistry;
use app::ports::live::Control;
use domain::call_event::CallFact;
use domain::sip_trace::SipMessages;
use domain::time::Timestamp;
use domain::transcript::Speaker;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::world::{World, ending, read, turn};

#[tokio::test]
async fn a_call_is_created_with_its_location() {
    let world = World::new().await;
    let body =
        json!({"agent": "caller", "to": "+1 555 010 0001", "variables": {"name": "Ada"}, "metadata": {"lead": 7}});
    let answer = world.request(Method::POST, "/v1/calls").json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let (_, call) = read(answer).await;
    assert_eq!(location, format!("/v1/calls/{}", call["id"].as_str().unwrap()));
    insta::assert_json_snapshot!(call, {
        ".id" => "[call]", ".agent_id" => "[agent]", ".agent_version_id" => "[version]", ".created_at" => "[time]",
    });
    assert_eq!(world.get(&location).await, (200, call));
}

#[tokio::test]
async fn a_call_answers_to_any_of_its_names() {
    let world = World::new().await;
    let made = world.call().await;
    let mut session = world.claim().await;
    session.dial().await;
    session.tell(ending()).await;
    let id = made["id"].as_str().unwrap();
    let bare = id.strip_prefix("call_").unwrap();
    for name in [id, bare, "1", "a1b2@127.0.0.1", "a1b2%40127.0.0.1"] {
        let (status, call) = world.get(&format!("/v1/calls/{name}")).await;
        assert_eq!((status, &call["id"]), (200, &made["id"]), "{name}");
    }
    for name in ["2", "call_0", "nothing", "%ff"] {
        let (status, problem) = world.get(&format!("/v1/calls/{name}")).await;
        assert_eq!((status, problem["code"].as_str()), (404, Some("not_found")), "{name}");
    }
}

#[tokio::test]
async fn calls_of_another_organization_do_not_exist() {
    let world = World::new().await;
    let made = world.call().await;
    let settings = app::manage_organizations::OrganizationSettings { name: "other".into(), ..Default::default() };
    let other = world.platform.create_organization(settings).await.unwrap();
    let new = app::manage_keys::NewKey {
        name: "k".into(),
        permissions: vec![domain::api_key::Permission::All],
        ..Default::default()
    };
    let key = world.platform.create_key(&app::Principal::operator(other.id), new).await.unwrap();
    for path in ["/v1/calls/1", &format!("/v1/calls/{}/events", made["id"].as_str().unwrap()), "/v1/agents/caller"] {
        let answer = world.http.get(format!("{}{path}", world.url)).bearer_auth(&key.secret).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
    let answer = world.http.get(format!("{}/v1/calls", world.url)).bearer_auth(&key.secret).send().await.unwrap();
    assert_eq!(read(answer).await.1["items"], json!([]));
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let world = World::new().await;
    for _ in 0..5 {
        world.call().await;
    }
    world.platform.hang_up_call(&world.operator(), "2").await.unwrap();
    let sequences = |page: &Value| -> Vec<i64> {
        page["items"].as_array().unwrap().iter().map(|call| call["sequence"].as_i64().unwrap()).collect()
    };
    let table: &[(&str, &[i64])] = &[
        ("", &[5, 4, 3, 2, 1]),
        ("?status=canceled", &[2]),
        ("?status=canceled,queued&limit=2", &[5, 4]),
        ("?status=busy", &[]),
        ("?agent=caller&to=%2B15550100001&limit=1", &[5]),
        ("?to=%2B15550100002", &[]),
        ("?created_from=2030-01-01T00:00:00Z", &[]),
        ("?created_to=2030-01-01T00:00:00Z", &[5, 4, 3, 2, 1]),
    ];
    for (query, want) in table {
        let (status, page) = world.get(&format!("/v1/calls{query}")).await;
        assert_eq!((status, sequences(&page)), (200, want.to_vec()), "{query}");
    }
    let (mut seen, mut path) = (Vec::new(), "/v1/calls?limit=2".to_owned());
    loop {
        let (_, page) = world.get(&path).await;
        seen.extend(sequences(&page));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/calls?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn wrong_filters_are_named() {
    let world = World::new().await;
    let mut lines = Vec::new();
    for query in [
        "status=done",
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=-1",
        "agent=nobody",
        "to=here",
        "created_from=soon",
        "colour=red",
        "cursor=nonsense",
    ] {
        let (status, problem) = world.get(&format!("/v1/calls?{query}")).await;
        lines.push(format!("{query}: {status} {} {}", problem["code"], problem["errors"]));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn a_queued_call_is_canceled_once_and_stays_so() {
    let world = World::new().await;
    world.call().await;
    let (status, first) = world.send(Method::POST, "/v1/calls/1/hangup", &Value::Null).await;
    assert_eq!(
        (status, first["status"].as_str(), first["end_reason"].as_str()),
        (200, Some("canceled"), Some("canceled"))
    );
    let (status, again) = world.send(Method::POST, "/v1/calls/1/hangup", &Value::Null).await;
    assert_eq!((status, &again["status"]), (200, &first["status"]));
    let (_, events) = world.get("/v1/calls/1/events").await;
    let ended = events["items"].as_array().unwrap().iter().filter(|e| e["type"] == "call.ended").count();
    assert_eq!(ended, 1);
}

#[tokio::test]
async fn a_live_call_is_asked_to_hang_up() {
    let world = World::new().await;
    world.call().await;
    let mut session = world.claim().await;
    session.dial().await;
    let (sender, mut control) = mpsc::channel(4);
    let _registered = world.registry.register(session.call.id, sender);
    let (status, call) = world.send(Method::POST, "/v1/calls/1/hangup", &Value::Null).await;
    assert_eq!((status, call["status"].as_str()), (202, Some("dialing")));
    assert!(matches!(control.recv().await, Some(Control::HangUp)));
}

#[tokio::test]
async fn a_live_call_that_nobody_holds_is_unavailable() {
    let world = World::new().await;
    world.call().await;
    world.claim().await.dial().await;
    let answer = world.request(Method::POST, "/v1/calls/1/hangup").send().await.unwrap();
    assert!(answer.headers().contains_key("retry-after"));
    let (status, problem) = read(answer).await;
    assert_eq!((status, problem["code"].as_str()), (503, Some("unavailable")));
}

#[tokio::test]
async fn the_transcript_holds_what_was_heard() {
    let world = World::new().await;
    world.call().await;
    let mut session = world.claim().await;
    session.dial().await;
    session.tell(CallFact::Answered { codec: "PCMU".into() }).await;
    session.tell(turn(1, Speaker::Agent, "Hello Ada")).await;
    let (_, growing) = world.get("/v1/calls/1/transcript").await;
    assert_eq!((&growing["complete"], growing["turns"].as_array().unwrap().len()), (&json!(false), 1));
    session.tell(turn(2, Speaker::Callee, "yes")).await;
    session.tell(ending()).await;
    let (status, transcript) = world.get("/v1/calls/1/transcript").await;
    assert_eq!(status, 200);
    insta::assert_json_snapshot!(transcript, { ".call_id" => "[call]" });
}

#[tokio::test]
async fn sip_messages_are_read_once_they_are_kept() {
    let world = World::new().await;
    let call = world.call().await;
    let path = format!("/v1/calls/{}/sip", call["id"].as_str().unwrap());
    assert_eq!(world.get(&path).await, (200, json!({"items": [], "left_out": 0})));
    let mut kept = SipMessages::default();
    let at = Timestamp::from_second(1_800_000_000).unwrap();
    kept.note(at, true, "INVITE sip:x SIP/2.0\r\nCSeq: 1 INVITE\r\nAuthorization: Digest y\r\n\r\n");
    kept.note(at, false, "SIP/2.0 486 Busy Here\r\nCSeq: 1 INVITE\r\n\r\n");
    let id = world.claim().await.call.id;
    world.platform.store.keep_sip_messages(world.organization, id, kept).await.unwrap();
    let (_, read) = world.get(&path).await;
    let invite = json!({"at": "2027-01-15T08:00:00Z", "direction": "sent", "method": "INVITE", "status": null, "reason": null,
        "cseq": "1 INVITE", "text": "INVITE sip:x SIP/2.0\r\nCSeq: 1 INVITE\r\nAuthorization: [removed]\r\n\r\n"});
    assert_eq!(read["items"][0], invite);
    let busy = &read["items"][1];
    assert_eq!(
        (&busy["direction"], &busy["status"], &busy["reason"]),
        (&json!("received"), &json!(486), &json!("Busy Here"))
    );
    assert_eq!(world.get("/v1/calls/call_none/sip").await.0, 404);
}

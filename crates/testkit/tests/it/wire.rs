//! The SIP messages of a real call are there when it is over, down to the answer to our own BYE.

use std::time::Duration;

use domain::agent_definition::Redaction;
use outdial::client::Client;
use outdial::serve::Server;
use outdial::stage::Stage;
use serde_json::Value;
use testkit::agents::LEAD_CALLBACK;
use testkit::{Variant, World};

use crate::conversation::persona_of;

/// Longer than what a call still has to do once it has ended.
const DRAIN: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread")]
async fn a_call_leaves_its_sip_messages_and_nobody_else_s_number() {
    let masking = Variant::of_lead_callback(LEAD_CALLBACK, |agent| agent.redaction = vec![Redaction::CardNumbers]);
    let world = World::start(&[masking]).await;
    let ended = world.phone(LEAD_CALLBACK, persona_of("lead-callback/scenarios/opt-out.yaml")).await;
    assert_eq!(ended.words()[..2], ["completed", "agent_hangup"]);

    // They are written after the end that is told; a stop waits for it.
    let (stage, _folder) = world.into_parts();
    let key = std::fs::read_to_string(stage.config.admin_key_file()).unwrap();
    stage.server.stop(DRAIN).await;
    let again = Server::start(&stage.config, None).await.unwrap();
    let client = Client::with_key(&format!("http://{}", again.address), key.trim()).unwrap();
    let stage = Stage { server: again, client, ..stage };
    let kept: Value = stage.client.get(&format!("/v1/calls/{}/sip", ended.call.id)).await.unwrap();

    let items = kept["items"].as_array().unwrap();
    let said: Vec<String> = items.iter().map(in_short).collect();
    assert_eq!(
        said,
        ["sent INVITE", "received 100", "received 180", "received 200", "sent ACK", "sent BYE", "received 200"]
    );
    assert_eq!((&kept["left_out"], &items[6]["cseq"]), (&0.into(), &"2 BYE".into()));
    assert!(items.windows(2).all(|two| two[0]["at"].as_str() <= two[1]["at"].as_str()), "in order: {kept}");
    let invite = items[0]["text"].as_str().unwrap();
    assert!(invite.contains(&format!("INVITE sip:{}@", ended.call.to)), "the call's own number stays: {invite}");
    for item in items {
        let text = item["text"].as_str().unwrap();
        assert!(!text.contains("Digest") && !text.contains("\r\ns="), "{text}");
    }
    stage.stop(Duration::ZERO).await;
}

fn in_short(item: &Value) -> String {
    let what = item["method"].as_str().map_or_else(|| item["status"].to_string(), str::to_owned);
    format!("{} {what}", item["direction"].as_str().unwrap())
}

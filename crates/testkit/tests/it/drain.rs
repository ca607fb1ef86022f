//! A server that is told to stop, as by SIGTERM: live calls end by themselves, and what they came to is kept.

use std::time::Duration;

use api::wire::events::Fact;
use callee::{CallView, FarEnd};
use outdial::client::Client;
use outdial::serve::Server;
use outdial::stage;
use testkit::agents::LEAD_CALLBACK;
use testkit::{Variant, World};

use crate::conversation::persona_of;

/// Longer than the call that is live, shorter than the test's patience.
const DRAIN: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_the_live_call_end_and_the_next_start_knows_of_it() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let number = world.number_of(persona_of("lead-callback/scenarios/opt-out.yaml"));
    let call = world.place(LEAD_CALLBACK, &number).await;
    world.events_until(&call, |fact| matches!(fact, Fact::Turn(_))).await;

    let (stage, _folder) = world.into_parts();
    let key = std::fs::read_to_string(stage.config.admin_key_file()).unwrap();
    stage.server.stop(DRAIN).await;
    let closed = |view: &CallView| view.ended_by.is_some();
    let view = stage.far_end.wait_call(Duration::from_secs(10), closed).await.expect("the call is over");
    assert_eq!(view.ended_by, Some(FarEnd::CallerBye));
    assert!(view.heard_text().to_lowercase().contains("goodbye"), "nobody was cut off: {}", view.heard_text());

    let again = Server::start(&stage.config, None).await.unwrap();
    let client = Client::with_key(&format!("http://{}", again.address), key.trim()).unwrap();
    let stage = stage::Stage { server: again, client, ..stage };
    let (record, events) = stage.record(&call).await.unwrap();
    let words = (record.status.0.as_str(), record.end_reason.map(|reason| reason.0.as_str()));
    assert_eq!(words, ("completed", Some("agent_hangup")));
    assert_eq!(events.iter().filter(|event| matches!(event.fact, Fact::Ended(_))).count(), 1);
    assert_eq!(stage.far_end.counts(&number).invites, 1, "nobody is called again");
    stage.stop(Duration::ZERO).await;
}

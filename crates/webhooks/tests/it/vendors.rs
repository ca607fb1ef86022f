//! An endpoint in a vendor's dialect gets the vendor's events, names and signatures, from the same log.

use app::manage_webhooks::NewWebhook;
use domain::dialect::Dialect;
use domain::webhook::DeliveryState;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::sink::{Hit, Reply, Sink};
use crate::world::{World, quick, soon};

fn is_signed(hit: &Hit, header: &str, secret: &str) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(&hit.raw);
    let tag = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    hit.headers[header] == format!("sha256={tag}").as_str()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_endpoint_gets_its_own_dialect_of_the_same_call() {
    let world = World::new().await;
    let mut receivers = Vec::new();
    let vendors = [
        (Dialect::Klen, "x-klen-signature", "call.failed"),
        (Dialect::Voxpria, "x-voxpria-signature", "call.failed"),
        (Dialect::Voicing, "x-signature", "post_call"),
    ];
    for (dialect, header, event) in vendors {
        // The first answer is a failure: the second try says the same, byte for byte.
        let sink = Sink::start(&[Reply::Status(500)]).await;
        let new = NewWebhook { url: sink.url.clone(), dialect, events: vec!["*".into()], ..NewWebhook::default() };
        let made = world.platform.create_webhook(&world.principal, new).await.unwrap();
        receivers.push((sink, header, event, made));
    }
    let _node = world.node(soon(3), quick());
    let call = world.call(None).await;
    world.end(&call).await;
    for (sink, header, event, made) in &receivers {
        let hits = sink.wait(|hits| hits.len() == 2).await;
        assert_eq!(hits[0].raw, hits[1].raw);
        assert_eq!(hits[0].body["event"], *event);
        assert!(hits.iter().all(|hit| is_signed(hit, header, made.secret.reveal())), "{event}");
        let endpoint = made.endpoint.id.to_string();
        assert!(world.platform.test_webhook(&world.principal, &endpoint).await.is_err(), "no vendor has such an event");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_endpoint_did_not_ask_for_is_not_sent() {
    let (world, sink) = (World::new().await, Sink::start(&[]).await);
    let new = NewWebhook {
        url: sink.url.clone(),
        dialect: Dialect::Voxpria,
        events: vec!["call.completed".into()],
        ..NewWebhook::default()
    };
    let made = world.platform.create_webhook(&world.principal, new).await.unwrap();
    assert_eq!((made.endpoint.events, made.endpoint.names), (vec!["call.ended".into()], vec!["call.completed".into()]));
    let native = Sink::start(&[]).await;
    world.endpoint(&native.url).await;
    let _node = world.node(soon(3), quick());
    let call = world.call(None).await;
    world.end(&call).await;
    native.wait(|hits| hits.len() == 2).await;
    let filter =
        app::ports::store::DeliveryFilter { endpoint: Some(made.endpoint.id), limit: 10, ..Default::default() };
    let mut look = tokio::time::interval(std::time::Duration::from_millis(5));
    loop {
        look.tick().await;
        let page = world.store().deliveries(world.principal.organization, &filter).await.unwrap();
        if let [delivery] = &page.items[..]
            && delivery.state == DeliveryState::Delivered
        {
            break;
        }
    }
    assert!(sink.hits().is_empty(), "a call without a conversation is not completed");
}

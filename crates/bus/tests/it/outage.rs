//! The server goes and comes back; other clusters and strange messages share it.

use std::time::Duration;

use app::ports::LiveBus;
use app::ports::live::{Control, LiveEvent, WokenBy};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::server::Server;
use crate::world::{Ends, PATIENCE, call, end, fact, heard, heard_until, node, until, words};

fn connected(bus: &dyn LiveBus) -> bool {
    bus.link().is_some_and(|link| link.connected)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_server_a_process_goes_on_alone_and_the_others_are_reached_again() {
    let mut ends = Ends::nats().await;
    let mut there = ends.listen().await;
    let (control, mut session) = mpsc::channel(8);
    let _guard = ends.here.sessions.register(call(1), control);
    for _ in 0..3 {
        ends.server.as_mut().unwrap().kill();
        until(async || !connected(&*ends.here.bus) && !connected(&*ends.there.bus)).await;
        let mut here = ends.here.bus.subscribe();
        for n in 1..=3 {
            ends.here.bus.publish(fact(n));
        }
        assert_eq!(heard_until(&mut here, &fact(3)).await.len(), 3, "at once, though nobody else hears it");
        ends.here.bus.wake_dialer();
        assert_eq!(ends.here.bus.dialer_woken().await, WokenBy::Here);
        assert!(ends.here.control.hang_up(call(1)).await);
        assert!(matches!(session.recv().await, Some(Control::HangUp)));
        assert!(!ends.there.control.hang_up(call(1)).await, "the way is cut, and that is said at once");
        assert_eq!(heard(&mut there).await, LiveEvent::Missed, "readers look into the log meanwhile");

        ends.server.as_mut().unwrap().again();
        until(async || connected(&*ends.here.bus) && connected(&*ends.there.bus)).await;
        ends.here.bus.publish(fact(4));
        heard_until(&mut there, &fact(4)).await;
        until(async || ends.there.control.hang_up(call(1)).await).await;
        assert!(matches!(session.recv().await, Some(Control::HangUp)));
        ends.here.bus.wake_others();
        let woken = timeout(PATIENCE, ends.there.bus.dialer_woken()).await.expect("the other node is woken");
        assert_eq!(woken, WokenBy::Elsewhere);
        while session.try_recv().is_ok() {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_without_a_server_works_and_finds_it_later() {
    let mut server = Server::start();
    server.kill();
    let (one, two) = (node(&server, "outdial").await, node(&server, "outdial").await);
    let mut live = two.subscribe();
    one.publish(fact(1));
    server.again();
    timeout(PATIENCE, async { tokio::join!(one.connected(), two.connected()) }).await.expect("both find it");
    until(async || {
        one.publish(fact(2));
        !matches!(live.try_recv(), Err(_) | Ok(LiveEvent::Missed))
    })
    .await;
    one.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_for_the_outbox_is_dropped_from_its_old_end_and_the_readers_are_told() {
    let mut ends = Ends::nats().await;
    let mut there = ends.listen().await;
    ends.here.bus.publish(fact(1));
    heard_until(&mut there, &fact(1)).await;
    ends.server.as_mut().unwrap().kill();
    until(async || !connected(&*ends.here.bus)).await;
    for n in 2..=6_000 {
        ends.here.bus.publish(fact(n));
    }
    let dropped = ends.here.bus.link().unwrap().dropped;
    assert!(dropped > 1_000, "{dropped}");
    ends.server.as_mut().unwrap().again();
    // What waited goes out as soon as this end is back; the other end may come later and hear none of it.
    until(async || connected(&*ends.here.bus) && connected(&*ends.there.bus)).await;
    let mut there = ends.there.bus.subscribe();
    ends.here.bus.publish(fact(6_001));
    until(async || there.recv().await == Ok(fact(6_001))).await;
    assert!(ends.there.bus.link().unwrap().missed >= dropped, "the gap in the numbers is seen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_is_dropped_and_what_comes_after_it_is_heard_with_a_warning() {
    let ends = Ends::nats().await;
    let mut there = ends.listen().await;
    ends.here.bus.publish(fact(1));
    ends.here.bus.publish(words("a".repeat(300_000)));
    ends.here.bus.publish(fact(2));
    let heard = [heard(&mut there).await, heard(&mut there).await, heard(&mut there).await];
    assert_eq!(heard, [fact(1), LiveEvent::Missed, fact(2)]);
    assert_eq!(ends.here.bus.link().unwrap().dropped, 1);
    assert_eq!(ends.there.bus.link().unwrap().missed, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_cluster_on_the_same_server_is_not_heard() {
    let ends = Ends::nats().await;
    let mut there = ends.listen().await;
    let stranger = node(ends.server.as_ref().unwrap(), "outdial-2").await;
    timeout(PATIENCE, stranger.connected()).await.expect("it connects");
    let stranger = end(stranger);
    stranger.bus.publish(fact(9));
    stranger.bus.wake_others();
    let (control, _session) = mpsc::channel(4);
    let _guard = stranger.sessions.register(call(1), control);
    assert!(!ends.here.control.hang_up(call(1)).await);
    ends.here.bus.publish(fact(1));
    assert_eq!(heard_until(&mut there, &fact(1)).await, [fact(1)]);
    assert!(timeout(Duration::ZERO, ends.there.bus.dialer_woken()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_nobody_of_us_wrote_are_counted_and_hurt_nobody() {
    let ends = Ends::nats().await;
    let mut there = ends.listen().await;
    let stranger = async_nats::connect(ends.server.as_ref().unwrap().url()).await.unwrap();
    for subject in ["outdial.v1.events.x.y", "outdial.v1.work", "outdial.v1.events"] {
        for body in [&b""[..], b"{}", b"\xff\xff", b"{\"v\":9}", &vec![b'['; 100_000]] {
            stranger.publish(subject, body.to_vec().into()).await.unwrap();
        }
    }
    stranger.flush().await.unwrap();
    until(async || ends.there.bus.link().unwrap().missed == 10).await;
    ends.here.bus.publish(fact(1));
    assert_eq!(heard_until(&mut there, &fact(1)).await, [fact(1)]);
}

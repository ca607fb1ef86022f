//! Clocks that are set and databases that were gone, on both engines: a node beats and sweeps as its settings say, another's
//! heartbeats are written by hand after it, and so every one of ours comes before the other's.

use std::time::Duration;

use app::ports::store::{CallQueue, CallStore, DialGuard, NewEvent};
use domain::call::{Call, CallKey};
use domain::call_event::CallFact;
use domain::outcome::EndReason;
use domain::{AttemptId, EventId, NodeId};
use uuid::Uuid;

use super::world::{Ears, Running, World};
use crate::DialerSettings;

const LEASE: Duration = Duration::from_secs(6);
/// So much goes by between two heartbeats; nobody waits for it.
const BEAT: Duration = Duration::from_millis(1_500);
const BEATS: u32 = 4;
const HOURS: i64 = 6 * 3_600;

/// A call that another node has dialed, and the node that is looked at.
struct Scene {
    world: World,
    other: NodeId,
    call: Call,
}

impl Scene {
    async fn on(target: &str) -> Self {
        let world = World::on(target, Ears::Broken).await;
        world.placed().await;
        let other = NodeId(Uuid::now_v7());
        let now = world.time.queue();
        let claimed = world.store.claim(other, 1, now, now + LEASE).await.unwrap().calls.remove(0);
        let attempt = AttemptId(Uuid::now_v7());
        let dialing = NewEvent { id: EventId(Uuid::now_v7()), at: now, fact: CallFact::Dialing { attempt } };
        let mut call = claimed.call;
        call.apply(now, &dialing.fact);
        world.store.about_to_dial(claimed.lease, &call, attempt, dialing, DialGuard::default()).await.unwrap();
        world.queue.hold_heartbeats();
        Self { world, other, call }
    }

    /// A node starts; its heartbeats come when they are let go.
    fn starts(&self) -> Running {
        let heartbeat = Duration::from_millis(1);
        let poll = Duration::from_secs(3_600);
        let settings = DialerSettings { heartbeat, poll, ..DialerSettings::with_lease(LEASE) };
        self.world.run_with(NodeId(Uuid::now_v7()), settings)
    }

    async fn other_beats(&self) {
        let until = self.world.time.queue() + LEASE;
        self.world.store.heartbeat(self.other, vec![self.call.id], until).await.unwrap();
    }

    /// Both beat so often, ours first each time.
    async fn both_beat(&self, times: u32) {
        for _ in 0..times {
            self.world.time.pass(BEAT);
            self.world.queue.one_heartbeat().await;
            self.other_beats().await;
        }
    }

    async fn end_reason(&self) -> Option<EndReason> {
        let call = self.world.store.call(self.call.organization, &CallKey::Id(self.call.id)).await.unwrap().unwrap();
        call.end_reason
    }

    /// The call goes on while the other node beats, and ends as lost once that has stopped for a lease.
    async fn goes_on_and_ends_with_its_node(&self) {
        assert_eq!(self.end_reason().await, None, "right after it");
        self.both_beat(3 * BEATS).await;
        assert_eq!(self.end_reason().await, None, "its node beats");
        for _ in 1..BEATS {
            self.world.time.pass(BEAT);
            self.world.queue.one_heartbeat().await;
        }
        assert_eq!(self.end_reason().await, None, "its lease lasts");
        self.world.time.pass(BEAT);
        self.world.queue.one_heartbeat().await;
        assert_eq!(self.end_reason().await, Some(EndReason::NodeLost), "its node is gone");
    }
}

async fn a_clock_set_forward_ends_no_call(target: &str) {
    a_clock_that_is_set_ends_no_call(target, HOURS).await;
}

async fn a_clock_set_back_ends_no_call(target: &str) {
    a_clock_that_is_set_ends_no_call(target, -HOURS).await;
}

async fn a_clock_that_is_set_ends_no_call(target: &str, seconds: i64) {
    let scene = Scene::on(target).await;
    let node = scene.starts();
    scene.both_beat(3 * BEATS).await;
    scene.world.time.set_queue(seconds);
    // The first to look at it after that is not the one that holds the call.
    scene.both_beat(1).await;
    scene.goes_on_and_ends_with_its_node().await;
    scene.world.queue.let_go();
    node.stop().await;
}

async fn a_node_that_starts_when_all_leases_ran_out_ends_no_call(target: &str) {
    let scene = Scene::on(target).await;
    scene.world.time.pass(LEASE * 3);
    let node = scene.starts();
    scene.both_beat(1).await;
    scene.goes_on_and_ends_with_its_node().await;
    scene.world.queue.let_go();
    node.stop().await;
}

async fn who_was_cut_off_for_nearly_a_lease_ends_no_call(target: &str) {
    let scene = Scene::on(target).await;
    let node = scene.starts();
    scene.both_beat(3 * BEATS).await;
    // The other was last heard a beat before us, and both were cut off for less than a lease.
    scene.world.time.pass(BEAT);
    scene.world.queue.one_heartbeat().await;
    scene.world.time.pass(LEASE - BEAT / 2);
    scene.world.queue.one_heartbeat().await;
    scene.other_beats().await;
    scene.goes_on_and_ends_with_its_node().await;
    scene.world.queue.let_go();
    node.stop().await;
}

macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name("sqlite::memory:").await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&super::postgres_database().await).await;
            })*
        }
    };
}

on_both_engines!(
    a_clock_set_forward_ends_no_call,
    a_clock_set_back_ends_no_call,
    a_node_that_starts_when_all_leases_ran_out_ends_no_call,
    who_was_cut_off_for_nearly_a_lease_ends_no_call,
);

/// URL of a new, empty database. It goes with the server, which is gone after the tests.
async fn postgres_database() -> String {
    let server = std::env::var("OUTDIAL_TEST_POSTGRES_URL")
        .expect("tests on PostgreSQL need a server: run them by scripts/with-services");
    let name = format!("test_{}", Uuid::now_v7().simple());
    let admin = sea_orm::Database::connect(format!("{server}/postgres")).await.unwrap();
    sea_orm::ConnectionTrait::execute_unprepared(&admin, &format!("CREATE DATABASE {name}")).await.unwrap();
    admin.close().await.unwrap();
    format!("{server}/{name}")
}

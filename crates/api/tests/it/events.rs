//! Streams: nothing lost, nothing repeated, resumed where they broke off.

use std::collections::VecDeque;
use std::time::Duration;

use app::ports::live::LiveEvent;
use bus::LocalBus;
use domain::call_event::CallFact;
use domain::time::CallMs;
use domain::transcript::Speaker;
use reqwest::{Method, Response};
use serde_json::Value;

use crate::world::{World, ending, turn};

const SOON: Duration = Duration::from_secs(20);

/// Lines of a stream as `(id, event, data)`; comments and retries are left out.
struct Stream {
    answer: Response,
    rest: String,
    ready: VecDeque<(Option<String>, String, Value)>,
}

impl Stream {
    async fn open(world: &World, path: &str, last: Option<&str>) -> Self {
        let mut request = world.request(Method::GET, path).header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, rest: String::new(), ready: VecDeque::new() }
    }

    async fn next(&mut self) -> Option<(Option<String>, String, Value)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let bytes = tokio::time::timeout(SOON, self.answer.chunk()).await.expect("an event in time").unwrap()?;
            self.rest.push_str(std::str::from_utf8(&bytes).unwrap());
            while let Some(end) = self.rest.find("\n\n") {
                let block: String = self.rest.drain(..end + 2).collect();
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
                if let (Some(event), Some(data)) = (field("event"), field("data")) {
                    let data = serde_json::from_str(data).unwrap();
                    self.ready.push_back((field("id").map(str::to_owned), event.to_owned(), data));
                }
            }
        }
    }

    async fn ids(mut self) -> Vec<String> {
        let mut ids = Vec::new();
        while let Some((id, _, _)) = self.next().await {
            ids.extend(id);
        }
        ids
    }
}

#[tokio::test]
async fn a_call_is_followed_from_its_first_event_to_its_last() {
    let world = World::new().await;
    world.call().await;
    let mut stream = Stream::open(&world, "/v1/calls/1/events", None).await;
    assert_eq!(stream.next().await.unwrap().1, "call.queued");
    let mut session = world.claim().await;
    session.dial().await;
    session.tell(CallFact::Answered { codec: "PCMU".into() }).await;
    session.tell(turn(1, Speaker::Agent, "Hello")).await;
    session.tell(ending()).await;
    let mut seen = Vec::new();
    while let Some((id, event, data)) = stream.next().await {
        assert_eq!(data["type"], event.as_str());
        assert_eq!(data["sequence"].to_string(), id.clone().unwrap());
        seen.push(format!("{} {event}", id.unwrap()));
    }
    assert_eq!(seen, ["2 call.dialing", "3 call.answered", "4 call.turn", "5 call.ended"]);
}

#[tokio::test]
async fn the_stream_and_the_list_say_the_same() {
    let world = World::new().await;
    world.call().await;
    let mut session = world.claim().await;
    session.dial().await;
    session.tell(CallFact::Ringing { sip_code: 180, early_media: false }).await;
    session.tell(ending()).await;
    let mut stream = Stream::open(&world, "/v1/calls/1/events", None).await;
    let mut streamed = Vec::new();
    while let Some((_, _, data)) = stream.next().await {
        streamed.push(data);
    }
    let (_, list) = world.get("/v1/calls/1/events").await;
    assert_eq!(list["items"], Value::Array(streamed));
    let (_, page) = world.get("/v1/calls/1/events?after=1&limit=2").await;
    insta::assert_json_snapshot!(page, {
        ".items[].id" => "[event]", ".items[].call_id" => "[call]", ".items[].at" => "[time]",
        ".items[].data.attempt" => "[attempt]",
    });
}

#[tokio::test]
async fn a_stream_resumes_after_the_last_event_and_a_finished_one_says_so() {
    let world = World::new().await;
    world.call().await;
    let mut session = world.claim().await;
    session.dial().await;
    session.tell(turn(1, Speaker::Agent, "Hello")).await;
    session.tell(ending()).await;
    assert_eq!(Stream::open(&world, "/v1/calls/1/events", Some("2")).await.ids().await, ["3", "4"]);
    assert_eq!(Stream::open(&world, "/v1/calls/1/events?after=3", None).await.ids().await, ["4"]);
    let done = world.request(Method::GET, "/v1/calls/1/events").header("accept", "text/event-stream");
    assert_eq!(done.header("last-event-id", "4").send().await.unwrap().status(), 204);
    let wrong = world.request(Method::GET, "/v1/calls/1/events").header("accept", "text/event-stream");
    assert_eq!(wrong.header("last-event-id", "x").send().await.unwrap().status(), 422);
}

#[tokio::test]
async fn words_come_in_between_and_are_not_kept() {
    let world = World::new().await;
    world.call().await;
    let mut stream = Stream::open(&world, "/v1/calls/1/events", None).await;
    stream.next().await.unwrap();
    let mut session = world.claim().await;
    let words = |call| LiveEvent::Words {
        organization: world.organization,
        call,
        speaker: Speaker::Callee,
        text: "yes pl".into(),
        at_ms: CallMs(700),
    };
    world.platform.bus.publish(words(domain::CallId(uuid::Uuid::now_v7())));
    world.platform.bus.publish(words(session.call.id));
    let (id, event, data) = stream.next().await.unwrap();
    assert_eq!((id, event.as_str(), data["text"].as_str()), (None, "words", Some("yes pl")));
    session.dial().await;
    assert_eq!(stream.next().await.unwrap().1, "call.dialing");
}

#[tokio::test]
async fn a_reader_that_lags_catches_up_from_the_log() {
    let world = World::with_bus(LocalBus::with_capacity(2)).await.furnished().await;
    world.call().await;
    let mut session = world.claim().await;
    session.dial().await;
    let mut stream = Stream::open(&world, "/v1/calls/1/events", None).await;
    stream.next().await.unwrap();
    for number in 1..=40 {
        session.tell(turn(number, Speaker::Agent, "one more")).await;
    }
    session.tell(ending()).await;
    let want: Vec<String> = (2..=43).map(|n| n.to_string()).collect();
    assert_eq!(stream.ids().await, want);
}

#[tokio::test]
async fn a_fact_that_nobody_told_here_is_found_all_the_same() {
    let world = World::new().await;
    world.call().await;
    let mut session = world.claim().await;
    session.dial().await;
    let mut stream = Stream::open(&world, "/v1/calls/1/events?after=2", None).await;
    session.store(ending()).await;
    assert_eq!(stream.next().await.unwrap().1, "call.ended");
}

#[tokio::test]
async fn the_log_of_all_calls_begins_now_or_after_a_position() {
    let world = World::new().await;
    for _ in 0..3 {
        world.call().await;
    }
    let mut now = Stream::open(&world, "/v1/events", None).await;
    // The end of the log was found before the answer began, so this call is the first one after it.
    let fourth = world.call().await;
    let (position, event, data) = now.next().await.unwrap();
    assert_eq!((event.as_str(), &data["call_id"]), ("call.queued", &fourth["id"]));
    assert_eq!(data["position"].to_string(), position.clone().unwrap());

    let mut all = Stream::open(&world, "/v1/events?after=0", None).await;
    let mut positions = Vec::new();
    for _ in 0..4 {
        positions.push(all.next().await.unwrap().0.unwrap());
    }
    assert_eq!(positions.last(), position.as_ref());
    let mut resumed = Stream::open(&world, "/v1/events", Some(&positions[2])).await;
    assert_eq!(resumed.next().await.unwrap().0.as_ref(), position.as_ref());
}

#[tokio::test]
async fn events_of_another_organization_stay_there() {
    let world = World::new().await;
    let settings = app::manage_organizations::OrganizationSettings { name: "other".into(), ..Default::default() };
    let other = world.platform.create_organization(settings).await.unwrap();
    let mut stream = Stream::open(&world, "/v1/events", None).await;
    world.platform.bus.publish(LiveEvent::Words {
        organization: other.id,
        call: domain::CallId(uuid::Uuid::now_v7()),
        speaker: Speaker::Agent,
        text: "secret".into(),
        at_ms: CallMs(0),
    });
    world.call().await;
    assert_eq!(stream.next().await.unwrap().1, "call.queued");
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let world = World::new().await;
    let mut stream = Stream::open(&world, "/v1/events", None).await;
    world.stop.cancel();
    assert_eq!(stream.next().await, None);
}

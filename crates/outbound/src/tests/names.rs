//! Resolvers that lie: one private answer among public ones, and answers that change.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;

use super::exchanges::server;
use super::*;

/// Answers each question with the next of its answers; the last is repeated.
struct Script {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Script {
    fn of(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|answer| answer.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        Arc::new(Self { answers, asked: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl Names for Script {
    async fn look_up(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let n = self.asked.fetch_add(1, Ordering::SeqCst);
        self.answers.get(n).or(self.answers.last()).cloned().ok_or_else(|| io::Error::other("no such name"))
    }
}

#[tokio::test]
async fn one_inner_address_among_public_ones_spoils_the_answer() {
    for answer in [
        &["10.0.0.1"][..],
        &["8.8.8.8", "127.0.0.1"],
        &["127.0.0.1", "8.8.8.8"],
        &["8.8.8.8", "2606:4700:4700::1111", "169.254.169.254"],
        &["8.8.8.8", "::1"],
        &["8.8.8.8", "::ffff:10.0.0.1"],
        &["8.8.8.8", "fd00:ec2::254"],
    ] {
        let client = GuardedClient::with_names(OutboundSettings::default(), Script::of(&[answer])).unwrap();
        let got = client.send(request("http://rebind.example/")).await;
        assert_eq!(got, Err(HttpError::Forbidden("rebind.example".into())), "{answer:?}");
    }
}

#[tokio::test]
async fn a_name_without_an_address_says_so() {
    for script in [Script::of(&[]), Script::of(&[&[]])] {
        let client = GuardedClient::with_names(OutboundSettings::default(), script).unwrap();
        let got = client.send(request("http://nowhere.example/")).await;
        assert_eq!(got, Err(HttpError::Unresolved("nowhere.example".into())));
    }
}

#[tokio::test]
async fn a_name_is_asked_once_and_its_answer_is_what_is_connected_to() {
    let (base, _tasks) = server(Router::new().route("/", get(|| async { "inside" }))).await;
    let port = base.rsplit_once(':').unwrap().1;
    let url = format!("http://rebind.example:{port}/");
    // Checked while it leads here; by the second question it leads elsewhere. Nobody asks a second question.
    let script = Script::of(&[&["127.0.0.1"], &["203.0.113.1"]]);
    let settings = OutboundSettings { allow_private: true, ..OutboundSettings::default() };
    let client = GuardedClient::with_names(settings, script.clone()).unwrap();
    assert_eq!(client.send(request(&url)).await.unwrap().body, b"inside");
    assert_eq!(script.asked.load(Ordering::SeqCst), 1);
    // The other way round: a public answer first and an inner one for whoever asks again.
    let script = Script::of(&[&["127.0.0.1", "8.8.8.8"], &["8.8.8.8"]]);
    let client = GuardedClient::with_names(OutboundSettings::default(), script.clone()).unwrap();
    assert_eq!(client.send(request(&url)).await, Err(HttpError::Forbidden("rebind.example".into())));
    assert_eq!(script.asked.load(Ordering::SeqCst), 1);
}

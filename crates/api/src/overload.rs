//! More requests at once than a node can do well are turned away at the door, so that those inside get their answers.
//!
//! Law: what watches the node is always let in. A stream counts until it begins, not while it lasts.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use domain::refusal::{Refusal, RefusalCode};
use tokio::sync::Semaphore;

use crate::problem::Problem;

/// Requests in hand at once. A durable create is in hand for some milliseconds, so this is seconds of work.
pub(crate) const IN_HAND: usize = 2_048;
/// Paths of whoever watches the node.
const WATCHING: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The routes, with at most `in_hand` requests at once.
pub(crate) fn bounded<S: Clone + Send + Sync + 'static>(routes: Router<S>, in_hand: usize) -> Router<S> {
    routes.layer(from_fn_with_state(Arc::new(Semaphore::new(in_hand)), admit))
}

async fn admit(State(room): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    if WATCHING.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    match room.try_acquire() {
        Ok(_in_hand) => next.run(request).await,
        Err(_) => {
            let detail = "this node has as many requests in hand as it takes; repeat the request";
            Problem::from(Refusal::new(RefusalCode::Unavailable, detail)).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::net::TcpListener;
    use tokio::sync::Notify;
    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test]
    async fn one_too_many_is_told_to_come_back_and_watching_goes_on() {
        let (inside, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (entered, released) = (inside.clone(), go_on.clone());
        let slow = get(async move || {
            entered.notify_one();
            released.notified().await;
            "done"
        });
        let routes = Router::new().route("/slow", slow).route("/quick", get("quick")).route("/healthz", get("ok"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, bounded(routes, 1)).await.unwrap() });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut asked = JoinSet::new();
        asked.spawn(client.get(format!("{url}/slow")).send());
        inside.notified().await;
        let refused = client.get(format!("{url}/quick")).send().await.unwrap();
        assert_eq!(refused.status(), 503);
        assert!(refused.headers().contains_key("retry-after"), "{refused:?}");
        assert_eq!(client.get(format!("{url}/healthz")).send().await.unwrap().status(), 200);
        go_on.notify_one();
        let done = asked.join_next().await.unwrap().unwrap().unwrap();
        assert_eq!(done.text().await.unwrap(), "done");
        assert_eq!(client.get(format!("{url}/quick")).send().await.unwrap().status(), 200, "there is room again");
        tasks.shutdown().await;
    }
}

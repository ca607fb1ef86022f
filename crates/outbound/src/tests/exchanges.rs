//! Real exchanges over loopback, with servers that do not behave.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;

pub(super) async fn server(router: Router) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (format!("http://{address}"), tasks)
}

fn client() -> GuardedClient {
    let settings = OutboundSettings { allow_private: true, max_response: 1_000, ..OutboundSettings::default() };
    GuardedClient::new(settings).unwrap()
}

#[tokio::test]
async fn redirects_come_back_and_large_answers_do_not() {
    let router = Router::new()
        .route("/moved", get(|| async { (StatusCode::FOUND, [("location", "http://127.0.0.1/secret")]) }))
        .route("/large", get(|| async { "x".repeat(2_000) }))
        .route("/endless", get(|| async { Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>("xx"))) }))
        .route("/echo", post(|body: String| async move { body }));
    let (base, _tasks) = server(router).await;
    let client = client();
    assert_eq!(client.send(request(&format!("{base}/moved"))).await.unwrap().status, 302);
    for path in ["large", "endless"] {
        let asked = request(&format!("{base}/{path}"));
        assert_eq!(client.send(asked.clone()).await, Err(HttpError::TooLarge(1_000)), "{path}");
        let answer = client.send(HttpRequest { body_excerpt: Some(100), ..asked }).await.unwrap();
        assert_eq!((answer.status, answer.body.len()), (200, 100), "{path}");
    }
    let echo = HttpRequest { method: "POST".into(), body: Some(b"hi".to_vec()), ..request(&format!("{base}/echo")) };
    assert_eq!(client.send(echo).await.unwrap().body, b"hi");
}

#[tokio::test]
async fn neither_silence_nor_a_drip_lasts_longer_than_the_time_limit() {
    let drip = || async {
        let every = tokio::time::interval(Duration::from_millis(20));
        Body::from_stream(stream::unfold(every, |mut every| async {
            every.tick().await;
            Some((Ok::<_, std::io::Error>("x"), every))
        }))
    };
    let (base, mut tasks) =
        server(Router::new().route("/never", get(std::future::pending::<()>)).route("/drip", get(drip))).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let half = format!("http://{}/", listener.local_addr().unwrap());
    tasks.spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut asked = [0; 1_024];
        assert!(socket.read(&mut asked).await.unwrap() > 0);
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-le").await.unwrap();
        std::future::pending::<()>().await;
    });
    let limit = Duration::from_millis(150);
    for url in [format!("{base}/never"), format!("{base}/drip"), half] {
        let got = client().send(HttpRequest { timeout: limit, ..request(&url) }).await;
        assert_eq!(got, Err(HttpError::Timeout(limit)), "{url}");
    }
}

#[tokio::test]
async fn headers_are_bounded_and_nothing_is_unpacked() {
    let huge = || async {
        let mut headers = HeaderMap::new();
        for n in 0..90 {
            let name: axum::http::HeaderName = format!("x-{n}").parse().unwrap();
            headers.insert(name, "y".repeat(1_000).parse().unwrap());
        }
        headers
    };
    // A body that says it is gzip comes as it is: nothing grows behind our back.
    let packed = || async { ([("content-encoding", "gzip")], "not really") };
    let asked = |headers: HeaderMap| async move { format!("{:?}", headers.get("accept-encoding")) };
    let router = Router::new().route("/huge", get(huge)).route("/packed", get(packed)).route("/asked", get(asked));
    let (base, _tasks) = server(router).await;
    let client = client();
    assert_eq!(client.send(request(&format!("{base}/huge"))).await, Err(HttpError::TooLarge(MAX_HEADERS)));
    assert_eq!(client.send(request(&format!("{base}/packed"))).await.unwrap().body, b"not really");
    assert_eq!(client.send(request(&format!("{base}/asked"))).await.unwrap().body, b"None");
}

#[tokio::test]
async fn nobody_there_is_a_connection_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    assert!(matches!(client().send(request(&url)).await, Err(HttpError::Connection(_))));
}

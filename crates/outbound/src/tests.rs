//! Forbidden spellings, and real exchanges over loopback.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};

use super::*;

fn request(url: &str) -> HttpRequest {
    HttpRequest { method: "GET".into(), url: url.into(), timeout: Duration::from_secs(5), ..HttpRequest::default() }
}

#[tokio::test]
async fn forbidden_addresses_are_refused_in_every_spelling() {
    let client = GuardedClient::new(OutboundSettings::default()).unwrap();
    let spellings = [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://localhost/",
        "http://LOCALHOST/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://172.31.255.255/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://0/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://198.18.0.1/",
        "http://192.0.2.1/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://[ff02::1]/",
        "http://[::]/",
        "http://[2001:db8::1]/",
        "http://127.0.0.1:8080/",
        "http://user@127.0.0.1/",
        "https://127.0.0.1/",
    ];
    for url in spellings {
        let got = client.send(request(url)).await;
        assert!(matches!(got, Err(HttpError::Forbidden(_))), "{url}: {got:?}");
    }
    for url in ["ftp://example.com/", "file:///etc/passwd", "not a url", "http://"] {
        assert!(matches!(client.send(request(url)).await, Err(HttpError::BadUrl(_))), "{url}");
    }
}

async fn server(router: Router) -> (String, tokio::task::JoinSet<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (format!("http://{address}"), tasks)
}

#[tokio::test]
async fn redirects_come_back_and_large_answers_do_not() {
    let router = Router::new()
        .route("/moved", get(|| async { (StatusCode::FOUND, [("location", "http://127.0.0.1/secret")]) }))
        .route("/large", get(|| async { "x".repeat(2_000) }))
        .route("/echo", post(|body: String| async move { body }))
        .route("/never", get(std::future::pending::<()>));
    let (base, _tasks) = server(router).await;
    let client = GuardedClient::new(OutboundSettings { allow_private: true, max_response: 1_000 }).unwrap();

    assert_eq!(client.send(request(&format!("{base}/moved"))).await.unwrap().status, 302);
    assert_eq!(client.send(request(&format!("{base}/large"))).await, Err(HttpError::TooLarge(1_000)));
    let echo = HttpRequest { method: "POST".into(), body: Some(b"hi".to_vec()), ..request(&format!("{base}/echo")) };
    assert_eq!(client.send(echo).await.unwrap().body, b"hi");
    let never = HttpRequest { timeout: Duration::from_millis(50), ..request(&format!("{base}/never")) };
    assert_eq!(client.send(never).await, Err(HttpError::Timeout(Duration::from_millis(50))));
}

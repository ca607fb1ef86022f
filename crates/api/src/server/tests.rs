//! Clients that dawdle, over real sockets.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::IntervalStream;

use super::*;

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);
const HEAD: Duration = Duration::from_millis(300);
const IDLE: Duration = Duration::from_millis(900);
const REQUEST: &[u8] = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Served {
    async fn with(connections: usize) -> Self {
        Self::with_shares(connections, connections).await
    }

    async fn with_shares(connections: usize, per_address: usize) -> Self {
        let beats = async || {
            let beats = IntervalStream::new(tokio::time::interval(IDLE / 3)).take(7);
            Body::from_stream(beats.map(|_| Ok::<_, axum::Error>(Bytes::from_static(b"."))))
        };
        let router = Router::new()
            .route("/hello", get(async || "hello"))
            .route("/beats", get(beats))
            .route("/echo", post(async |body: String| body));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop, mut tasks) = (listener.local_addr().unwrap(), CancellationToken::new(), JoinSet::new());
        let limits = ServerLimits { connections, per_address, head: HEAD, idle: IDLE };
        tasks.spawn(serve(listener, router, limits, Arc::default(), stop.clone()));
        Self { address, stop, tasks }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn stopped(mut self) {
        self.stop.cancel();
        timeout(PATIENCE, self.tasks.join_next()).await.expect("it stops").unwrap().unwrap();
    }
}

/// Reads until what was read ends so.
async fn read_until(client: &mut TcpStream, end: &str) {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        let byte = timeout(PATIENCE, client.read_u8()).await.expect("an answer comes").expect("the connection lives");
        text.push(byte);
    }
}

/// How long it takes until the server lets go of the connection.
async fn closed_after(client: &mut TcpStream) -> Duration {
    let since = Instant::now();
    let mut rest = Vec::new();
    // A reset is an end, too.
    let _ = timeout(PATIENCE, client.read_to_end(&mut rest)).await.expect("the server closes the connection");
    since.elapsed()
}

#[tokio::test]
async fn a_head_that_does_not_come_to_its_end_is_not_waited_for() {
    let served = Served::with(8).await;
    let mut silent = served.connect().await;
    assert!((HEAD..IDLE).contains(&closed_after(&mut silent).await), "a client that says nothing");
    let mut dripping = served.connect().await;
    let since = Instant::now();
    dripping.write_all(b"GET /hello HTTP/1.1\r\nX-Drip: ").await.unwrap();
    // Bytes keep coming, each well within the idle time.
    while dripping.write_all(b"a").await.is_ok() {
        if matches!(timeout(HEAD / 10, dripping.read_u8()).await, Ok(Err(_))) {
            break;
        }
    }
    assert!((HEAD..IDLE).contains(&since.elapsed()), "{:?}", since.elapsed());
    served.stopped().await;
}

#[tokio::test]
async fn a_kept_connection_may_rest_for_the_idle_time_and_its_next_head_has_a_limit_of_its_own() {
    let served = Served::with(8).await;
    let mut client = served.connect().await;
    for _ in 0..2 {
        client.write_all(REQUEST).await.unwrap();
        read_until(&mut client, "hello").await;
        assert!(timeout(HEAD * 2, client.read_u8()).await.is_err(), "it may rest for longer than a head may take");
    }
    client.write_all(b"GET /hel").await.unwrap();
    assert!((HEAD..IDLE).contains(&closed_after(&mut client).await), "half a head");
    let mut resting = served.connect().await;
    resting.write_all(REQUEST).await.unwrap();
    read_until(&mut resting, "hello").await;
    assert!(closed_after(&mut resting).await >= IDLE);
    served.stopped().await;
}

#[tokio::test]
async fn a_body_that_stands_still_is_not_waited_for_and_a_stream_that_goes_on_is() {
    let served = Served::with(8).await;
    let mut stuck = served.connect().await;
    stuck.write_all(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf").await.unwrap();
    assert!(closed_after(&mut stuck).await >= IDLE);
    let mut stream = served.connect().await;
    stream.write_all(b"GET /beats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    // Seven beats take twice the idle time; the last chunk of all is empty.
    read_until(&mut stream, "\r\n0\r\n\r\n").await;
    served.stopped().await;
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_until_one_ends() {
    let served = Served::with(1).await;
    let mut first = served.connect().await;
    first.write_all(REQUEST).await.unwrap();
    read_until(&mut first, "hello").await;
    let mut second = served.connect().await;
    second.write_all(REQUEST).await.unwrap();
    assert!(timeout(HEAD, second.read_u8()).await.is_err(), "it waits");
    drop(first);
    read_until(&mut second, "hello").await;
    served.stopped().await;
}

#[tokio::test]
async fn connections_beyond_the_share_of_one_address_are_closed_until_one_ends() {
    let served = Served::with_shares(8, 1).await;
    let mut first = served.connect().await;
    first.write_all(REQUEST).await.unwrap();
    read_until(&mut first, "hello").await;
    closed_after(&mut served.connect().await).await;
    first.write_all(REQUEST).await.unwrap();
    read_until(&mut first, "hello").await;
    drop(first);
    // The server hears of the end a moment later.
    let answered = async {
        loop {
            let mut next = served.connect().await;
            if next.write_all(REQUEST).await.is_ok() && next.read_u8().await.is_ok() {
                break;
            }
        }
    };
    timeout(PATIENCE, answered).await.expect("there is room again");
    served.stopped().await;
}

#[tokio::test]
async fn a_stop_lets_the_request_in_hand_end_and_waits_for_no_resting_connection() {
    let served = Served::with(8).await;
    let mut resting = served.connect().await;
    resting.write_all(REQUEST).await.unwrap();
    read_until(&mut resting, "hello").await;
    let mut stream = served.connect().await;
    stream.write_all(b"GET /beats HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    read_until(&mut stream, "1\r\n.\r\n").await;
    served.stop.cancel();
    assert!(closed_after(&mut resting).await < IDLE);
    read_until(&mut stream, "\r\n0\r\n\r\n").await;
    served.stopped().await;
}

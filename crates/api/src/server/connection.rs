//! One connection: HTTP/1.1 by hyper, with an eye on the clock.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::ServerLimits;

/// Serves one connection until it ends, runs out of time, or `stop` finds it without a request in hand.
pub(super) async fn run(
    socket: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: ServerLimits,
    stop: CancellationToken,
) {
    let progress = Arc::new(Progress::new(limits));
    let watched = Watched { socket, progress: progress.clone() };
    let answering = progress.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        answering.head_read();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let (router, progress) = (router.clone(), answering.clone());
        async move {
            let answer: Result<Response, Infallible> = router.oneshot(request).await;
            answer.map(|answer| answer.map(|body| Answer { body, progress }))
        }
    });
    // After an upgrade the socket belongs to whoever answered; it has bounds of its own (`dialects::talk`).
    let serving = http1::Builder::new().serve_connection(TokioIo::new(watched), service).with_upgrades();
    let mut serving = pin!(serving);
    let mut stopping = false;
    loop {
        tokio::select! {
            served = &mut serving => {
                if let Err(error) = served {
                    tracing::debug!(error.detail = %error, "a connection broke");
                }
                return;
            }
            () = progress.out_of_time() => {
                tracing::debug!("a client did not get on with its request; its connection is closed");
                return;
            }
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    }
}

/// How far the client got, and since when.
struct Progress {
    limits: ServerLimits,
    seen: Mutex<Seen>,
    head_began: Notify,
}

struct Seen {
    /// A byte came or went.
    moved: Instant,
    /// A head is being waited for since then.
    head: Option<Instant>,
    /// A request was read and its answer is not out yet.
    in_hand: bool,
}

impl Progress {
    fn new(limits: ServerLimits) -> Self {
        let now = Instant::now();
        let seen = Mutex::new(Seen { moved: now, head: Some(now), in_hand: false });
        Self { limits, seen, head_began: Notify::new() }
    }

    fn with<T>(&self, f: impl FnOnce(&mut Seen) -> T) -> T {
        f(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn bytes_moved(&self, read: bool) {
        let now = Instant::now();
        let began = self.with(|seen| {
            seen.moved = now;
            let began = read && !seen.in_hand && seen.head.is_none();
            if began {
                seen.head = Some(now);
            }
            began
        });
        if began {
            self.head_began.notify_one();
        }
    }

    fn head_read(&self) {
        self.with(|seen| (seen.head, seen.in_hand) = (None, true));
    }

    fn answered(&self) {
        self.with(|seen| seen.in_hand = false);
    }

    fn due(&self) -> Instant {
        let (moved, head) = self.with(|seen| (seen.moved, seen.head));
        let idle = moved + self.limits.idle;
        head.map_or(idle, |since| idle.min(since + self.limits.head))
    }

    /// Waits until the client has taken longer than it may.
    async fn out_of_time(&self) {
        loop {
            let due = self.due();
            if due <= Instant::now() {
                return;
            }
            tokio::select! {
                () = sleep_until(due) => {}
                () = self.head_began.notified() => {}
            }
        }
    }
}

/// An answer's body; the request is in hand until it is out or dropped.
struct Answer {
    body: Body,
    progress: Arc<Progress>,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.progress.answered();
    }
}

/// The socket; tells of every byte that moves.
struct Watched {
    socket: TcpStream,
    progress: Arc<Progress>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.socket).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.progress.bytes_moved(true);
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.wrote(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.socket).poll_write_vectored(context, slices);
        self.wrote(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

impl Watched {
    fn wrote(&self, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(polled, Poll::Ready(Ok(written)) if written > 0) {
            self.progress.bytes_moved(false);
        }
        polled
    }
}

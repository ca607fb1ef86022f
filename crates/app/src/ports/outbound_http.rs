//! The one door for HTTP requests to places that users name: tools, webhooks, status URLs.

use std::time::Duration;

use async_trait::async_trait;

/// A guarded HTTP client: resolves, checks and pins addresses, follows no redirects, bounds time and size.
#[async_trait]
pub trait OutboundHttp: Send + Sync {
    /// Whether an address can be asked at all, as far as it can be told without asking the network: `BadUrl` or
    /// `Forbidden` where it cannot. Names are resolved and checked by [`OutboundHttp::send`].
    fn check(&self, url: &str) -> Result<(), HttpError>;
    /// Sends one request.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError>;
}

/// A request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// `http` or `https` address.
    pub url: String,
    /// Header fields in order.
    pub headers: Vec<(String, String)>,
    /// Body, if any.
    pub body: Option<Vec<u8>>,
    /// For the whole exchange.
    pub timeout: Duration,
    /// Where only the status matters: the answer's body is read up to so many bytes, and what follows is left unread.
    /// Without it an answer beyond the client's bound is an error.
    pub body_excerpt: Option<usize>,
}

/// An answer, whatever its status.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// Header fields, lower-case names.
    pub headers: Vec<(String, String)>,
    /// Body, at most as long as the client allows.
    pub body: Vec<u8>,
}

/// No answer. Texts name the host at most, never the path or the body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// Not an address that can be asked.
    #[error("not a valid http or https address: {0}")]
    BadUrl(String),
    /// The address leads to a place that must not be asked.
    #[error("{0} is not a public address; the operator can allow it with outbound_http.allow_private")]
    Forbidden(String),
    /// The port must not be asked.
    #[error("port {0} is not allowed; the operator can allow it with outbound_http.allowed_ports")]
    Port(u16),
    /// The name leads nowhere.
    #[error("{0} has no address")]
    Unresolved(String),
    /// No answer in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The answer is larger than allowed.
    #[error("answer is larger than {0} bytes")]
    TooLarge(usize),
    /// Could not connect, or the connection broke.
    #[error("connection failed: {0}")]
    Connection(String),
}

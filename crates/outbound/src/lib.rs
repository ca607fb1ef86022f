//! The guarded HTTP client: the only way out to addresses that users name (tools, webhooks, status URLs).
//!
//! Law: a request goes only to an address that was checked, and to that very address. Names are resolved here,
//! every address of the answer is checked, and the connection is made to what was checked, so that a name which
//! changes its mind (DNS rebinding) gains nothing. Redirects are not followed; they come back as answers.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use app::ports::outbound_http::{HttpError, HttpRequest, HttpResponse, OutboundHttp};
use async_trait::async_trait;
use futures_util::StreamExt;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Method, Url, redirect};

mod addresses;

pub use addresses::is_public;

/// What the operator allows.
#[derive(Clone, Copy, Debug)]
pub struct OutboundSettings {
    /// Loopback, private and link-local targets may be asked: for tests and for tools inside one's own network.
    pub allow_private: bool,
    /// Longest answer in bytes.
    pub max_response: usize,
}

impl Default for OutboundSettings {
    fn default() -> Self {
        Self { allow_private: false, max_response: 256 * 1024 }
    }
}

/// The client.
#[derive(Debug)]
pub struct GuardedClient {
    client: Client,
    settings: OutboundSettings,
}

impl GuardedClient {
    /// A client; fails only when the TLS set-up of the process does.
    pub fn new(settings: OutboundSettings) -> Result<Self, HttpError> {
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("outdial/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(CheckingResolver { allow_private: settings.allow_private }))
            .build()
            .map_err(|e| HttpError::Connection(e.to_string()))?;
        Ok(Self { client, settings })
    }

    /// Literal addresses do not pass the resolver, so they are checked here.
    fn checked(&self, url: &str) -> Result<Url, HttpError> {
        let url = Url::parse(url).map_err(|e| HttpError::BadUrl(e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(HttpError::BadUrl(format!("{} is not http or https", url.scheme())));
        }
        let host = url.host_str().ok_or_else(|| HttpError::BadUrl("no host".into()))?;
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if let Ok(address) = literal
            && !self.settings.allow_private
            && !is_public(address)
        {
            return Err(HttpError::Forbidden(host.to_owned()));
        }
        Ok(url)
    }

    async fn exchange(&self, url: Url, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| HttpError::BadUrl(format!("{:?} is not a method", request.method)))?;
        let mut builder = self.client.request(method, url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let response = builder.send().await.map_err(|e| from_reqwest(&e))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|e| from_reqwest(&e))?;
            if body.len() + piece.len() > self.settings.max_response {
                return Err(HttpError::TooLarge(self.settings.max_response));
            }
            body.extend_from_slice(&piece);
        }
        Ok(HttpResponse { status, headers, body })
    }
}

#[async_trait]
impl OutboundHttp for GuardedClient {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let url = self.checked(&request.url)?;
        let timeout = request.timeout;
        tokio::time::timeout(timeout, self.exchange(url, request)).await.map_err(|_| HttpError::Timeout(timeout))?
    }
}

/// Marks a refusal of the resolver, so that it can be told from a network error.
#[derive(Debug)]
struct ForbiddenHost(String);

impl std::fmt::Display for ForbiddenHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} resolves to an address that is not public", self.0)
    }
}

impl std::error::Error for ForbiddenHost {}

#[derive(Debug)]
struct CheckingResolver {
    allow_private: bool,
}

impl Resolve for CheckingResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            // One private address among public ones is an attack or a mistake; neither is asked.
            if !allow_private && !found.iter().all(|a| is_public(a.ip())) {
                return Err(ForbiddenHost(host).into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

fn from_reqwest(error: &reqwest::Error) -> HttpError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut innermost = error.to_string();
    while let Some(cause) = source {
        if let Some(ForbiddenHost(host)) = cause.downcast_ref::<ForbiddenHost>() {
            return HttpError::Forbidden(host.clone());
        }
        innermost = cause.to_string();
        source = cause.source();
    }
    HttpError::Connection(innermost)
}

#[cfg(test)]
mod tests;

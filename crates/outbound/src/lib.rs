//! The guarded HTTP client: the only way out to addresses that users name (tools, webhooks, status URLs).
//!
//! Law: a request goes only to an address that was checked, and to that very address. Names are resolved here,
//! every address of the answer is checked, and the connection is made to what was checked, so that a name which
//! changes its mind (DNS rebinding) gains nothing. Redirects are not followed; they come back as answers. No proxy of
//! the environment, no cookies, no decompression: what is bounded is what is on the wire.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use app::ports::outbound_http::{HttpError, HttpRequest, HttpResponse, OutboundHttp};
use async_trait::async_trait;
use futures_util::StreamExt;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, Response, Url, redirect};

mod addresses;
mod resolver;

pub use addresses::is_public;
use resolver::{CheckingResolver, ForbiddenHost, Unresolved};
pub use resolver::{Names, SystemNames};

/// Largest header of an answer in bytes, all fields together.
const MAX_HEADERS: usize = 64 * 1024;

/// What the operator allows.
#[derive(Clone, Debug)]
pub struct OutboundSettings {
    /// Loopback, private and link-local targets may be asked: for tests and for tools inside one's own network.
    pub allow_private: bool,
    /// Ports that may be asked; empty allows all.
    pub allowed_ports: Vec<u16>,
    /// Longest answer in bytes.
    pub max_response: usize,
}

impl Default for OutboundSettings {
    fn default() -> Self {
        Self { allow_private: false, allowed_ports: Vec::new(), max_response: 256 * 1024 }
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
        Self::with_names(settings, Arc::new(SystemNames))
    }

    /// A client that looks names up in its own way.
    pub fn with_names(settings: OutboundSettings, names: Arc<dyn Names>) -> Result<Self, HttpError> {
        let client = Client::builder()
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .referer(false)
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(8)
            .user_agent(concat!("outdial/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(CheckingResolver { names, allow_private: settings.allow_private }))
            .build()
            .map_err(|e| HttpError::Connection(e.to_string()))?;
        Ok(Self { client, settings })
    }

    /// Reads an address as browsers do (WHATWG URL), which brings every spelling of a literal address into one form.
    /// Literal addresses do not pass the resolver, so they are checked here.
    fn checked(&self, url: &str) -> Result<Url, HttpError> {
        let url = Url::parse(url).map_err(|e| HttpError::BadUrl(e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(HttpError::BadUrl(format!("{} is not http or https", url.scheme())));
        }
        let host = url.host_str().ok_or_else(|| HttpError::BadUrl("no host".into()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(HttpError::BadUrl("a user name or password does not belong into an address".into()));
        }
        if !self.settings.allow_private && leads_inside(host) {
            return Err(HttpError::Forbidden(host.to_owned()));
        }
        let port = url.port_or_known_default().unwrap_or(0);
        let ports = &self.settings.allowed_ports;
        if port == 0 || !(ports.is_empty() || ports.contains(&port)) {
            return Err(HttpError::Port(port));
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
        let headers = fields(response.headers())?;
        let body = match request.body_excerpt {
            Some(most) => self.beginning(response, most.min(self.settings.max_response)).await?,
            None => self.whole(response).await?,
        };
        Ok(HttpResponse { status, headers, body })
    }

    async fn whole(&self, response: Response) -> Result<Vec<u8>, HttpError> {
        let most = self.settings.max_response;
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|e| from_reqwest(&e))?;
            if body.len() + piece.len() > most {
                return Err(HttpError::TooLarge(most));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    /// What comes after is left unread, and the connection with it.
    async fn beginning(&self, response: Response, most: usize) -> Result<Vec<u8>, HttpError> {
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while body.len() < most
            && let Some(piece) = stream.next().await
        {
            let piece = piece.map_err(|e| from_reqwest(&e))?;
            body.extend_from_slice(&piece[..piece.len().min(most - body.len())]);
        }
        Ok(body)
    }
}

#[async_trait]
impl OutboundHttp for GuardedClient {
    fn check(&self, url: &str) -> Result<(), HttpError> {
        self.checked(url).map(drop)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let url = self.checked(&request.url)?;
        let timeout = request.timeout;
        tokio::time::timeout(timeout, self.exchange(url, request)).await.map_err(|_| HttpError::Timeout(timeout))?
    }
}

/// Whether a host is a literal address that is not public, or a name of this machine (RFC 6761, 6.3).
fn leads_inside(host: &str) -> bool {
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    if let Ok(address) = literal {
        return !is_public(address);
    }
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

fn fields(headers: &HeaderMap) -> Result<Vec<(String, String)>, HttpError> {
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > MAX_HEADERS {
        return Err(HttpError::TooLarge(MAX_HEADERS));
    }
    let text =
        headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    Ok(text.collect())
}

fn from_reqwest(error: &reqwest::Error) -> HttpError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut innermost = error.to_string();
    while let Some(cause) = source {
        if let Some(ForbiddenHost(host)) = cause.downcast_ref::<ForbiddenHost>() {
            return HttpError::Forbidden(host.clone());
        }
        if let Some(Unresolved(host)) = cause.downcast_ref::<Unresolved>() {
            return HttpError::Unresolved(host.clone());
        }
        innermost = cause.to_string();
        source = cause.source();
    }
    HttpError::Connection(innermost)
}

#[cfg(test)]
mod tests;

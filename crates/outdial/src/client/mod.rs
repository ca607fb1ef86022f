//! The HTTP client of the commands that talk to a running server.

use std::time::Duration;

use anyhow::{Context, Result};
use api::Problem;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cli::Remote;

pub mod events;

/// Longest wait for an answer that is not a stream.
const ANSWER: Duration = Duration::from_secs(30);

/// A server, and who we are to it.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: Secret,
}

#[derive(Clone)]
struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hidden")
    }
}

/// The server refused.
#[derive(Debug)]
pub struct Refused(pub Problem);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.0.detail, self.0.code)?;
        for error in &self.0.errors {
            write!(f, "\n  {}: {}", error.pointer, error.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

impl Client {
    /// A client by the command line; reads `admin.key` where no key is given.
    pub fn new(remote: &Remote) -> Result<Self> {
        let key = match &remote.api_key {
            Some(key) => key.clone(),
            None => {
                let path = remote.data_dir.join("admin.key");
                std::fs::read_to_string(&path).with_context(|| {
                    format!("no API key: give --api-key or OUTDIAL_API_KEY (looked into {})", path.display())
                })?
            }
        };
        Self::with_key(&remote.url, key.trim())
    }

    /// A client of the server at `url`.
    pub fn with_key(url: &str, key: &str) -> Result<Self> {
        let http = reqwest::Client::builder().connect_timeout(Duration::from_secs(5)).build()?;
        Ok(Self { http, base: url.trim_end_matches('/').to_owned(), key: Secret(key.to_owned()) })
    }

    /// Address of the server, without a slash at its end.
    pub fn server(&self) -> &str {
        &self.base
    }

    /// Reads `path`, such as `/v1/calls`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        read(self.send(self.request(Method::GET, path).timeout(ANSWER)).await?).await
    }

    /// Reads `path`; `None` where there is nothing.
    pub async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(error) => match error.downcast_ref::<Refused>() {
                Some(refused) if refused.0.status == StatusCode::NOT_FOUND => Ok(None),
                _ => Err(error),
            },
        }
    }

    /// Sends `body` to `path`.
    pub async fn post<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T> {
        read(self.send(self.request(Method::POST, path).json(body).timeout(ANSWER)).await?).await
    }

    /// Asks for an action that needs no body.
    pub async fn act<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        read(self.send(self.request(Method::POST, path).timeout(ANSWER)).await?).await
    }

    /// Changes `path`.
    pub async fn patch<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T> {
        read(self.send(self.request(Method::PATCH, path).json(body).timeout(ANSWER)).await?).await
    }

    /// Sends a request that another method has no words for.
    pub(crate) async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        read(self.send(request.timeout(ANSWER)).await?).await
    }

    /// Removes `path`.
    pub async fn delete(&self, path: &str) -> Result<()> {
        self.send(self.request(Method::DELETE, path).timeout(ANSWER)).await.map(drop)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key.0)
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|error| {
            let why = if error.is_connect() { "is the server running? (outdial serve)" } else { "no answer" };
            anyhow::Error::new(error.without_url()).context(format!("{}: {why}", self.base))
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.bytes().await.unwrap_or_default();
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(Refused(problem).into()),
            Err(_) => anyhow::bail!("{} answered {status}, which is no server of ours", self.base),
        }
    }
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T> {
    let body = response.bytes().await.context("the answer broke off")?;
    serde_json::from_slice(&body).context("the answer is not what this version understands")
}

/// One segment of a path (RFC 3986, 3.3): everything but unreserved characters is escaped.
pub fn segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

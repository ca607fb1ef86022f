//! A request as it came: bytes, headers and query, before any dialect looks at it.
//!
//! Law: a signature is checked over the bytes that were received, never over a value that was read and written again;
//! and no request is refused before a dialect can say so in its own words, so a body that is too large arrives here as
//! [`Body::TooLarge`] instead of an error.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Query, Request};
use axum::http::{HeaderMap, Method};
use serde_json::Value;

/// Largest body that a dialect reads, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// A request.
#[derive(Clone, Debug)]
pub struct Raw {
    /// Its method.
    pub method: Method,
    /// Path without the query and without a dialect's prefix.
    pub path: String,
    /// Its header fields.
    pub headers: HeaderMap,
    /// Query parameters in the order they came, decoded.
    pub query: Vec<(String, String)>,
    /// Its body.
    pub body: Body,
}

/// A body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// Longer than [`MAX_BODY`].
    TooLarge,
    /// The connection broke off.
    Broken,
}

/// Why a body is no JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAnObject {
    /// Longer than [`MAX_BODY`].
    TooLarge,
    /// Empty, cut off, not UTF-8, not JSON, or JSON of another kind; one sentence.
    Invalid(String),
}

impl Raw {
    /// A header field as text; `None` where it is missing or not plain text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    /// The first query parameter of that name.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The secret of `Authorization: Bearer …` (RFC 6750, 2.1; the scheme's name is case-insensitive).
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, secret) = self.header("authorization")?.split_once(' ')?;
        (scheme.eq_ignore_ascii_case("bearer") && !secret.trim().is_empty()).then(|| secret.trim())
    }

    /// The body's bytes; empty where there are none.
    pub fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Whole(bytes) => bytes,
            Body::TooLarge | Body::Broken => &[],
        }
    }

    /// The body as a JSON object. Of a name that stands twice the last value counts, as in every vendor's own language.
    pub fn object(&self) -> Result<serde_json::Map<String, Value>, NotAnObject> {
        let invalid = |detail: &str| NotAnObject::Invalid(detail.to_owned());
        match &self.body {
            Body::TooLarge => return Err(NotAnObject::TooLarge),
            Body::Broken => return Err(invalid("the body broke off")),
            Body::Whole(bytes) if bytes.is_empty() => return Err(invalid("the body is empty")),
            Body::Whole(_) => {}
        }
        match serde_json::from_slice(self.bytes()) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(invalid("the body is not a JSON object")),
            // serde_json names place and kind of the fault, never what stood there.
            Err(error) => Err(NotAnObject::Invalid(error.to_string())),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let (parts, body) = request.into_parts();
        let declared = parts
            .headers
            .get(axum::http::header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        let body = if declared.is_some_and(|length| length > MAX_BODY) { Body::TooLarge } else { read(body).await };
        let query = Query::try_from_uri(&parts.uri).map_or_else(|_| Vec::new(), |Query(pairs)| pairs);
        Ok(Self { method: parts.method, path: parts.uri.path().to_owned(), headers: parts.headers, query, body })
    }
}

async fn read(body: axum::body::Body) -> Body {
    match to_bytes(body, MAX_BODY).await {
        Ok(bytes) => Body::Whole(bytes),
        Err(error) => {
            let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
            while let Some(cause) = source {
                if cause.to_string().contains("length limit exceeded") {
                    return Body::TooLarge;
                }
                source = cause.source();
            }
            Body::Broken
        }
    }
}

#[cfg(test)]
mod tests;

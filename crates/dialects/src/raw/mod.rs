//! A request as it came: bytes, headers and query, before any dialect looks at it.
//!
//! Law: a signature is checked over the bytes that were received, never over a value that was read and written again;
//! and no request is refused before a dialect can say so in its own words, so a body that is too large arrives here as
//! [`Body::TooLarge`] instead of an error.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};
use domain::audit::Origin;
use domain::refusal::{Refusal, RefusalCode};
use serde_json::{Map, Value};

use crate::credentials;

/// Largest body that a dialect reads, in bytes.
pub const MAX_BODY: usize = 256 * 1024;
/// Largest list of ten thousand people.
pub const MAX_LIST: usize = 8 * 1024 * 1024;

/// Largest body that is read at a path.
pub(crate) fn most_of(path: &str) -> usize {
    if path.ends_with("/contacts/bulk") { MAX_LIST } else { MAX_BODY }
}

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
    /// Where it came from.
    pub origin: Origin,
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

/// A request without its body, as a handshake is.
#[derive(Clone, Debug)]
pub struct Head {
    /// Its header fields.
    pub headers: HeaderMap,
    /// Query parameters in the order they came, decoded.
    pub query: Vec<(String, String)>,
    /// Where it came from.
    pub origin: Origin,
}

impl Head {
    /// A header field as text; `None` where it is missing or not plain text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    /// The first query parameter of that name.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Head {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let origin = parts.extensions.get::<Origin>().cloned().unwrap_or_default();
        Ok(Self { headers: parts.headers.clone(), query: query(&parts.uri), origin })
    }
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

    /// The secret of `Authorization: Bearer …`, `X-API-Key` or `?api_key=`.
    pub fn secret(&self) -> Option<&str> {
        credentials::secret(&self.headers, &self.query)
    }

    /// The body's bytes; empty where there are none.
    pub fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Whole(bytes) => bytes,
            Body::TooLarge | Body::Broken => &[],
        }
    }

    /// The body as a JSON object. Of a name that stands twice the last value counts, as in every vendor's own language.
    pub fn object(&self) -> Result<Map<String, Value>, NotAnObject> {
        self.body.object()
    }

    /// The client's own name for the request, if it sent one; more than one of it is none.
    pub fn idempotency_key(&self) -> Result<Option<&str>, Refusal> {
        let mut all = self.headers.get_all("idempotency-key").iter();
        let Some(first) = all.next() else { return Ok(None) };
        match (first.to_str(), all.next()) {
            (Ok(text), None) => Ok(Some(text)),
            _ => {
                let detail = "send one Idempotency-Key of 1 to 255 printable ASCII characters";
                Err(Refusal::new(RefusalCode::InvalidRequest, detail))
            }
        }
    }
}

impl Body {
    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, NotAnObject> {
        let invalid = |detail: &str| NotAnObject::Invalid(detail.to_owned());
        let bytes = match self {
            Self::TooLarge => return Err(NotAnObject::TooLarge),
            Self::Broken => return Err(invalid("the body broke off")),
            Self::Whole(bytes) if bytes.is_empty() => return Err(invalid("the body is empty")),
            Self::Whole(bytes) => bytes,
        };
        match serde_json::from_slice(bytes) {
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
        let (mut parts, body) = request.into_parts();
        let body = match parts.extensions.remove::<Body>() {
            // Whoever chose the dialect has read it.
            Some(read) => read,
            None => whole(&parts.headers, body, most_of(parts.uri.path())).await,
        };
        let query = query(&parts.uri);
        let origin = parts.extensions.remove::<Origin>().unwrap_or_default();
        let path = parts.uri.path().to_owned();
        Ok(Self { method: parts.method, path, headers: parts.headers, query, origin, body })
    }
}

/// Query parameters in the order they came, decoded; none where they cannot be read.
pub(crate) fn query(uri: &Uri) -> Vec<(String, String)> {
    Query::try_from_uri(uri).map_or_else(|_| Vec::new(), |Query(pairs)| pairs)
}

/// Reads a body as far as a dialect would.
pub(crate) async fn whole(headers: &HeaderMap, body: axum::body::Body, most: usize) -> Body {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > most) { Body::TooLarge } else { read(body, most).await }
}

async fn read(body: axum::body::Body, most: usize) -> Body {
    match to_bytes(body, most).await {
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

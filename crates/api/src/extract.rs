//! Reading requests so that whatever is wrong with them is named by a JSON pointer (RFC 6901).
//!
//! Law: text that is not JSON is 400; JSON of another shape is 422 with the field at fault; unknown fields are faults.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use domain::refusal::{Refusal, RefusalCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::{HttpFault, Problem};

/// Largest body that any route takes, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// A body in JSON.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

/// A body in JSON or YAML (RFC 9512), by its media type.
#[derive(Clone, Debug)]
pub struct JsonOrYaml<T>(pub T);

/// Query parameters.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if media_type(request.headers()) != MediaType::Json {
            let detail = "send the body as `Content-Type: application/json`";
            return Err(Problem::http(HttpFault::UnsupportedMediaType, detail));
        }
        let value = parse_json(&body(request, state).await?)?;
        from_value(value, "").map(Self)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonOrYaml<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let media_type = media_type(request.headers());
        let value = match media_type {
            MediaType::Json => parse_json(&body(request, state).await?)?,
            MediaType::Yaml => parse_yaml(&body(request, state).await?)?,
            MediaType::Other => {
                let detail = "send the body as `Content-Type: application/json` or `application/yaml`";
                return Err(Problem::http(HttpFault::UnsupportedMediaType, detail));
            }
        };
        from_value(value, "").map(Self)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        axum::extract::Query::<T>::try_from_uri(&parts.uri).map(|axum::extract::Query(query)| Self(query)).map_err(
            |e| {
                let source = std::error::Error::source(&e).map(ToString::to_string);
                let text = source.unwrap_or_else(|| e.body_text());
                // serde_path_to_error writes `name: what`, or only `what` where no parameter is at fault.
                match text.split_once(": ") {
                    Some((name, what)) if !name.contains(' ') => Problem::field(format!("?{name}"), what),
                    _ => Problem::field("?", text),
                }
            },
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MediaType {
    Json,
    Yaml,
    Other,
}

fn media_type(headers: &HeaderMap) -> MediaType {
    let Some(text) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return MediaType::Other;
    };
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => MediaType::Json,
        "application/yaml" | "application/x-yaml" | "text/yaml" => MediaType::Yaml,
        json if json.starts_with("application/") && json.ends_with("+json") => MediaType::Json,
        _ => MediaType::Other,
    }
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection: BytesRejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let detail = format!("the body may have {} KiB at most", MAX_BODY / 1024);
            return Refusal::new(RefusalCode::BodyTooLarge, detail).into();
        }
        Problem::http(HttpFault::MalformedBody, "the body broke off")
    })
}

fn parse_json(body: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(body).map_err(|e| {
        let detail = if body.is_empty() { "the body is empty; send a JSON object".to_owned() } else { e.to_string() };
        Problem::http(HttpFault::MalformedBody, detail)
    })
}

fn parse_yaml(body: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| Problem::http(HttpFault::MalformedBody, "YAML must be UTF-8"))?;
    serde_saphyr::from_str(text).map_err(|e| {
        let place = e.location().map(|at| format!("line {}, column {}: ", at.line(), at.column())).unwrap_or_default();
        Problem::http(HttpFault::MalformedBody, format!("{place}{}", first_line(&e.to_string())))
    })
}

fn first_line(text: &str) -> &str {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or("not YAML").trim()
}

/// Reads a wire type from JSON; the fault's pointer starts with `prefix`.
pub fn from_value<T: DeserializeOwned>(value: Value, prefix: &str) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|e| {
        let pointer = format!("{prefix}{}", pointer(e.path()));
        Problem::field(pointer, e.into_inner().to_string())
    })
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            // RFC 6901, 3.
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

/// The one name in a route's path: an id, a slug, a number.
#[derive(Clone, Debug)]
pub struct Name(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<String>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(name)) => Ok(Self(name)),
            Err(_) => Err(Refusal::new(RefusalCode::NotFound, "the path is not UTF-8 text").into()),
        }
    }
}

impl Name {
    /// Reads a typed id; what is not one cannot exist either.
    pub fn id<T: std::str::FromStr>(&self, what: &str) -> Result<T, Problem> {
        let missing = || Refusal::new(RefusalCode::NotFound, format!("no such {what} in this organization"));
        self.0.parse().map_err(|_| missing().into())
    }
}

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

/// A body in JSON that may be left out.
#[derive(Clone, Debug)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(Self(T::default()));
        }
        Json::from_request(request, state).await.map(|Json(value)| Self(value))
    }
}

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
        from_value(value).map(Self)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonOrYaml<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match media_type(request.headers()) {
            MediaType::Json => from_value(parse_json(&body(request, state).await?)?).map(Self),
            MediaType::Yaml => parse_yaml(&body(request, state).await?).map(Self),
            MediaType::Other => {
                let detail = "send the body as `Content-Type: application/json` or `application/yaml`";
                Err(Problem::http(HttpFault::UnsupportedMediaType, detail))
            }
        }
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

/// Reads the wire type from the text itself: by way of JSON, `slug: no` would become a boolean (YAML 1.1).
fn parse_yaml<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| Problem::http(HttpFault::MalformedBody, "YAML must be UTF-8"))?;
    // First only as YAML, so that what is no YAML and what is another shape are told apart.
    let broken = |e: Box<serde_saphyr::Error>| Problem::http(HttpFault::MalformedBody, in_one_line(&e));
    yaml::<serde::de::IgnoredAny>(text).map_err(|(_, e)| broken(e))?;
    yaml(text).map_err(|(pointer, e)| fault(pointer, in_one_line(&e)))
}

fn yaml<T: DeserializeOwned>(text: &str) -> Result<T, (String, Box<serde_saphyr::Error>)> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_documents: 1 },
        with_snippet: false,
    };
    let mut place = String::new();
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
        serde_path_to_error::deserialize(deserializer).map_err(|e| {
            place = pointer(e.path());
            e.into_inner()
        })
    });
    read.map_err(|e| (place, Box::new(e)))
}

fn in_one_line(error: &serde_saphyr::Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    if !value.is_object() {
        // A derived reader would take an array for the fields in order.
        return Err(Problem::field("", "the body must be a JSON object"));
    }
    serde_path_to_error::deserialize(value).map_err(|e| fault(pointer(e.path()), e.inner().to_string()))
}

/// A missing field has no place in the text; its own pointer is still what the client wants to read.
fn fault(mut pointer: String, detail: String) -> Problem {
    if let Some(name) = detail.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        pointer = format!("{pointer}/{name}");
    }
    Problem::field(pointer, detail)
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

/// The two names in a route's path, in order.
#[derive(Clone, Debug)]
pub struct TwoNames(pub String, pub String);

impl<S: Send + Sync> FromRequestParts<S> for TwoNames {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<(String, String)>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path((first, second))) => Ok(Self(first, second)),
            Err(_) => Err(Refusal::new(RefusalCode::NotFound, "the path is not UTF-8 text").into()),
        }
    }
}

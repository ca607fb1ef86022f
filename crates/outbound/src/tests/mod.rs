//! Forbidden spellings, resolvers that lie, and real exchanges over loopback.

use super::*;

mod exchanges;
mod names;
mod spellings;

fn request(url: &str) -> HttpRequest {
    HttpRequest { method: "GET".into(), url: url.into(), timeout: Duration::from_secs(5), ..HttpRequest::default() }
}

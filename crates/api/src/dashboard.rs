//! The dashboard under `/app`: files that the binary carries, sent with the headers that keep a page to itself.
//!
//! Law: nothing here knows a call or a key; what a page shows it asks the API for, as anybody would. Files whose names
//! hold their content's hash may be kept for ever, the page itself is asked for each time. Only paths below `/app` that
//! name no file are answered with the page: the API's own paths keep their 404.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;

use crate::problem::{HttpFault, Problem};

/// Everything comes from this server, and no script is written into a page. Styles are: the editor, the waveform and
/// the dialogs measure and place what they draw.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const KEPT: &str = "public, max-age=31536000, immutable";

/// Routes of the dashboard.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(root))
        .route("/app", get(|| async { Redirect::permanent("/app/") }))
        .route("/app/", get(page))
        .route("/app/{*path}", get(file))
}

/// Browsers are shown the way; programs are told that nothing is here.
async fn root(headers: HeaderMap) -> axum::response::Response {
    let browser = headers.get(header::ACCEPT).is_some_and(|accept| contains(accept, "text/html"));
    if browser {
        return Redirect::temporary("/app/").into_response();
    }
    Problem::http(HttpFault::UnknownRoute, "nothing lives at this path; the routes are listed at /openapi.json")
        .into_response()
}

async fn page(headers: HeaderMap) -> axum::response::Response {
    send(ui_assets::find(ui_assets::INDEX), &headers)
}

async fn file(Path(path): Path<String>, headers: HeaderMap) -> axum::response::Response {
    let found = ui_assets::find(&path);
    let is_page = found.is_none() && !path.starts_with("assets/");
    send(if is_page { ui_assets::find(ui_assets::INDEX) } else { found }, &headers)
}

fn send(file: Option<&'static ui_assets::File>, asked: &HeaderMap) -> axum::response::Response {
    let Some(file) = file else {
        let detail = "the dashboard has no such file; it was perhaps updated: load the page anew";
        return Problem::http(HttpFault::UnknownRoute, detail).into_response();
    };
    let packs = asked.get(header::ACCEPT_ENCODING).is_some_and(|accept| contains(accept, "gzip"));
    let packed = file.gzip.filter(|_| packs);
    let mut answer = Response::new(Body::from(Bytes::from_static(packed.unwrap_or(file.bytes))));
    *answer.status_mut() = StatusCode::OK;
    let headers = answer.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_TYPE, file.media_type());
    set(header::CACHE_CONTROL, if file.is_hashed() { KEPT } else { "no-cache" });
    set(header::VARY, "Accept-Encoding");
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(self)");
    if packed.is_some() {
        set(header::CONTENT_ENCODING, "gzip");
    }
    answer
}

fn contains(value: &HeaderValue, word: &str) -> bool {
    value.to_str().is_ok_and(|value| value.contains(word))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn ask(path: &str, accept: &str) -> Response<Body> {
        let request = Request::get(path).header("accept", accept).body(Body::empty()).unwrap();
        routes::<()>().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn the_page_answers_below_app_and_nowhere_else() {
        for (path, accept, status) in [
            ("/", "text/html,*/*", 307),
            ("/", "*/*", 404),
            ("/app", "text/html", 308),
            ("/app/", "text/html", 200),
            ("/app/calls/019", "text/html", 200),
            ("/app/assets/of-yesterday.js", "*/*", 404),
        ] {
            let answer = ask(path, accept).await;
            assert_eq!(answer.status().as_u16(), status, "{path}");
            if status == 200 {
                let headers = answer.headers();
                assert_eq!(headers["cache-control"], "no-cache", "{path}");
                assert!(headers["content-security-policy"].to_str().unwrap().contains("script-src 'self';"), "{path}");
            }
        }
    }

    #[tokio::test]
    async fn files_named_by_their_content_are_kept() {
        for file in ui_assets::FILES.iter().filter(|file| file.is_hashed()) {
            let answer = ask(&format!("/app/{}", file.path), "*/*").await;
            assert_eq!(answer.headers()["cache-control"], KEPT, "{}", file.path);
        }
    }
}

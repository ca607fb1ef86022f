//! `outdial webhooks listen`: a receiver for trying things out. It verifies, prints one line an event (or the body as
//! JSON), and answers 204, or 401 to what it cannot verify.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use domain::time::Timestamp;
use domain::webhook::WebhookSecret;
use serde_json::Value;
use tokio::net::TcpListener;
use webhooks::signature;

use crate::output::{Output, complain};
use crate::signals::Signals;

struct Receiver {
    secret: Option<WebhookSecret>,
    output: Output,
}

/// Runs the command until a signal ends it.
pub async fn run(listen: SocketAddr, secret_env: &str, output: Output) -> Result<()> {
    let mut signals = Signals::listen()?;
    let secret = crate::config::secret(secret_env).map(WebhookSecret::stored);
    if secret.is_none() {
        complain(&format!("{secret_env} is not set: signatures are not verified"));
    }
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    output.line(&format!("listening on http://{}", listener.local_addr()?))?;
    let serving = axum::serve(listener, router(secret, output)).with_graceful_shutdown(async move {
        let _signal = signals.next().await;
    });
    Ok(serving.await?)
}

fn router(secret: Option<WebhookSecret>, output: Output) -> Router {
    let receiver = Arc::new(Receiver { secret, output });
    Router::new().route("/", post(receive)).route("/{*path}", post(receive)).with_state(receiver)
}

async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let id = header(signature::ID);
    let (timestamp, signatures) = (header(signature::TIMESTAMP), header(signature::SIGNATURE));
    let verified = receiver
        .secret
        .as_ref()
        .map(|secret| signature::verify(secret, id, timestamp, signatures, &body, Timestamp::now()));
    if let Some(Err(why)) = verified {
        complain(&format!("refused {id}: {why}"));
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(value) = serde_json::from_slice::<Value>(&body) else {
        complain(&format!("refused {id}: the body is not JSON"));
        return StatusCode::BAD_REQUEST;
    };
    let mark = if verified.is_some() { "verified" } else { "not verified" };
    let line = if receiver.output.json {
        receiver.output.json_line(&value)
    } else {
        receiver.output.line(&told(id, mark, &value))
    };
    match line {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn told(id: &str, mark: &str, value: &Value) -> String {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let parts = [text("/timestamp"), text("/type"), text("/data/call/id"), text("/data/call/status"), id, mark];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

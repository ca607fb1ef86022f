//! Against a real HTTP server on loopback that behaves, and misbehaves, as servers do.

use std::sync::Arc;
use std::time::Duration;

use app::ports::language_model::{ChatMessage, ToolCall, ToolSpec};
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::mpsc as channel;
use tokio::task::JoinSet;

use super::*;

/// What the server saw.
#[derive(Clone)]
struct Seen {
    requests: channel::Sender<(HeaderMap, serde_json::Value)>,
    gone: channel::Sender<()>,
}

struct Server {
    address: std::net::SocketAddr,
    requests: channel::Receiver<(HeaderMap, serde_json::Value)>,
    gone: channel::Receiver<()>,
    _tasks: JoinSet<()>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let (requests, seen_requests) = channel::channel(8);
        let (gone, seen_gone) = channel::channel(8);
        let router = axum::Router::new()
            .route("/{scenario}/chat/completions", post(answer))
            .route("/{scenario}/models", get(models))
            .with_state(Arc::new(Seen { requests, gone }));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.expect("serves") });
        Self { address, requests: seen_requests, gone: seen_gone, _tasks: tasks }
    }

    fn model(&self, scenario: &str) -> OpenAiCompatible {
        let base = format!("http://{}/{scenario}", self.address);
        let mut settings = OpenAiSettings::new(base, Some("sk-secret".to_owned()));
        settings.first_token = Duration::from_millis(400);
        settings.between_tokens = Duration::from_millis(400);
        OpenAiCompatible::new(settings).expect("valid address")
    }
}

/// Tells when the connection of a streamed body is closed.
struct TellsWhenGone(channel::Sender<()>);

impl Drop for TellsWhenGone {
    fn drop(&mut self) {
        let _ = self.0.try_send(());
    }
}

async fn answer(
    Path(scenario): Path<String>,
    State(seen): State<Arc<Seen>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = serde_json::from_slice(&body).expect("JSON");
    seen.requests.send((headers, body)).await.expect("test listens");
    let text = |content: &str| {
        format!(
            "data: {}\n\n",
            serde_json::json!({"choices": [{"delta": {"content": content}, "finish_reason": null}]})
        )
    };
    let finish = |why: &str| format!("data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"{why}\"}}]}}\n\n");
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3}}\n\n";
    let done = "data: [DONE]\n\n";
    match scenario.as_str() {
        "plain" => [text("Hello"), text(" café 😀"), finish("stop"), usage.into(), done.into()].concat().into_response(),
        "split" => {
            let whole = [text("Grüße, 日本"), finish("stop"), done.into()].concat().into_bytes();
            stream(whole.chunks(1).map(<[u8]>::to_vec).collect(), None)
        }
        "tools" => [
            r#"data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"book","arguments":""}}]}}]}"#,
            r#"data: {"choices":[{"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"note","arguments":"{\"x\""}}]}}]}"#,
            r#"data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"day\":"}}]}}]}"#,
            r#"data: {"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"arguments":":1}"}},{"index":0,"function":{"arguments":"\"Thu\"}"}}]}}]}"#,
            r#"data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#,
            "data: [DONE]\n\n",
        ]
        .join("\n\n")
        .into_response(),
        "stall" => stream(vec![text("One").into_bytes()], Some(TellsWhenGone(seen.gone.clone()))),
        "mute" => stream(Vec::new(), Some(TellsWhenGone(seen.gone.clone()))),
        "cut" => text("Half a").into_response(),
        "malformed" => [text("Fine"), "data: {\"choices\":[{]}\n\n".into()].concat().into_response(),
        "inner" => "data: {\"error\":{\"message\":\"overloaded\"}}\n\n".into_response(),
        "html" => "<html>welcome</html>".into_response(),
        status => StatusCode::from_u16(status.parse().expect("scenario")).expect("status").into_response(),
    }
}

async fn models(Path(scenario): Path<String>, headers: HeaderMap) -> Response {
    if headers.get("authorization").is_none_or(|key| key != "Bearer sk-secret") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match scenario.as_str() {
        "plain" => r#"{"object":"list","data":[{"id":"small","object":"model"},{"id":"large"}]}"#.into_response(),
        "mute" => std::future::pending().await,
        "html" => "<html>welcome</html>".into_response(),
        status => StatusCode::from_u16(status.parse().expect("scenario")).expect("status").into_response(),
    }
}

/// Sends the pieces one by one, then stays open for as long as `guard` is given.
fn stream(pieces: Vec<Vec<u8>>, guard: Option<TellsWhenGone>) -> Response {
    let state = (pieces.into_iter(), guard);
    let body = futures_util::stream::unfold(state, |(mut pieces, guard)| async move {
        match pieces.next() {
            Some(piece) => {
                tokio::task::yield_now().await;
                Some((Ok::<_, std::io::Error>(piece), (pieces, guard)))
            }
            None if guard.is_some() => std::future::pending().await,
            None => None,
        }
    });
    Body::from_stream(body).into_response()
}

fn request() -> ChatRequest {
    ChatRequest {
        model: "test-model".to_owned(),
        messages: vec![
            ChatMessage::System("Be brief.".to_owned()),
            ChatMessage::User("Hi".to_owned()),
            ChatMessage::Assistant {
                text: String::new(),
                tool_calls: vec![ToolCall { id: "t1".into(), name: "look".into(), arguments: "{}".into() }],
            },
            ChatMessage::Tool { id: "t1".to_owned(), content: "42".to_owned() },
        ],
        tools: vec![ToolSpec {
            name: "look".to_owned(),
            description: "Looks.".to_owned(),
            parameters: serde_json::json!({"type": "object"}),
        }],
    }
}

async fn collect(model: &OpenAiCompatible) -> Result<Vec<ChatDelta>, ProviderError> {
    let mut deltas = model.reply(request()).await?;
    let mut all = Vec::new();
    while let Some(delta) = deltas.recv().await {
        all.push(delta?);
    }
    Ok(all)
}

#[tokio::test]
async fn a_reply_is_streamed_with_its_token_counts() {
    let mut server = Server::start().await;
    let deltas = collect(&server.model("plain")).await.expect("replies");
    let done = ChatDelta::Done { prompt_tokens: Some(12), completion_tokens: Some(3) };
    assert_eq!(deltas, [ChatDelta::Text("Hello".into()), ChatDelta::Text(" café 😀".into()), done]);
    let (headers, body) = server.requests.recv().await.expect("request");
    assert_eq!(headers["authorization"], "Bearer sk-secret");
    let wanted = serde_json::json!({
        "model": "test-model",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "tool_calls": [
                {"id": "t1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
            {"role": "tool", "content": "42", "tool_call_id": "t1"},
        ],
        "tools": [{"type": "function", "function":
            {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}}],
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    assert_eq!(body, wanted);
}

#[tokio::test]
async fn characters_cut_by_the_network_are_whole_again() {
    let server = Server::start().await;
    let deltas = collect(&server.model("split")).await.expect("replies");
    assert_eq!(deltas[0], ChatDelta::Text("Grüße, 日本".into()));
}

#[tokio::test]
async fn pieces_of_tool_calls_are_joined_by_index() {
    let server = Server::start().await;
    let deltas = collect(&server.model("tools")).await.expect("replies");
    let call = |id: &str, name: &str, arguments: &str| {
        ChatDelta::ToolCall(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() })
    };
    let done = ChatDelta::Done { prompt_tokens: None, completion_tokens: None };
    assert_eq!(deltas, [call("a", "book", r#"{"day":"Thu"}"#), call("b", "note", r#"{"x":1}"#), done]);
}

#[tokio::test]
async fn statuses_say_whether_to_retry() {
    let server = Server::start().await;
    let table = [
        ("429", ProviderErrorKind::Overloaded),
        ("500", ProviderErrorKind::Overloaded),
        ("503", ProviderErrorKind::Overloaded),
        ("504", ProviderErrorKind::Timeout),
        ("400", ProviderErrorKind::Rejected),
        ("401", ProviderErrorKind::Rejected),
        ("404", ProviderErrorKind::Rejected),
    ];
    for (status, kind) in table {
        let error = collect(&server.model(status)).await.expect_err(status);
        assert_eq!(error.kind, kind, "{status}");
        assert!(!error.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn a_silent_or_stalling_server_runs_into_the_deadline() {
    let mut server = Server::start().await;
    let error = collect(&server.model("mute")).await.expect_err("no first token");
    assert_eq!(error.kind, ProviderErrorKind::Timeout);
    server.gone.recv().await.expect("connection closed");
    let model = server.model("stall");
    let mut deltas = model.reply(request()).await.expect("begins");
    assert_eq!(deltas.recv().await, Some(Ok(ChatDelta::Text("One".into()))));
    let error = deltas.recv().await.expect("an answer").expect_err("no second token");
    assert_eq!(error.kind, ProviderErrorKind::Timeout);
}

#[tokio::test]
async fn broken_replies_are_errors_and_never_complete() {
    let server = Server::start().await;
    for scenario in ["cut", "malformed", "inner", "html"] {
        let error = collect(&server.model(scenario)).await.expect_err(scenario);
        assert!(error.retryable(), "{scenario}");
    }
}

#[tokio::test]
async fn dropping_the_receiver_closes_the_connection() {
    let mut server = Server::start().await;
    let mut settings = server.model("stall");
    settings.settings.between_tokens = Duration::from_secs(3600);
    let mut deltas = settings.reply(request()).await.expect("begins");
    deltas.recv().await.expect("first token").expect("text");
    drop(deltas);
    let gone = tokio::time::timeout(Duration::from_secs(10), server.gone.recv()).await;
    assert!(gone.expect("in time").is_some());
}

#[test]
fn addresses_without_a_path_get_the_version() {
    let endpoint =
        |base: &str| OpenAiCompatible::new(OpenAiSettings::new(base, None)).map(|model| model.endpoint.to_string());
    assert_eq!(endpoint("http://127.0.0.1:11434").expect("valid"), "http://127.0.0.1:11434/v1/chat/completions");
    assert_eq!(endpoint("https://example.com/api/v1/").expect("valid"), "https://example.com/api/v1/chat/completions");
    assert!(endpoint("ftp://example.com").is_err());
    assert!(endpoint("not an address").is_err());
}

#[tokio::test]
async fn models_are_listed_or_the_reason_is_told() {
    let server = Server::start().await;
    assert_eq!(server.model("plain").models().await.expect("a list"), ["small", "large"]);
    for (scenario, kind) in [
        ("html", ProviderErrorKind::Unavailable),
        ("mute", ProviderErrorKind::Timeout),
        ("403", ProviderErrorKind::Rejected),
        ("500", ProviderErrorKind::Overloaded),
    ] {
        let error = server.model(scenario).models().await.expect_err(scenario);
        assert_eq!(error.kind, kind, "{scenario}: {error}");
        assert!(!error.to_string().contains("sk-secret"));
    }
    assert_eq!(host("https://user:secret@api.example.com:8443/v1?key=x").as_deref(), Some("api.example.com"));
    assert_eq!(host("not an address"), None);
}

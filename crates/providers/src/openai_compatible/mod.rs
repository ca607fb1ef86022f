//! Language models over the chat-completions wire that `OpenAI`, Ollama, vLLM, Groq, `OpenRouter` and others speak.
//!
//! Law: the first token and each token after it have a deadline; dropping the receiver closes the connection, which is
//! how a request is cancelled on this wire. Stands behind the prompt side of an agent.
//! Source: <https://platform.openai.com/docs/api-reference/chat>.

mod reply;
mod sse;
mod wire;

#[cfg(test)]
mod tests;

use std::time::Duration;

use app::ports::language_model::{ChatDelta, ChatRequest};
use app::ports::provider_error::ProviderErrorKind;
use app::ports::{LanguageModel, ProviderError};
use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

use reply::Reply;

/// Name in configuration and agent definitions.
pub const NAME: &str = "openai_compatible";
/// Deltas that may wait for the session; it reads them as they come, and the connection waits when it does not.
const DELTAS: usize = 64;
const CONNECT: Duration = Duration::from_secs(3);

/// Where the model is, and how patient we are with it.
#[derive(Clone)]
pub struct OpenAiSettings {
    /// `https://api.openai.com/v1`; without a path, `/v1` is added.
    pub base_url: String,
    /// Sent as a bearer token; local servers need none.
    pub api_key: Option<String>,
    /// From the request to the first delta.
    pub first_token: Duration,
    /// Between two deltas.
    pub between_tokens: Duration,
    /// Sampling temperature; the server's own when not given.
    pub temperature: Option<f32>,
    /// Most tokens of a reply; the server's own limit when not given.
    pub max_tokens: Option<u32>,
}

impl OpenAiSettings {
    /// Defaults that suit a conversation.
    pub fn new(base_url: impl Into<String>, api_key: Option<String>) -> Self {
        Self {
            base_url: base_url.into(),
            api_key,
            first_token: Duration::from_secs(5),
            between_tokens: Duration::from_secs(3),
            temperature: None,
            max_tokens: None,
        }
    }
}

impl std::fmt::Debug for OpenAiSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenAiSettings").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// A server that speaks chat completions.
#[derive(Clone, Debug)]
pub struct OpenAiCompatible {
    client: reqwest::Client,
    endpoint: reqwest::Url,
    settings: OpenAiSettings,
    replies: TaskTracker,
}

impl OpenAiCompatible {
    /// Checks the address and prepares the connections. Nothing is sent.
    pub fn new(settings: OpenAiSettings) -> Result<Self, ProviderError> {
        let not_an_address = || error_of(ProviderErrorKind::Rejected, "base_url is not a valid http or https address");
        let mut endpoint = reqwest::Url::parse(&settings.base_url).map_err(|_| not_an_address())?;
        if !matches!(endpoint.scheme(), "http" | "https") {
            return Err(not_an_address());
        }
        let base = endpoint.path().trim_end_matches('/').to_owned();
        let base = if base.is_empty() { "/v1".to_owned() } else { base };
        endpoint.set_path(&format!("{base}/chat/completions"));
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|_| error_of(ProviderErrorKind::Unavailable, "the TLS client cannot be set up"))?;
        Ok(Self { client, endpoint, settings, replies: TaskTracker::new() })
    }

    async fn request(&self, http: reqwest::RequestBuilder) -> Result<reqwest::Response, ProviderError> {
        let mut http = http;
        if let Some(key) = &self.settings.api_key {
            http = http.bearer_auth(key);
        }
        // The error's own text would name the address with its query; the kind of failure is enough.
        let response = http.send().await.map_err(|error| {
            let detail = if error.is_connect() { "cannot connect" } else { "the connection broke" };
            error_of(ProviderErrorKind::Unavailable, detail)
        })?;
        let status = response.status().as_u16();
        if status == 200 { Ok(response) } else { Err(refusal(status)) }
    }
}

/// The host of a base address, for people; nothing of what else may stand in it.
pub fn host(base_url: &str) -> Option<String> {
    Some(reqwest::Url::parse(base_url).ok()?.host_str()?.to_owned())
}

/// What an HTTP status means for the caller.
fn refusal(status: u16) -> ProviderError {
    let (kind, why) = match status {
        408 | 504 => (ProviderErrorKind::Timeout, "the server ran out of time"),
        409 | 425 | 429 => (ProviderErrorKind::Overloaded, "the server asks to slow down"),
        500..=599 => (ProviderErrorKind::Overloaded, "the server failed"),
        401 | 403 => (ProviderErrorKind::Rejected, "the key was refused"),
        404 => (ProviderErrorKind::Rejected, "no such address or model"),
        300..=399 => (ProviderErrorKind::Rejected, "the server redirects; set base_url to its new address"),
        _ => (ProviderErrorKind::Rejected, "the request was refused"),
    };
    error_of(kind, &format!("{why} (HTTP {status})"))
}

#[async_trait]
impl LanguageModel for OpenAiCompatible {
    async fn reply(
        &self,
        request: ChatRequest,
    ) -> Result<mpsc::Receiver<Result<ChatDelta, ProviderError>>, ProviderError> {
        let deadline = Instant::now() + self.settings.first_token;
        let late = |_| error_of(ProviderErrorKind::Timeout, "no first token in time");
        let http = self.client.post(self.endpoint.clone()).json(&wire::body(&request, &self.settings));
        let response = timeout_at(deadline, self.request(http)).await.map_err(late)??;
        let (output, deltas) = mpsc::channel(DELTAS);
        let reply = Reply::new(response, output, deadline, self.settings.between_tokens);
        self.replies.spawn(reply.run());
        Ok(deltas)
    }

    async fn models(&self) -> Result<Vec<String>, ProviderError> {
        let mut address = self.endpoint.clone();
        address.set_path(&format!("{}models", self.endpoint.path().trim_end_matches("chat/completions")));
        let deadline = Instant::now() + self.settings.first_token;
        let late = |_| error_of(ProviderErrorKind::Timeout, "no list of models in time");
        let list = async {
            let response = self.request(self.client.get(address)).await?;
            let unread = |_| error_of(ProviderErrorKind::Unavailable, "the list of models cannot be read");
            response.json::<wire::Models>().await.map_err(unread)
        };
        let list = timeout_at(deadline, list).await.map_err(late)??;
        Ok(list.data.into_iter().map(|model| model.id).collect())
    }
}

fn error_of(kind: ProviderErrorKind, detail: &str) -> ProviderError {
    ProviderError { provider: NAME, kind, detail: detail.to_owned() }
}

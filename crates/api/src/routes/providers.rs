//! What calls hear, speak and think with: looking at it, and trying it.

use std::io::Cursor;

use app::look_at_providers::{ProviderTrial, voice_id};
use app::tools::ToolOutcome;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{AgentsRead, AgentsWrite, Caller};
use crate::extract::{Json, Name, TwoNames};
use crate::problem::{HttpFault, Problem};
use crate::router::ApiState;
use crate::wire::Listing;
use crate::wire::providers::{Provider, ProviderTest, SampleVoice, SpeakingVoice, TestProvider, TestTool, ToolTest};

/// Samples a second of a voice's sample: a telephone's.
const SAMPLE_RATE: u32 = 8_000;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_providers))
        .routes(routes!(test_provider))
        .routes(routes!(list_voices))
        .routes(routes!(sample_voice))
        .routes(routes!(test_tool))
}

/// List providers
///
/// What calls on this node hear, speak, understand and think with. Set up in the server's configuration.
#[utoipa::path(get, path = "/v1/providers", tag = "providers", security(("api_key" = ["agents:read"])),
    responses(
        (status = 200, description = "All providers", body = Listing<Provider>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_providers(
    State(state): State<ApiState>,
    caller: Caller<AgentsRead>,
) -> Result<axum::Json<Listing<Provider>>, Problem> {
    let all = state.platform.list_providers(&caller.0)?;
    Ok(axum::Json(Listing::of(all.into_iter().map(Provider::from).collect::<Vec<_>>())))
}

/// Test a provider
///
/// Makes a small real request, the way calls do. A language model is asked for one reply by a model that an agent of the
/// organization uses, or for its list of models where none uses it.
#[utoipa::path(post, path = "/v1/providers/{name}/test", tag = "providers", security(("api_key" = ["agents:write"])),
    params(("name" = String, Path, description = "Name in the configuration")),
    request_body = TestProvider,
    responses(
        (status = 200, description = "What came of it", body = ProviderTest),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn test_provider(
    State(state): State<ApiState>,
    caller: Caller<AgentsWrite>,
    name: Name,
    Json(body): Json<TestProvider>,
) -> Result<axum::Json<ProviderTest>, Problem> {
    let kind = body.kind.map(|kind| kind.0);
    let ProviderTrial { took, error } = state.platform.test_provider(&caller.0, &name.0, kind).await?;
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    Ok(axum::Json(ProviderTest { ok: error.is_none(), took_ms, error: error.map(|error| error.to_string()) }))
}

/// List voices
#[utoipa::path(get, path = "/v1/voices", tag = "providers", security(("api_key" = ["agents:read"])),
    responses(
        (status = 200, description = "All voices of this node", body = Listing<SpeakingVoice>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_voices(
    State(state): State<ApiState>,
    caller: Caller<AgentsRead>,
) -> Result<axum::Json<Listing<SpeakingVoice>>, Problem> {
    let voices = state.platform.list_voices(&caller.0)?.into_iter().map(|voice| SpeakingVoice {
        id: voice_id(&voice),
        provider: voice.provider,
        name: voice.name,
        language: voice.language,
    });
    Ok(axum::Json(Listing::of(voices.collect::<Vec<_>>())))
}

/// Hear a voice
///
/// A text of at most 200 characters, as it sounds on the telephone: a WAV file, mono, 8,000 samples a second.
#[utoipa::path(post, path = "/v1/voices/{voice}/sample", tag = "providers", security(("api_key" = ["agents:write"])),
    params(("voice" = String, Path, description = "Id or name")),
    request_body = SampleVoice,
    responses(
        (status = 200, description = "The sound", body = Vec<u8>, content_type = "audio/wav"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn sample_voice(
    State(state): State<ApiState>,
    caller: Caller<AgentsWrite>,
    name: Name,
    Json(body): Json<SampleVoice>,
) -> Result<impl IntoResponse, Problem> {
    let samples = state.platform.sample_voice(&caller.0, &name.0, &body.text).await?;
    let file = wav(&samples).map_err(|_| Problem::http(HttpFault::Internal, "the sample could not be written"))?;
    Ok(([(header::CONTENT_TYPE, "audio/wav"), (header::CACHE_CONTROL, "no-store")], file))
}

fn wav(samples: &[i16]) -> Result<Vec<u8>, hound::Error> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut file, spec)?;
    for sample in samples {
        writer.write_sample(*sample)?;
    }
    writer.finalize()?;
    Ok(file.into_inner())
}

/// Test a tool
///
/// Runs a tool of the agent's draft as a call would; the request is really made.
#[utoipa::path(post, path = "/v1/agents/{agent}/tools/{tool}/test", tag = "agents",
    security(("api_key" = ["agents:write"])),
    params(("agent" = String, Path, description = "Slug or id"), ("tool" = String, Path, description = "Its name")),
    request_body = TestTool,
    responses(
        (status = 200, description = "What came of it", body = ToolTest),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn test_tool(
    State(state): State<ApiState>,
    caller: Caller<AgentsWrite>,
    names: TwoNames,
    Json(body): Json<TestTool>,
) -> Result<axum::Json<ToolTest>, Problem> {
    let TwoNames(agent, tool) = names;
    let outcome = state.platform.test_tool(&caller.0, &agent, &tool, body.arguments).await?;
    let ToolOutcome { status, body, duration_ms, error } = outcome;
    Ok(axum::Json(ToolTest { ok: error.is_none(), status, result: body, error, took_ms: duration_ms }))
}

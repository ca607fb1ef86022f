//! Providers and voices over real HTTP, with providers that the test made.

use std::sync::Arc;

use app::ports::ProviderError;
use app::ports::provider_error::ProviderErrorKind;
use app::ports::providers::{Provider, ProviderKind, Providers, Voice};
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::world::World;

/// One that works, one whose key is refused, one that is not set up; a voice that says as many samples as letters.
pub(crate) struct Made(pub(crate) Semaphore);

#[async_trait]
impl Providers for Made {
    fn all(&self) -> Vec<Provider> {
        let provider = |kind, name: &str, configured| Provider {
            kind,
            name: name.into(),
            local: name == "embedded",
            configured,
            detail: "made".into(),
        };
        vec![
            provider(ProviderKind::SpeechToText, "embedded", true),
            provider(ProviderKind::TextToSpeech, "embedded", true),
            provider(ProviderKind::LanguageModel, "cloud", true),
            provider(ProviderKind::LanguageModel, "other", false),
        ]
    }

    fn voices(&self) -> Vec<Voice> {
        vec![Voice { provider: "embedded".into(), name: "heart".into(), language: "en".into() }]
    }

    async fn test(&self, provider: &Provider, model: Option<String>) -> Result<(), ProviderError> {
        match provider.kind {
            ProviderKind::LanguageModel => {
                let detail = format!("the key was refused for {}", model.as_deref().unwrap_or("the list"));
                Err(ProviderError { provider: "cloud", kind: ProviderErrorKind::Rejected, detail })
            }
            _ => Ok(()),
        }
    }

    async fn say(&self, _: &Voice, text: String) -> Result<Vec<i16>, ProviderError> {
        let _turn = self.0.acquire().await.unwrap();
        Ok(vec![7; text.len()])
    }
}

async fn world(turns: usize) -> (World, Arc<Made>) {
    let made = Arc::new(Made(Semaphore::new(turns)));
    (World::with_providers(made.clone()).await, made)
}

#[tokio::test]
async fn providers_are_listed_and_tried() {
    let (world, _) = world(1).await;
    let (_, list) = world.get("/v1/providers").await;
    let first =
        json!({"kind": "speech_to_text", "name": "embedded", "local": true, "configured": true, "detail": "made"});
    assert_eq!((list["items"].as_array().unwrap().len(), &list["items"][0]), (4, &first));
    let told = world.post("/v1/providers/embedded/test", &json!({})).await;
    assert_eq!((&told["ok"], &told["error"]), (&json!(true), &Value::Null));
    let refused = |model: &str| json!(format!("cloud: the key was refused for {model}"));
    let told = world.post("/v1/providers/cloud/test", &json!({"kind": "language_model"})).await;
    assert_eq!((&told["ok"], &told["error"]), (&json!(false), &refused("the list")));
    let prompt = json!({"name": "P", "prompt": {"provider": "cloud", "model": "small"}});
    world.post("/v1/agents", &json!({"slug": "p", "definition": prompt})).await;
    assert_eq!(world.post("/v1/providers/cloud/test", &json!({})).await["error"], refused("small"));
    for (path, body, status) in [
        ("/v1/providers/other/test", json!({}), 404),
        ("/v1/providers/nobody/test", json!({}), 404),
        ("/v1/providers/cloud/test", json!({"kind": "embedder"}), 404),
        ("/v1/providers/cloud/test", json!({"kind": "ears"}), 422),
    ] {
        assert_eq!(world.send(Method::POST, path, &body).await.0, status, "{path} {body}");
    }
}

#[tokio::test]
async fn a_voice_is_heard_as_a_wav_file() {
    let (world, _) = world(1).await;
    let (_, list) = world.get("/v1/voices").await;
    let voice = json!({"id": "embedded:heart", "provider": "embedded", "name": "heart", "language": "en"});
    assert_eq!(list["items"], json!([voice]));
    for name in ["heart", "embedded:heart", "embedded%3Aheart"] {
        let request = world.request(Method::POST, &format!("/v1/voices/{name}/sample"));
        let answer = request.json(&json!({"text": " Hello. "})).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"]), (200, &"audio/wav".parse().unwrap()));
        let file = answer.bytes().await.unwrap();
        let mut file = hound::WavReader::new(file.as_ref()).unwrap();
        assert_eq!((file.spec().channels, file.spec().sample_rate), (1, 8_000));
        assert_eq!(file.samples::<i16>().map(Result::unwrap).collect::<Vec<_>>(), [7; 6]);
    }
    for (name, text, status) in [("nobody", "Hello.", 404), ("heart", "  ", 422), ("heart", &"é".repeat(201), 422)] {
        let path = format!("/v1/voices/{name}/sample");
        assert_eq!(world.send(Method::POST, &path, &json!({"text": text})).await.0, status, "{name} {text}");
    }
}

#[tokio::test]
async fn one_trial_too_many_is_told_to_wait() {
    let (world, made) = world(0).await;
    let body = json!({"text": "Hello."});
    let samples = (0..3).map(|_| world.send(Method::POST, "/v1/voices/heart/sample", &body));
    let mut answers: FuturesUnordered<_> = samples.collect();
    // Two wait for their turn to speak, whichever they are; the third is told at once.
    let (status, problem) = answers.next().await.unwrap();
    assert_eq!((status, &problem["facts"]["limit"]), (429, &json!("node.provider_trials")), "{problem}");
    made.0.add_permits(2);
    assert_eq!(answers.map(|(status, _)| status).collect::<Vec<_>>().await, [200, 200]);
}

#[tokio::test]
async fn a_node_without_providers_says_so_and_tools_are_guarded() {
    let world = World::new().await;
    for path in ["/v1/providers", "/v1/voices"] {
        assert_eq!(world.get(path).await.0, 503, "{path}");
    }
    let mut definition = crate::world::definition();
    definition["tools"] = json!({"home": {"url": "http://127.0.0.1/{{arguments.room}}"}});
    world.post("/v1/agents", &json!({"slug": "t", "definition": definition})).await;
    let told = world.post("/v1/agents/t/tools/home/test", &json!({"arguments": {"room": "x"}})).await;
    assert_eq!((&told["ok"], &told["status"], &told["result"]), (&json!(false), &Value::Null, &Value::Null));
    assert!(told["error"].as_str().unwrap().contains("is not a public address"), "{told}");
    let (status, problem) = world.send(Method::POST, "/v1/agents/t/tools/home/test", &json!({})).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/arguments")), "{problem}");
    assert_eq!(world.send(Method::POST, "/v1/agents/t/tools/none/test", &json!({})).await.0, 404);
}

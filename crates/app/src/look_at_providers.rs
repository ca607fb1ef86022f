//! Looks at what calls hear, speak and think with, and tries it.
//!
//! Law: a trial is a real request, the way calls make it, with a deadline; how many a node makes at once is bounded, so that
//! nobody's trials take the voice from calls. No secret is told.

use std::sync::Arc;
use std::time::Duration;

use domain::api_key::Permission;
use domain::refusal::{Refusal, RefusalCode};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::open_chat::full;
use crate::ports::ProviderError;
use crate::ports::provider_error::ProviderErrorKind;
use crate::ports::providers::{Provider, ProviderKind, Providers, Voice};
use crate::refusals::{invalid, not_found};
use crate::{Platform, Principal};

/// Longest text of a sample, in characters.
pub const MAX_SAMPLE: usize = 200;
/// Trials that a node makes at once.
const AT_ONCE: usize = 2;
/// For one trial.
const DEADLINE: Duration = Duration::from_secs(10);

/// The providers of a node, and the room to try them in.
#[derive(Clone)]
pub struct ProviderTrials {
    providers: Option<Arc<dyn Providers>>,
    room: Arc<Semaphore>,
}

impl Default for ProviderTrials {
    /// A node without providers.
    fn default() -> Self {
        Self { providers: None, room: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl ProviderTrials {
    /// Trials of these.
    pub fn new(providers: Arc<dyn Providers>) -> Self {
        Self { providers: Some(providers), ..Self::default() }
    }

    fn providers(&self) -> Result<&Arc<dyn Providers>, Refusal> {
        let none = || Refusal::new(RefusalCode::Unavailable, "this node has no providers; ask another");
        self.providers.as_ref().ok_or_else(none)
    }
}

/// How a provider did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderTrial {
    /// From request to answer.
    pub took: Duration,
    /// What went wrong.
    pub error: Option<ProviderError>,
}

impl Platform {
    /// The providers of this node.
    pub fn list_providers(&self, principal: &Principal) -> Result<Vec<Provider>, Refusal> {
        principal.require(Permission::AgentsRead)?;
        Ok(self.providers.providers()?.all())
    }

    /// The voices of this node.
    pub fn list_voices(&self, principal: &Principal) -> Result<Vec<Voice>, Refusal> {
        principal.require(Permission::AgentsRead)?;
        Ok(self.providers.providers()?.voices())
    }

    /// Tries a provider for one purpose, or for all that it serves; the first that fails is told.
    pub async fn test_provider(
        &self,
        principal: &Principal,
        name: &str,
        kind: Option<ProviderKind>,
    ) -> Result<ProviderTrial, Refusal> {
        principal.require(Permission::AgentsWrite)?;
        let providers = self.providers.providers()?;
        let wanted = |one: &Provider| one.configured && one.name == name && kind.is_none_or(|kind| kind == one.kind);
        let tried: Vec<Provider> = providers.all().into_iter().filter(wanted).collect();
        if tried.is_empty() {
            return Err(not_found("provider that is set up"));
        }
        let model = match tried.iter().any(|one| one.kind == ProviderKind::LanguageModel) {
            true => self.model_in_use(principal, name).await?,
            false => None,
        };
        let _room = self.providers.room.try_acquire().map_err(|_| full("node.provider_trials"))?;
        let begun = Instant::now();
        let all = async {
            for one in &tried {
                providers.test(one, model.clone()).await?;
            }
            Ok(())
        };
        let error = tokio::time::timeout(DEADLINE, all).await.unwrap_or_else(|_| Err(late())).err();
        Ok(ProviderTrial { took: begun.elapsed(), error })
    }

    /// How a voice says a text; mono samples, 8,000 a second. The voice is `provider:name`, or a name that one provider has.
    pub async fn sample_voice(&self, principal: &Principal, voice: &str, text: &str) -> Result<Vec<i16>, Refusal> {
        principal.require(Permission::AgentsWrite)?;
        let providers = self.providers.providers()?;
        let voices = providers.voices();
        let named = |one: &&Voice| one.name == voice || voice_id(one) == voice;
        let voice = voices.iter().find(named).ok_or_else(|| not_found("voice"))?;
        let text = text.trim();
        if text.is_empty() {
            return Err(invalid("/text", "is empty"));
        }
        if text.chars().count() > MAX_SAMPLE {
            return Err(invalid("/text", format!("is longer than {MAX_SAMPLE} characters")));
        }
        let _room = self.providers.room.try_acquire().map_err(|_| full("node.provider_trials"))?;
        let said = tokio::time::timeout(DEADLINE, providers.say(voice, text.to_owned())).await;
        let said = said.unwrap_or_else(|_| Err(late()));
        said.map_err(|error| Refusal::new(RefusalCode::Unavailable, error.to_string()))
    }

    /// A model that an agent of the organization asks this provider for; which one to try is theirs to say.
    async fn model_in_use(&self, principal: &Principal, provider: &str) -> Result<Option<String>, Refusal> {
        let agents = self.store.agents(principal.organization).await?;
        let prompts = agents.iter().filter_map(|agent| agent.draft.prompt.as_ref());
        let of_it = prompts.filter(|prompt| prompt.provider == provider && !prompt.model.is_empty());
        Ok(of_it.map(|prompt| prompt.model.clone()).next())
    }
}

/// What a voice is called among all.
pub fn voice_id(voice: &Voice) -> String {
    format!("{}:{}", voice.provider, voice.name)
}

fn late() -> ProviderError {
    let detail = format!("no answer within {} s", DEADLINE.as_secs());
    ProviderError { provider: "trial", kind: ProviderErrorKind::Timeout, detail }
}

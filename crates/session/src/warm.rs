//! Everything that must be ready before the INVITE leaves: ears, dialog, voice, intents.
//!
//! Law: nothing on the answer path waits. What an agent version needs once (its intents, embedded) is kept for the
//! next call.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::ports::ProviderError;
use app::ports::speech_to_text::{SttSettings, SttStream};
use app::ports::store::ClaimedCall;
use app::tools::Tools;
use domain::agent::AgentVersion;
use domain::agent_definition::{AgentDefinition, MachineAction};
use domain::call::Variables;
use domain::outcome::EndReason;
use domain::{AgentVersionId, CallId};
use machines::flow::exemplars;
use machines::understanding::meaning::IntentIndex;
use tokio::sync::OnceCell;

use crate::SessionContext;
use crate::dialog::{self, DialogHandle};
use crate::voice::{self, VoiceHandle};

/// Agent versions whose intents are kept.
const KEPT: usize = 256;
const SAMPLE_RATE: u32 = 8_000;
/// Models, intents and dialog must be ready by then, or the agent is not let speak.
pub(crate) const WARM_DEADLINE: Duration = Duration::from_secs(15);

type Task = Pin<Box<dyn Future<Output = ()> + Send + 'static>>;

/// Intents of one agent version, once somebody embedded them.
type Embedded = OnceCell<Arc<IntentIndex>>;

/// Intents of the agents that called lately.
#[derive(Debug, Default)]
pub struct WarmAgents {
    indices: Mutex<HashMap<AgentVersionId, Arc<Embedded>>>,
}

/// A call that can be dialed.
pub(crate) struct WarmCall {
    pub(crate) stt: SttStream,
    pub(crate) dialog: DialogHandle,
    pub(crate) voice: VoiceHandle,
    /// Dialog and voice; the conversation runs them.
    pub(crate) tasks: Vec<Task>,
}

/// Why a call cannot be dialed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotWarm {
    /// A provider is not there.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The definition names what is not configured, or has neither flow nor prompt.
    #[error("{0}")]
    Agent(String),
    /// It took too long.
    #[error("agent not ready in time")]
    Late,
}

impl NotWarm {
    pub(crate) fn end_reason(&self) -> EndReason {
        match self {
            Self::Provider(_) | Self::Late => EndReason::ProviderError,
            Self::Agent(_) => EndReason::AgentError,
        }
    }
}

/// The agent as this call wants it.
pub(crate) fn as_asked(mut claimed: ClaimedCall) -> ClaimedCall {
    let machine = &claimed.version.definition.machine;
    if claimed.call.hang_up_on_machine && machine.action != MachineAction::HangUp {
        let mut definition = AgentDefinition::clone(&claimed.version.definition);
        definition.machine.action = MachineAction::HangUp;
        let version = AgentVersion { definition: Arc::new(definition), ..AgentVersion::clone(&claimed.version) };
        claimed.version = Arc::new(version);
    }
    claimed
}

/// Makes a claimed call ready.
pub(crate) async fn warm_up(context: &SessionContext, claimed: &ClaimedCall) -> Result<WarmCall, NotWarm> {
    let call = &claimed.call;
    let beginning = Beginning {
        definition: &claimed.version.definition,
        version: Some(claimed.version.id),
        given: &call.variables,
        built_in: vec![
            ("from_number", call.from.to_string()),
            ("to_number", call.to.to_string()),
            ("call_id", call.id.to_string()),
        ],
        call: call.id,
        keeps_turns: false,
    };
    talk(context, beginning).await
}

/// Makes ears, dialog and voice ready.
pub(crate) async fn talk(context: &SessionContext, beginning: Beginning<'_>) -> Result<WarmCall, NotWarm> {
    let definition = beginning.definition;
    let settings = SttSettings { language: definition.language.clone(), sample_rate: SAMPLE_RATE };
    let stt = context.speech.stt.open(settings).await?;
    let (voice, speaking) =
        voice::voice(Arc::clone(&context.speech.tts), &definition.voice, Arc::new(definition.pronunciations.clone()));
    let (dialog, talking) = dialog(context, beginning).await?;
    Ok(WarmCall { stt, dialog, voice, tasks: vec![Box::pin(speaking), talking] })
}

/// What a dialog begins with.
pub(crate) struct Beginning<'a> {
    /// What the agent says and does.
    pub(crate) definition: &'a Arc<AgentDefinition>,
    /// The version that it is; `None` for a draft, of which nothing is kept.
    pub(crate) version: Option<AgentVersionId>,
    /// Variables that were given.
    pub(crate) given: &'a Variables,
    /// Variables of the line, beside those of the day.
    pub(crate) built_in: Vec<(&'static str, String)>,
    /// Part of the idempotency keys of tools.
    pub(crate) call: CallId,
    /// Whether the callee can take back what they said.
    pub(crate) keeps_turns: bool,
}

/// Makes a dialog ready; whoever asks runs it.
pub(crate) async fn dialog(
    context: &SessionContext,
    beginning: Beginning<'_>,
) -> Result<(DialogHandle, Task), NotWarm> {
    let definition = Arc::clone(beginning.definition);
    let variables = variables(context, &beginning);
    let tools = Tools::new(Arc::clone(&context.http), beginning.call);
    if definition.flow.is_none() {
        let (model, agent) = language_model(context, &definition).map_err(NotWarm::Agent)?;
        let agent = agent.rendered(&definition, &variables);
        let tools = dialog::prompt::ModelTools::new(definition, &variables, tools);
        let (handle, task) = dialog::prompt::dialog(model, agent, tools);
        return Ok((handle, Box::pin(task)));
    }
    let intents = match beginning.version {
        Some(version) => intents(context, version, &definition).await?,
        None => embedded(context, &definition).await?,
    };
    let model = language_model(context, &definition).ok();
    let flow = dialog::flow::FlowAgent {
        definition,
        variables,
        intents,
        now: civil_now(context),
        seed: beginning.call.0.as_u64_pair().1,
        call: beginning.call,
        keeps_turns: beginning.keeps_turns,
    };
    let (handle, task) = dialog::flow::dialog(flow, Arc::clone(&context.speech.embedder), tools, model);
    Ok((handle, Box::pin(task)))
}

fn civil_now(context: &SessionContext) -> jiff::civil::DateTime {
    context.clock.now().to_zoned(jiff::tz::TimeZone::system()).datetime()
}

/// What was given, the definition's defaults, and the built-in ones.
fn variables(context: &SessionContext, beginning: &Beginning<'_>) -> Variables {
    let now = civil_now(context);
    let mut variables = beginning.definition.with_defaults(beginning.given);
    let of_the_day = [
        ("today", now.strftime("%A, %B %-d").to_string()),
        ("now", now.strftime("%-I:%M %p").to_string()),
        ("weekday", now.strftime("%A").to_string()),
    ];
    for (name, value) in of_the_day.into_iter().chain(beginning.built_in.iter().cloned()) {
        variables.entry(name.to_owned()).or_insert(value);
    }
    variables
}

type Model = (Arc<dyn app::ports::LanguageModel>, dialog::prompt::PromptAgent);

fn language_model(context: &SessionContext, definition: &AgentDefinition) -> Result<Model, String> {
    let prompt = definition.prompt.as_ref().ok_or("the agent has neither flow nor prompt")?;
    let model = context
        .language_models
        .get(&prompt.provider)
        .ok_or_else(|| format!("language model provider {:?} is not configured", prompt.provider))?;
    Ok((Arc::clone(model), dialog::prompt::PromptAgent::from(prompt)))
}

/// The flow's intents, embedded once per version: calls that come while it is being done wait for it, so that a
/// restart with a full queue costs one embedding and not one a call.
async fn intents(
    context: &SessionContext,
    version: AgentVersionId,
    definition: &AgentDefinition,
) -> Result<Arc<IntentIndex>, ProviderError> {
    let kept = context.warm.of(version);
    kept.get_or_try_init(|| embedded(context, definition)).await.cloned()
}

async fn embedded(context: &SessionContext, definition: &AgentDefinition) -> Result<Arc<IntentIndex>, ProviderError> {
    let phrases = exemplars(definition);
    let texts = phrases.iter().map(|p| p.text.clone()).collect();
    let vectors = context.speech.embedder.embed(texts).await?;
    Ok(Arc::new(IntentIndex::new(&phrases, vectors)))
}

impl WarmAgents {
    fn of(&self, version: AgentVersionId) -> Arc<Embedded> {
        let mut indices = self.indices.lock().expect("no code panics while it holds this lock");
        if indices.len() >= KEPT && !indices.contains_key(&version) {
            indices.clear();
        }
        Arc::clone(indices.entry(version).or_default())
    }
}

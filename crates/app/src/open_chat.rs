//! Talks with an agent in writing: how an agent is tried without a telephone, and what a vendor's chatbot is.
//!
//! Law: a talk runs on the dialog that calls run on, calls the same tools, and is no call: nothing is queued, charged or
//! kept of it, and nobody is put on the do-not-call list by it. How many a node holds at once is bounded, and counted from
//! when somebody is let in to talk, so that who is one too many is told before a connection is opened for them.

use std::sync::Arc;
use std::time::Duration;

use domain::agent::{Agent, AgentState, AgentVersion};
use domain::agent_definition::AgentDefinition;
use domain::api_key::Permission;
use domain::call::Variables;
use domain::refusal::{Refusal, RefusalCode, RefusalFacts};
use domain::{AgentVersionId, ChatId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::manage_agents::definition_faults;
use crate::place_call::{check_variables, complete};
use crate::ports::chats::{Chat, ChatNotOpened, ChatOpening, Chats};
use crate::ports::spoken_talks::SpokenTalks;
use crate::refusals::{conflict, faults, not_found};
use crate::{Platform, Principal};

/// Talks that a node holds at once.
const AT_ONCE: usize = 64;
/// Talks by voice that a node holds at once; each has ears and a voice of its own to pay for in time of the processor.
const VOICES: usize = 16;
/// People who listen to calls through a node at once.
const LISTENERS: usize = 64;
/// Where there is no room, it is worth asking again after this.
const ROOM_AFTER: Duration = Duration::from_secs(10);

/// What a node holds open for people, and the room for it: dialogs without a line, and ears on live calls.
#[derive(Clone)]
pub struct ChatRoom {
    chats: Option<Arc<dyn Chats>>,
    room: Arc<Semaphore>,
    voices: Option<Arc<dyn SpokenTalks>>,
    voice_room: Arc<Semaphore>,
    listeners: Arc<Semaphore>,
}

impl std::fmt::Debug for ChatRoom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChatRoom").field("room", &self.room.available_permits()).finish_non_exhaustive()
    }
}

impl Default for ChatRoom {
    /// A node that holds no talks.
    fn default() -> Self {
        let room = |places| Arc::new(Semaphore::new(places));
        Self { chats: None, room: room(AT_ONCE), voices: None, voice_room: room(VOICES), listeners: room(LISTENERS) }
    }
}

impl ChatRoom {
    /// Room for talks that `chats` opens.
    pub fn new(chats: Arc<dyn Chats>) -> Self {
        Self { chats: Some(chats), ..Self::default() }
    }

    /// The same with talks by voice that `voices` opens.
    #[must_use]
    pub fn with_voices(self, voices: Arc<dyn SpokenTalks>) -> Self {
        Self { voices: Some(voices), ..self }
    }

    /// Who opens talks by voice.
    pub(crate) fn voices(&self) -> Option<Arc<dyn SpokenTalks>> {
        self.voices.clone()
    }

    /// Room for one who listens to a call.
    pub(crate) fn room_to_listen(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.listeners).try_acquire_owned().ok()
    }
}

/// Which state of an agent to talk with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChatVersion {
    /// What calls run on.
    #[default]
    Published,
    /// What is being edited.
    Draft,
    /// A version of before.
    Number(u32),
}

/// An agent that somebody may talk with, and the room for it, which is given back when this is dropped.
#[derive(Debug)]
pub struct ChatAgent {
    /// Which.
    pub agent: Agent,
    /// Number of the version; `None` for the draft.
    pub number: Option<u32>,
    version: Option<AgentVersionId>,
    definition: Arc<AgentDefinition>,
    room: OwnedSemaphorePermit,
}

/// A talk that has begun.
#[derive(Debug)]
pub struct OpenChat {
    /// Its name.
    pub id: ChatId,
    /// Given back first: whoever sees the talk end finds room for another.
    _room: OwnedSemaphorePermit,
    /// The two ways.
    pub chat: Chat,
}

impl Platform {
    /// Finds an agent to talk with and takes the room for it, and refuses what could not be talked with.
    pub async fn chat_agent(
        &self,
        principal: &Principal,
        name: &str,
        version: ChatVersion,
    ) -> Result<ChatAgent, Refusal> {
        self.talkable(principal, name, version, (&self.chats.room, "node.chats")).await
    }

    /// The same for a talk by voice.
    pub async fn voice_agent(
        &self,
        principal: &Principal,
        name: &str,
        version: ChatVersion,
    ) -> Result<ChatAgent, Refusal> {
        self.talkable(principal, name, version, (&self.chats.voice_room, "node.voice_talks")).await
    }

    async fn talkable(
        &self,
        principal: &Principal,
        name: &str,
        version: ChatVersion,
        (room, limit): (&Arc<Semaphore>, &str),
    ) -> Result<ChatAgent, Refusal> {
        principal.require(Permission::CallsWrite)?;
        let agent = self.find_agent(principal, name).await?;
        if principal.agent.is_some_and(|bound| bound != agent.id) {
            return Err(Refusal::new(RefusalCode::PermissionDenied, "this API key is bound to another agent"));
        }
        if version == ChatVersion::Published && agent.state == AgentState::Disabled {
            return Err(Refusal::new(RefusalCode::AgentDisabled, "the agent is switched off"));
        }
        let frozen = match version {
            ChatVersion::Draft => None,
            ChatVersion::Published => Some(self.published_version(&agent).await?),
            ChatVersion::Number(number) => {
                let all = self.store.agent_versions(agent.id).await?;
                let found = all.into_iter().find(|version| version.number == number);
                Some(Arc::new(found.ok_or_else(|| not_found("version"))?))
            }
        };
        let (number, id) = (frozen.as_ref().map(|v| v.number), frozen.as_ref().map(|v| v.id));
        let definition = frozen.map_or_else(|| Arc::clone(&agent.draft), |version| Arc::clone(&version.definition));
        if let Some(refusal) = faults(RefusalCode::InvalidDefinition, definition_faults(&definition)) {
            return Err(refusal);
        }
        let room = Arc::clone(room).try_acquire_owned().map_err(|_| full(limit))?;
        Ok(ChatAgent { agent, number, version: id, definition, room })
    }

    /// Begins a talk. Variables that are missing are refused, or with `samples` stand as in a preview.
    pub async fn open_chat(
        &self,
        agent: ChatAgent,
        mut variables: Variables,
        samples: bool,
    ) -> Result<OpenChat, Refusal> {
        check_variables(&variables)?;
        if samples {
            let mut preview = agent.definition.sample_variables();
            for name in agent.definition.missing_variables(&variables) {
                let sample = preview.remove(&name).unwrap_or_else(|| name.clone());
                variables.insert(name, sample);
            }
        }
        let unavailable = || Refusal::new(RefusalCode::Unavailable, "this node holds no talks in writing");
        let chats = self.chats.chats.clone().ok_or_else(unavailable)?;
        let (opening, room) = self.opening(agent, &variables)?;
        let id = opening.id;
        let chat = chats.open(opening).await.map_err(not_opened)?;
        Ok(OpenChat { id, _room: room, chat })
    }

    /// What a talk is begun with, and its room.
    pub(crate) fn opening(
        &self,
        agent: ChatAgent,
        variables: &Variables,
    ) -> Result<(ChatOpening, OwnedSemaphorePermit), Refusal> {
        let ChatAgent { definition, version, room, .. } = agent;
        let variables = complete(&definition, variables)?;
        Ok((ChatOpening { id: ChatId(self.clock.uuid()), definition, version, variables }, room))
    }

    async fn published_version(&self, agent: &Agent) -> Result<Arc<AgentVersion>, Refusal> {
        let none = || Refusal::new(RefusalCode::AgentNotPublished, "the agent has no published version; publish it");
        let id = agent.published.ok_or_else(none)?;
        self.store.agent_version(id).await?.ok_or_else(none)
    }
}

pub(crate) fn not_opened(error: ChatNotOpened) -> Refusal {
    match error {
        ChatNotOpened::Provider(detail) => Refusal::new(RefusalCode::Unavailable, detail),
        ChatNotOpened::Agent(detail) => conflict(detail),
    }
}

/// A refusal because there is no room on this node.
pub(crate) fn full(limit: &str) -> Refusal {
    let name = limit.to_owned();
    let detail = format!("this node holds as many as it can (limit {name}); try again later");
    let facts = Some(Box::new(RefusalFacts::Limit { name, retry_after: ROOM_AFTER }));
    Refusal { facts, ..Refusal::new(RefusalCode::RateLimited, detail) }
}

//! Credentials by which a website or CRM asks one agent to call somebody.
//!
//! Law: the token alone says which agent, over all tenants; it opens nothing but calls of that agent.

use domain::agent::{Agent, AgentState};
use domain::api_key::Permission;
use domain::audit::{Actor, AuditAction, Changes, Origin};
use domain::click_to_call::ClickToCall;
use domain::dialect::Dialect;
use domain::refusal::{Refusal, RefusalCode};

use crate::manage_keys::random_word;
use crate::ports::store::StoreError;
use crate::principal::secret_hash;
use crate::refusals::{conflict, invalid};
use crate::{Platform, Principal};

/// Longest token or secret in bytes.
const MAX_BYTES: usize = 256;

/// What a token opens.
#[derive(Clone, Debug)]
pub struct Click {
    /// Its agent, acting alone.
    pub principal: Principal,
    /// The credentials.
    pub credentials: ClickToCall,
    /// Whether the agent can be asked to call.
    pub state: ClickState,
}

/// Whether an agent can be asked to call by a click.
#[derive(Clone, Debug, PartialEq)]
pub enum ClickState {
    /// It can.
    Ready(Box<Agent>),
    /// It is switched off.
    Disabled,
    /// It is gone, was never published, has no number, or is of another type.
    NotConfigured,
}

/// `type` of the agents that are asked to call by a click.
pub const CLICK_TO_CALL: &str = "click_to_call";

/// Credentials that somebody chose.
#[derive(Clone)]
pub struct GivenCredentials {
    /// Token.
    pub token: String,
    /// Key of the signature.
    pub secret: String,
    /// Whether a signature is asked for.
    pub verify_signature: bool,
}

impl std::fmt::Debug for GivenCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GivenCredentials(hidden)")
    }
}

impl Platform {
    /// Finds the agent that `token` belongs to; `Unauthenticated` where there is none. Doors come in by
    /// [`crate::gate::Gate`], which counts failures.
    pub async fn click(&self, token: &str, origin: Origin) -> Result<Click, Refusal> {
        let credentials = self.store.click_to_call_by_token(&secret_hash(token)).await?;
        let unknown = || Refusal::new(RefusalCode::Unauthenticated, "the token is not known here");
        let credentials = credentials.ok_or_else(unknown)?;
        let agent = self.store.agent(credentials.organization, &credentials.agent.to_string()).await?;
        let state = self.click_state(agent).await?;
        let principal = Principal {
            organization: credentials.organization,
            key: None,
            permissions: vec![Permission::CallsWrite],
            dialect: Dialect::VoiceB,
            scopes: Vec::new(),
            category: None,
            agent: Some(credentials.agent),
            actor: Actor::System,
            origin,
        };
        Ok(Click { principal, credentials, state })
    }

    async fn click_state(&self, agent: Option<Agent>) -> Result<ClickState, Refusal> {
        let Some(agent) = agent else { return Ok(ClickState::NotConfigured) };
        let Some(version) = agent.published else { return Ok(ClickState::NotConfigured) };
        if agent.state == AgentState::Disabled {
            return Ok(ClickState::Disabled);
        }
        let version = self.store.agent_version(version).await?;
        let suits = version.is_some_and(|version| version.definition.r#type == CLICK_TO_CALL);
        Ok(if suits && agent.number.is_some() { ClickState::Ready(Box::new(agent)) } else { ClickState::NotConfigured })
    }

    /// The credentials of an agent, which are drawn when somebody first asks for them. They are shown again as often as
    /// wanted, to whoever may change the agent.
    pub async fn click_credentials(&self, principal: &Principal, agent: &str) -> Result<ClickToCall, Refusal> {
        principal.require(Permission::AgentsWrite)?;
        let agent = self.find_agent(principal, agent).await?;
        match self.store.click_to_call(agent.id).await? {
            Some(known) => Ok(known),
            None => self.set_credentials(principal, &agent, drawn(true)?).await,
        }
    }

    /// Draws new credentials for an agent; the old ones open nothing from then on.
    pub async fn draw_click_credentials(&self, principal: &Principal, agent: &str) -> Result<ClickToCall, Refusal> {
        principal.require(Permission::AgentsWrite)?;
        let agent = self.find_agent(principal, agent).await?;
        let verify = self.store.click_to_call(agent.id).await?.is_none_or(|known| known.verify_signature);
        self.set_credentials(principal, &agent, drawn(verify)?).await
    }

    /// Stores credentials that somebody chose. Idempotent; a token that another agent has is refused.
    pub async fn set_click_credentials(
        &self,
        principal: &Principal,
        agent: &str,
        given: GivenCredentials,
    ) -> Result<ClickToCall, Refusal> {
        principal.require(Permission::AgentsWrite)?;
        for (field, value) in [("/token", &given.token), ("/secret", &given.secret)] {
            if value.is_empty() || value.len() > MAX_BYTES || !value.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(invalid(field, format!("must have 1 to {MAX_BYTES} printable ASCII characters")));
            }
        }
        let agent = self.find_agent(principal, agent).await?;
        self.set_credentials(principal, &agent, given).await
    }

    async fn set_credentials(
        &self,
        principal: &Principal,
        agent: &Agent,
        given: GivenCredentials,
    ) -> Result<ClickToCall, Refusal> {
        let GivenCredentials { token, secret, verify_signature } = given;
        let wanted = ClickToCall { organization: agent.organization, agent: agent.id, token, secret, verify_signature };
        if self.store.click_to_call(agent.id).await?.as_ref() == Some(&wanted) {
            return Ok(wanted);
        }
        let changes = Changes::none().with("verify_signature", verify_signature);
        let store = self.audited(principal, AuditAction::CredentialsChanged, agent.id, changes);
        match store.set_click_to_call(&wanted).await {
            Err(StoreError::Duplicate(_)) => Err(conflict("another agent has this token")),
            done => done.map(|()| wanted).map_err(Refusal::from),
        }
    }
}

fn drawn(verify_signature: bool) -> Result<GivenCredentials, Refusal> {
    Ok(GivenCredentials { token: random_word("tok_")?, secret: random_word("")?, verify_signature })
}

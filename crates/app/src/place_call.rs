//! Accepts a request to phone somebody.
//!
//! Law: what is missing stops the call here, with the field at fault and nothing stored; what is accepted is
//! durable before this returns. First step of a call's way.

use std::sync::Arc;

use domain::agent::{Agent, AgentVersion};
use domain::api_key::Permission;
use domain::call::{Call, CallRequest};
use domain::call_event::CallFact;
use domain::outcome::{AnsweredBy, CallStatus, Evidence};
use domain::phone_number::PhoneNumber;
use domain::refusal::{Refusal, RefusalCode};
use domain::trunk::CallerNumber;
use domain::{CallId, EventId};

use crate::admission::{Snapshot, admit};
use crate::ports::live::LiveEvent;
use crate::ports::store::NewEvent;
use crate::refusals::invalid;
use crate::{Platform, Principal};

/// Most variables of one call.
pub const MAX_VARIABLES: usize = 200;
/// Longest value of a variable in bytes.
pub const MAX_VARIABLE_BYTES: usize = 8 * 1024;

impl Platform {
    /// Accepts a call: judged, stored with its first event, and the dialer woken. A refusal stores nothing.
    pub async fn place_call(&self, principal: &Principal, request: CallRequest) -> Result<Call, Refusal> {
        principal.require(Permission::CallsWrite)?;
        check_sizes(&request)?;
        let organization = self.own_organization(principal).await?;
        let agent = self.agent_for_call(principal, &request.agent).await?;
        let to = PhoneNumber::parse(&request.to, organization.default_region.as_deref())
            .map_err(|why| Refusal::field(RefusalCode::InvalidNumber, "/to", why.to_string()))?;
        let version = match agent.published {
            Some(id) => self.store.agent_version(id).await?,
            None => None,
        };
        let number = match agent.number {
            Some(id) => self.store.number(organization.id, id).await?,
            None => None,
        };
        let trunk = match &number {
            Some(number) => self.store.trunk(organization.id, &number.trunk.to_string()).await?,
            None => None,
        };
        let suppression = self.store.suppression(organization.id, &to).await?;
        let snapshot = Snapshot {
            organization: &organization,
            suppression: suppression.as_ref(),
            agent: &agent,
            version: version.as_deref(),
            number: number.as_ref(),
            trunk: trunk.as_ref(),
        };
        admit(&to, &request.variables, &snapshot)?;
        let (Some(version), Some(number)) = (version, number) else {
            return Err(Refusal::new(RefusalCode::Unavailable, "the agent changed while the call was judged; repeat"));
        };
        self.accept(agent, version, number, to, request).await
    }

    async fn agent_for_call(&self, principal: &Principal, name: &str) -> Result<Agent, Refusal> {
        self.find_agent(principal, name).await.map_err(|refusal| match refusal.code {
            RefusalCode::AgentNotFound => Refusal::field(refusal.code, "/agent", refusal.detail),
            _ => refusal,
        })
    }

    async fn accept(
        &self,
        agent: Agent,
        version: Arc<AgentVersion>,
        from: CallerNumber,
        to: PhoneNumber,
        request: CallRequest,
    ) -> Result<Call, Refusal> {
        let now = self.clock.now();
        let call = Call {
            id: CallId(self.clock.uuid()),
            sequence: 0,
            organization: agent.organization,
            agent: agent.id,
            agent_slug: agent.slug,
            agent_version: version.id,
            to,
            from: from.number,
            variables: request.variables,
            metadata: request.metadata,
            status: CallStatus::Queued,
            end_reason: None,
            blame: None,
            answered_by: AnsweredBy::Unknown,
            answered_by_confidence: 0.0,
            outcome: None,
            evidence: Evidence::default(),
            recording: None,
            attempt: None,
            last_event: 0,
            created_at: now,
            dialed_at: None,
            answered_at: None,
            ended_at: None,
        };
        let first = NewEvent { id: EventId(self.clock.uuid()), at: now, fact: CallFact::Queued };
        let (call, event) = self.store.insert_call(call, first).await?;
        self.bus.publish(LiveEvent::Fact(event));
        self.bus.wake_dialer();
        Ok(call)
    }
}

fn check_sizes(request: &CallRequest) -> Result<(), Refusal> {
    if request.variables.len() > MAX_VARIABLES {
        return Err(invalid("/variables", format!("at most {MAX_VARIABLES} variables")));
    }
    match request.variables.iter().find(|(_, value)| value.len() > MAX_VARIABLE_BYTES) {
        Some((name, _)) => {
            Err(invalid(&format!("/variables/{name}"), format!("at most {MAX_VARIABLE_BYTES} bytes a value")))
        }
        None => Ok(()),
    }
}

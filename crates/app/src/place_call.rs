//! Accepts a request to phone somebody.
//!
//! Law: what is missing stops the call here, with the field at fault and nothing stored; what is accepted is
//! durable before this returns. First step of a call's way.

use std::sync::Arc;

use domain::agent::{Agent, AgentVersion};
use domain::agent_definition::AgentDefinition;
use domain::api_key::Permission;
use domain::call::{Call, CallRequest, Variables};
use domain::call_event::CallFact;
use domain::outcome::{AnsweredBy, CallStatus, Evidence};
use domain::refusal::{FieldFault, Refusal, RefusalCode};
use domain::trunk::CallerNumber;
use domain::{AgentVersionId, CallId, EventId};
use machines::admission::{self, Admitted};

use crate::policy_gate::{self, Clearance};
use crate::ports::live::LiveEvent;
use crate::ports::store::{NewCall, NewEvent};
use crate::refusals::{faults, invalid};
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
        let to = admission::callee(&request, &organization)?;
        let agent = self.store.agent(organization.id, &request.agent).await?;
        let version = self.published(agent.as_ref()).await?;
        let caller = self.caller(agent.as_ref()).await?;
        let snapshot = admission::Snapshot {
            agent: agent.as_ref(),
            definition: version.as_ref().map(|version| &*version.definition),
            caller: caller.as_ref(),
        };
        let mut admitted = admission::admit(&request, to, snapshot)?;
        let asked = policy_gate::question(&organization, agent.as_ref(), &admitted.to, &request, self.clock.now())?;
        let clearance = self.clear(principal, asked).await?;
        let (Some(agent), Some(version)) = (agent, version) else {
            return Err(Refusal::new(RefusalCode::Unavailable, "the agent changed while the call was judged; repeat"));
        };
        admitted.variables = complete(&version.definition, &request.variables)?;
        self.accept(principal, agent, version.id, admitted, request, clearance).await
    }

    async fn published(&self, agent: Option<&Agent>) -> Result<Option<Arc<AgentVersion>>, Refusal> {
        match agent.and_then(|agent| agent.published) {
            Some(id) => Ok(self.store.agent_version(id).await?),
            None => Ok(None),
        }
    }

    async fn caller(&self, agent: Option<&Agent>) -> Result<Option<CallerNumber>, Refusal> {
        match agent.and_then(|agent| Some((agent.organization, agent.number?))) {
            Some((organization, number)) => Ok(self.store.number(organization, number).await?),
            None => Ok(None),
        }
    }

    async fn accept(
        &self,
        principal: &Principal,
        agent: Agent,
        version: AgentVersionId,
        admitted: Admitted,
        request: CallRequest,
        clearance: Clearance,
    ) -> Result<Call, Refusal> {
        let now = self.clock.now();
        let call = Call {
            id: CallId(self.clock.uuid()),
            sequence: 0,
            organization: agent.organization,
            agent: agent.id,
            agent_slug: agent.slug,
            agent_version: version,
            to: admitted.to,
            from: admitted.from,
            variables: admitted.variables,
            metadata: request.metadata,
            key: principal.key,
            origin: request.origin,
            time_zone: request.time_zone,
            status_url: request.status_url,
            price: None,
            cost: None,
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
        let placed =
            self.store.insert_call(NewCall { due_at: clearance.due_at(now), ..NewCall::plain(call, first) }).await?;
        self.bus.publish(LiveEvent::Fact(placed.event));
        self.bus.wake_dialer();
        self.note_deferral(&placed.call, clearance).await;
        Ok(placed.call)
    }
}

/// The variables with defaults filled in. Admission asks for what is declared; this also for what texts use without
/// declaring it, which a draft of an older release may do.
fn complete(definition: &AgentDefinition, given: &Variables) -> Result<Variables, Refusal> {
    let missing = definition.missing_variables(given).into_iter().map(|name| FieldFault {
        pointer: format!("/variables/{}", name.replace('~', "~0").replace('/', "~1")),
        detail: "required by the agent and has no default".to_owned(),
    });
    match faults(RefusalCode::MissingVariable, missing.collect()) {
        Some(refusal) => Err(refusal),
        None => Ok(definition.with_defaults(given)),
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

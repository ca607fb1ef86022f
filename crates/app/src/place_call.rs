//! Accepts a request to phone somebody.
//!
//! Law: what is missing stops the call here, with the field at fault and nothing stored; what is accepted is
//! durable before this returns. First step of a call's way.

use std::sync::Arc;

use domain::agent::{Agent, AgentVersion};
use domain::agent_definition::AgentDefinition;
use domain::api_key::Permission;
use domain::call::{Call, CallRequest, Parties, Variables};
use domain::call_event::{CallEvent, CallFact};
use domain::caps::Caps;
use domain::money::Price;
use domain::organization::Organization;
use domain::refusal::{FieldFault, Refusal, RefusalCode};
use domain::trunk::CallerNumber;
use domain::{AgentVersionId, CallId, EventId};
use machines::admission::{self, Admitted};

use crate::bounds::{Asker, Bounds};
use crate::idempotency::{KeptOrNew, Keyed, Write};
use crate::policy_gate::{self, Clearance};
use crate::ports::live::LiveEvent;
use crate::ports::store::{CreateRefused, NewCall, NewEvent, NumberStanding, Placed, WayOut};
use crate::refusals::{faults, invalid};
use crate::{Platform, Principal};

/// Most variables of one call.
pub const MAX_VARIABLES: usize = 200;
/// Longest value of a variable in bytes.
pub const MAX_VARIABLE_BYTES: usize = 8 * 1024;

/// A request that may become a call, with what the transaction of its create must decide.
struct Judged {
    new: NewCall,
    terms: Terms,
}

/// Under what a request was judged.
struct Terms {
    organization: Organization,
    agent: Agent,
    key_caps: Option<Caps>,
    clearance: Clearance,
}

/// Why a call was not stored.
enum Stopped {
    /// By policy, once its number was known to be on a list.
    Policy(Refusal),
    /// By the transaction.
    Create(CreateRefused),
}

impl Platform {
    /// Accepts a call: judged, stored with its first event, and the dialer woken. A refusal stores nothing.
    pub async fn place_call(&self, principal: &Principal, request: CallRequest) -> Result<Call, Refusal> {
        let Judged { new, mut terms } = self.judge(principal, request).await?;
        let price = new.call.price.clone();
        match self.store_new(principal, new, &mut terms).await {
            Ok(placed) => {
                self.note_deferral(&placed.call, terms.clearance).await;
                Ok(self.told(placed.call, placed.event))
            }
            Err(stopped) => Err(self.stopped(stopped, price, &terms).await),
        }
    }

    /// The same for a request under a key of the client's: a repeat gets the first answer, whatever became of agent and
    /// wallet since, and of many at once exactly one places a call. `write` writes the answer that is kept.
    pub async fn place_call_once(
        &self,
        principal: &Principal,
        request: CallRequest,
        asked: &Keyed,
        write: Write<Call>,
    ) -> Result<KeptOrNew, Refusal> {
        principal.require(Permission::CallsWrite)?;
        if let Some(answer) = self.answered_before(asked).await? {
            return Ok(KeptOrNew { answer, replayed: true });
        }
        let Judged { mut new, mut terms } = self.judge(principal, request).await?;
        new.answer = Some(asked.held_back(new.call.created_at, Arc::clone(&write)));
        let price = new.call.price.clone();
        match self.store_new(principal, new, &mut terms).await {
            Ok(placed) => {
                self.note_deferral(&placed.call, terms.clearance).await;
                let call = self.told(placed.call, placed.event);
                let answer = placed.answer.unwrap_or_else(|| write(&call));
                Ok(KeptOrNew { answer, replayed: false })
            }
            Err(Stopped::Create(refused @ CreateRefused::AnsweredBefore { .. })) => {
                let answer = asked.lost_the_race(refused, self.clock.now())?;
                Ok(KeptOrNew { answer, replayed: true })
            }
            Err(stopped) => Err(self.stopped(stopped, price, &terms).await),
        }
    }

    /// Stores it. A number that the transaction finds on a list is judged again as it stands there; hardly one is, so no
    /// create asks before.
    async fn store_new(&self, principal: &Principal, new: NewCall, terms: &mut Terms) -> Result<Placed, Stopped> {
        let (mut new, standing) = match self.store.insert_call(new).await {
            Err(CreateRefused::Listed { new, standing }) => (*new, standing),
            other => return other.map_err(Stopped::Create),
        };
        let asked = policy_gate::Question {
            organization: &terms.organization,
            agent: Some(&terms.agent),
            to: &new.call.to,
            origin: new.call.origin,
            time_zone: new.call.time_zone.as_deref(),
            at: self.clock.now(),
        };
        terms.clearance = self.clear(principal, asked, &standing).await.map_err(Stopped::Policy)?;
        new.due_at = terms.clearance.due_at(new.call.created_at);
        new.lists_unread = false;
        self.store.insert_call(new).await.map_err(Stopped::Create)
    }

    async fn stopped(&self, stopped: Stopped, price: Option<Price>, terms: &Terms) -> Refusal {
        match stopped {
            Stopped::Policy(refusal) => refusal,
            Stopped::Create(refused) => {
                self.refused(refused, price, &terms.organization, terms.key_caps.as_ref()).await
            }
        }
    }

    async fn judge(&self, principal: &Principal, mut request: CallRequest) -> Result<Judged, Refusal> {
        principal.require(Permission::CallsWrite)?;
        check_variables(&request.variables)?;
        let organization = self.own_organization(principal).await?;
        self.check_status_url(organization.id, request.status_url.as_deref()).await?;
        let to = admission::callee(&request, &organization)?;
        let agent = self.store.agent(organization.id, &request.agent).await?;
        acts_for(principal, agent.as_ref())?;
        let version = self.published(agent.as_ref()).await?;
        if let (true, Some(version)) = (request.manners.blanks, &version) {
            fill_in(&version.definition, &mut request.variables);
        }
        let caller = self.caller(agent.as_ref()).await?;
        let snapshot = admission::Snapshot {
            agent: agent.as_ref(),
            definition: version.as_ref().map(|version| &*version.definition),
            caller: caller.as_ref(),
        };
        let mut admitted = admission::admit(&request, to, snapshot)?;
        let (Some(agent), Some(version), Some(caller)) = (agent, version, caller) else {
            return Err(Refusal::new(RefusalCode::Unavailable, "the agent changed while the call was judged; repeat"));
        };
        let asked = policy_gate::question(&organization, Some(&agent), &admitted.to, &request, self.clock.now())?;
        let clearance = self.clear(principal, asked, &NumberStanding::default()).await?;
        admitted.variables = match request.manners.blanks {
            true => version.definition.with_defaults(&request.variables),
            false => complete(&version.definition, &request.variables)?,
        };
        let key_caps = self.key_caps(principal).await?;
        let asker = Asker { principal, organization: &organization, key_caps: key_caps.as_ref() };
        let pace_now = request.manners.pace_now;
        let bounds = self.bounds(asker, &version.definition, &caller, &admitted.to).await?;
        let way = WayOut { number: caller.id, trunk: caller.trunk };
        let mut new = self.new_call(principal, &agent, version.id, admitted, request, bounds);
        new.pace_now = pace_now.then_some(way);
        new.due_at = clearance.due_at(new.due_at);
        new.lists_unread = true;
        Ok(Judged { new, terms: Terms { organization, agent, key_caps, clearance } })
    }

    fn told(&self, call: Call, event: CallEvent) -> Call {
        self.bus.publish(LiveEvent::Fact(event));
        self.bus.wake_dialer();
        call
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

    fn new_call(
        &self,
        principal: &Principal,
        agent: &Agent,
        version: AgentVersionId,
        admitted: Admitted,
        request: CallRequest,
        bounds: Bounds,
    ) -> NewCall {
        let now = self.clock.now();
        let hold = bounds.hold();
        let parties = Parties {
            organization: agent.organization,
            agent: agent.id,
            agent_slug: agent.slug.clone(),
            agent_version: version,
            to: admitted.to,
            from: admitted.from,
        };
        let call = Call {
            variables: admitted.variables,
            metadata: request.metadata,
            key: principal.key,
            origin: request.origin,
            time_zone: request.time_zone,
            status_url: request.status_url,
            dialect: principal.dialect,
            hang_up_on_machine: request.hang_up_on_machine,
            price: bounds.price,
            ..Call::queued(CallId(self.clock.uuid()), parties, now)
        };
        let first = NewEvent { id: EventId(self.clock.uuid()), at: now, fact: CallFact::Queued };
        let one_at_a_time = request.manners.one_at_a_time;
        NewCall { hold, caps: bounds.caps, one_at_a_time, ..NewCall::plain(call, first) }
    }
}

/// The variables with defaults filled in. Admission asks for what is declared; this also for what texts use without
/// declaring it, which a draft of an older release may do.
pub(crate) fn complete(definition: &AgentDefinition, given: &Variables) -> Result<Variables, Refusal> {
    let missing = definition.missing_variables(given).into_iter().map(|name| FieldFault {
        pointer: format!("/variables/{}", name.replace('~', "~0").replace('/', "~1")),
        detail: "required by the agent and has no default".to_owned(),
    });
    match faults(RefusalCode::MissingVariable, missing.collect()) {
        Some(refusal) => Err(refusal),
        None => Ok(definition.with_defaults(given)),
    }
}

/// A key that is bound to one agent calls for no other.
fn acts_for(principal: &Principal, agent: Option<&Agent>) -> Result<(), Refusal> {
    match (principal.agent, agent) {
        (Some(bound), Some(agent)) if bound != agent.id => {
            Err(Refusal::field(RefusalCode::PermissionDenied, "/agent", "this API key is bound to another agent"))
        }
        _ => Ok(()),
    }
}

/// Makes empty what the agent needs and nobody gave.
fn fill_in(definition: &AgentDefinition, given: &mut Variables) {
    for name in definition.missing_variables(given) {
        given.entry(name).or_default();
    }
}

pub(crate) fn check_variables(variables: &Variables) -> Result<(), Refusal> {
    if variables.len() > MAX_VARIABLES {
        return Err(invalid("/variables", format!("at most {MAX_VARIABLES} variables")));
    }
    match variables.iter().find(|(_, value)| value.len() > MAX_VARIABLE_BYTES) {
        Some((name, _)) => {
            Err(invalid(&format!("/variables/{name}"), format!("at most {MAX_VARIABLE_BYTES} bytes a value")))
        }
        None => Ok(()),
    }
}

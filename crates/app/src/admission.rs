//! May this call enter? A pure judgement over what the store told; nothing is written here.
//!
//! Policy is judged again right before the INVITE leaves, since hours and lists change while a call waits.

use domain::agent::{Agent, AgentState, AgentVersion};
use domain::agent_definition::AgentDefinition;
use domain::call::Variables;
use domain::organization::Organization;
use domain::phone_number::{LineKind, PhoneNumber};
use domain::refusal::{FieldFault, Refusal, RefusalCode};
use domain::suppression::Suppression;
use domain::trunk::{CallerNumber, Trunk};

use crate::refusals::faults;

/// What the store knows about a request.
#[derive(Debug)]
pub struct Snapshot<'a> {
    /// Tenant.
    pub organization: &'a Organization,
    /// The do-not-call entry of the number, if there is one.
    pub suppression: Option<&'a Suppression>,
    /// Agent that was asked for.
    pub agent: &'a Agent,
    /// Its published version.
    pub version: Option<&'a AgentVersion>,
    /// Number it calls from.
    pub number: Option<&'a CallerNumber>,
    /// Trunk of that number.
    pub trunk: Option<&'a Trunk>,
}

/// Judges a request. The first no wins, in the order in which a client can act on it.
pub fn admit(to: &PhoneNumber, variables: &Variables, snapshot: &Snapshot<'_>) -> Result<(), Refusal> {
    agent_may_call(snapshot)?;
    number_may_be_called(to, snapshot.organization)?;
    if snapshot.suppression.is_some() {
        let detail = "the number is on the do-not-call list of this organization";
        return Err(Refusal::field(RefusalCode::Suppressed, "/to", detail));
    }
    snapshot.version.map_or(Ok(()), |version| variables_complete(&version.definition, variables))
}

fn agent_may_call(snapshot: &Snapshot<'_>) -> Result<(), Refusal> {
    if snapshot.agent.state == AgentState::Disabled {
        let detail = "the agent is switched off; enable it to call";
        return Err(Refusal::field(RefusalCode::AgentDisabled, "/agent", detail));
    }
    if snapshot.version.is_none() {
        let detail = "the agent has no published version; publish it to call";
        return Err(Refusal::field(RefusalCode::AgentNotPublished, "/agent", detail));
    }
    if snapshot.number.is_none() {
        let detail = "the agent has no number to call from; give it one";
        return Err(Refusal::field(RefusalCode::AgentHasNoNumber, "/agent", detail));
    }
    if snapshot.trunk.is_none() {
        let detail = "the agent's number hangs on no trunk; move it to one";
        return Err(Refusal::field(RefusalCode::AgentHasNoNumber, "/agent", detail));
    }
    Ok(())
}

/// Whether the organization lets this number be called at all: country and kind of line.
pub fn number_may_be_called(to: &PhoneNumber, organization: &Organization) -> Result<(), Refusal> {
    if to.line_kind() == LineKind::Premium {
        let detail = "premium and shared-cost lines are not called";
        return Err(Refusal::field(RefusalCode::NumberNotAllowed, "/to", detail));
    }
    if organization.allowed_countries.is_empty() {
        return Ok(());
    }
    // Numbers whose country the plan cannot tell (satellite, unassigned ranges) are exactly those that toll fraud
    // likes; with an allow-list in force they stay out, but for the shared code +1, whose possible but unassigned
    // numbers are read by their area as far as the plan goes.
    let allowed = match to.region() {
        Some(region) => organization.allowed_countries.contains(&region),
        None => to.digits().starts_with('1') && organization.allowed_countries.iter().any(|c| c == "US"),
    };
    if allowed {
        return Ok(());
    }
    let detail = "the number's country is not among the countries this organization may call";
    Err(Refusal::field(RefusalCode::NumberNotAllowed, "/to", detail))
}

fn variables_complete(definition: &AgentDefinition, variables: &Variables) -> Result<(), Refusal> {
    let missing = missing_variables(definition, variables);
    let fields = missing
        .into_iter()
        .map(|name| FieldFault {
            detail: format!("the agent uses the variable {name}; give it a value"),
            pointer: format!("/variables/{}", name.replace('~', "~0").replace('/', "~1")),
        })
        .collect();
    faults(RefusalCode::MissingVariable, fields).map_or(Ok(()), Err)
}

fn missing_variables(definition: &AgentDefinition, variables: &Variables) -> Vec<String> {
    let absent =
        definition.variables.iter().filter(|(name, spec)| spec.default.is_none() && !variables.contains_key(*name));
    absent.map(|(name, _)| name.clone()).collect()
}

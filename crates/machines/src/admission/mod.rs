//! Whether a request to call may become a call.
//!
//! Law: what is missing stops the call before it is stored, and every refusal names the field and the remedy. Whether
//! the number may be called is not judged here but in `policy`, which is asked again right before the INVITE.
//!
//! On a call's way: the first decision, between the dialect and the one transaction that accepts the call.

use domain::agent::{Agent, AgentState};
use domain::agent_definition::AgentDefinition;
use domain::call::{CallRequest, Variables};
use domain::callee::Callee;
use domain::organization::Organization;
use domain::phone_number::PhoneNumber;
use domain::refusal::{FieldFault, Refusal, RefusalCode};
use domain::trunk::CallerNumber;

#[cfg(test)]
mod tests;

/// What the store knows at the moment of the request.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The agent of that tenant that was asked for.
    pub agent: Option<&'a Agent>,
    /// Its published definition.
    pub definition: Option<&'a AgentDefinition>,
    /// Its number to call from.
    pub caller: Option<&'a CallerNumber>,
}

/// A request that may become a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Admitted {
    /// Who is called.
    pub to: Callee,
    /// Who calls.
    pub from: PhoneNumber,
    /// The request's variables with the definition's defaults filled in.
    pub variables: Variables,
}

/// Who is called; a national number is read in the tenant's default region. Comes first: all else is asked for it.
pub fn callee(request: &CallRequest, organization: &Organization) -> Result<Callee, Refusal> {
    Callee::parse(&request.to, organization.default_region.as_deref())
        .map_err(|e| Refusal::field(RefusalCode::InvalidNumber, "/to", e.to_string()))
}

/// Decides on a request to call `to`.
pub fn admit(request: &CallRequest, to: Callee, snapshot: Snapshot<'_>) -> Result<Admitted, Refusal> {
    let agent = snapshot.agent.ok_or_else(|| {
        let detail = "there is no agent with this slug or id; list agents to see their names";
        Refusal::field(RefusalCode::AgentNotFound, "/agent", detail)
    })?;
    let definition = may_run(agent, snapshot.definition)?;
    let caller = snapshot.caller.ok_or_else(|| {
        let detail = "the agent has no number to call from; give it a number of a trunk";
        Refusal::field(RefusalCode::AgentHasNoNumber, "/agent", detail)
    })?;
    if to.number() == Some(&caller.number) {
        let detail = "this is the number that the agent calls from";
        return Err(Refusal::field(RefusalCode::InvalidNumber, "/to", detail));
    }
    let variables = variables(&request.variables, definition)?;
    Ok(Admitted { to, from: caller.number.clone(), variables })
}

fn may_run<'a>(agent: &Agent, definition: Option<&'a AgentDefinition>) -> Result<&'a AgentDefinition, Refusal> {
    let (code, detail) = match (agent.state, definition) {
        (AgentState::Published, Some(definition)) => return Ok(definition),
        (AgentState::Disabled, _) => (RefusalCode::AgentDisabled, "the agent is switched off; switch it on first"),
        (AgentState::Draft | AgentState::Published, _) => {
            (RefusalCode::AgentNotPublished, "the agent has no published version; publish it first")
        }
    };
    Err(Refusal::field(code, "/agent", detail))
}

fn variables(given: &Variables, definition: &AgentDefinition) -> Result<Variables, Refusal> {
    let mut variables = given.clone();
    let mut missing = Vec::new();
    for (name, spec) in &definition.variables {
        if variables.contains_key(name) {
            continue;
        }
        match &spec.default {
            Some(default) => drop(variables.insert(name.clone(), default.clone())),
            None => missing.push(name.as_str()),
        }
    }
    if missing.is_empty() {
        return Ok(variables);
    }
    let detail = format!("the agent needs these variables: {}", missing.join(", "));
    let fields = missing
        .iter()
        .map(|name| FieldFault {
            pointer: format!("/variables/{}", pointer_token(name)),
            detail: "required by the agent and has no default".into(),
        })
        .collect();
    Err(Refusal { code: RefusalCode::MissingVariable, detail, fields, facts: None })
}

/// One reference token of a JSON pointer (RFC 6901, 3).
fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

//! Rules of calling: of the organization, of an agent; what they would say to a call now, and what they said.

use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::call::CallOrigin;
use domain::call_policy::CallPolicy;
use domain::callee::Callee;
use domain::policy_decision::PolicyDecision;
use domain::refusal::Refusal;
use domain::time::Timestamp;
use machines::policy::{Reason, Verdict};

use crate::policy_gate::{self, Question, known_zone};
use crate::ports::store::{DecisionFilter, Page};
use crate::read_calls::MAX_PAGE;
use crate::refusals::invalid;
use crate::{Platform, Principal};

/// A call that nobody has asked for yet.
#[derive(Clone, Debug, Default)]
pub struct PolicyQuestion {
    /// The number, E.164 or national in the organization's default region.
    pub number: String,
    /// The agent that would hold it, by slug or id; without one the organization's rules count.
    pub agent: Option<String>,
    /// Alone or one of a list.
    pub origin: CallOrigin,
    /// Where the callee is (IANA name), if the client knows.
    pub time_zone: Option<String>,
    /// When; now by default.
    pub at: Option<Timestamp>,
}

/// What policy would say to it.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyAnswer {
    /// The number as it was read.
    pub number: Callee,
    /// The moment that was judged.
    pub at: Timestamp,
    /// Why not, or not yet; `None` when it would be dialed.
    pub reason: Option<Reason>,
    /// It would be accepted and wait.
    pub deferred: bool,
    /// Zones in which the callee may be; only where hours are kept.
    pub zones: Vec<String>,
}

impl Platform {
    /// The organization's rules.
    pub async fn organization_policy(&self, principal: &Principal) -> Result<CallPolicy, Refusal> {
        principal.require(Permission::PolicyRead)?;
        Ok(self.own_organization(principal).await?.policy)
    }

    /// Replaces the organization's rules. They hold for calls that wait, too.
    pub async fn set_organization_policy(
        &self,
        principal: &Principal,
        policy: CallPolicy,
    ) -> Result<CallPolicy, Refusal> {
        principal.require(Permission::PolicyWrite)?;
        sound(&policy)?;
        let mut organization = self.own_organization(principal).await?;
        let changes = differences(Some(&organization.policy), Some(&policy));
        organization.policy = policy;
        self.audited(principal, AuditAction::PolicyUpdated, organization.id, changes)
            .update_organization(&organization)
            .await?;
        Ok(organization.policy)
    }

    /// An agent's own rules.
    pub async fn agent_policy(&self, principal: &Principal, name: &str) -> Result<Option<CallPolicy>, Refusal> {
        principal.require(Permission::PolicyRead)?;
        Ok(self.find_agent(principal, name).await?.policy)
    }

    /// Replaces an agent's own rules; `None` leaves it to the organization's.
    pub async fn set_agent_policy(
        &self,
        principal: &Principal,
        name: &str,
        policy: Option<CallPolicy>,
    ) -> Result<Option<CallPolicy>, Refusal> {
        principal.require(Permission::PolicyWrite)?;
        if let Some(policy) = &policy {
            sound(policy)?;
        }
        let mut agent = self.find_agent(principal, name).await?;
        let changes = differences(agent.policy.as_ref(), policy.as_ref());
        agent.policy = policy;
        self.audited(principal, AuditAction::PolicyUpdated, agent.id, changes).update_agent(&agent).await?;
        Ok(agent.policy)
    }

    /// Whether a number would be called, and if not, why and from when on. Nothing is kept of the question.
    pub async fn check_policy(&self, principal: &Principal, question: PolicyQuestion) -> Result<PolicyAnswer, Refusal> {
        principal.require(Permission::PolicyRead)?;
        let organization = self.own_organization(principal).await?;
        let number = self.parse_callee(principal, "/number", &question.number).await?;
        known_zone("/time_zone", question.time_zone.as_deref())?;
        let agent = match &question.agent {
            Some(name) => Some(self.find_agent(principal, name).await?),
            None => None,
        };
        let at = question.at.unwrap_or_else(|| self.clock.now());
        let asked = Question {
            organization: &organization,
            agent: agent.as_ref(),
            to: &number,
            origin: question.origin,
            time_zone: question.time_zone.as_deref(),
            at,
        };
        let standing = self.store.number_standing(asked.organization.id, asked.to).await?;
        let judgement = policy_gate::judge(&*self.store, asked, &standing).await?;
        let (reason, deferred) = match judgement.verdict {
            Verdict::Allow => (None, false),
            Verdict::Later(_, reason) => (Some(reason), true),
            Verdict::Refuse(reason) => (Some(reason), false),
        };
        Ok(PolicyAnswer { number, at, reason, deferred, zones: judgement.zones })
    }

    /// Why numbers were not called, newest first.
    pub async fn policy_decisions(
        &self,
        principal: &Principal,
        filter: &DecisionFilter,
    ) -> Result<Page<PolicyDecision>, Refusal> {
        principal.require(Permission::PolicyRead)?;
        if filter.limit == 0 || filter.limit > MAX_PAGE {
            return Err(invalid("/limit", format!("must lie between 1 and {MAX_PAGE}")));
        }
        Ok(self.store.decisions(principal.organization, filter).await?)
    }
}

fn sound(policy: &CallPolicy) -> Result<(), Refusal> {
    policy.check().map_err(|fault| invalid(&fault.pointer, fault.detail))
}

fn differences(before: Option<&CallPolicy>, after: Option<&CallPolicy>) -> Changes {
    let word = |policy: Option<&CallPolicy>| serde_json::to_value(policy).unwrap_or_default();
    Changes::none().of("policy", word(before), word(after))
}

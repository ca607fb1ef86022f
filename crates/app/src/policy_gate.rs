//! Asks policy on a call's way: reads what the rules need and no more, has `machines::policy` judge it, and keeps the
//! reason of every no.
//!
//! Law: what cannot be read is not dialed, and not refused for good either. Without rules of the organization or the agent
//! the gate reads nothing: do-not-call list and own numbers are asked in the very commits that store the call and that
//! come before its INVITE, where the answer cannot grow old.

use domain::PolicyDecisionId;
use domain::agent::Agent;
use domain::call::{Call, CallOrigin, CallRequest};
use domain::callee::Callee;
use domain::organization::Organization;
use domain::policy_decision::{PolicyDecision, PolicyStage};
use domain::refusal::Refusal;
use domain::time::Timestamp;
use jiff::tz::TimeZone;
use machines::policy::{Asked, Facts, Reason, Rules, Verdict, zones};

use crate::ports::Clock;
use crate::ports::store::{DECISIONS_KEPT, DialGuard, NumberStanding, Store, StoreError};
use crate::refusals::invalid;
use crate::{Platform, Principal};

/// The call that is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) organization: &'a Organization,
    pub(crate) agent: Option<&'a Agent>,
    pub(crate) to: &'a Callee,
    pub(crate) origin: CallOrigin,
    pub(crate) time_zone: Option<&'a str>,
    pub(crate) at: Timestamp,
}

/// What policy says, and what it went by.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    /// To be asked once more in the commit before the INVITE.
    pub(crate) guard: DialGuard,
    /// Names of the zones in which the callee may be; only where hours are kept.
    pub(crate) zones: Vec<String>,
}

/// A create that policy let pass.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clearance {
    /// Not before then, and why.
    pub(crate) deferred: Option<(Timestamp, Reason)>,
}

impl Clearance {
    /// When the call is due, which was accepted at `now`.
    pub(crate) fn due_at(&self, now: Timestamp) -> Timestamp {
        self.deferred.as_ref().map_or(now, |(at, _)| *at)
    }
}

impl Platform {
    /// Whether policy lets a request become a call to a number that stands so. The reason of a refusal is kept; nothing
    /// else of the call is.
    pub(crate) async fn clear(
        &self,
        principal: &Principal,
        question: Question<'_>,
        standing: &NumberStanding,
    ) -> Result<Clearance, Refusal> {
        match judge(&*self.store, question, standing).await?.verdict {
            Verdict::Allow => Ok(Clearance::default()),
            Verdict::Later(at, reason) => Ok(Clearance { deferred: Some((at, reason)) }),
            Verdict::Refuse(reason) => {
                let id = PolicyDecisionId(self.clock.uuid());
                let about = PolicyDecision {
                    id,
                    organization: question.organization.id,
                    agent: question.agent.map(|agent| agent.id),
                    number: question.to.clone(),
                    at: question.at,
                    stage: PolicyStage::Create,
                    code: reason.code.as_str().to_owned(),
                    rule: reason.rule.to_owned(),
                    detail: reason.detail.clone(),
                    allowed_at: reason.allowed_at,
                    call: None,
                    key: principal.key,
                };
                keep(&*self.store, &about).await;
                Err(reason.refusal())
            }
        }
    }

    /// Keeps why an accepted call waits.
    pub(crate) async fn note_deferral(&self, call: &Call, clearance: Clearance) {
        if let Some((_, reason)) = clearance.deferred {
            note(&*self.store, &*self.clock, call, PolicyStage::Deferred, reason).await;
        }
    }
}

/// The question that a request asks. A time zone that nobody knows is refused rather than ignored.
pub(crate) fn question<'a>(
    organization: &'a Organization,
    agent: Option<&'a Agent>,
    to: &'a Callee,
    request: &'a CallRequest,
    at: Timestamp,
) -> Result<Question<'a>, Refusal> {
    let time_zone = request.time_zone.as_deref();
    known_zone("/time_zone", time_zone)?;
    Ok(Question { organization, agent, to, origin: request.origin, time_zone, at })
}

/// Refuses a name that is not one of the tz database.
pub(crate) fn known_zone(pointer: &str, name: Option<&str>) -> Result<(), Refusal> {
    match name {
        Some(name) if TimeZone::get(name).is_err() => {
            Err(invalid(pointer, "must be a time zone of the tz database, such as America/New_York"))
        }
        _ => Ok(()),
    }
}

/// Policy before the INVITE, under the rules as they are now; what is left to the commit goes with the guard or is
/// always asked there. The reason of a no is kept.
pub async fn at_dial(store: &dyn Store, clock: &dyn Clock, call: &Call) -> Result<(Verdict, DialGuard), StoreError> {
    let gone = |what: &str| StoreError::Corrupt(format!("{what} of a queued call is gone"));
    let organization = store.organization(call.organization).await?.ok_or_else(|| gone("the organization"))?;
    let agent = store.agent(call.organization, &call.agent.to_string()).await?.ok_or_else(|| gone("the agent"))?;
    let question = Question {
        organization: &organization,
        agent: Some(&agent),
        to: &call.to,
        origin: call.origin,
        time_zone: call.time_zone.as_deref(),
        at: clock.now(),
    };
    let Judgement { verdict, guard, .. } = judge(store, question, &NumberStanding::default()).await?;
    if let Verdict::Refuse(reason) | Verdict::Later(_, reason) = &verdict {
        note(store, clock, call, PolicyStage::Dial, reason.clone()).await;
    }
    Ok((verdict, guard))
}

/// Reads what the rules need, and judges.
pub(crate) async fn judge(
    store: &dyn Store,
    question: Question<'_>,
    standing: &NumberStanding,
) -> Result<Judgement, StoreError> {
    let Question { organization, agent, to, origin, time_zone, at } = question;
    let rules = Rules::of(&organization.policy, agent.and_then(|agent| agent.policy.as_ref()), origin);
    let zones = match rules.needs_zones() {
        true => zones_of(store, organization, to, time_zone).await?,
        false => Vec::new(),
    };
    let consented = match rules.needs_consent() {
        true => store.consents(organization.id, to).await?.iter().any(|consent| consent.in_force(at)),
        false => false,
    };
    let frequency = rules.needs_dialed(at);
    let dialed = match frequency {
        Some((most, since)) => store.dialed(organization.id, to, since, most).await?,
        None => Vec::new(),
    };
    let facts = Facts {
        allowed_countries: &organization.allowed_countries,
        own: standing.own,
        suppression: standing.suppression.as_ref(),
        consented,
        dialed,
        zones: resolved(&zones),
    };
    let verdict = rules.judge(Asked { to, origin, at }, &facts);
    Ok(Judgement { verdict, guard: DialGuard { frequency }, zones })
}

/// Where the callee is: as the contact says, else the call, else where the number's plan puts it.
async fn zones_of(
    store: &dyn Store,
    organization: &Organization,
    to: &Callee,
    of_call: Option<&str>,
) -> Result<Vec<String>, StoreError> {
    let contact = store.contact_of(organization.id, to).await?;
    let named = contact.and_then(|contact| contact.time_zone).or_else(|| of_call.map(ToOwned::to_owned));
    let of_number = || to.number().into_iter().flat_map(zones::of_number).map(ToOwned::to_owned).collect();
    Ok(named.map_or_else(of_number, |name| vec![name]))
}

/// One zone that this machine does not know makes the place unknown.
fn resolved(names: &[String]) -> Vec<TimeZone> {
    names.iter().map(|name| TimeZone::get(name).ok()).collect::<Option<_>>().unwrap_or_default()
}

/// Keeps why a call was stopped or put off.
async fn note(store: &dyn Store, clock: &dyn Clock, call: &Call, stage: PolicyStage, reason: Reason) {
    let decision = PolicyDecision {
        id: PolicyDecisionId(clock.uuid()),
        organization: call.organization,
        agent: Some(call.agent),
        number: call.to.clone(),
        at: clock.now(),
        stage,
        code: reason.code.as_str().to_owned(),
        rule: reason.rule.to_owned(),
        detail: reason.detail,
        allowed_at: reason.allowed_at,
        call: Some(call.id),
        key: call.key,
    };
    keep(store, &decision).await;
}

/// The answer stands without its row, too.
async fn keep(store: &dyn Store, decision: &PolicyDecision) {
    if let Err(error) = store.note_decision(decision, decision.at - DECISIONS_KEPT).await {
        tracing::warn!(%error, "a decision of policy was not kept");
    }
}

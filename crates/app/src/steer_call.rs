//! Takes a hand in a live call: has its agent say something, tells it something, hands its callee over.
//!
//! Law: what is asked goes to the session that holds the call, on whichever node, and only that session says whether the
//! call is talking; nothing is queued for later. A number that somebody is handed over to is a number that is dialed:
//! policy is asked as it is before any dial.

use domain::api_key::Permission;
use domain::call::Call;
use domain::callee::Callee;
use domain::refusal::{Refusal, RefusalCode};

use crate::policy_gate::Question;
use crate::ports::live::{Steer, Steered};
use crate::refusals::{conflict, invalid};
use crate::{Platform, Principal};

/// Longest text that is said or told, in characters.
pub const MAX_TEXT: usize = 2_000;
/// A call can change hands between our read and our question; each round reads it afresh.
const ROUNDS: usize = 4;

impl Platform {
    /// The agent says exactly this next; with `interrupt` it stops what it is saying.
    pub async fn say_in_call(
        &self,
        principal: &Principal,
        name: &str,
        text: &str,
        interrupt: bool,
    ) -> Result<Call, Refusal> {
        principal.require(Permission::CallsWrite)?;
        let text = checked(text)?;
        self.steer(principal, name, Steer::Say { text, interrupt }).await
    }

    /// The agent is told this, for its turns to come.
    pub async fn note_in_call(&self, principal: &Principal, name: &str, text: &str) -> Result<Call, Refusal> {
        principal.require(Permission::CallsWrite)?;
        let text = checked(text)?;
        self.steer(principal, name, Steer::Note { text }).await
    }

    /// The callee is handed over to a number or a SIP address, where policy allows the agent to dial it.
    pub async fn transfer_call(&self, principal: &Principal, name: &str, to: &str) -> Result<Call, Refusal> {
        principal.require(Permission::CallsWrite)?;
        let call = self.find_call(principal, name).await?;
        if call.status.is_terminal() {
            return Err(not_talking());
        }
        let organization = self.own_organization(principal).await?;
        let to = Callee::parse(to, organization.default_region.as_deref())
            .map_err(|e| Refusal::field(RefusalCode::InvalidNumber, "/to", e.to_string()))?;
        let agent = self.store.agent(call.organization, &call.agent.to_string()).await?;
        let question = Question {
            organization: &organization,
            agent: agent.as_ref(),
            to: &to,
            origin: call.origin,
            time_zone: None,
            at: self.clock.now(),
        };
        let standing = self.store.number_standing(organization.id, &to).await?;
        let clearance = self.clear(principal, question, &standing).await?;
        if let Some((_, reason)) = clearance.deferred {
            // A call that waits is dialed later; somebody on the line cannot wait.
            return Err(reason.refusal());
        }
        self.steer(principal, name, Steer::Transfer { to: to.to_string() }).await
    }

    async fn steer(&self, principal: &Principal, name: &str, steer: Steer) -> Result<Call, Refusal> {
        for _ in 0..ROUNDS {
            let call = self.live_call(principal, name).await?;
            match self.control.steer(call.id, steer.clone()).await {
                Steered::Taken => return Ok(call),
                Steered::NotTalking => return Err(not_talking()),
                Steered::Transferring => return Err(conflict("the callee is being handed over already")),
                Steered::NotHeld => {}
            }
        }
        Err(out_of_reach())
    }

    /// A call that a session should hold.
    pub(crate) async fn live_call(&self, principal: &Principal, name: &str) -> Result<Call, Refusal> {
        let call = self.find_call(principal, name).await?;
        let live = !call.status.is_terminal() && call.attempt.is_some();
        if live { Ok(call) } else { Err(not_talking()) }
    }
}

pub(crate) fn not_talking() -> Refusal {
    conflict("nobody is being talked to in this call now")
}

pub(crate) fn out_of_reach() -> Refusal {
    let detail = "the call is changing hands and could not be reached; repeat the request";
    Refusal::new(RefusalCode::Unavailable, detail)
}

fn checked(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    match text.chars().count() {
        1..=MAX_TEXT => Ok(text.to_owned()),
        _ => Err(invalid("/text", format!("must have 1 to {MAX_TEXT} characters"))),
    }
}

//! Deleting what a call left behind: its recording, or what was said in it. The call stays, with its events and evidence.
//!
//! Law: the file goes before the row that names it, so that a crash between the two leaves a row without a file, which
//! can be deleted again, and never a file that nothing names. What is deleted by age goes the same way (crate `retention`).

use std::path::{Component, Path};

use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::call::Call;
use domain::refusal::{Refusal, RefusalCode};

use crate::refusals::{conflict, not_found};
use crate::{Platform, Principal};

impl Platform {
    /// Deletes a call's recording. `remove` deletes the file at the path that it is given; a file that is gone already is
    /// no error.
    pub async fn delete_recording(
        &self,
        principal: &Principal,
        name: &str,
        remove: impl AsyncFnOnce(&str) -> std::io::Result<()> + Send,
    ) -> Result<(), Refusal> {
        let call = self.call_that_is_over(principal, name).await?;
        let path = call.recording.as_deref().ok_or_else(|| not_found("recording"))?;
        remove(path).await.map_err(|error| {
            tracing::error!(call.id = %call.id, error.detail = %error, "a recording could not be deleted");
            Refusal::new(RefusalCode::Unavailable, "the recording could not be deleted; the server's log says why")
        })?;
        let store = self.audited(principal, AuditAction::RecordingDeleted, call.id, Changes::none());
        store.forget_recording(principal.organization, call.id, self.clock.now()).await?;
        Ok(())
    }

    /// Empties what was said in a call: turns, digits, slots, variables and metadata.
    pub async fn delete_content(&self, principal: &Principal, name: &str) -> Result<(), Refusal> {
        let call = self.call_that_is_over(principal, name).await?;
        let agent = self.store.agent(principal.organization, &call.agent.to_string()).await?;
        let own = agent.map(|agent| agent.retention).unwrap_or_default();
        let mask = own.over(self.own_organization(principal).await?.retention).mask_numbers;
        let store = self.audited(principal, AuditAction::ContentDeleted, call.id, Changes::none());
        store.forget_content(principal.organization, call.id, self.clock.now(), mask).await?;
        Ok(())
    }

    async fn call_that_is_over(&self, principal: &Principal, name: &str) -> Result<Call, Refusal> {
        principal.require(Permission::CallsWrite)?;
        let call = self.find_call(principal, name).await?;
        if call.status.is_terminal() {
            return Ok(call);
        }
        Err(conflict("the call is not over; hang up first"))
    }
}

/// A stored path of a recording must stay below the recordings folder, whoever wrote it.
pub fn lies_below(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

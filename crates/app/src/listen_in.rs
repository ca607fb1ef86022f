//! Lets somebody hear a live call, on whichever node it is.
//!
//! Law: whoever may hear the recording may hear the call. How many a node serves at once is bounded, and counted before a
//! connection is opened for them.

use domain::api_key::Permission;
use domain::refusal::Refusal;
use tokio::sync::OwnedSemaphorePermit;

use crate::open_chat::full;
use crate::ports::live::{CallAudio, NotHeard};
use crate::steer_call::{not_talking, out_of_reach};
use crate::{Platform, Principal};

/// A call can change hands between our read and our question; each round reads it afresh.
const ROUNDS: usize = 4;

/// A call that somebody hears. Dropping it ends that, and makes room.
#[derive(Debug)]
pub struct HeardCall {
    /// What is heard.
    pub audio: CallAudio,
    _room: OwnedSemaphorePermit,
}

impl Platform {
    /// Both channels of a call that talks, from now on.
    pub async fn listen_in(&self, principal: &Principal, name: &str) -> Result<HeardCall, Refusal> {
        principal.require(Permission::CallsRead)?;
        self.live_call(principal, name).await?;
        let room = self.chats.room_to_listen().ok_or_else(|| full("node.listeners"))?;
        for _ in 0..ROUNDS {
            let call = self.live_call(principal, name).await?;
            match self.control.listen(call.id).await {
                Ok(audio) => return Ok(HeardCall { audio, _room: room }),
                Err(NotHeard::NotTalking) => return Err(not_talking()),
                Err(NotHeard::NotHeld) => {}
            }
        }
        Err(out_of_reach())
    }
}

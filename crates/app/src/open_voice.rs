//! Talks with an agent by voice, without a telephone: how it is heard before it calls anybody.
//!
//! Law: as for a talk in writing, nothing is dialed, queued, charged or kept; but it is the pipeline of a call, ears, turn
//! taking and voice included, so few are held at once.

use domain::ChatId;
use domain::call::Variables;
use domain::refusal::{Refusal, RefusalCode};
use tokio::sync::OwnedSemaphorePermit;

use crate::Platform;
use crate::open_chat::{ChatAgent, not_opened};
use crate::place_call::check_variables;
use crate::ports::socket_line::RATES;
use crate::ports::spoken_talks::SpokenTalk;
use crate::refusals::invalid;

/// A talk that has begun.
#[derive(Debug)]
pub struct OpenVoice {
    /// Its name.
    pub id: ChatId,
    /// Given back first: whoever sees the talk end finds room for another.
    _room: OwnedSemaphorePermit,
    /// Sound both ways, and what happens.
    pub talk: SpokenTalk,
}

impl Platform {
    /// Begins a talk with an agent of [`Platform::voice_agent`], at one of [`RATES`].
    pub async fn open_voice(
        &self,
        agent: ChatAgent,
        variables: &Variables,
        rate_hz: u32,
    ) -> Result<OpenVoice, Refusal> {
        check_variables(variables)?;
        if !RATES.contains(&rate_hz) {
            return Err(invalid("/rate_hz", "must be 8000 or 16000"));
        }
        let unavailable = || Refusal::new(RefusalCode::Unavailable, "this node holds no talks by voice");
        let voices = self.chats.voices().ok_or_else(unavailable)?;
        let (opening, room) = self.opening(agent, variables)?;
        let id = opening.id;
        let talk = voices.open(opening, rate_hz).await.map_err(not_opened)?;
        Ok(OpenVoice { id, _room: room, talk })
    }
}

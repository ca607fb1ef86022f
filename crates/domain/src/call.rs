//! A call is what was asked for; an attempt is one INVITE of it.

use std::collections::BTreeMap;

use crate::call_event::CallFact;
use crate::callee::Callee;
use crate::dialect::Dialect;
use crate::ids::{AgentId, AgentVersionId, ApiKeyId, AttemptId, CallId, OrganizationId, RecordingFolderId};
use crate::money::{Money, Price};
use crate::outcome::{AnsweredBy, Blame, CallStatus, EndReason, Evidence, Outcome};
use crate::phone_number::PhoneNumber;
use crate::time::Timestamp;

/// Variables of a call: what `{{name}}` stands for. Values are text; they are personal data.
pub type Variables = BTreeMap<String, String>;

/// A request to phone somebody, as any dialect hands it to the use case. Not yet checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallRequest {
    /// Agent by slug or id.
    pub agent: String,
    /// Number or SIP address to call as the client wrote it.
    pub to: String,
    /// Values for the agent's variables.
    pub variables: Variables,
    /// Free data of the client's, handed back in reads and events.
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// Whether it was asked for alone or is one of a list.
    pub origin: CallOrigin,
    /// Where the callee is (IANA name), if the client knows.
    pub time_zone: Option<String>,
    /// Told how the call ended, as a webhook of its own.
    pub status_url: Option<String>,
    /// A machine is hung up on at once, whatever the agent would do.
    pub hang_up_on_machine: bool,
    /// What the API that it came by expects.
    pub manners: Manners,
}

/// What an API expects where they differ; our own expects none of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manners {
    /// The call takes its turn by pace now or is refused, instead of waiting for it in the queue.
    pub pace_now: bool,
    /// A variable that the agent needs and nobody gave is empty, instead of a refusal.
    pub blanks: bool,
    /// Refused while a call of this agent to this number is not over.
    pub one_at_a_time: bool,
}

/// How a call came about; lists are held to stricter rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallOrigin {
    /// One request for one call.
    #[default]
    Single,
    /// One of a list of calls.
    List,
}

impl CallOrigin {
    /// Lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::List => "list",
        }
    }

    /// Reads the lower-case name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Single, Self::List].into_iter().find(|o| o.as_str() == text)
    }
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its id.
    pub id: CallId,
    /// Counts up from 1 within the installation; for clients that want an integer.
    pub sequence: i64,
    /// Tenant it belongs to.
    pub organization: OrganizationId,
    /// Agent that holds it.
    pub agent: AgentId,
    /// Slug of that agent when the call was made.
    pub agent_slug: String,
    /// Version of the agent it runs on.
    pub agent_version: AgentVersionId,
    /// Who is called.
    pub to: Callee,
    /// Number it is called from.
    pub from: PhoneNumber,
    /// What `{{name}}` stands for.
    pub variables: Variables,
    /// Free data of the client's.
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// Key that asked for it; `None` for the operator.
    pub key: Option<ApiKeyId>,
    /// Whether it was asked for alone or is one of a list.
    pub origin: CallOrigin,
    /// Where the callee is (IANA name), as the client said.
    pub time_zone: Option<String>,
    /// Told how the call ended.
    pub status_url: Option<String>,
    /// The API that it was asked for by, in whose words `status_url` is told.
    pub dialect: Dialect,
    /// A machine is hung up on at once, whatever the agent would do.
    pub hang_up_on_machine: bool,
    /// What it costs; `None` when the organization is not billed.
    pub price: Option<Price>,
    /// What it did cost, once it is over.
    pub cost: Option<Money>,
    /// Where it stands.
    pub status: CallStatus,
    /// Why it ended, once it did.
    pub end_reason: Option<EndReason>,
    /// Whose doing the end was.
    pub blame: Option<Blame>,
    /// Who picked up.
    pub answered_by: AnsweredBy,
    /// How sure that is, 0 to 1.
    pub answered_by_confidence: f32,
    /// What the conversation came to.
    pub outcome: Option<Outcome>,
    /// What was seen on the line.
    pub evidence: Evidence,
    /// Path of the recording below the recordings folder, once there is one.
    pub recording: Option<String>,
    /// The folder that it lies in; `None` where that was not noted.
    pub recording_folder: Option<RecordingFolderId>,
    /// When its recording was deleted.
    pub recording_purged_at: Option<Timestamp>,
    /// When what was said in it was deleted.
    pub content_purged_at: Option<Timestamp>,
    /// The current or last attempt.
    pub attempt: Option<AttemptId>,
    /// Number of its last event.
    pub last_event: u32,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When the INVITE left.
    pub dialed_at: Option<Timestamp>,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Who calls whom: what a call has from the first, and never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    /// Tenant it belongs to.
    pub organization: OrganizationId,
    /// Agent that holds it.
    pub agent: AgentId,
    /// Slug of that agent.
    pub agent_slug: String,
    /// Version of the agent it runs on.
    pub agent_version: AgentVersionId,
    /// Who is called.
    pub to: Callee,
    /// Number it is called from.
    pub from: PhoneNumber,
}

impl Call {
    /// A call that was accepted and to which nothing has happened yet; the store numbers it.
    pub fn queued(id: CallId, parties: Parties, created_at: Timestamp) -> Self {
        let Parties { organization, agent, agent_slug, agent_version, to, from } = parties;
        Self {
            id,
            sequence: 0,
            organization,
            agent,
            agent_slug,
            agent_version,
            to,
            from,
            variables: Variables::new(),
            metadata: serde_json::Map::new(),
            key: None,
            origin: CallOrigin::Single,
            time_zone: None,
            status_url: None,
            dialect: Dialect::Native,
            hang_up_on_machine: false,
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
            recording_folder: None,
            recording_purged_at: None,
            content_purged_at: None,
            attempt: None,
            last_event: 0,
            created_at,
            dialed_at: None,
            answered_at: None,
            ended_at: None,
        }
    }

    /// Brings the view up to date with a fact; events are the truth, the fields of a call only show them.
    pub fn apply(&mut self, at: Timestamp, fact: &CallFact) {
        match fact {
            CallFact::Dialing { attempt } => {
                self.status = CallStatus::Dialing;
                self.attempt = Some(*attempt);
                self.dialed_at = Some(at);
            }
            CallFact::Ringing { .. } => self.status = CallStatus::Ringing,
            CallFact::Answered { codec } => {
                self.status = CallStatus::InProgress;
                self.answered_at = Some(at);
                self.evidence.codec = Some(codec.clone());
            }
            CallFact::AnsweredBy { answered_by, confidence, .. } => {
                self.answered_by = *answered_by;
                self.answered_by_confidence = *confidence;
            }
            CallFact::RecordingReady { path, folder, .. } => {
                self.recording = Some(path.clone());
                self.recording_folder = *folder;
            }
            CallFact::Ended(ending) => {
                self.status = ending.status;
                self.end_reason = Some(ending.end_reason);
                self.blame = Some(ending.blame);
                self.answered_by = ending.answered_by;
                self.outcome.clone_from(&ending.outcome);
                self.evidence = ending.evidence.clone();
                self.ended_at = Some(at);
                let dialed = self.attempt.is_some();
                self.cost = self.price.as_ref().map(|price| price.cost(dialed, ending.duration_ms));
            }
            CallFact::Queued
            | CallFact::Turn(_)
            | CallFact::Digits { .. }
            | CallFact::Slot { .. }
            | CallFact::Tool { .. }
            | CallFact::OptedOut
            | CallFact::VoicemailMessageLeft
            | CallFact::Transfer { .. }
            | CallFact::Note { .. }
            | CallFact::Trouble { .. } => {}
        }
    }
}

impl Call {
    /// The call as it stood after these facts, which are its log from the first on: what only shows events is taken
    /// back to the beginning and applied again. What is told twice is therefore told in the same words.
    #[must_use]
    pub fn replayed<'a>(self, facts: impl IntoIterator<Item = (Timestamp, &'a CallFact)>) -> Self {
        let mut call = Self {
            status: CallStatus::Queued,
            end_reason: None,
            blame: None,
            answered_by: AnsweredBy::Unknown,
            answered_by_confidence: 0.0,
            outcome: None,
            evidence: Evidence::default(),
            recording: None,
            recording_folder: None,
            attempt: None,
            cost: None,
            last_event: 0,
            dialed_at: None,
            answered_at: None,
            ended_at: None,
            ..self
        };
        for (at, fact) in facts {
            call.apply(at, fact);
            call.last_event += 1;
        }
        call
    }
}

/// Any of the names by which a call can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallKey {
    /// `call_…` or the bare UUID.
    Id(CallId),
    /// The integer sequence.
    Sequence(i64),
    /// The SIP Call-ID of its last attempt.
    SipCallId(String),
}

impl CallKey {
    /// Reads any of the forms; every text is at least a possible SIP Call-ID.
    pub fn parse(text: &str) -> Self {
        if let Ok(id) = text.parse() {
            return Self::Id(id);
        }
        text.parse().map_or_else(|_| Self::SipCallId(text.to_owned()), Self::Sequence)
    }
}

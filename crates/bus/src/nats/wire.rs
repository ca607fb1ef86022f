//! What goes over NATS: subjects, and messages in JSON.
//!
//! Law: the first thing in a message is its version, and one of another version is not guessed at. Subjects carry the
//! version too, so that nodes of two releases share a server without hearing what they cannot read.

use app::ports::live::{LiveEvent, NotHeard, Steer, Steered};
use bytes::Bytes;
use domain::call_event::CallEvent;
use domain::time::CallMs;
use domain::transcript::Speaker;
use domain::{CallId, NodeId, OrganizationId};
use serde::{Deserialize, Serialize};

/// Version of subjects and messages.
const VERSION: u16 = 1;
/// Largest message that is sent or read; servers take 1 MiB unless told otherwise.
pub(super) const LARGEST: usize = 256 << 10;

/// Subjects below a prefix.
#[derive(Clone, Debug)]
pub(super) struct Subjects {
    prefix: String,
}

impl Subjects {
    pub(super) fn below(prefix: &str) -> Self {
        Self { prefix: format!("{prefix}.v{VERSION}") }
    }

    /// Replies; within the prefix, so that a server's permissions need to name nothing else.
    pub(super) fn inbox(&self) -> String {
        format!("{}.inbox", self.prefix)
    }

    /// "There is work": `<prefix>.v1.work`.
    pub(super) fn work(&self) -> String {
        format!("{}.work", self.prefix)
    }

    /// "Look what is asked of you": `<prefix>.v1.nodes`.
    pub(super) fn nodes(&self) -> String {
        format!("{}.nodes", self.prefix)
    }

    /// Events of one call: `<prefix>.v1.events.<organization>.<call>`.
    pub(super) fn events_of(&self, event: &Happening) -> String {
        let (organization, call) = match event {
            Happening::Fact(fact) => (fact.organization, fact.call),
            Happening::Words { organization, call, .. } => (*organization, *call),
        };
        format!("{}.events.{organization}.{call}", self.prefix)
    }

    /// Events of all calls.
    pub(super) fn all_events(&self) -> String {
        format!("{}.events.>", self.prefix)
    }

    /// Requests to the session of one call.
    pub(super) fn control(&self, call: CallId) -> String {
        format!("{}.control.{call}", self.prefix)
    }

    /// What is heard in one call: `<prefix>.v1.audio.<call>`.
    pub(super) fn audio(&self, call: CallId) -> String {
        format!("{}.audio.{call}", self.prefix)
    }

    /// A subject that nobody listens to: the server says so at once, after everything that we sent before.
    pub(super) fn nobody(&self, node: NodeId) -> String {
        format!("{}.nobody.{node}", self.prefix)
    }
}

/// A live event on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub(super) enum Happening {
    Fact(CallEvent),
    Words { organization: OrganizationId, call: CallId, speaker: Speaker, text: String, at_ms: CallMs },
}

impl Happening {
    /// `None` for what concerns one process only.
    pub(super) fn of(event: &LiveEvent) -> Option<Self> {
        match event.clone() {
            LiveEvent::Fact(fact) => Some(Self::Fact(fact)),
            LiveEvent::Words { organization, call, speaker, text, at_ms } => {
                Some(Self::Words { organization, call, speaker, text, at_ms })
            }
            LiveEvent::Missed => None,
        }
    }
}

impl From<Happening> for LiveEvent {
    fn from(happening: Happening) -> Self {
        match happening {
            Happening::Fact(fact) => Self::Fact(fact),
            Happening::Words { organization, call, speaker, text, at_ms } => {
                Self::Words { organization, call, speaker, text, at_ms }
            }
        }
    }
}

/// A message: `{"v":1,"from":"node_…","n":7,"kind":"fact","body":{…}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Envelope<T> {
    v: u16,
    /// Who sent it: a node does not listen to itself.
    pub(super) from: NodeId,
    /// Counts up by one with each message of that node and kind; a step of more means that some were lost.
    pub(super) n: u64,
    #[serde(flatten)]
    pub(super) body: T,
}

/// A wake-up has nothing to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Work {}

/// What is asked of a call's session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", content = "of", rename_all = "snake_case")]
pub(super) enum Ask {
    HangUp,
    Steer(Steer),
    /// Send what is heard, for a while; who listens on asks again.
    Listen,
}

/// What a session says to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", content = "as", rename_all = "snake_case")]
pub(super) enum Answer {
    /// To hanging up: whether it was taken.
    HungUp(bool),
    Steered(Steered),
    /// To listening: why not, if not.
    Listening(Option<NotHeard>),
}

impl<T: Serialize> Envelope<T> {
    /// The message; `None` where it is too large.
    pub(super) fn write(from: NodeId, n: u64, body: T) -> Option<Bytes> {
        // Text keys and finite numbers only: what cannot be written does not occur.
        let bytes = serde_json::to_vec(&Self { v: VERSION, from, n, body }).ok()?;
        (bytes.len() <= LARGEST).then(|| bytes.into())
    }
}

impl<T: for<'de> Deserialize<'de>> Envelope<T> {
    /// Reads a message; `None` for one that is too large, of another version, or no message of ours.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > LARGEST {
            return None;
        }
        serde_json::from_slice(bytes).ok().filter(|envelope: &Self| envelope.v == VERSION)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn words(text: &str) -> Happening {
        Happening::Words {
            organization: OrganizationId(Uuid::from_u128(1)),
            call: CallId(Uuid::from_u128(2)),
            speaker: Speaker::Callee,
            text: text.into(),
            at_ms: CallMs(40),
        }
    }

    #[test]
    fn what_was_written_is_read_and_says_its_version_and_sender() {
        let node = NodeId(Uuid::from_u128(3));
        let bytes = Envelope::write(node, 7, words("hello")).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((&json["v"], &json["n"], &json["kind"]), (&1.into(), &7.into(), &"words".into()));
        let read = Envelope::<Happening>::read(&bytes).unwrap();
        assert_eq!((read.from, read.n, read.body), (node, 7, words("hello")));
        let asked = Envelope::write(node, 0, Ask::HangUp).unwrap();
        assert_eq!(Envelope::<Ask>::read(&asked).unwrap().body, Ask::HangUp);
    }

    #[test]
    fn another_version_garbage_and_what_is_too_large_are_not_read() {
        let node = NodeId(Uuid::from_u128(3));
        assert!(Envelope::write(node, 1, words(&"a".repeat(LARGEST))).is_none());
        let bytes = Envelope::write(node, 1, words("hello")).unwrap();
        let mut newer: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        newer["v"] = 2.into();
        let newer = serde_json::to_vec(&newer).unwrap();
        for bad in [&newer[..], b"", b"{}", b"null", &bytes[..bytes.len() - 1], &vec![b' '; LARGEST + 1]] {
            assert!(Envelope::<Happening>::read(bad).is_none());
        }
    }
}

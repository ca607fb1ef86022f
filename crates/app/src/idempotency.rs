//! Requests that carry a name of the client's own (`Idempotency-Key`), so that a repeat does nothing twice.
//!
//! Law: a key belongs to organization, API key, method and path; the same key with the same body gets the first answer
//! again for 24 hours; nothing is kept of what was refused. A create of a call or of money keeps its answer in its own
//! transaction. Everything else reserves, works and keeps: a server that dies in between leaves the key reserved for a
//! minute, after which a repeat does the work, and unique names refuse what was made already.

use std::sync::Arc;

use domain::audit::Actor;
use domain::refusal::{Refusal, RefusalCode};
use domain::time::Timestamp;
use machines::idempotency::{self, Decision, Known};
use sha2::{Digest, Sha256};

use crate::ports::store::{CreateRefused, HeldBack, KeptAnswer, KnownAnswer, Reservation};
use crate::{Platform, Principal};

/// A request under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    scope: String,
    key: String,
    fingerprint: [u8; 32],
}

impl Keyed {
    /// A request of `principal`. `key` must be 1 to 255 printable characters; `body` is compared byte for byte.
    pub fn new(principal: &Principal, method: &str, path: &str, key: &str, body: &[u8]) -> Result<Self, Refusal> {
        if !idempotency::is_key(key) {
            let detail = "Idempotency-Key must have 1 to 255 printable ASCII characters, such as a UUID";
            return Err(Refusal::new(RefusalCode::InvalidRequest, detail));
        }
        // A click's token is no key; it names its agent.
        let owner = match (principal.actor, principal.agent) {
            (Actor::Key(key), _) => key.to_string(),
            (Actor::User(user), _) => user.to_string(),
            (_, Some(agent)) => agent.to_string(),
            (_, None) => "operator".to_owned(),
        };
        let mut digest = Sha256::new();
        for part in [method.as_bytes(), path.as_bytes(), body] {
            // Lengths keep one part from running into the next.
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Ok(Self {
            scope: format!("{}/{owner}/{method} {path}", principal.organization),
            key: key.to_owned(),
            fingerprint: digest.finalize().into(),
        })
    }

    /// What a create takes along so that its answer is kept in its own transaction.
    pub(crate) fn held_back<T>(&self, now: Timestamp, write: Write<T>) -> HeldBack<T> {
        HeldBack {
            scope: self.scope.clone(),
            key: self.key.clone(),
            fingerprint: self.fingerprint,
            now,
            expires_at: now + idempotency::KEPT_FOR,
            write,
        }
    }

    /// What the transaction says to a request whose key was taken while it was judged.
    pub(crate) fn lost_the_race(&self, refused: CreateRefused, now: Timestamp) -> Result<KeptAnswer, Refusal> {
        match refused {
            CreateRefused::AnsweredBefore { fingerprint, answer, until } => {
                let known = KnownAnswer { fingerprint, answer, until };
                self.decide(Some(known), now)?.ok_or_else(in_flight)
            }
            other => Err(other.into()),
        }
    }

    fn decide(&self, known: Option<KnownAnswer>, now: Timestamp) -> Result<Option<KeptAnswer>, Refusal> {
        let known = known.map(|k| Known { fingerprint: k.fingerprint, answer: k.answer, until: k.until });
        match idempotency::decide(known, &self.fingerprint, now) {
            Decision::Work => Ok(None),
            Decision::Replay(answer) => Ok(Some(answer)),
            Decision::Reused => {
                let detail = "this Idempotency-Key was used with another body; draw a new key for a new request";
                Err(Refusal::new(RefusalCode::IdempotencyKeyReused, detail))
            }
            Decision::InFlight(_) => Err(in_flight()),
        }
    }
}

/// Writes the answer for what was made.
pub type Write<T> = Arc<dyn Fn(&T) -> KeptAnswer + Send + Sync>;

/// The answer to a request under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptOrNew {
    /// What is answered, byte for byte.
    pub answer: KeptAnswer,
    /// Whether it was answered before.
    pub replayed: bool,
}

/// What came of reserving a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// This request does the work, then settles.
    Ours(Reserved),
    /// It was done before; this was answered.
    Before(KeptAnswer),
}

/// A key that was reserved: settle it with [`Platform::keep`] or [`Platform::give_back`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserved(Reservation);

fn in_flight() -> Refusal {
    let detail = "a request with this Idempotency-Key is being worked on; repeat it shortly to get its answer";
    Refusal::new(RefusalCode::IdempotencyKeyInFlight, detail)
}

impl Platform {
    /// What was answered to this very request before, if it was. Comes before every other check: a repeat gets its answer
    /// even where the request would be refused today.
    pub async fn answered_before(&self, asked: &Keyed) -> Result<Option<KeptAnswer>, Refusal> {
        let now = self.clock.now();
        let known = self.store.known_answer(&asked.scope, &asked.key, now).await?;
        asked.decide(known, now)
    }

    /// Reserves the key for work that is not one transaction; an answer that is known comes back instead.
    pub async fn reserve(&self, asked: &Keyed) -> Result<Claimed, Refusal> {
        let now = self.clock.now();
        let wanted = Reservation {
            scope: asked.scope.clone(),
            key: asked.key.clone(),
            fingerprint: asked.fingerprint,
            id: self.clock.uuid(),
        };
        let until = now + idempotency::RESERVED_FOR;
        let Some(known) = self.store.reserve_answer(&wanted, now, until).await? else {
            return Ok(Claimed::Ours(Reserved(wanted)));
        };
        // Somebody holds it; one that expired meanwhile is in flight as far as this request can tell.
        asked.decide(Some(known), now)?.map(Claimed::Before).ok_or_else(in_flight)
    }

    /// Keeps what was answered for repeats.
    pub async fn keep(&self, reserved: Reserved, answer: &KeptAnswer) -> Result<(), Refusal> {
        let expires_at = self.clock.now() + idempotency::KEPT_FOR;
        if !self.store.keep_answer(&reserved.0, answer, expires_at).await? {
            tracing::warn!("a request took longer than its Idempotency-Key was reserved");
        }
        Ok(())
    }

    /// Gives the key back: nothing was made.
    pub async fn give_back(&self, reserved: Reserved) -> Result<(), Refusal> {
        Ok(self.store.forget_answer(&reserved.0).await?)
    }
}

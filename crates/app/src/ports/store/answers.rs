//! Answers that are kept for repeated requests.
//!
//! A create of a call or of money keeps its answer in its own transaction ([`super::HeldBack`]). For all others the key
//! is reserved, the work done, and the answer kept: two transactions, with a reservation that lapses.

use async_trait::async_trait;
use domain::time::Timestamp;
use uuid::Uuid;

use super::{KeptAnswer, StoreError};

/// What is known under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAnswer {
    /// SHA-256 of what was asked.
    pub fingerprint: [u8; 32],
    /// `None` while the first request is in flight.
    pub answer: Option<KeptAnswer>,
    /// Forgotten then.
    pub until: Timestamp,
}

/// A key that a request wants for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Whose key it is: organization, API key, method and path.
    pub scope: String,
    /// `Idempotency-Key` as sent.
    pub key: String,
    /// SHA-256 of what was asked.
    pub fingerprint: [u8; 32],
    /// Drawn by whoever reserves; a lapsed reservation that another took over cannot be settled with it.
    pub id: Uuid,
}

/// Answers that are kept.
#[async_trait]
pub trait AnswerStore: Send + Sync {
    /// What is known at `now`.
    async fn known_answer(&self, scope: &str, key: &str, now: Timestamp) -> Result<Option<KnownAnswer>, StoreError>;
    /// Reserves the key until `until`; exactly one of many gets `None`, the others what is known.
    async fn reserve_answer(
        &self,
        wanted: &Reservation,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<KnownAnswer>, StoreError>;
    /// Keeps the answer under a reservation; false when it lapsed and another took over.
    async fn keep_answer(
        &self,
        held: &Reservation,
        answer: &KeptAnswer,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Gives a reservation back: nothing was done.
    async fn forget_answer(&self, held: &Reservation) -> Result<(), StoreError>;
    /// Removes up to `limit` kept answers and as many uses of caps that expired; returns how many went.
    async fn purge_expired(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

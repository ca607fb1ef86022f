//! Passwords: hashed with Argon2id (RFC 9106; OWASP's parameters, 19 MiB and two passes), a few at a time.
//!
//! Law: whether an account exists costs as much to ask as whether its password is right.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use domain::refusal::{Refusal, RefusalCode};
use tokio::sync::Semaphore;

use crate::refusals::invalid;

/// Shortest and longest password in characters.
const LENGTH: std::ops::RangeInclusive<usize> = 12..=256;
/// Hashes at once: each takes 19 MiB and a processor for some 20 ms.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// The hash of no password that anybody has: what an unknown account is compared with.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$b3V0ZGlhbC1ub2JvZHk$fmoYQSHGQDZBlDWBd8fkEi9dZ7hxJc1KBBWfQyB6lWo";

/// Hashes a new password, which must be long enough.
pub(crate) async fn hashed(password: String) -> Result<String, Refusal> {
    if !LENGTH.contains(&password.chars().count()) {
        let detail = format!("must have {} to {} characters", LENGTH.start(), LENGTH.end());
        return Err(invalid("/password", detail));
    }
    blocking(move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()))
        .await?
        .map_err(|error| unavailable(&error))
}

/// Whether `password` is the one behind `hash`; of nobody's hash it never is.
pub(crate) async fn matches(password: String, hash: Option<String>) -> Result<bool, Refusal> {
    let known = hash.is_some();
    let right = blocking(move || {
        let hash = hash.as_deref().unwrap_or(NOBODYS);
        let parsed = PasswordHash::new(hash)?;
        Ok::<_, argon2::password_hash::Error>(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await?
    .map_err(|error| unavailable(&error))?;
    Ok(right && known)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    let _one_of_few = AT_ONCE.acquire().await.map_err(|error| unavailable(&error))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| unavailable(&error))
}

fn unavailable(error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(error.detail = %error, "a password could not be hashed");
    Refusal::new(RefusalCode::Unavailable, "passwords cannot be checked now; try again shortly")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_opens_its_own_hash_alone() {
        let hash = hashed("correct horse battery".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(matches("correct horse battery".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!matches("correct horse batterY".to_owned(), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_no_password_and_the_comparison_is_a_real_one() {
        assert!(PasswordHash::new(NOBODYS).is_ok(), "else the answer would come sooner");
        assert!(!matches("correct horse battery".to_owned(), None).await.unwrap());
    }

    #[tokio::test]
    async fn short_and_endless_passwords_are_refused() {
        for password in ["", "short", "elevenchars", &"x".repeat(257)] {
            assert_eq!(hashed(password.to_owned()).await.unwrap_err().code, RefusalCode::InvalidRequest, "{password}");
        }
    }
}

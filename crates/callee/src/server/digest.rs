//! Proxy authentication by digest (RFC 2617), as a carrier asks for it. Law: a nonce is ours, and good for one INVITE.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use rsipstack::sip::headers::typed::Authorization;
use rsipstack::sip::services::DigestGenerator;
use rsipstack::sip::{Header, Request};
use uuid::Uuid;

/// Nonces outstanding; older ones are challenged anew.
const OUTSTANDING: usize = 1_024;

/// What a caller must know.
#[derive(Clone)]
pub struct Credentials {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
    /// Realm the challenge names.
    pub realm: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Checks INVITEs.
pub(super) struct Gate {
    wanted: Credentials,
    nonces: Mutex<VecDeque<String>>,
}

impl Gate {
    pub(super) fn new(wanted: Credentials) -> Self {
        Self { wanted, nonces: Mutex::default() }
    }

    /// Whether the request proves that its sender knows the password.
    pub(super) fn admits(&self, request: &Request) -> bool {
        let value = request.headers.iter().find_map(|header| match header {
            Header::ProxyAuthorization(value) => Some(value.value()),
            _ => None,
        });
        let Some(auth) = value.and_then(|value| Authorization::parse(value).ok()) else { return false };
        let known = auth.username == self.wanted.username && auth.realm == self.wanted.realm;
        let proof = DigestGenerator::from(&auth, &self.wanted.password, &request.method);
        known && self.spend(&auth.nonce) && proof.verify(&auth.response)
    }

    /// The header of a 407.
    pub(super) fn challenge(&self) -> Header {
        let nonce = Uuid::now_v7().simple().to_string();
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        if nonces.len() == OUTSTANDING {
            nonces.pop_front();
        }
        nonces.push_back(nonce.clone());
        let realm = &self.wanted.realm;
        Header::ProxyAuthenticate(
            format!(r#"Digest realm="{realm}", nonce="{nonce}", algorithm=MD5, qop="auth""#).into(),
        )
    }

    fn spend(&self, nonce: &str) -> bool {
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let at = nonces.iter().position(|known| known == nonce);
        at.is_some_and(|at| nonces.remove(at).is_some())
    }
}

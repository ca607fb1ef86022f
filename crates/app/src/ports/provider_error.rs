//! How a speech or language provider says no.

/// A provider did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{provider}: {detail}")]
pub struct ProviderError {
    /// Name from the list of providers.
    pub provider: &'static str,
    /// What can be done about it.
    pub kind: ProviderErrorKind,
    /// One sentence without speech, prompts or secrets.
    pub detail: String,
}

/// What can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderErrorKind {
    /// The deadline passed.
    Timeout,
    /// Busy or briefly broken: the same request may succeed.
    Overloaded,
    /// The request itself is at fault; repeating it is useless.
    Rejected,
    /// The provider is not set up or its connection is gone.
    Unavailable,
}

impl ProviderError {
    /// Whether the same request may succeed if it is sent again.
    pub fn retryable(&self) -> bool {
        !matches!(self.kind, ProviderErrorKind::Rejected)
    }
}

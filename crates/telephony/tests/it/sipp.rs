//! sipp as the far end, playing a scenario of `tests/sipp`.

use std::net::SocketAddr;

use telephony::signalling::SipTransport;

#[path = "../sipp/process.rs"]
mod process;

pub(crate) use process::Sipp;

impl Sipp {
    /// Starts a far end that waits for a call.
    pub(crate) async fn answering(scenario: &str) -> Self {
        Self::start(scenario, "u1", None).await
    }

    pub(crate) async fn answering_over(scenario: &str, transport: SipTransport) -> Self {
        Self::start(scenario, if transport == SipTransport::Tcp { "t1" } else { "u1" }, None).await
    }

    /// Starts a far end that calls `target`.
    pub(crate) async fn calling(scenario: &str, target: SocketAddr) -> Self {
        Self::start(scenario, "u1", Some(target)).await
    }
}

//! Ports and addresses.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use super::Finding;
use crate::config::Config;

/// A server of ours answers its health check within this.
const HEALTH: Duration = Duration::from_secs(2);

pub(super) async fn http(config: &Config) -> Finding {
    let (check, address) = ("HTTP port", config.server.listen);
    match TcpListener::bind(address) {
        Ok(_) => Finding::ok(check, format!("{address} is free")),
        Err(e) if e.kind() == ErrorKind::AddrInUse && is_ours(address).await => {
            Finding::ok(check, format!("{address} is held by a running outdial"))
        }
        Err(e) => {
            Finding::failure(check, format!("{address}: {e}"), "stop the program that has it, or set server.listen")
        }
    }
}

async fn is_ours(address: SocketAddr) -> bool {
    let Ok(client) = reqwest::Client::builder().timeout(HEALTH).no_proxy().build() else { return false };
    let answer = client.get(format!("http://{address}/healthz")).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

pub(super) fn sip(config: &Config) -> Finding {
    let (check, address) = ("SIP port", config.sip.listen);
    let bound = UdpSocket::bind(address).and_then(|_| TcpListener::bind(address)).map(drop);
    match bound {
        Err(e) => {
            let remedy = "stop the program that has it (a running outdial too), or set sip.listen";
            Finding::failure(check, format!("{address}: {e}"), remedy)
        }
        Ok(()) if address.ip().is_loopback() => {
            let remedy = "for a carrier set sip.listen, such as 0.0.0.0:5060";
            Finding::warning(check, format!("{address} reaches trunks on this machine only"), remedy)
        }
        Ok(()) => Finding::ok(check, format!("{address} can be bound")),
    }
}

/// Tries the first and the last port: what lies between may be in use by other calls, and is skipped by the server.
pub(super) fn rtp(config: &Config) -> Finding {
    let (check, ports) = ("RTP ports", config.media.ports);
    let taken: Vec<u16> = [ports.first, ports.last]
        .into_iter()
        .filter(|port| UdpSocket::bind((config.sip.listen.ip(), *port)).is_err())
        .collect();
    if taken.is_empty() {
        return Finding::ok(
            check,
            format!("{ports}, {} calls at most", u32::from(ports.last - ports.first).div_ceil(2)),
        );
    }
    let detail = format!("{ports}: {taken:?} cannot be bound at {}", config.sip.listen.ip());
    Finding::warning(check, detail, "set media.ports to a range that nothing else uses, and open it in the firewall")
}

/// A key that is named but not set makes every call with the model fail.
pub(super) fn language_models(config: &Config) -> Vec<Finding> {
    let named = config.llm.iter().filter_map(|(name, model)| Some((name, model.api_key_env.as_ref()?)));
    named
        .map(|(name, variable)| match std::env::var_os(variable) {
            Some(value) if !value.is_empty() => {
                Finding::ok(format!("language model {name}"), format!("{variable} is set"))
            }
            _ => {
                let detail = format!("{variable} is not set");
                Finding::failure(format!("language model {name}"), detail, format!("set {variable} to the API key"))
            }
        })
        .collect()
}

//! OPTIONS (RFC 3261, 11): whether a trunk is there.

use rsipstack::sip::typed::{From, To};
use rsipstack::sip::{HostWithPort, Method, Param, Scheme, SipMessage, Transport, Uri};
use rsipstack::transaction::endpoint::EndpointInnerRef;
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::make_tag;
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::SipAddr;

use super::super::{InviteError, Options, SipTransport};
use super::outgoing::host;

/// Sends one and waits for the final answer; the caller bounds the wait.
pub(super) async fn ask(
    endpoint: EndpointInnerRef,
    options: &Options,
    port: u16,
) -> Result<(u16, String), InviteError> {
    let stack = |error: rsipstack::Error| InviteError::Stack(error.to_string());
    let transport = match options.transport {
        SipTransport::Udp => Transport::Udp,
        SipTransport::Tcp => Transport::Tcp,
    };
    let params = match options.transport {
        SipTransport::Udp => Vec::new(),
        SipTransport::Tcp => vec![Param::Transport(Transport::Tcp)],
    };
    let uri = |host_with_port: HostWithPort, params| Uri {
        scheme: Some(Scheme::Sip),
        auth: None,
        host_with_port,
        params,
        headers: Vec::new(),
    };
    let there = uri(host(&options.domain, "trunk address")?, params);
    let ours = HostWithPort { host: options.local_ip.into(), port: Some(port.into()) };
    let via = endpoint.get_via(Some(SipAddr::new(transport, ours.clone())), None).map_err(stack)?;
    let from = From { display_name: None, uri: uri(ours, Vec::new()), params: Vec::new() }.with_tag(make_tag());
    let to = To { display_name: None, uri: there.clone(), params: Vec::new() };
    let request = endpoint.make_request(Method::Options, there, via, from, to, 1, None);
    let key = TransactionKey::from_request(&request, TransactionRole::Client).map_err(stack)?;
    let mut transaction = Transaction::new_client(key, request, endpoint, None);
    transaction.destination = options.destination.map(|address| SipAddr::new(transport, address.into()));
    transaction.send().await.map_err(stack)?;
    while let Some(message) = transaction.receive().await {
        if let SipMessage::Response(response) = message {
            let code = response.status_code.code();
            if code >= 200 {
                return Ok((code, response.status_code.text().to_owned()));
            }
        }
    }
    Err(InviteError::Silent)
}

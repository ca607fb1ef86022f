//! As much of SIP as the far end reads and writes (RFC 3261), over UDP.

use std::fmt::Write;
use std::net::SocketAddr;

/// A request, as the fields that matter here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    /// User part of the Request-URI.
    pub(super) user: String,
    pub(super) call_id: String,
    /// Branch of the topmost Via.
    pub(super) branch: String,
    /// It belongs to a dialog that stands: To carries a tag.
    pub(super) in_dialog: bool,
    fields: Vec<(String, String)>,
}

impl Request {
    /// Reads a datagram; `None` for a response or nonsense.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let head = text.split_once("\r\n\r\n").map_or(text, |(head, _)| head);
        let mut lines = head.split("\r\n");
        let (method, rest) = lines.next()?.split_once(' ')?;
        let (uri, _) = rest.split_once(" SIP/2.0")?;
        let user = uri.split_once(':')?.1.split_once('@').map_or("", |(user, _)| user);
        let fields: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let field = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let parameter = |value: &str, name: &str| {
            let found = value.split(';').skip(1).find_map(|part| part.trim().strip_prefix(name).map(str::to_owned));
            found.map(|value| value.split(',').next().unwrap_or_default().to_owned())
        };
        Some(Self {
            method: method.to_owned(),
            user: user.to_owned(),
            call_id: field("call-id")?.to_owned(),
            branch: parameter(field("via")?, "branch=")?,
            in_dialog: parameter(field("to")?, "tag=").is_some(),
            fields,
        })
    }

    fn field(&self, wanted: &str) -> &str {
        self.fields.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str())
    }

    /// A response to it (8.2.6.2).
    pub(super) fn response(&self, status: &str, contact: SocketAddr, sdp: &str) -> String {
        let mut text = format!("SIP/2.0 {status}\r\n");
        for (name, value) in &self.fields {
            let tag = if name == "to" && !self.in_dialog { ";tag=far" } else { "" };
            if ["via", "from", "to", "call-id", "cseq", "record-route"].contains(&name.as_str()) {
                let _ = write!(text, "{name}: {value}{tag}\r\n");
            }
        }
        let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let _ = write!(text, "Contact: <sip:far@{contact}>\r\n{kind}Content-Length: {}\r\n\r\n{sdp}", sdp.len());
        text
    }

    /// A BYE in the dialog that this INVITE made, from its callee (12.2.1.1).
    pub(super) fn bye(&self, from: SocketAddr) -> String {
        let contact = self.field("contact");
        let target = contact.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(contact, |(uri, _)| uri);
        let call_id = &self.call_id;
        format!(
            "BYE {target} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKbye{}\r\nMax-Forwards: 70\r\n\
             From: {};tag=far\r\nTo: {}\r\nCall-ID: {call_id}\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
            self.branch,
            self.field("to"),
            self.field("from"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &str = "INVITE sip:+15550100001@127.0.0.1:5060 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 127.0.0.1:40000;rport;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n\
        Contact: <sip:us@127.0.0.1:40000>\r\nCall-ID: att_1@outdial\r\nCSeq: 7 INVITE\r\n\r\nv=0\r\n";

    #[test]
    fn an_invite_is_read() {
        let request = Request::parse(INVITE).unwrap();
        assert_eq!((request.method.as_str(), request.user.as_str()), ("INVITE", "+15550100001"));
        assert_eq!((request.call_id.as_str(), request.branch.as_str()), ("att_1@outdial", "z9hG4bKa"));
        assert!(!request.in_dialog);
        assert!(Request::parse(&INVITE.replace("<sip:c@d>", "<sip:c@d>;tag=far")).unwrap().in_dialog);
        assert_eq!(Request::parse("SIP/2.0 200 OK\r\nCall-ID: x\r\n\r\n"), None);
        assert_eq!(Request::parse("nonsense"), None);
    }

    #[test]
    fn answers_copy_what_must_be_copied_and_a_bye_turns_the_dialog_round() {
        let request = Request::parse(INVITE).unwrap();
        let ours: SocketAddr = "127.0.0.1:5060".parse().unwrap();
        let ringing = request.response("180 Ringing", ours, "");
        assert!(ringing.contains("to: <sip:c@d>;tag=far\r\n") && ringing.contains("cseq: 7 INVITE\r\n"));
        let bye = request.bye(ours);
        assert!(bye.starts_with("BYE sip:us@127.0.0.1:40000 SIP/2.0\r\n"));
        assert!(bye.contains("From: <sip:c@d>;tag=far\r\nTo: <sip:a@b>;tag=1\r\n"));
    }
}

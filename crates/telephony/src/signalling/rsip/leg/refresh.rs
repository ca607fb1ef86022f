//! The session timer of a leg (RFC 4028): refreshing by UPDATE where the peer takes it, by re-INVITE elsewhere, and
//! ending a session whose refreshes stopped.

use rsipstack::sip::{Header, Response, StatusCodeKind};
use tokio::time::Instant;

use super::super::super::session_timer::{MIN_SE, SessionTimer};
use super::super::super::{EndedBy, Ending};
use super::super::requests::{plain, value};
use super::{Done, Leg};

impl Leg {
    pub(super) fn refresh(&mut self, timer: SessionTimer) {
        // Should the refresh be lost for good, its transaction ends long before the session does.
        self.timer = Some((timer, Instant::now() + timer.interval / 2));
        let dialog = self.dialog.clone();
        let mut headers = vec![
            plain("Session-Expires", &timer.for_refresh()),
            plain("Min-SE", &MIN_SE.to_string()),
            Header::Supported("timer".into()),
        ];
        let update = self.update_allowed;
        let description = self.description.clone();
        self.tasks.spawn(async move {
            let response = if update {
                dialog.update(Some(headers), None).await
            } else {
                headers.push(Header::ContentType("application/sdp".into()));
                dialog.reinvite(Some(headers), Some(description.into_bytes())).await
            };
            Done::Refreshed(response.ok().flatten())
        });
    }

    pub(super) fn on_refreshed(&mut self, response: Option<Response>) -> Option<Ending> {
        match response {
            Some(response) if response.status_code.kind() == StatusCodeKind::Successful => {
                self.take_timer(&response);
                None
            }
            // RFC 4028 section 7.3 and RFC 3261 section 12.2.1.2: only these say that the call is gone.
            None => Some(self.session_expired()),
            Some(response) if matches!(response.status_code.code(), 408 | 481) => Some(self.session_expired()),
            Some(_) => None,
        }
    }

    pub(super) fn take_timer(&mut self, response: &Response) {
        let timer = value(response.headers.iter(), "Session-Expires").and_then(SessionTimer::from_response);
        self.timer = timer.map(|timer| (timer, Instant::now() + timer.next_step()));
    }

    pub(super) fn session_expired(&mut self) -> Ending {
        self.bye(Some("SIP;cause=408;text=\"session expired\"".to_owned()));
        Ending::by(EndedBy::SessionExpired)
    }
}

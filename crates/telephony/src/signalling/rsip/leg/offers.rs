//! Offers of the peer within a call: a new description, a request for ours, or only a refresh of the session timer.

use std::time::Duration;

use rsipstack::dialog::dialog::TransactionHandle;
use rsipstack::sip::{Header, Method, Request, StatusCode};
use tokio::sync::oneshot;

use super::super::super::SignallingEvent;
use super::super::super::session_timer::{MIN_SE, SessionTimer};
use super::super::requests::{allow_value, plain, requested_timer};
use super::{Done, Leg};

/// How long the leg's owner may think about an offer of the peer.
const OFFER_LIMIT: Duration = Duration::from_secs(5);

impl Leg {
    /// re-INVITE or UPDATE: a new offer, a request for our offer, or only a refresh of the session timer.
    pub(super) fn on_offer(&mut self, request: Request, handle: TransactionHandle) {
        let timer = requested_timer(&request);
        if timer.is_some_and(SessionTimer::too_small) {
            self.respond(handle, StatusCode::SessionIntervalTooSmall, vec![plain("Min-SE", &MIN_SE.to_string())]);
            return;
        }
        let mut headers = vec![Header::Allow(allow_value().into()), Header::Supported("timer".into())];
        if let Some(timer) = timer {
            headers.push(plain("Session-Expires", &timer.for_response()));
            headers.push(Header::Require("timer".into()));
        }
        if request.body.is_empty() && request.method == Method::Update {
            self.tasks.spawn(async move {
                let _ = handle.respond(StatusCode::OK, Some(headers), None).await;
                timer.map_or(Done::Nothing, Done::TimerAgreed)
            });
            return;
        }
        self.late_answer_due = request.body.is_empty();
        let (reply, replied) = oneshot::channel();
        self.emit(SignallingEvent::Offered { body: request.body, reply });
        self.tasks.spawn(async move {
            match tokio::time::timeout(OFFER_LIMIT, replied).await {
                Ok(Ok(Ok(description))) => {
                    headers.push(Header::ContentType("application/sdp".into()));
                    let _ = handle.respond(StatusCode::OK, Some(headers), Some(description.into_bytes())).await;
                    timer.map_or(Done::Nothing, Done::TimerAgreed)
                }
                Ok(Ok(Err(code))) => {
                    let _ = handle.reply(StatusCode::from(code)).await;
                    Done::Nothing
                }
                // The owner is gone or stuck; the call goes on as it was.
                Ok(Err(_)) | Err(_) => {
                    let _ = handle.reply(StatusCode::ServerInternalError).await;
                    Done::Nothing
                }
            }
        });
    }

    pub(super) fn late_answer(&mut self) {
        if !std::mem::take(&mut self.late_answer_due) {
            return;
        }
        if let Some(ack) = self.dialog.last_remote_ack().filter(|ack| !ack.body.is_empty()) {
            self.emit(SignallingEvent::LateAnswer { body: ack.body });
        }
    }
}

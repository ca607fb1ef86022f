//! How an INVITE ended: the final response, told from what the stack makes up and from what crossed our CANCEL.

use rsipstack::dialog::dialog::{DialogState, TerminatedReason};
use rsipstack::dialog::invitation::InviteAsyncResult;
use rsipstack::sip::{Response, StatusCodeKind};
use tokio::task::JoinError;

use super::super::super::{EndedBy, Ending, SignallingEvent};
use super::super::requests::{allows_update, causes};
use super::{Leg, Phase};

impl Leg {
    /// The INVITE's final response, or its failure.
    pub(super) fn on_final(&mut self, result: Result<InviteAsyncResult, JoinError>) -> Option<Ending> {
        self.shared.registry.settle(&self.call_id);
        let cancelling = matches!(self.phase, Phase::Cancelling(_));
        let response = match result {
            Ok(Ok((_, response))) => response,
            Ok(Err(_)) | Err(_) if cancelling => return Some(Ending::by(EndedBy::Cancelled)),
            Ok(Err(error)) => return Some(Ending::by(EndedBy::Transport(error.to_string()))),
            // The stack's own task was stopped or panicked.
            Err(_) => return Some(Ending::by(EndedBy::Stopped)),
        };
        let Some(response) = response else {
            return Some(Ending::by(if cancelling { EndedBy::Cancelled } else { EndedBy::NoResponse }));
        };
        if response.status_code.kind() == StatusCodeKind::Successful {
            return self.on_success(response, cancelling);
        }
        // The stack makes up a 408 itself when nothing at all was heard (Timer B).
        let silence = response.status_code.code() == 408 && !self.provisional_seen;
        let by = match (cancelling, silence) {
            (true, _) => EndedBy::Cancelled,
            (false, true) => EndedBy::NoResponse,
            (false, false) => EndedBy::Refused,
        };
        Some(Ending { causes: causes(&response), ..with_code(by, &response) })
    }

    pub(super) fn on_success(&mut self, response: Response, cancelling: bool) -> Option<Ending> {
        // A 2xx that crossed our CANCEL, or a BYE on its heels: the dialog may be over already.
        match self.dialog.state() {
            DialogState::Terminated(_, TerminatedReason::UasBye) => {
                // It was answered all the same, and by now hung up: the owner hears of both, in their order.
                if !cancelling {
                    self.emit(SignallingEvent::Answered { body: response.body.clone() });
                }
                return Some(Ending {
                    causes: self.shared.registry.causes(&self.call_id),
                    ..with_code(EndedBy::PeerBye, &response)
                });
            }
            DialogState::Terminated(..) => return Some(with_code(EndedBy::Cancelled, &response)),
            _ if cancelling => {
                self.bye(None);
                return Some(with_code(EndedBy::Cancelled, &response));
            }
            _ => {}
        }
        self.phase = Phase::Talking;
        self.update_allowed = allows_update(&response);
        self.take_timer(&response);
        self.emit(SignallingEvent::Answered { body: response.body });
        None
    }
}

fn with_code(by: EndedBy, response: &Response) -> Ending {
    // The stack's `reason_phrase()` is the Reason header; the phrase of the status line is `wire_reason`.
    let phrase = response.wire_reason.as_deref().unwrap_or_else(|| response.status_code.text());
    let phrase = Some(phrase.chars().take(120).collect());
    Ending { by, code: Some(response.status_code.code()), phrase, causes: Vec::new() }
}

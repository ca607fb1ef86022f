//! One SIP leg: a task that stands between the stack's dialog and the leg's owner.
//!
//! Law: exactly one `Ended`, after which the dialog is removed from the stack; every wait has a deadline; a 2xx
//! counts only if the dialog is still alive; a CANCEL that nobody answers is ended by our own watchdog.

mod offers;
mod outcome;
mod refresh;

use std::sync::Arc;
use std::time::Duration;

use rsipstack::dialog::dialog::{DialogState, DialogStateReceiver, TerminatedReason, TransactionHandle};
use rsipstack::dialog::invitation::InviteAsyncResult;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Header, Response, StatusCode, StatusCodeKind};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::Instant;

use super::super::session_timer::{Refresher, SessionTimer};
use super::super::{EndedBy, Ending, SignallingCommand, SignallingEvent};
use super::requests::{info_digit, plain, sdp_headers, transfer_progress, value};
use super::{Shared, SipCounters};

/// How long `Ended` waits for room; an owner that slow has lost interest.
const ENDED_LIMIT: Duration = Duration::from_secs(5);

enum Phase {
    Inviting,
    /// CANCEL sent or waiting for a provisional; the watchdog's time.
    Cancelling(Instant),
    Talking,
}

/// What a task of the leg came back with.
enum Done {
    Nothing,
    Referred(Option<u16>),
    Reoffered(Option<Response>),
    Refreshed(Option<Response>),
    /// A peer's request with a session timer was answered.
    TimerAgreed(SessionTimer),
}

pub(super) struct Leg {
    shared: Arc<Shared>,
    dialog: InviteDialog,
    call_id: String,
    events: mpsc::Sender<SignallingEvent>,
    phase: Phase,
    tasks: JoinSet<Done>,
    /// Our last description, repeated in refreshes by re-INVITE.
    description: String,
    timer: Option<(SessionTimer, Instant)>,
    update_allowed: bool,
    late_answer_due: bool,
    provisional_seen: bool,
}

impl Leg {
    pub(super) fn new(
        shared: Arc<Shared>,
        dialog: InviteDialog,
        events: mpsc::Sender<SignallingEvent>,
        description: String,
    ) -> Self {
        Self {
            shared,
            call_id: dialog.id().call_id,
            dialog,
            events,
            phase: Phase::Inviting,
            tasks: JoinSet::new(),
            description,
            timer: None,
            update_allowed: false,
            late_answer_due: false,
            provisional_seen: false,
        }
    }

    pub(super) async fn run(
        mut self,
        mut invited: JoinHandle<InviteAsyncResult>,
        mut states: DialogStateReceiver,
        mut commands: mpsc::Receiver<SignallingCommand>,
    ) {
        let ending = self.until_end(&mut invited, &mut states, &mut commands).await;
        // An unfinished INVITE is given up here; the stack's guard still ACKs and BYEs what answers late.
        invited.abort();
        let _ = tokio::time::timeout(ENDED_LIMIT, self.events.send(SignallingEvent::Ended(ending))).await;
        let limit = self.shared.transaction_limit();
        let _ = tokio::time::timeout(limit, async { while self.tasks.join_next().await.is_some() {} }).await;
        // The stack never forgets a dialog by itself (rsipstack issue 134).
        self.shared.layer.remove_dialog(&self.dialog.id());
        self.shared.registry.remove(&self.call_id);
        self.shared.traces.remove(&self.call_id);
    }

    async fn until_end(
        &mut self,
        invited: &mut JoinHandle<InviteAsyncResult>,
        states: &mut DialogStateReceiver,
        commands: &mut mpsc::Receiver<SignallingCommand>,
    ) -> Ending {
        let stop = self.shared.stop.clone();
        let mut owned = true;
        loop {
            let deadline = self.deadline();
            let ended = tokio::select! {
                biased;
                command = commands.recv(), if owned => {
                    owned = command.is_some();
                    self.on_command(command.unwrap_or(SignallingCommand::HangUp { reason: None }))
                }
                () = stop.cancelled(), if owned => {
                    owned = false;
                    self.on_command(SignallingCommand::HangUp { reason: None })
                }
                Some(state) = states.recv() => self.on_state(state),
                result = &mut *invited, if !matches!(self.phase, Phase::Talking) => self.on_final(result),
                Some(done) = self.tasks.join_next(), if !self.tasks.is_empty() => self.on_done(done),
                () = until(deadline), if deadline.is_some() => self.on_deadline(),
            };
            if let Some(ending) = ended {
                return ending;
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Inviting => None,
            Phase::Cancelling(watchdog) => Some(watchdog),
            Phase::Talking => self.timer.map(|(_, next)| next),
        }
    }

    fn on_deadline(&mut self) -> Option<Ending> {
        match (&self.phase, self.timer) {
            (Phase::Cancelling(_), _) => Some(Ending::by(EndedBy::Cancelled)),
            (Phase::Talking, Some((timer, _))) => match timer.refresher {
                Refresher::Us => {
                    self.refresh(timer);
                    None
                }
                Refresher::Peer => Some(self.session_expired()),
            },
            _ => None,
        }
    }

    fn on_command(&mut self, command: SignallingCommand) -> Option<Ending> {
        match command {
            SignallingCommand::HangUp { reason } => self.hang_up(reason),
            SignallingCommand::Refer { target } => {
                let dialog = self.dialog.clone();
                let referred_by = dialog.initial_request();
                let referred_by = value(referred_by.headers.iter(), "Contact").map(|uri| plain("Referred-By", uri));
                self.tasks.spawn(async move {
                    let response =
                        dialog.refer(format!("<{target}>"), referred_by.map(|header| vec![header]), None).await;
                    Done::Referred(response.ok().flatten().map(|response| response.status_code.code()))
                });
                None
            }
            SignallingCommand::Reoffer { offer } => {
                self.description.clone_from(&offer);
                let dialog = self.dialog.clone();
                self.tasks.spawn(async move {
                    // RFC 3261 section 14.1: a 491 means both sides offered at once; try again a little later.
                    let response =
                        dialog.reinvite_with_glare_retry(Some(sdp_headers()), Some(offer.into_bytes()), 3).await;
                    Done::Reoffered(response.ok().flatten())
                });
                None
            }
        }
    }

    fn hang_up(&mut self, reason: Option<String>) -> Option<Ending> {
        match self.phase {
            Phase::Inviting => {
                let dialog = self.dialog.clone();
                self.tasks.spawn(async move {
                    let _ = dialog.cancel().await;
                    Done::Nothing
                });
                // One T1 more than the transaction itself, so that its own end is seen first.
                let limit = self.shared.transaction_limit() + self.shared.config.t1;
                self.phase = Phase::Cancelling(Instant::now() + limit);
                None
            }
            Phase::Cancelling(_) => None,
            Phase::Talking => {
                self.bye(reason);
                Some(Ending::by(EndedBy::OurBye))
            }
        }
    }

    /// Hands the BYE to its transaction; the leg is over for its owner, the answer is awaited in `run`.
    fn bye(&mut self, reason: Option<String>) {
        let dialog = self.dialog.clone();
        self.tasks.spawn(async move {
            let headers = reason.map(|reason| vec![Header::Reason(reason.into())]);
            let _ = dialog.bye_with_headers(headers).await;
            Done::Nothing
        });
    }

    fn on_state(&mut self, state: DialogState) -> Option<Ending> {
        match state {
            DialogState::Trying(_) => self.provisional(100, Vec::new()),
            DialogState::Early(_, response) => self.provisional(response.status_code.code(), response.body),
            DialogState::Confirmed(..) => self.late_answer(),
            DialogState::Updated(_, request, handle) => self.on_offer(request, handle),
            DialogState::Info(_, request, handle) => {
                let digit = info_digit(&request);
                self.respond(handle, StatusCode::OK, Vec::new());
                if let Some(digit) = digit {
                    self.emit(SignallingEvent::Digit(digit));
                }
            }
            DialogState::Notify(_, request, handle) => {
                self.respond(handle, StatusCode::OK, Vec::new());
                if let Some((code, finished)) = transfer_progress(&request) {
                    self.emit(SignallingEvent::Transfer { code, finished });
                }
            }
            DialogState::Options(_, _, handle) => {
                let headers =
                    vec![Header::Allow(super::requests::allow_value().into()), plain("Accept", "application/sdp")];
                self.respond(handle, StatusCode::OK, headers);
            }
            DialogState::Refer(_, _, handle) => self.respond(handle, StatusCode::Decline, Vec::new()),
            DialogState::Message(_, _, handle) | DialogState::Publish(_, _, handle) => {
                self.respond(handle, StatusCode::MethodNotAllowed, Vec::new());
            }
            DialogState::Terminated(_, reason) if matches!(self.phase, Phase::Talking) => {
                return Some(match reason {
                    TerminatedReason::UasBye => {
                        Ending { causes: self.shared.registry.causes(&self.call_id), ..Ending::by(EndedBy::PeerBye) }
                    }
                    _ => Ending::by(EndedBy::Transport("the dialog was terminated by the stack".to_owned())),
                });
            }
            DialogState::Calling(_) | DialogState::WaitAck(..) | DialogState::Terminated(..) => {}
        }
        None
    }

    fn provisional(&mut self, code: u16, body: Vec<u8>) {
        if !matches!(self.phase, Phase::Talking) {
            self.provisional_seen = true;
            self.emit(SignallingEvent::Provisional { code, body });
        }
    }

    fn on_done(&mut self, done: Result<Done, JoinError>) -> Option<Ending> {
        match done.unwrap_or(Done::Nothing) {
            Done::Nothing => {}
            Done::TimerAgreed(timer) => self.timer = Some((timer, Instant::now() + timer.next_step())),
            Done::Referred(code) => {
                let code = code.unwrap_or(408);
                self.emit(SignallingEvent::Transfer { code, finished: code >= 300 });
            }
            Done::Reoffered(response) => {
                let outcome = match response {
                    Some(response) if response.status_code.kind() == StatusCodeKind::Successful => {
                        self.take_timer(&response);
                        Ok(response.body)
                    }
                    Some(response) => Err(response.status_code.code()),
                    None => Err(408),
                };
                self.emit(SignallingEvent::Reoffered(outcome));
            }
            Done::Refreshed(response) => return self.on_refreshed(response),
        }
        None
    }

    fn respond(&mut self, handle: TransactionHandle, status: StatusCode, headers: Vec<Header>) {
        self.tasks.spawn(async move {
            let _ = handle.respond(status, Some(headers), None).await;
            Done::Nothing
        });
    }

    /// Gives an event without waiting: signalling must go on even when the owner does not listen.
    fn emit(&self, event: SignallingEvent) {
        if self.events.try_send(event).is_err() {
            SipCounters::count(&self.shared.counters.events_dropped);
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

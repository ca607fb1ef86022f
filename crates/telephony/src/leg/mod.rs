//! One leg: the task that joins signalling and media and speaks to the conversation.
//!
//! Law: signalling events are never dropped and `Closed` is the last of them; voice never passes through here, only
//! the commands that carry it. The description in force is known in one place, here.

#[cfg(test)]
mod tests;

use std::time::Duration;

use app::ports::telephone::{LegCommand, LegEvent, MediaEvent};
use domain::outcome::LineLoss;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::media_threads::{CallCommand, MediaLeg, NewCall};
use crate::sdp::{LocalSession, Negotiated, NegotiationError, SessionDescription};
use crate::signalling::{
    Cause, EndedBy, Ending, OfferReply, SignallingCommand, SignallingEvent, SignallingLeg, SipTransport,
};

/// How long the conversation may leave an event lying before it counts as gone.
const EVENT_LIMIT: Duration = Duration::from_secs(10);

/// The trunk, as far as a transfer's target needs it.
pub(crate) struct Trunkside {
    pub(crate) domain: String,
    pub(crate) transport: SipTransport,
}

/// What a leg's task starts with.
pub(crate) struct LegTask {
    pub(crate) media: MediaLeg,
    pub(crate) local: LocalSession,
    pub(crate) events: mpsc::Sender<LegEvent>,
    pub(crate) media_events: mpsc::Sender<MediaEvent>,
    pub(crate) trunk: Trunkside,
    pub(crate) ring_timeout: Duration,
    pub(crate) media_timeout: Duration,
}

/// What happened so far.
struct Progress {
    answered: bool,
    media_running: bool,
    held: bool,
    hanging_up: bool,
    /// The description of early media; stands for an answer that repeats none.
    early: Option<Negotiated>,
    /// Commands that came before media runs, such as the recording, or a greeting sent ahead of the answer.
    waiting: Vec<CallCommand>,
}

/// Commands kept for media that does not run yet; more than a prepared greeting would be a mistake.
const MAX_WAITING: usize = 256;

impl LegTask {
    pub(crate) async fn run(mut self, mut signalling: SignallingLeg, mut commands: mpsc::Receiver<LegCommand>) {
        let mut progress = Progress {
            answered: false,
            media_running: false,
            held: false,
            hanging_up: false,
            early: None,
            waiting: Vec::new(),
        };
        let ring_deadline = Instant::now() + self.ring_timeout;
        let mut owned = true;
        let ending = loop {
            tokio::select! {
                biased;
                command = commands.recv(), if owned => match command {
                    Some(command) => self.on_command(command, &signalling, &mut progress).await,
                    None => {
                        owned = false;
                        hang_up(&signalling, &mut progress).await;
                    }
                },
                event = signalling.events.recv() => match event {
                    Some(SignallingEvent::Ended(ending)) => break ending,
                    Some(event) => self.on_event(event, &signalling, &mut progress).await,
                    // Signalling always ends with `Ended`; a task that panicked is the exception.
                    None => break Ending::by(EndedBy::Stopped),
                },
                () = tokio::time::sleep_until(ring_deadline), if !progress.answered && !progress.hanging_up => {
                    hang_up(&signalling, &mut progress).await;
                }
            }
        };
        if let Some(event) = final_event(ending, &progress) {
            self.tell(event).await;
        }
        let stats = self.media.close().await;
        self.tell(LegEvent::Closed(stats)).await;
    }

    async fn on_command(&mut self, command: LegCommand, signalling: &SignallingLeg, progress: &mut Progress) {
        let media = match command {
            LegCommand::Cancel | LegCommand::HangUp => return hang_up(signalling, progress).await,
            LegCommand::Transfer { to } => {
                let target = self.transfer_target(&to);
                return tell_signalling(signalling, SignallingCommand::Refer { target }).await;
            }
            LegCommand::Play(chunk) => CallCommand::Play(chunk),
            LegCommand::Flush { generation } => CallCommand::Flush { generation },
            LegCommand::SendDigits(digits) => CallCommand::Digits(digits),
            LegCommand::Record(sink) => CallCommand::Record(sink),
            LegCommand::Listen(sink) => CallCommand::Listen(sink),
        };
        if progress.media_running {
            self.media.command(media).await;
        } else if progress.waiting.len() < MAX_WAITING {
            progress.waiting.push(media);
        }
    }

    fn transfer_target(&self, to: &str) -> String {
        if to.starts_with("sip:") || to.starts_with("sips:") {
            return to.to_owned();
        }
        let transport = if self.trunk.transport == SipTransport::Tcp { ";transport=tcp" } else { "" };
        format!("sip:{to}@{}{transport}", self.trunk.domain)
    }

    async fn on_event(&mut self, event: SignallingEvent, signalling: &SignallingLeg, progress: &mut Progress) {
        match event {
            SignallingEvent::Provisional { code: 100, .. } | SignallingEvent::Ended(_) => {}
            SignallingEvent::Provisional { code, body } => {
                let agreed = self.negotiate(&body).ok();
                if let Some(agreed) = agreed {
                    progress.early = Some(agreed);
                    self.describe(agreed, progress).await;
                }
                self.tell(LegEvent::Provisional { code, early_media: agreed.is_some() }).await;
            }
            SignallingEvent::Answered { body } => self.on_answer(&body, signalling, progress).await,
            SignallingEvent::Offered { body, reply } => self.on_offer(&body, reply, progress).await,
            SignallingEvent::LateAnswer { body } | SignallingEvent::Reoffered(Ok(body)) => {
                if let Ok(agreed) = self.negotiate(&body) {
                    self.adopt(agreed, progress).await;
                }
            }
            SignallingEvent::Reoffered(Err(code)) => {
                tracing::debug!(code, "the far end refused our offer; the call goes on as it was");
            }
            SignallingEvent::Digit(digit) => {
                if progress.media_running {
                    self.media.command(CallCommand::HeardDigit(digit)).await;
                }
            }
            SignallingEvent::Transfer { code, finished } => {
                self.tell(LegEvent::Transfer { code, done: finished }).await
            }
        }
    }

    fn negotiate(&self, body: &[u8]) -> Result<Negotiated, NegotiationError> {
        let description = SessionDescription::parse(body).map_err(|_| NegotiationError::NoAudio)?;
        Negotiated::from_remote(&description, self.local.codecs())
    }

    async fn on_answer(&mut self, body: &[u8], signalling: &SignallingLeg, progress: &mut Progress) {
        let agreed = match self.negotiate(body) {
            Ok(agreed) => Ok(agreed),
            Err(error) => progress.early.ok_or(error),
        };
        progress.answered = true;
        match agreed {
            Ok(agreed) => {
                // Media first: the conversation's greeting must find a running clock.
                self.adopt(agreed, progress).await;
                self.tell(LegEvent::Answered { codec: agreed.codec.name().to_owned() }).await;
            }
            Err(error) => {
                let reason = error.to_string();
                self.tell(LegEvent::Refused { code: 488, reason, q850: None, local: true }).await;
                progress.hanging_up = true;
                let reason = Some("SIP;cause=488;text=\"Not acceptable here\"".to_owned());
                tell_signalling(signalling, SignallingCommand::HangUp { reason }).await;
            }
        }
    }

    async fn on_offer(&mut self, body: &[u8], reply: OfferReply, progress: &mut Progress) {
        if body.is_empty() {
            let _ = reply.send(Ok(self.local.offer()));
            return;
        }
        let answered = SessionDescription::parse(body)
            .map_err(|_| NegotiationError::NoAudio)
            .and_then(|offer| self.local.answer(&offer));
        match answered {
            Ok((agreed, text)) => {
                let _ = reply.send(Ok(text));
                self.adopt(agreed, progress).await;
            }
            // RFC 3261 section 14.2: the session goes on as if there had been no re-INVITE.
            Err(_) => {
                let _ = reply.send(Err(488));
            }
        }
    }

    /// A description of an answered call: media follows it, and the conversation hears of a hold.
    async fn adopt(&mut self, agreed: Negotiated, progress: &mut Progress) {
        self.describe(agreed, progress).await;
        if agreed.on_hold() != progress.held {
            progress.held = agreed.on_hold();
            self.tell(LegEvent::RemoteHold(progress.held)).await;
        }
    }

    async fn describe(&mut self, agreed: Negotiated, progress: &mut Progress) {
        if progress.media_running {
            self.media.command(CallCommand::Describe(agreed)).await;
            return;
        }
        progress.media_running = true;
        let events = self.media_events.clone();
        self.media.start(NewCall { agreed, events, inactivity: self.media_timeout }).await;
        for command in progress.waiting.drain(..) {
            self.media.command(command).await;
        }
    }

    async fn tell(&self, event: LegEvent) {
        // A conversation that left drops its receiver, and then its commands, which ends the leg.
        let _ = tokio::time::timeout(EVENT_LIMIT, self.events.send(event)).await;
    }
}

async fn hang_up(signalling: &SignallingLeg, progress: &mut Progress) {
    if std::mem::replace(&mut progress.hanging_up, true) {
        return;
    }
    tell_signalling(signalling, SignallingCommand::HangUp { reason: None }).await;
}

async fn tell_signalling(signalling: &SignallingLeg, command: SignallingCommand) {
    // Fails only when the leg is over, which its last event tells.
    let _ = signalling.commands.send(command).await;
}

/// What the end means to the conversation, before `Closed`.
fn final_event(ending: Ending, progress: &Progress) -> Option<LegEvent> {
    let q850 = q850(&ending.causes);
    let refused = |code: u16, local: bool| {
        let reason = ending.phrase.clone().unwrap_or_default();
        Some(LegEvent::Refused { code, reason, q850, local })
    };
    let stopped = Some(LegEvent::Lost(LineLoss::SignallingStopped));
    match (&ending.by, progress.answered) {
        (EndedBy::PeerBye, _) => Some(LegEvent::RemoteBye { q850 }),
        // Signalling that hangs up unasked is shutting down.
        (EndedBy::Stopped | EndedBy::OurBye, _) if !progress.hanging_up => stopped,
        (EndedBy::SessionExpired, _) => Some(LegEvent::Lost(LineLoss::SessionExpired)),
        (EndedBy::Transport(_), true) if !progress.hanging_up => Some(LegEvent::Lost(LineLoss::TransportBroken)),
        (EndedBy::OurBye, _) | (_, true) => None,
        (EndedBy::Refused, false) => refused(ending.code.unwrap_or(500), false),
        // A final response that crossed the CANCEL is told as it was; a 200 was ended by BYE and counts as cancelled.
        (EndedBy::Cancelled, false) => match ending.code {
            Some(code) if code >= 300 && (code != 487 || progress.hanging_up) => refused(code, false),
            _ if !progress.hanging_up => stopped,
            _ => Some(LegEvent::Refused { code: 487, reason: "Cancelled".to_owned(), q850, local: true }),
        },
        (EndedBy::NoResponse, false) => {
            Some(LegEvent::Refused { code: 408, reason: "No response".to_owned(), q850, local: true })
        }
        // Stopped while our CANCEL was out: the same as a far end that never said a word to it.
        (EndedBy::Stopped, false) => {
            Some(LegEvent::Refused { code: 487, reason: "Cancelled".to_owned(), q850, local: true })
        }
        (EndedBy::Transport(error), false) => {
            Some(LegEvent::Refused { code: 503, reason: error.clone(), q850, local: true })
        }
    }
}

fn q850(causes: &[Cause]) -> Option<u16> {
    causes.iter().find(|cause| cause.protocol.eq_ignore_ascii_case("Q.850")).and_then(|cause| cause.cause)
}

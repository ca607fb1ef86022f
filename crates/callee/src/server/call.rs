//! One call: stands between the stack's dialog, the line and the persona.
//!
//! Law: the persona decides, this carries out. Whatever happens, the dialog is removed from the stack, the line
//! closed and the record ended.

use std::sync::Arc;
use std::time::Duration;

use domain::time::Mono;
use rsipstack::dialog::dialog::{DialogState, DialogStateReceiver, TerminatedReason, TransactionHandle};
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Header, Param, Request, Scheme, StatusCode, Transport, Uri};
use rsipstack::transaction::transaction::Transaction;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Shared;
use super::sdp::{self, Offer};
use crate::ears::{Ears, Understood};
use crate::line::{Line, LineCommand, LineEvent, LineSetup, Tape, sounds};
use crate::persona::{CompiledPersona, Do, Input, Machine, Sound};
use crate::record::{CallView, FarEnd, HeardSegment, SaidSegment};

/// Longest wait for the BYE's answer, and for the INVITE transaction to end.
const CLOSING: Duration = Duration::from_secs(4);
/// Nobody stays on the line for longer than this.
const LONGEST: Duration = Duration::from_secs(3 * 3600);

/// Runs a call from its INVITE to its end.
pub(super) async fn run(
    mut transaction: Transaction,
    user: String,
    persona: Arc<CompiledPersona>,
    shared: Arc<Shared>,
) {
    let (states_in, states) = shared.layer.new_dialog_state_channel();
    let contact = contact(&transaction, &user, &shared);
    let created = shared.layer.get_or_create_server_invite(&transaction, states_in, None, Some(contact));
    let Ok(dialog) = created else {
        let _ = transaction.reply(StatusCode::BadRequest).await;
        return;
    };
    let mut handling = JoinSet::new();
    let mut handled = dialog.clone();
    handling.spawn(async move {
        let _ = handled.handle(&mut transaction).await;
    });
    let call = Call::new(dialog.clone(), user, persona, shared.clone()).await;
    match call {
        Some(call) => call.run(states).await,
        None => {
            let _ = dialog.reject(Some(StatusCode::ServerInternalError), None);
        }
    }
    let _ = tokio::time::timeout(CLOSING, handling.join_next()).await;
    // The stack never forgets a dialog by itself.
    shared.layer.remove_dialog(&dialog.id());
}

/// The Contact must name the transport the INVITE came by; the stack would name the first of its own.
fn contact(transaction: &Transaction, user: &str, shared: &Shared) -> Uri {
    let tcp = transaction.connection.as_ref().is_some_and(|c| matches!(c.transport(), Transport::Tcp));
    Uri {
        scheme: Some(Scheme::Sip),
        auth: Some(rsipstack::sip::Auth { user: user.to_owned(), password: None }),
        host_with_port: shared.address.into(),
        params: if tcp { vec![Param::Transport(Transport::Tcp)] } else { Vec::new() },
        headers: Vec::new(),
    }
}

struct Call {
    shared: Arc<Shared>,
    dialog: InviteDialog,
    id: u64,
    number: String,
    began: Instant,
    machine: Machine,
    ears: Ears,
    line: Line,
    events: mpsc::Receiver<LineEvent>,
    offer: Option<Offer>,
    version: u64,
    /// Sentences being made, by the number of the sound they are for.
    making: JoinSet<(u32, String, Arc<[i16]>)>,
    ended: Option<FarEnd>,
}

impl Call {
    async fn new(
        dialog: InviteDialog,
        number: String,
        persona: Arc<CompiledPersona>,
        shared: Arc<Shared>,
    ) -> Option<Self> {
        let began = Instant::now();
        let setup =
            LineSetup { origin: began.into_std(), quality: persona.persona.line.clone(), tape: shared.tapes.is_some() };
        let (line, events) = shared.lines.open(setup).ok()?;
        let request = dialog.initial_request();
        let offer = (!request.body.is_empty()).then(|| Offer::parse(&request.body));
        let id = shared.records.begin(CallView {
            sip_call_id: dialog.id().call_id,
            number: number.clone(),
            persona: persona.persona.name.clone(),
            ..CallView::default()
        });
        let mut making = JoinSet::new();
        let lines: Vec<String> = persona.persona.lines().into_iter().map(str::to_owned).collect();
        let voice = shared.voice.clone();
        // One after the other: the agent's own greeting may be waiting for the same voice.
        making.spawn(async move {
            for text in lines {
                voice.speech(&text).await;
            }
            (0, String::new(), Arc::from([]))
        });
        let ears = Ears::open(shared.ears.as_ref()).await;
        let machine = Machine::new(persona, ears.deaf(), Mono::ZERO);
        let (offer, unusable) = match offer {
            Some(None) => (None, true),
            Some(Some(offer)) if offer.stream().is_none() => (None, true),
            Some(offer) => (offer, false),
            None => (None, false),
        };
        let mut call = Self {
            shared,
            dialog,
            id,
            number,
            began,
            machine,
            ears,
            line,
            events,
            offer,
            version: 1,
            making,
            ended: None,
        };
        if unusable {
            call.refuse(488);
        }
        Some(call)
    }

    async fn run(mut self, mut states: DialogStateReceiver) {
        self.carry_out();
        let longest = self.began + LONGEST;
        while self.ended.is_none() {
            let stop = self.shared.stop.clone();
            let deadline = self.machine.deadline().map_or(longest, |at| self.began + at.0).min(longest);
            tokio::select! {
                biased;
                () = stop.cancelled() => self.end(FarEnd::Lost),
                state = states.recv() => match state {
                    Some(state) => self.on_state(state).await,
                    None => self.end(FarEnd::Lost),
                },
                Some(event) = self.events.recv() => self.on_line(event),
                understood = self.ears.understood() => self.on_understood(understood),
                Some(Ok((sound, text, samples))) = self.making.join_next() => {
                    if sound != 0 {
                        self.line.command(LineCommand::Play { sound, samples, text });
                    }
                }
                () = tokio::time::sleep_until(deadline) => self.give(Input::Tick),
            }
            self.carry_out();
        }
        self.close().await;
    }

    fn now(&self) -> Mono {
        Mono(self.began.elapsed())
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn give(&mut self, input: Input) {
        let now = self.now();
        self.machine.handle(now, input);
    }

    fn carry_out(&mut self) {
        while let Some(done) = self.machine.poll() {
            match done {
                Do::Ring { early_media } => self.ring(early_media),
                Do::Answer => self.answer(),
                Do::Refuse(code) => self.refuse(code),
                Do::Play(sound, what) => self.play(sound, what),
                Do::HangUp => self.end(FarEnd::CalleeBye),
            }
        }
    }

    fn ring(&mut self, early_media: bool) {
        let sent = if early_media {
            let body = self.describe();
            self.dialog.ringing(Some(sdp_headers()), Some(body.into_bytes()))
        } else {
            self.dialog.ringing(None, None)
        };
        if sent.is_ok() {
            let at = self.now_ms();
            self.record(|view| view.ringing_ms = Some(at));
        }
    }

    fn answer(&mut self) {
        let body = self.describe();
        if self.dialog.accept(Some(sdp_headers()), Some(body.into_bytes())).is_err() {
            return self.end(FarEnd::Lost);
        }
        let at = self.now_ms();
        self.record(|view| view.answered_ms = Some(at));
        self.shared.records.count(&self.number, |counts| counts.answered += 1);
        self.line.command(LineCommand::Answered);
    }

    /// Our description, and the line set to it.
    fn describe(&mut self) -> String {
        let local = self.line.local;
        match self.offer.as_ref().and_then(|offer| Some((offer, offer.stream()?))) {
            None => sdp::offer(local),
            Some((offer, stream)) => {
                let body = offer.answer(&stream, local, self.version);
                self.line.command(LineCommand::Stream(stream));
                body
            }
        }
    }

    fn refuse(&mut self, code: u16) {
        let _ = self.dialog.reject(Some(StatusCode::from(code)), None);
        self.end(FarEnd::Refused(code));
    }

    fn play(&mut self, sound: u32, what: Sound) {
        let text = match what {
            Sound::Words(text) => text,
            Sound::Digits(keys) => return self.line.command(LineCommand::Digits { sound, keys }),
            Sound::Tone { hz, and_hz, ms } => return self.play_samples(sound, sounds::tone(hz, and_hz, ms)),
            Sound::Melody(ms) => return self.play_samples(sound, sounds::melody(ms)),
            Sound::Recording(path) => {
                self.making.spawn(async move { (sound, String::new(), sounds::recording(path).await) });
                return;
            }
        };
        if let Some(samples) = self.shared.voice.kept(&text) {
            return self.line.command(LineCommand::Play { sound, samples, text });
        }
        let voice = self.shared.voice.clone();
        self.making.spawn(async move {
            let samples = voice.speech(&text).await;
            (sound, text, samples)
        });
    }

    fn play_samples(&mut self, sound: u32, samples: Vec<i16>) {
        self.line.command(LineCommand::Play { sound, samples: samples.into(), text: String::new() });
    }

    async fn on_state(&mut self, state: DialogState) {
        match state {
            DialogState::Terminated(_, reason) => self.on_terminated(&reason),
            DialogState::Updated(_, request, handle) => self.on_offer(&request, handle).await,
            DialogState::Refer(_, request, handle) => self.on_refer(&request, handle).await,
            DialogState::Info(_, _, handle)
            | DialogState::Options(_, _, handle)
            | DialogState::Message(_, _, handle)
            | DialogState::Notify(_, _, handle) => {
                let _ = handle.reply(StatusCode::OK).await;
            }
            _ => {}
        }
    }

    fn on_terminated(&mut self, reason: &TerminatedReason) {
        match reason {
            TerminatedReason::UacCancel => {
                self.shared.records.count(&self.number, |counts| counts.cancels += 1);
                self.end(FarEnd::Cancelled);
            }
            TerminatedReason::UacBye => {
                self.shared.records.count(&self.number, |counts| counts.byes_received += 1);
                self.end(FarEnd::CallerBye);
            }
            _ => self.end(FarEnd::Lost),
        }
    }

    /// re-INVITE or UPDATE: hold, resume, a new address, or a refresh that changes nothing.
    async fn on_offer(&mut self, request: &Request, handle: TransactionHandle) {
        if request.body.is_empty() {
            let (headers, body) = match request.method {
                rsipstack::sip::Method::Invite => (Some(sdp_headers()), Some(self.describe().into_bytes())),
                _ => (None, None),
            };
            let _ = handle.respond(StatusCode::OK, headers, body).await;
            return;
        }
        let offer = Offer::parse(&request.body).filter(|offer| offer.stream().is_some());
        let Some(offer) = offer else {
            let _ = handle.reply(StatusCode::NotAcceptableHere).await;
            return;
        };
        self.offer = Some(offer);
        self.version += 1;
        let body = self.describe().into_bytes();
        let _ = handle.respond(StatusCode::OK, Some(sdp_headers()), Some(body)).await;
    }

    /// Accepts a blind transfer and reports it as done; nobody is called in the caller's place.
    async fn on_refer(&mut self, request: &Request, handle: TransactionHandle) {
        let target = request.headers.iter().find_map(|header| match header {
            Header::ReferTo(to) => Some(to.value().to_owned()),
            _ => None,
        });
        self.record(|view| view.transfer_to = target);
        let _ = handle.reply(StatusCode::Accepted).await;
        let dialog = self.dialog.clone();
        self.making.spawn(async move {
            let _ = dialog.notify_refer(StatusCode::OK, "terminated;reason=noresource").await;
            (0, String::new(), Arc::from([]))
        });
    }

    fn on_line(&mut self, event: LineEvent) {
        match event {
            LineEvent::SpeechBegan { start_ms } => {
                self.record(|view| view.heard.push(HeardSegment { start_ms, end_ms: start_ms, text: String::new() }));
                self.give(Input::AgentSpeaks);
            }
            LineEvent::Speech { segment, samples } => {
                let interim = self.machine.wants_interim();
                self.ears.audio(segment, samples, interim, Instant::now());
            }
            LineEvent::SpeechEnded { segment, end_ms } => {
                self.record(|view| {
                    if let Some(last) = view.heard.get_mut(segment as usize) {
                        last.end_ms = end_ms;
                    }
                });
                self.give(Input::AgentSilent { since: Mono::from_millis(end_ms) });
                self.ears.end(segment, Instant::now());
            }
            LineEvent::Digit(key) => {
                self.record(|view| view.digits_heard.push(key));
                self.give(Input::Digit(key));
            }
            LineEvent::Played { sound, text, start_ms, end_ms } => {
                self.record(|view| view.said.push(SaidSegment { start_ms, end_ms, text }));
                self.give(Input::Played(sound));
            }
        }
    }

    fn on_understood(&mut self, understood: Understood) {
        match understood {
            Understood::Interim(text) => self.give(Input::Interim(text)),
            Understood::Final(segment, text) => {
                self.record(|view| {
                    if let Some(heard) = view.heard.get_mut(segment as usize) {
                        heard.text.clone_from(&text);
                    }
                });
                self.give(Input::Text(text));
            }
        }
    }

    fn record(&self, change: impl FnOnce(&mut CallView)) {
        self.shared.records.update(self.id, change);
    }

    fn end(&mut self, how: FarEnd) {
        if self.ended.is_none() {
            self.ended = Some(how);
            self.give(Input::Over);
        }
    }

    async fn close(mut self) {
        let how = self.ended.unwrap_or(FarEnd::Lost);
        match how {
            FarEnd::CalleeBye | FarEnd::Lost => {
                self.shared
                    .records
                    .count(&self.number, |counts| counts.byes_sent += u64::from(how == FarEnd::CalleeBye));
                let _ = self.dialog.reject(Some(StatusCode::ServiceUnavailable), None);
                let _ = tokio::time::timeout(CLOSING, self.dialog.bye()).await;
            }
            FarEnd::CallerBye | FarEnd::Cancelled | FarEnd::Refused(_) => {}
        }
        let at = self.now_ms();
        let closed = self.line.close().await;
        self.hear_the_rest().await;
        self.record(|view| {
            if let Some(closed) = &closed {
                view.first_packet_ms = closed.first_packet_ms;
                view.first_sound_ms = closed.first_sound_ms;
                view.packets_received = closed.received;
                view.packets_sent = closed.sent;
                view.packets_dropped = closed.dropped;
                view.overruns = closed.overruns;
            }
            view.ended_ms = Some(at);
            view.ended_by = Some(how);
        });
        if let (Some(folder), Some(tape)) = (&self.shared.tapes, closed.and_then(|closed| closed.tape)) {
            save(tape, folder, &self.dialog.id().call_id).await;
        }
    }

    /// The line is closed; takes what it still told, and waits for texts that are due.
    async fn hear_the_rest(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            self.on_line(event);
        }
        while self.ears.is_due() {
            let understood = self.ears.understood().await;
            self.on_understood(understood);
        }
    }
}

async fn save(tape: Tape, folder: &std::path::Path, call_id: &str) {
    let name: String = call_id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let path = folder.join(format!("{name}.wav"));
    if tokio::fs::create_dir_all(folder).await.is_err() || tokio::fs::write(&path, tape.wav()).await.is_err() {
        tracing::warn!("a tape could not be written");
    }
}

fn sdp_headers() -> Vec<Header> {
    vec![Header::ContentType("application/sdp".into())]
}

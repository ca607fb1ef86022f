//! The task of one call: drives the lifecycle, carries out its effects, and keeps the journal.
//!
//! It stands between the leg's signalling and the conversation. Everything that can wake it is in `Wake`.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::ports::live::{CallAudio, Control, LiveEvent, NotHeard, Steered};
use app::ports::store::{AboutToDial, ClaimedCall, Lease, NewEvent, StoreError};
use app::ports::telephone::{Dial, DialError, Leg, LegCommand, LegEvent, SipTrace};
use domain::call::Call;
use domain::call_event::CallFact;
use domain::money::Price;
use domain::outcome::{CallStatus, EndReason, Outcome};
use domain::{AttemptId, EventId};
use machines::Machine;
use machines::call_lifecycle::{CallLifecycle, DialFailure, Effect, Input, Output, Timeouts};
use machines::redaction::Redactor;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::SessionContext;
use crate::commit::Commit;
use crate::conversation::{self, Held, Opened, Report, Subject, ToConversation};
use crate::journal::{Journal, JournalEnd};
use crate::kept_trace;
use crate::leg::{lifecycle_input, next_event};
use crate::listening_in::Listeners;
use crate::recording::{FinishedRecording, Recording, RecordingError};
use crate::warm::{self, WARM_DEADLINE, WarmCall};

/// Requests from the outside; a second hang-up adds nothing.
const CONTROLS: usize = 16;
/// Media inactivity that ends a call.
const MEDIA_TIMEOUT: Duration = Duration::from_secs(20);
/// A finished recording is synced by then; later ones stay as `.part`.
const RECORDING_DEADLINE: Duration = Duration::from_secs(8);

/// Everything that can wake a call's task.
enum Wake {
    Drain,
    Control(Control),
    Leg(Option<LegEvent>),
    Report(Report),
    Done(Done),
    Journal(JournalEnd),
    Panic(tokio::task::JoinError),
    Deadline,
}

/// Work that was sent out and came back.
enum Done {
    Warm(Result<Box<WarmCall>, warm::NotWarm>),
    Committed(Result<u32, StoreError>),
    Forbidden(EndReason),
    Dialed(Result<Leg, DialError>),
    Conversation(Option<Outcome>),
    Recorded(Result<FinishedRecording, RecordingError>),
}

/// Where the conversation stands.
enum Talk {
    NotBegun,
    Running(mpsc::Sender<ToConversation>),
    Over,
}

/// Runs one claimed call to its end. `drain` ends it early, when the process must go.
pub async fn run(context: Arc<SessionContext>, claimed: ClaimedCall, drain: CancellationToken) {
    let claimed = warm::as_asked(claimed);
    let (control, mut controls) = mpsc::channel(CONTROLS);
    let _registered = context.registry.register(claimed.call.id, control);
    let (reports_in, mut reports) = mpsc::channel(conversation::REPORTS);
    let mut call = CallTask::new(context, claimed, reports_in);
    let mut draining = false;
    call.warm_up();
    while !call.lifecycle.is_over() {
        let deadline = call.lifecycle.deadline().map(|(at, _)| at.since(call.context.clock.mono()));
        let wake = tokio::select! {
            biased;
            () = drain.cancelled(), if !draining => Wake::Drain,
            Some(control) = controls.recv() => Wake::Control(control),
            event = next_event(&mut call.leg) => Wake::Leg(event),
            Some(report) = reports.recv() => Wake::Report(report),
            Some(end) = call.writer.join_next() => Wake::Journal(end.unwrap_or(JournalEnd::Abandoned)),
            Some(done) = call.work.join_next() => done.map_or_else(Wake::Panic, Wake::Done),
            () = sleep(deadline) => Wake::Deadline,
        };
        draining |= matches!(wake, Wake::Drain);
        call.wake(wake).await;
    }
    call.close().await;
}

async fn sleep(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}

struct CallTask {
    context: Arc<SessionContext>,
    claimed: ClaimedCall,
    call: Call,
    lifecycle: CallLifecycle,
    journal: Option<Journal>,
    work: JoinSet<Done>,
    leg: Option<mpsc::Receiver<LegEvent>>,
    trace: Option<SipTrace>,
    commands: Option<mpsc::Sender<LegCommand>>,
    talk: Talk,
    writer: JoinSet<JournalEnd>,
    reports: mpsc::Sender<Report>,
    inputs: VecDeque<Input>,
    recording: Option<Recording>,
    listeners: Listeners,
    outcome: Option<Outcome>,
    answered: Option<Instant>,
    commit: Option<Commit>,
    redactor: Redactor,
}

impl CallTask {
    fn new(context: Arc<SessionContext>, claimed: ClaimedCall, reports: mpsc::Sender<Report>) -> Self {
        let affords = claimed.call.price.as_ref().and_then(Price::affords_s).map(Duration::from_secs);
        let timeouts = Timeouts { affords, ..Timeouts::from_limits(&claimed.version.definition.limits) };
        Self {
            redactor: Redactor::new(&claimed.version.definition.redaction),
            lifecycle: CallLifecycle::new(timeouts, context.clock.mono()),
            call: claimed.call.clone(),
            context,
            claimed,
            journal: None,
            work: JoinSet::new(),
            leg: None,
            trace: None,
            commands: None,
            talk: Talk::NotBegun,
            writer: JoinSet::new(),
            reports,
            inputs: VecDeque::new(),
            recording: None,
            listeners: Listeners::default(),
            outcome: None,
            answered: None,
            commit: None,
        }
    }

    fn lease(&self) -> Lease {
        self.claimed.lease
    }

    fn warm_up(&mut self) {
        let context = Arc::clone(&self.context);
        let claimed = self.claimed.clone();
        self.work.spawn(async move {
            let warm = tokio::time::timeout(WARM_DEADLINE, warm::warm_up(&context, &claimed)).await;
            Done::Warm(warm.unwrap_or(Err(warm::NotWarm::Late)).map(Box::new))
        });
    }

    async fn wake(&mut self, wake: Wake) {
        match wake {
            Wake::Drain => self.queue(Input::AgentHangup { reason: EndReason::NodeLost }),
            Wake::Control(control) => self.control(control).await,
            Wake::Leg(Some(event)) => self.leg_event(event).await,
            Wake::Leg(None) => self.leg = None,
            Wake::Report(report) => self.report(report),
            Wake::Done(done) => self.done(done).await,
            Wake::Panic(error) => self.panicked(&error),
            Wake::Journal(JournalEnd::Fenced) => self.queue(Input::LeaseLost),
            Wake::Journal(JournalEnd::Complete | JournalEnd::Abandoned) => {}
            Wake::Deadline => self.lifecycle.on_deadline(self.context.clock.mono()),
        }
        self.settle().await;
    }

    /// What is asked from outside; whoever asked may have given up waiting for the answer.
    async fn control(&mut self, control: Control) {
        let talks = self.call.status == CallStatus::InProgress && self.commands.is_some();
        match control {
            Control::HangUp => self.queue(Input::ApiHangup),
            Control::Steer(steer, answer) => match &self.talk {
                Talk::Running(_) if talks => self.tell_conversation(ToConversation::Steer(steer, answer)).await,
                _ => drop(answer.send(Steered::NotTalking)),
            },
            Control::Listen(answer) => {
                let heard = if talks { Ok(self.listen().await) } else { Err(NotHeard::NotTalking) };
                drop(answer.send(heard));
            }
        }
    }

    async fn listen(&mut self) -> CallAudio {
        let (audio, sink) = self.listeners.add();
        if let Some(sink) = sink {
            self.command(LegCommand::Listen(sink)).await;
        }
        audio
    }

    /// An input for the lifecycle; `settle` gives it.
    fn queue(&mut self, input: Input) {
        self.inputs.push_back(input);
    }

    /// Gives the lifecycle its inputs and carries out everything it wants, until both are quiet.
    async fn settle(&mut self) {
        loop {
            while let Some(output) = self.lifecycle.poll() {
                match output {
                    Output::Note(fact) => self.note(fact).await,
                    Output::Do(Effect::CommitDial { attempt, fact }) => self.commit_dial(attempt, fact),
                    Output::Do(Effect::SendInvite) => self.dial(),
                    Output::Do(Effect::SendCancel) => self.command(LegCommand::Cancel).await,
                    Output::Do(Effect::SendBye) => self.command(LegCommand::HangUp).await,
                    Output::Do(Effect::StopSession) => self.stop_conversation().await,
                }
            }
            let Some(input) = self.inputs.pop_front() else { return };
            self.lifecycle.handle(self.context.clock.mono(), input);
        }
    }

    async fn note(&mut self, fact: CallFact) {
        let at = self.context.clock.now();
        // Before anything else sees it: what is not written down cannot leak.
        let fact = self.redactor.fact(fact);
        self.call.apply(at, &fact);
        if self.journal.is_none() {
            let (journal, writer) = Journal::new(
                Arc::clone(&self.context.store),
                Arc::clone(&self.context.bus),
                Arc::clone(&self.context.clock),
                self.lease(),
                self.claimed.call.clone(),
            );
            self.writer.spawn(writer);
            self.journal = Some(journal);
        }
        if let Some(journal) = &self.journal {
            // A journal that has ended lost the lease; its end arrives as `Wake::Journal`.
            journal.note(at, fact).await;
        }
    }

    /// Durable before the INVITE; a store that is busy is asked again until the lifecycle's deadline.
    fn commit_dial(&mut self, attempt: AttemptId, fact: CallFact) {
        let at = self.context.clock.now();
        let mut call = self.claimed.call.clone();
        call.apply(at, &fact);
        let context = Arc::clone(&self.context);
        let event = NewEvent { id: EventId(context.clock.uuid()), at, fact };
        let guard = self.claimed.guard.clone();
        let commit = Commit { attempt, event, call, guard, asked: Instant::now() };
        self.commit = Some(commit.clone());
        let lease = self.lease();
        self.work.spawn(async move {
            match commit.ask(&context, lease).await {
                Ok(AboutToDial::Forbidden(reason)) => Done::Forbidden(reason),
                Ok(AboutToDial::Committed(event)) => {
                    let sequence = event.sequence;
                    context.bus.publish(LiveEvent::Fact(event));
                    Done::Committed(Ok(sequence))
                }
                Err(error) => Done::Committed(Err(error)),
            }
        });
    }

    fn dial(&mut self) {
        let attempt = self.call.attempt.expect("the attempt was committed before the INVITE");
        let dial = Dial {
            attempt,
            trunk: Arc::clone(&self.claimed.trunk),
            to: self.call.to.clone(),
            from: self.call.from.clone(),
            ring_timeout: Duration::from_secs(self.claimed.version.definition.limits.ring_timeout_s + 60),
            media_timeout: MEDIA_TIMEOUT,
        };
        let (context, lease) = (Arc::clone(&self.context), self.lease());
        let commit = self.commit.take().expect("the attempt was committed before the INVITE");
        self.work.spawn(async move {
            match commit.still_holds(&context, lease).await {
                Ok(()) => Done::Dialed(context.telephone.dial(dial).await),
                Err(error) => Done::Committed(Err(error)),
            }
        });
    }

    async fn command(&mut self, command: LegCommand) {
        if let Some(commands) = &self.commands {
            // A leg that is gone has sent `Closed`, or its channel ends; both end the wait for it.
            let _ = commands.send(command).await;
        }
    }

    async fn stop_conversation(&mut self) {
        match &self.talk {
            Talk::NotBegun => self.conversation_over(None),
            Talk::Running(_) => self.tell_conversation(ToConversation::Stop).await,
            Talk::Over => {}
        }
    }

    async fn tell_conversation(&self, message: ToConversation) {
        if let Talk::Running(conversation) = &self.talk {
            // A conversation that is gone has returned or panicked; its end arrives as work that came back.
            let _ = conversation.send(message).await;
        }
    }

    async fn done(&mut self, done: Done) {
        match done {
            Done::Warm(Ok(warm)) => self.warm(*warm).await,
            Done::Warm(Err(not_warm)) => {
                tracing::error!(call.id = %self.call.id, error = %not_warm, "agent not ready, call not dialed");
                self.queue(Input::Blocked { reason: not_warm.end_reason() });
            }
            Done::Committed(Ok(sequence)) => {
                // Only now is it true: what policy forbids was never dialed.
                if let Some(commit) = &self.commit {
                    self.call.apply(commit.event.at, &commit.event.fact);
                    self.claimed.call = commit.call.clone();
                }
                self.claimed.call.last_event = sequence;
                self.queue(Input::DialCommitted);
            }
            Done::Forbidden(reason) => self.queue(Input::Blocked { reason }),
            Done::Committed(Err(_)) => self.queue(Input::LeaseLost),
            Done::Dialed(Ok(leg)) => self.dialed(leg).await,
            Done::Dialed(Err(error)) => {
                tracing::warn!(call.id = %self.call.id, %error, "INVITE not sent");
                let failure = match error {
                    DialError::Unreachable(_) => DialFailure::TrunkUnreachable,
                    DialError::Exhausted(_) => DialFailure::NoResources,
                };
                self.queue(Input::DialFailed(failure));
            }
            Done::Conversation(outcome) => self.conversation_over(outcome),
            Done::Recorded(result) => self.recorded(result),
        }
    }

    async fn warm(&mut self, warm: WarmCall) {
        let (to_conversation, inbox) = mpsc::channel(conversation::MESSAGES);
        let subject = Subject {
            held: Held::Call(Box::new(self.claimed.call.clone())),
            definition: Arc::clone(&self.claimed.version.definition),
        };
        let talk = conversation::run(Arc::clone(&self.context), subject, warm, inbox, self.reports.clone());
        self.work.spawn(async move { Done::Conversation(talk.await) });
        self.talk = Talk::Running(to_conversation);
        let attempt = AttemptId(self.context.clock.uuid());
        self.queue(Input::Claimed { attempt });
    }

    async fn dialed(&mut self, leg: Leg) {
        let Leg { sip_call_id, trace, commands, events, media } = leg;
        self.trace = Some(trace);
        self.leg = Some(events);
        self.commands = Some(commands.clone());
        self.tell_conversation(ToConversation::Opened(Opened { commands, media })).await;
        self.queue(Input::InviteSent { sip_call_id });
    }

    async fn leg_event(&mut self, event: LegEvent) {
        match &event {
            LegEvent::Answered { .. } => {
                // First of all the conversation: its greeting is ready and nothing else is on its way.
                let at = Instant::now();
                self.answered = Some(at);
                self.tell_conversation(ToConversation::Answered { at }).await;
                self.record().await;
            }
            LegEvent::Transfer { code, done } => {
                self.tell_conversation(ToConversation::Transfer { code: *code, done: *done }).await;
            }
            LegEvent::Closed(_) => {
                self.commands = None;
                self.listeners.close();
            }
            _ => {}
        }
        if let Some(input) = lifecycle_input(&event) {
            self.queue(input);
        }
    }

    async fn record(&mut self) {
        if !self.claimed.version.definition.recording {
            return;
        }
        let day = self.call.created_at.strftime("%Y/%m/%d");
        let path = PathBuf::from(day.to_string()).join(format!("{}.wav", self.call.id));
        match self.context.recorder.open(&path.to_string_lossy()) {
            Ok((recording, sink)) => {
                self.recording = Some(recording);
                self.command(LegCommand::Record(sink)).await;
            }
            Err(error) => self.trouble("recording", error.to_string()),
        }
    }

    fn trouble(&mut self, part: &str, detail: String) {
        tracing::error!(call.id = %self.call.id, part, detail, "trouble");
        self.queue(Input::Reported(CallFact::Trouble { part: part.into(), detail }));
    }

    fn report(&mut self, report: Report) {
        match report {
            Report::Fact(fact) => self.queue(Input::Reported(fact)),
            Report::AnsweredBy { answered_by, confidence, at_ms, evidence } => {
                self.queue(Input::AnsweredBy { answered_by, confidence, at_ms, evidence });
            }
            Report::FirstAudio { sent } => {
                if let Some(answered) = self.answered {
                    let after_answer_ms = sent.saturating_duration_since(answered).as_secs_f32() * 1_000.0;
                    self.queue(Input::FirstAudio { after_answer_ms });
                }
            }
            Report::HangUp { reason } => self.queue(Input::AgentHangup { reason }),
            Report::MediaLost => self.queue(Input::MediaLost),
            // What is said in a call is told by the conversation itself.
            Report::Words { .. } | Report::Saying { .. } | Report::Cut { .. } => {}
            Report::Transferred => self.queue(Input::Transferred),
        }
    }

    /// The talk is over; its recording is closed before the session is.
    fn conversation_over(&mut self, outcome: Option<Outcome>) {
        self.talk = Talk::Over;
        self.outcome = outcome;
        match self.recording.take() {
            Some(recording) => {
                self.work.spawn(async move {
                    let finished = tokio::time::timeout(RECORDING_DEADLINE, recording.finish()).await;
                    Done::Recorded(finished.unwrap_or(Err(RecordingError::Stopped)))
                });
            }
            None => self.session_ended(),
        }
    }

    fn recorded(&mut self, result: Result<FinishedRecording, RecordingError>) {
        match result {
            Ok(FinishedRecording { path, duration_ms, bytes, frames_dropped }) => {
                if frames_dropped > 0 {
                    self.trouble("recording", format!("the disk was too slow for {frames_dropped} frames"));
                }
                let folder = Some(self.context.recorder.folder());
                self.queue(Input::Reported(CallFact::RecordingReady { path, folder, duration_ms, bytes }));
            }
            Err(error) => self.trouble("recording", error.to_string()),
        }
        self.session_ended();
    }

    fn session_ended(&mut self) {
        let outcome = self.outcome.take();
        self.queue(Input::SessionEnded { outcome });
    }

    /// A panic ends one call, here.
    fn panicked(&mut self, error: &tokio::task::JoinError) {
        tracing::error!(call.id = %self.call.id, %error, "a task of this call panicked");
        self.queue(Input::AgentHangup { reason: EndReason::AgentError });
        if matches!(&self.talk, Talk::Running(conversation) if conversation.is_closed()) {
            self.conversation_over(None);
        }
    }

    /// The terminal fact is noted; wait until it is committed. Dropping the leg's channels frees the leg.
    async fn close(mut self) {
        self.leg = None;
        self.commands = None;
        self.journal = None;
        while self.writer.join_next().await.is_some() {}
        if let Some(trace) = self.trace.take() {
            kept_trace::keep(&self.context, &self.call, &trace, !self.redactor.is_idle()).await;
        }
    }
}

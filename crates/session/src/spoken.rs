//! A talk by voice without a telephone: the conversation of a call, with a socket in place of the line.
//!
//! Law: the conversation cannot tell. It hears, speaks, is interrupted and ends as in a call; what is different is what
//! becomes of it. There is no lifecycle, no journal and no recording: what it reports goes to whoever talks, and is gone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::ports::chats::{ChatNotOpened, ChatOpening};
use app::ports::socket_line::SocketLines;
use app::ports::spoken_talks::{SpokenEvent, SpokenInput, SpokenTalk, SpokenTalks};
use async_trait::async_trait;
use domain::CallId;
use domain::agent_definition::{AgentDefinition, MachineAction};
use domain::call_event::CallFact;
use domain::outcome::{EndReason, Outcome};
use domain::transcript::{Speaker, Turn};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::SessionContext;
use crate::conversation::{self, Held, Opened, Report, Subject, ToConversation};
use crate::warm::{self, Beginning, NotWarm, WARM_DEADLINE};

/// Events that wait for whoever talks.
const EVENTS: usize = 64;
/// What a person does beside speaking that waits to be looked at.
const INPUTS: usize = 16;
/// Messages that the conversation always has room for: opened, answered, stop.
const RESERVED: usize = 3;

/// Opens talks on this node's providers.
pub struct VoiceTalks {
    /// What calls run on.
    pub context: Arc<SessionContext>,
    /// Lines without a network.
    pub lines: Arc<dyn SocketLines>,
}

#[async_trait]
impl SpokenTalks for VoiceTalks {
    async fn open(&self, opening: ChatOpening, rate_hz: u32) -> Result<SpokenTalk, ChatNotOpened> {
        // Whoever opened it is a person; how they sound is not to end the talk.
        let mut definition = AgentDefinition::clone(&opening.definition);
        definition.machine.action = MachineAction::Continue;
        let definition = Arc::new(definition);
        let call = CallId(opening.id.0);
        let beginning = Beginning {
            definition: &definition,
            version: opening.version,
            given: &opening.variables,
            built_in: vec![("call_id", opening.id.to_string())],
            call,
            keeps_turns: false,
        };
        let warm = tokio::time::timeout(WARM_DEADLINE, warm::talk(&self.context, beginning)).await;
        let warm = warm.unwrap_or(Err(NotWarm::Late)).map_err(|error| match error {
            NotWarm::Agent(detail) => ChatNotOpened::Agent(detail),
            other => ChatNotOpened::Provider(other.to_string()),
        })?;
        let line = self.lines.open(rate_hz);
        let (to_conversation, messages) = mpsc::channel(conversation::MESSAGES);
        let (reports_in, reports) = mpsc::channel(conversation::REPORTS);
        let (events_in, events) = mpsc::channel(EVENTS);
        let (inputs, inbox) = mpsc::channel(INPUTS);
        let at_most = Duration::from_secs(definition.limits.max_duration_s);
        let subject = Subject { held: Held::Talk(call), definition };
        let talk = conversation::run(Arc::clone(&self.context), subject, warm, messages, reports_in);
        let driver = Driver { to_conversation, reports, events: events_in, inbox, reason: None };
        let mut tasks = JoinSet::new();
        tasks.spawn(line.task);
        tasks.spawn(driver.run(talk, Opened { commands: line.commands, media: line.media }, at_most));
        Ok(SpokenTalk { heard: line.heard, inputs, voice: line.voice, events, tasks })
    }
}

/// Stands where a call's task would.
struct Driver {
    to_conversation: mpsc::Sender<ToConversation>,
    reports: mpsc::Receiver<Report>,
    events: mpsc::Sender<SpokenEvent>,
    inbox: mpsc::Receiver<SpokenInput>,
    /// Why the talk is being ended.
    reason: Option<EndReason>,
}

impl Driver {
    async fn run(mut self, talk: impl Future<Output = Option<Outcome>> + Send, opened: Opened, at_most: Duration) {
        self.say(ToConversation::Opened(opened)).await;
        self.say(ToConversation::Answered { at: Instant::now() }).await;
        let mut talk = std::pin::pin!(talk);
        let too_long = tokio::time::sleep(at_most);
        let mut too_long = std::pin::pin!(too_long);
        let outcome = loop {
            tokio::select! {
                biased;
                report = self.reports.recv() => if let Some(report) = report { self.report(report).await },
                outcome = &mut talk => break outcome,
                Some(input) = self.inbox.recv(), if self.to_conversation.capacity() > RESERVED => {
                    match input {
                        SpokenInput::Digits(digits) => self.say(ToConversation::Pressed(digits)).await,
                        SpokenInput::HangUp => self.end(EndReason::CalleeHangup).await,
                    }
                }
                () = &mut too_long, if self.reason.is_none() => self.end(EndReason::MaxDuration).await,
                // Whoever talked is gone, and with them the reason to go on.
                () = self.events.closed() => return,
            }
        };
        while let Ok(report) = self.reports.try_recv() {
            self.report(report).await;
        }
        let reason = self.reason.unwrap_or(EndReason::AgentError);
        self.tell(SpokenEvent::Ended { reason, outcome }).await;
    }

    async fn say(&self, message: ToConversation) {
        // There is room: keys are taken only while more is left than the three messages that every talk gets, and the
        // conversation is gone only when it is over.
        let _ = self.to_conversation.send(message).await;
    }

    async fn end(&mut self, reason: EndReason) {
        if self.reason.is_none() {
            self.reason = Some(reason);
            self.say(ToConversation::Stop).await;
        }
    }

    async fn tell(&self, event: SpokenEvent) {
        // A reader that is gone ends the talk in `run`.
        let _ = self.events.send(event).await;
    }

    async fn report(&mut self, report: Report) {
        match report {
            Report::Fact(fact) => self.fact(fact).await,
            Report::Words { text } => self.tell(SpokenEvent::Transcript { text, last: false }).await,
            Report::Saying { text } => self.tell(SpokenEvent::Agent(text)).await,
            Report::Cut { heard } => self.tell(SpokenEvent::Interrupted(heard)).await,
            Report::HangUp { reason } => self.end(reason).await,
            Report::MediaLost => self.end(EndReason::MediaLost).await,
            Report::Transferred => self.end(EndReason::Transferred).await,
            Report::AnsweredBy { .. } | Report::FirstAudio { .. } => {}
        }
    }

    async fn fact(&mut self, fact: CallFact) {
        let event = match fact {
            CallFact::Turn(Turn { speaker: Speaker::Callee, text, .. }) => SpokenEvent::Transcript { text, last: true },
            CallFact::Slot { name, value } => SpokenEvent::Slot { name, value },
            CallFact::Tool { name, status, duration_ms, error } => {
                SpokenEvent::Tool { name, status, duration_ms, error }
            }
            CallFact::OptedOut => SpokenEvent::OptedOut,
            CallFact::Digits { sent: true, digits, .. } => SpokenEvent::Digits(digits),
            CallFact::Trouble { part, detail } => SpokenEvent::Trouble(format!("{part}: {detail}")),
            CallFact::Transfer { to, .. } => {
                self.tell(SpokenEvent::Transfer { to }).await;
                return self.end(EndReason::Transferred).await;
            }
            // What the agent said was told when it began; the rest happens to calls only.
            _ => return,
        };
        self.tell(event).await;
    }
}

//! A talk in writing: the dialog of a call, driven by what is typed.
//!
//! Law: the dialog cannot tell. What it says counts as spoken once it is on its way to the reader, so a flow goes on at
//! once; one message is answered at a time, and the next is taken when the agent listens.

use std::sync::Arc;
use std::time::Duration;

use app::ports::chats::{Chat, ChatEvent, ChatInput, ChatNotOpened, ChatOpening, Chats};
use async_trait::async_trait;
use domain::CallId;
use domain::outcome::EndReason;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::SessionContext;
use crate::dialog::{DialogAct, DialogHandle, DialogInput};
use crate::warm::{self, Beginning, NotWarm, WARM_DEADLINE};

/// Messages that wait for the agent; a person writes one at a time.
const INPUTS: usize = 4;
/// Events that wait for the reader.
const EVENTS: usize = 64;
/// An agent that has not come to listen by then is stuck: longer than the deadlines of models and tools together.
const TURN: Duration = Duration::from_secs(60);

/// Opens talks on this node's providers.
pub struct TextChats(pub Arc<SessionContext>);

#[async_trait]
impl Chats for TextChats {
    async fn open(&self, opening: ChatOpening) -> Result<Chat, ChatNotOpened> {
        let beginning = Beginning {
            definition: &opening.definition,
            version: opening.version,
            given: &opening.variables,
            built_in: vec![("call_id", opening.id.to_string())],
            call: CallId(opening.id.0),
            keeps_turns: true,
        };
        let begun = tokio::time::timeout(WARM_DEADLINE, warm::dialog(&self.0, beginning)).await;
        let (dialog, talking) = begun.unwrap_or(Err(NotWarm::Late)).map_err(|error| match error {
            NotWarm::Agent(detail) => ChatNotOpened::Agent(detail),
            other => ChatNotOpened::Provider(other.to_string()),
        })?;
        let (inputs, inbox) = mpsc::channel(INPUTS);
        let (outbox, events) = mpsc::channel(EVENTS);
        let mut tasks = JoinSet::new();
        tasks.spawn(talking);
        tasks.spawn(Driver::new(dialog, inbox, outbox).run());
        Ok(Chat { inputs, events, tasks })
    }
}

/// The reader is gone, or the talk is over.
struct Over;

struct Driver {
    dialog: DialogHandle,
    inbox: mpsc::Receiver<ChatInput>,
    outbox: mpsc::Sender<ChatEvent>,
    /// Number of the last input to the dialog.
    input: u64,
    /// The person's turns so far.
    turn: u32,
    /// When the turn that is being answered came in.
    asked: Instant,
    first_text: Option<Instant>,
    listening: bool,
    /// Something was said that the dialog does not know to be heard.
    unsettled: bool,
}

impl Driver {
    fn new(dialog: DialogHandle, inbox: mpsc::Receiver<ChatInput>, outbox: mpsc::Sender<ChatEvent>) -> Self {
        Self {
            dialog,
            inbox,
            outbox,
            input: 0,
            turn: 0,
            asked: Instant::now(),
            first_text: None,
            listening: false,
            unsettled: false,
        }
    }

    async fn run(mut self) {
        let mut went_on = self.tell(DialogInput::Start).await;
        while went_on.is_ok() {
            went_on = self.step().await;
        }
    }

    async fn step(&mut self) -> Result<(), Over> {
        if self.unsettled
            && let Ok(act) = self.dialog.acts.try_recv()
        {
            return self.act(act.act).await;
        }
        if std::mem::take(&mut self.unsettled) {
            self.tell(DialogInput::Spoken).await?;
        }
        let stuck = self.asked + TURN;
        tokio::select! {
            biased;
            act = self.dialog.acts.recv() => match act {
                Some(act) => self.act(act.act).await,
                None => self.ended(EndReason::AgentError).await,
            },
            input = self.inbox.recv(), if self.listening => match input {
                Some(input) => self.take(input).await,
                None => Err(Over),
            },
            () = tokio::time::sleep_until(stuck), if !self.listening => self.ended(EndReason::AgentError).await,
            () = self.outbox.closed() => Err(Over),
        }
    }

    async fn take(&mut self, input: ChatInput) -> Result<(), Over> {
        match input {
            ChatInput::Text(text) => {
                self.turn += 1;
                (self.asked, self.first_text, self.listening) = (Instant::now(), None, false);
                self.tell(DialogInput::Heard { text }).await
            }
            ChatInput::Rewind(turn) if (1..=self.turn).contains(&turn) => {
                self.turn = turn - 1;
                self.tell(DialogInput::Rewind(turn)).await?;
                self.tell_reader(ChatEvent::Rewound(turn)).await
            }
            ChatInput::Rewind(turn) => self.tell_reader(ChatEvent::Trouble(format!("there is no turn {turn}"))).await,
        }
    }

    async fn act(&mut self, act: DialogAct) -> Result<(), Over> {
        let event = match act {
            DialogAct::Say { text, .. } => {
                self.first_text.get_or_insert_with(Instant::now);
                self.unsettled = true;
                ChatEvent::Text(text)
            }
            DialogAct::Listen { .. } => {
                self.listening = true;
                let ms = |at: Instant| u64::try_from(at.duration_since(self.asked).as_millis()).unwrap_or(u64::MAX);
                let now = Instant::now();
                ChatEvent::Listening {
                    turn: self.turn,
                    first_text_ms: ms(self.first_text.unwrap_or(now)),
                    whole_ms: ms(now),
                }
            }
            DialogAct::SendDigits(digits) => ChatEvent::Digits(digits),
            DialogAct::Transfer { to } => {
                self.tell_reader(ChatEvent::Transfer { to }).await?;
                return self.ended(EndReason::Transferred).await;
            }
            DialogAct::OptOut => ChatEvent::OptedOut,
            DialogAct::Intent { name } => ChatEvent::Intent(name),
            DialogAct::Slot { name, value } => ChatEvent::Slot { name, value },
            DialogAct::Tool { name, status, duration_ms, error } => {
                ChatEvent::Tool { name, status, duration_ms, error }
            }
            DialogAct::Outcome { name } => ChatEvent::Outcome(name),
            DialogAct::HangUp { reason } => return self.ended(reason).await,
            DialogAct::Trouble { detail } => ChatEvent::Trouble(detail),
        };
        self.tell_reader(event).await
    }

    async fn ended(&mut self, reason: EndReason) -> Result<(), Over> {
        self.tell_reader(ChatEvent::Ended(reason)).await?;
        Err(Over)
    }

    async fn tell(&mut self, input: DialogInput) -> Result<(), Over> {
        self.input += 1;
        self.dialog.inputs.send((self.input, input)).await.map_err(|_| Over)
    }

    async fn tell_reader(&self, event: ChatEvent) -> Result<(), Over> {
        self.outbox.send(event).await.map_err(|_| Over)
    }
}

//! The talk itself: between the leg's media on one side and dialog, ears and voice on the other.
//!
//! Law: nothing in here waits for a provider, a tool or a disk. Every wake-up is handled in microseconds; what takes longer
//! runs beside it and comes back as a wake-up. Turn taking alone says when the agent speaks and stops; the history
//! holds what was heard.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::ports::live::{Steer, Steered};
use app::ports::speech_to_text::SttOutput;
use app::ports::telephone::{LegCommand, MediaEvent};
use domain::CallId;
use domain::agent_definition::AgentDefinition;
use domain::call::Call;
use domain::call_event::CallFact;
use domain::outcome::{AnswerEvidence, AnsweredBy, EndReason, Outcome};
use domain::time::CallMs;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::SessionContext;
use crate::dialog::NumberedAct;
use crate::voice::Sound;
use crate::warm::WarmCall;

mod ending;
mod latency;
mod listening;
mod machine_answered;
mod speaking;
mod talk;

use talk::{Finished, Talk};

/// Messages from the call's task: a handful in a call.
pub(crate) const MESSAGES: usize = 16;
/// Reports to the call's task. It may wait for the database; speech must not, so there is room for minutes of talk.
pub(crate) const REPORTS: usize = 512;

/// Longest wait for the playout marks of what was on the line when the call ended.
const LAST_MARKS: Duration = Duration::from_millis(500);

/// What a conversation is about.
pub(crate) struct Subject {
    pub(crate) held: Held,
    pub(crate) definition: Arc<AgentDefinition>,
}

/// What a conversation belongs to.
pub(crate) enum Held {
    /// A call: people may read along, and what is said in it counts.
    Call(Box<Call>),
    /// A talk of which nothing is kept; its name in logs and keys.
    Talk(CallId),
}

impl Held {
    fn id(&self) -> CallId {
        match self {
            Self::Call(call) => call.id,
            Self::Talk(id) => *id,
        }
    }
}

/// What the call's task tells the conversation.
pub(crate) enum ToConversation {
    /// The INVITE left.
    Opened(Opened),
    /// 2xx came.
    Answered { at: Instant },
    /// Somebody at a browser pressed keys; from a telephone they come with the media.
    Pressed(String),
    /// Somebody takes a hand in the talk.
    Steer(Steer, oneshot::Sender<Steered>),
    /// Progress of a transfer.
    Transfer { code: u16, done: bool },
    /// The call is over.
    Stop,
}

/// The media side of a leg.
pub(crate) struct Opened {
    pub(crate) commands: mpsc::Sender<LegCommand>,
    pub(crate) media: mpsc::Receiver<MediaEvent>,
}

/// What the conversation tells the call's task.
#[derive(Debug)]
pub(crate) enum Report {
    Fact(CallFact),
    AnsweredBy {
        answered_by: AnsweredBy,
        confidence: f32,
        at_ms: CallMs,
        evidence: AnswerEvidence,
    },
    /// The agent's first packet with speech left.
    FirstAudio {
        sent: Instant,
    },
    HangUp {
        reason: EndReason,
    },
    /// What the person is saying; of a talk only, a call's readers are told at once.
    Words {
        text: String,
    },
    /// What the agent begins to say; of a talk only.
    Saying {
        text: String,
    },
    /// What was heard of a reply that was cut short; of a talk only.
    Cut {
        heard: String,
    },
    MediaLost,
    Transferred,
}

/// Everything that can wake the conversation.
enum Wake {
    Message(Option<ToConversation>),
    Media(Option<MediaEvent>),
    Text(Option<SttOutput>),
    Sound(Option<Sound>),
    Act(Option<NumberedAct>),
    Finished(Finished),
    Deadline,
}

/// Talks until it is told to stop; gives what the conversation came to.
pub(crate) async fn run(
    context: Arc<SessionContext>,
    subject: Subject,
    warm: WarmCall,
    mut messages: mpsc::Receiver<ToConversation>,
    reports: mpsc::Sender<Report>,
) -> Option<Outcome> {
    let WarmCall { mut stt, dialog, voice, tasks } = warm;
    let mut beside = JoinSet::new();
    for task in tasks {
        beside.spawn(task);
    }
    let mut acts = dialog.acts;
    let mut sounds = voice.sounds;
    let mut media: Option<mpsc::Receiver<MediaEvent>> = None;
    let mut talk = Talk::new(
        Arc::clone(&context),
        subject,
        stt.input.clone(),
        dialog.inputs,
        (voice.texts, voice.generation),
        reports,
    );
    talk.begin();
    loop {
        let deadline = talk.deadline();
        let wake = tokio::select! {
            biased;
            message = messages.recv() => Wake::Message(message),
            event = next_media(&mut media) => Wake::Media(event),
            text = stt.output.recv() => Wake::Text(text),
            sound = sounds.recv() => Wake::Sound(sound),
            act = acts.recv() => Wake::Act(act),
            Some(done) = talk.work.join_next() => Wake::Finished(done.unwrap_or(Finished::Broken)),
            () = sleep_until(&context, deadline) => Wake::Deadline,
        };
        match wake {
            Wake::Message(Some(ToConversation::Opened(opened))) => {
                media = Some(opened.media);
                talk.opened(opened.commands);
            }
            Wake::Message(Some(ToConversation::Answered { at })) => talk.answered(at),
            Wake::Message(Some(ToConversation::Pressed(digits))) => talk.pressed(&digits),
            Wake::Message(Some(ToConversation::Steer(steer, answer))) => {
                // Whoever asked may have given up waiting.
                let _ = answer.send(talk.steer(steer));
            }
            Wake::Message(Some(ToConversation::Transfer { code, done })) => talk.transfer_progress(code, done),
            Wake::Message(Some(ToConversation::Stop) | None) => {
                talk.leg_closed();
                drain_marks(&mut talk, media.as_mut()).await;
                return talk.finish().await;
            }
            Wake::Media(Some(event)) => talk.media(event),
            Wake::Media(None) => media = None,
            Wake::Text(Some(output)) => talk.text(output),
            Wake::Sound(Some(sound)) => talk.sound(sound),
            Wake::Act(Some(act)) => talk.act(act.input, act.act),
            Wake::Text(None) => talk.broken("speech to text"),
            Wake::Sound(None) => talk.broken("text to speech"),
            Wake::Act(None) => talk.broken("dialog"),
            Wake::Finished(done) => talk.finished(done),
            Wake::Deadline => talk.on_deadline(),
        }
        if talk.is_broken() {
            // The call's task was told; it stops us once the leg is closed.
            let last = messages.recv().await;
            drop(last);
            return talk.finish().await;
        }
    }
}

/// Marks that are on their way when the call ends still count for what was heard. The media thread cuts what plays when
/// the leg closes, which is a slot or two after the BYE that brought us here.
async fn drain_marks(talk: &mut Talk, media: Option<&mut mpsc::Receiver<MediaEvent>>) {
    let Some(media) = media else { return };
    let marks = async {
        while talk.speaks() {
            match media.recv().await {
                Some(event) => talk.media(event),
                None => return,
            }
        }
    };
    // Late marks are lost: the call ends all the same, and its transcript lacks what nobody can vouch for.
    let _ = tokio::time::timeout(LAST_MARKS, marks).await;
    while let Ok(event) = media.try_recv() {
        talk.media(event);
    }
}

async fn next_media(media: &mut Option<mpsc::Receiver<MediaEvent>>) -> Option<MediaEvent> {
    match media {
        Some(media) => media.recv().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(context: &SessionContext, deadline: Option<domain::time::Mono>) {
    match deadline {
        Some(at) => tokio::time::sleep(at.since(context.clock.mono())).await,
        None => std::future::pending().await,
    }
}

//! Prompt dialogs against a scripted model, in paused time.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use tokio::task::JoinSet;

use super::*;

type Script = Vec<Result<ChatDelta, ProviderError>>;

/// Plays one script a request and keeps the requests.
#[derive(Default)]
struct ScriptedModel {
    scripts: Mutex<VecDeque<Option<Script>>>,
    requests: Mutex<Vec<ChatRequest>>,
}

#[async_trait]
impl LanguageModel for ScriptedModel {
    async fn reply(
        &self,
        request: ChatRequest,
    ) -> Result<mpsc::Receiver<Result<ChatDelta, ProviderError>>, ProviderError> {
        self.requests.lock().unwrap().push(request);
        let script = self.scripts.lock().unwrap().pop_front().expect("a script for every request");
        let (deltas, stream) = mpsc::channel(32);
        match script {
            Some(script) => script.into_iter().for_each(|delta| deltas.try_send(delta).unwrap()),
            // A model that never says anything keeps its end open.
            None => std::mem::forget(deltas),
        }
        Ok(stream)
    }
}

struct Talk {
    handle: DialogHandle,
    model: Arc<ScriptedModel>,
    _tasks: JoinSet<()>,
}

fn talk(scripts: Vec<Option<Script>>) -> Talk {
    let model = Arc::new(ScriptedModel { scripts: Mutex::new(scripts.into()), ..ScriptedModel::default() });
    let agent = PromptAgent {
        model: "m".into(),
        system: "Be brief.".into(),
        first_message: "Hi, this is Ava.".into(),
        fallback: Some("Say again?".into()),
        machine_message: Some("Please call back.".into()),
    };
    let (handle, task) = dialog(model.clone(), agent);
    let mut tasks = JoinSet::new();
    tasks.spawn(task);
    Talk { handle, model, _tasks: tasks }
}

impl Talk {
    async fn tell(&self, number: u64, input: DialogInput) {
        self.handle.inputs.send((number, input)).await.unwrap();
    }

    async fn acts_until_listen(&mut self) -> Vec<DialogAct> {
        let mut acts = Vec::new();
        while let Some(NumberedAct { act, .. }) = self.handle.acts.recv().await {
            let over = matches!(act, DialogAct::Listen { .. } | DialogAct::HangUp { .. });
            acts.push(act);
            if over {
                break;
            }
        }
        acts
    }

    fn last_request(&self) -> Vec<ChatMessage> {
        self.model.requests.lock().unwrap().last().unwrap().messages.clone()
    }
}

fn say(text: &str) -> DialogAct {
    DialogAct::Say { text: text.into(), interruptible: true }
}

fn text(text: &str) -> Result<ChatDelta, ProviderError> {
    Ok(ChatDelta::Text(text.into()))
}

fn done() -> Result<ChatDelta, ProviderError> {
    Ok(ChatDelta::Done { prompt_tokens: None, completion_tokens: None })
}

const LISTEN: DialogAct = DialogAct::Listen { dictation: false };

#[tokio::test(start_paused = true)]
async fn a_reply_is_said_sentence_by_sentence_and_enters_the_history_when_heard() {
    let mut talk = talk(vec![
        Some(vec![text("It is ten dol"), text("lars. Shall I book it?"), done()]),
        Some(vec![text("Done, thank you."), done()]),
    ]);
    talk.tell(1, DialogInput::Start).await;
    assert_eq!(talk.acts_until_listen().await, [say("Hi, this is Ava."), LISTEN]);
    talk.tell(2, DialogInput::Spoken).await;
    talk.tell(3, DialogInput::Heard { text: "What does it cost?".into() }).await;
    assert_eq!(talk.acts_until_listen().await, [say("It is ten dollars."), say("Shall I book it?"), LISTEN]);
    talk.tell(4, DialogInput::Interrupted { heard: "It is ten dollars.".into() }).await;
    talk.tell(5, DialogInput::Heard { text: "Yes.".into() }).await;
    talk.acts_until_listen().await;
    let said = |t: &str| ChatMessage::Assistant { text: t.into(), tool_calls: Vec::new() };
    assert_eq!(
        talk.last_request(),
        [
            ChatMessage::System("Be brief.".into()),
            said("Hi, this is Ava."),
            ChatMessage::User("What does it cost?".into()),
            said("It is ten dollars."),
            ChatMessage::User("Yes.".into()),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_silent_or_broken_gets_the_fallback_line() {
    let broken = ProviderError { kind: app::ports::provider_error::ProviderErrorKind::Overloaded, ..late() };
    let mut talk = talk(vec![None, Some(vec![Err(broken)]), Some(vec![done()])]);
    for number in 1..=3 {
        talk.tell(number, DialogInput::Heard { text: "Hello?".into() }).await;
        let acts = talk.acts_until_listen().await;
        assert!(matches!(acts[0], DialogAct::Trouble { .. }), "{acts:?}");
        assert_eq!(acts[1..], [say("Say again?"), LISTEN]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_model_asks_to_hang_up_and_the_goodbye_comes_first() {
    let call = ToolCall {
        id: "1".into(),
        name: "hang_up".into(),
        arguments: r#"{"goodbye": "Goodbye, Ann.", "outcome": "booked"}"#.into(),
    };
    let mut talk = talk(vec![Some(vec![Ok(ChatDelta::ToolCall(call)), done()])]);
    talk.tell(1, DialogInput::Heard { text: "Bye.".into() }).await;
    assert_eq!(
        talk.acts_until_listen().await,
        [
            say("Goodbye, Ann."),
            DialogAct::Outcome { name: "booked".into() },
            DialogAct::HangUp { reason: EndReason::AgentHangup },
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_that_only_calls_tools_is_stopped() {
    let call = || ToolCall { id: "1".into(), name: "unknown".into(), arguments: "{}".into() };
    let scripts = (0..MOST_ROUNDS).map(|_| Some(vec![Ok(ChatDelta::ToolCall(call())), done()])).collect();
    let mut talk = talk(scripts);
    talk.tell(1, DialogInput::Heard { text: "Hm.".into() }).await;
    assert_eq!(talk.acts_until_listen().await, [LISTEN]);
    assert_eq!(talk.model.requests.lock().unwrap().len(), MOST_ROUNDS);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_comes_while_the_model_speaks_overtakes_it() {
    let mut talk = talk(vec![None, Some(vec![text("All right then."), done()])]);
    talk.tell(1, DialogInput::Heard { text: "First".into() }).await;
    talk.tell(2, DialogInput::Heard { text: "and second.".into() }).await;
    assert_eq!(talk.acts_until_listen().await, [say("All right then."), LISTEN]);
}

#[tokio::test(start_paused = true)]
async fn a_machine_gets_the_message_and_nothing_else() {
    let mut talk = talk(Vec::new());
    talk.tell(1, DialogInput::MachineAnswered).await;
    assert_eq!(
        talk.acts_until_listen().await,
        [say("Please call back."), DialogAct::HangUp { reason: EndReason::VoicemailMessageLeft }]
    );
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_taken_back_was_never_said() {
    let mut talk = talk(vec![
        Some(vec![text("Ten dollars."), done()]),
        Some(vec![text("On Monday."), done()]),
        Some(vec![text("Nine dollars."), done()]),
    ]);
    talk.tell(1, DialogInput::Start).await;
    talk.acts_until_listen().await;
    for (number, heard) in [(2, "What does it cost?"), (4, "When?")] {
        talk.tell(number, DialogInput::Spoken).await;
        talk.tell(number + 1, DialogInput::Heard { text: heard.into() }).await;
        talk.acts_until_listen().await;
    }
    talk.tell(6, DialogInput::Spoken).await;
    talk.tell(7, DialogInput::Rewind(1)).await;
    talk.tell(8, DialogInput::Heard { text: "What does it cost for two?".into() }).await;
    assert_eq!(talk.acts_until_listen().await, [say("Nine dollars."), LISTEN]);
    let greeting = ChatMessage::Assistant { text: "Hi, this is Ava.".into(), tool_calls: Vec::new() };
    let system = ChatMessage::System("Be brief.".into());
    assert_eq!(talk.last_request(), [system, greeting, ChatMessage::User("What does it cost for two?".into())]);
}

#[tokio::test(start_paused = true)]
async fn what_a_person_says_and_tells_is_in_the_history_and_overtakes_no_reply() {
    let mut talk = talk(vec![None, Some(vec![text("Ten percent off."), done()])]);
    talk.tell(1, DialogInput::Start).await;
    talk.acts_until_listen().await;
    talk.tell(2, DialogInput::Spoken).await;
    talk.tell(3, DialogInput::SaidForPerson { heard: "We have an offer.".into() }).await;
    talk.tell(4, DialogInput::Heard { text: "Which?".into() }).await;
    // The model thinks for ever; meanwhile the note comes, and then the callee goes on.
    talk.tell(5, DialogInput::Note("Offer ten percent.".into())).await;
    assert_eq!(talk.acts_until_listen().await.last(), Some(&LISTEN), "the note did not stop the reply");
    talk.tell(6, DialogInput::Heard { text: "Hello?".into() }).await;
    assert_eq!(talk.acts_until_listen().await, [say("Ten percent off."), LISTEN]);
    let said = |t: &str| ChatMessage::Assistant { text: t.into(), tool_calls: Vec::new() };
    let history = talk.last_request();
    assert_eq!(
        history[1..4],
        [said("Hi, this is Ava."), said("We have an offer."), ChatMessage::User("Which?".into())]
    );
    assert!(matches!(&history[4], ChatMessage::System(note) if note.ends_with("Offer ten percent.")), "{history:?}");
}
